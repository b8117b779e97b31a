"""A small IMAP server that can be told to misbehave (RFC 3501, 2177, 4315, 6851).

It speaks just enough for one client at a time per connection, with UIDs, and keeps its folders in
memory. `faults` is asked at named points; each armed fault happens so many times, then no more.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CAPABILITIES = "IMAP4rev1 IDLE MOVE UIDPLUS AUTH=PLAIN"


@dataclass
class Mail:
    raw: bytes
    flags: set[str] = field(default_factory=set)
    date: str = "02-Mar-2026 11:00:00 +0000"
    size: int | None = None  # what the server claims


@dataclass
class Folder:
    uidvalidity: int = 1
    uidnext: int = 1
    mails: dict[int, Mail] = field(default_factory=dict)

    def add(self, mail: Mail) -> int:
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        self.mails[uid] = mail
        return uid


class HungUp(Exception):  # noqa: N818
    """The server cuts the connection."""


class Server:
    """Listens at `port` from `start` to `stop`, or for the length of a `with`."""

    def __init__(self, capabilities: str = CAPABILITIES) -> None:
        self.folders = {"INBOX": Folder()}
        self.capabilities = capabilities
        self.permanent_flags = r"\Seen \Flagged \Deleted \*"
        self.password = "secret"
        self.bearer = ""
        self.tls: ssl.SSLContext | None = None  # from the start
        self.starttls: ssl.SSLContext | None = None
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.armed: Counter[str] = Counter()
        self.happened: Counter[str] = Counter()
        self.commands: list[str] = []
        self.on_command: Callable[[str], None] = lambda line: None
        self.lines: set[socket.socket] = set()
        self.open_for_hanging = threading.Event()  # set at the end: those that hang let go

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer.lines.add(self.request)
                try:
                    if outer.tls:
                        self.request = outer.tls.wrap_socket(self.request, server_side=True)
                    talk = Talk(outer, self.request)
                    with contextlib.closing(talk):
                        talk.run()
                except (HungUp, OSError, ValueError):
                    pass
                finally:
                    outer.lines.discard(self.request)
                    self.request.close()

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.port: int = self._listener.server_address[1]
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self.open_for_hanging.set()
        self._listener.shutdown()
        for line in list(self.lines):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        with self.changed:
            self.changed.notify_all()
        self._listener.server_close()

    # -- what tests do -------------------------------------------------------------------------

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    def deliver(self, *raws: bytes, folder: str = "INBOX") -> list[int]:
        with self.changed:
            uids = [self.folders.setdefault(folder, Folder()).add(Mail(raw)) for raw in raws]
            self.changed.notify_all()
        return uids

    def arm(self, fault: str, times: int = 1) -> None:
        self.armed[fault] += times

    def happens(self, fault: str) -> bool:
        with self.lock:
            if self.armed[fault] <= 0:
                return False
            self.armed[fault] -= 1
            self.happened[fault] += 1
            self.changed.notify_all()
            return True

    def raws(self, folder: str) -> list[bytes]:
        with self.lock:
            return [mail.raw for mail in self.folders.get(folder, Folder()).mails.values()]

    def wait_for(self, true: Callable[[], bool], seconds: float = 20.0) -> bool:
        """Wait for something about the folders."""
        with self.changed:
            return self.changed.wait_for(true, seconds)


class Talk:
    """One connection."""

    def __init__(self, server: Server, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self.file = sock.makefile("rb")
        self.folder: Folder | None = None
        self.told = 0

    def close(self) -> None:
        self.file.close()
        self.sock.close()

    def say(self, *lines: str | bytes) -> None:
        data = b"".join(
            (line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines
        )
        self.sock.sendall(data)

    def fault(self, name: str) -> bool:
        return self.server.happens(name)

    def hang(self) -> None:
        """Say nothing more until the test ends."""
        self.server.open_for_hanging.wait(60)
        raise HungUp

    def run(self) -> None:
        if self.fault("silent greeting"):
            self.hang()
        if self.fault("busy"):
            self.say("* BYE too many connections")
            raise HungUp
        self.say("* OK ready")
        if self.fault("drop after greeting"):
            raise HungUp
        while line := self.file.readline():
            tag, _, rest = line.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
            self.command(tag, rest)

    def command(self, tag: str, rest: str) -> None:
        verb, _, arguments = rest.partition(" ")
        if verb.upper() == "UID":
            verb, _, arguments = arguments.partition(" ")
        verb = verb.lower()
        with self.server.changed:
            self.server.commands.append(rest)
            self.server.changed.notify_all()
        self.server.on_command(rest)
        if self.fault(f"drop in {verb}"):
            raise HungUp
        if self.fault(f"hang in {verb}"):
            self.hang()
        if self.fault(f"no to {verb}"):
            self.say(f"{tag} NO [UNAVAILABLE] try later")
            return
        if self.fault(f"bad to {verb}"):
            self.say(f"{tag} BAD what")
            return
        if self.fault(f"garbage in {verb}"):
            self.say("* 1 FETCH (UID (((", b"\xff\xfe nonsense {", f"{tag} OK done")
            return
        done: str | None = getattr(self, f"do_{verb}")(tag, arguments)
        if self.fault(f"drop after {verb}"):
            raise HungUp
        if done is not None:
            self.say(f"{tag} {done}")

    # -- logging in ----------------------------------------------------------------------------

    def do_capability(self, _tag: str, _arguments: str) -> str:
        self.say(f"* CAPABILITY {self.server.capabilities}")
        return "OK done"

    def do_starttls(self, tag: str, _arguments: str) -> None:
        assert self.server.starttls is not None
        self.say(f"{tag} OK begin")
        self.sock = self.server.starttls.wrap_socket(self.sock, server_side=True)
        self.file = self.sock.makefile("rb")

    def do_login(self, _tag: str, arguments: str) -> str:
        good = arguments.endswith(f'"{self.server.password}"')
        return "OK in" if good else "NO [AUTHENTICATIONFAILED] no"

    def do_authenticate(self, tag: str, mechanism: str) -> str | None:
        self.say("+ ")
        answer = base64.b64decode(self.file.readline()).decode()
        if mechanism == "PLAIN":
            good = answer.endswith("\0" + self.server.password)
        else:
            good = f"auth=Bearer {self.server.bearer}\1" in answer
        if not good and mechanism != "PLAIN":
            # As the providers do it: the reason as a challenge, which wants an answer.
            self.say("+ " + base64.b64encode(b'{"status":"401"}').decode())
            answer = base64.b64decode(self.file.readline()).decode()
            assert "Bearer" not in answer
        return "OK in" if good else "NO [AUTHENTICATIONFAILED] no"

    def do_logout(self, tag: str, _arguments: str) -> None:
        self.say("* BYE", f"{tag} OK")
        raise HungUp

    def do_noop(self, _tag: str, _arguments: str) -> str:
        return "OK"

    # -- folders -------------------------------------------------------------------------------

    def do_select(self, _tag: str, name: str) -> str:
        with self.server.lock:
            folder = self.server.folders.get(name.strip('"'))
            if folder is None:
                return "NO no such folder"
            self.folder = folder
            self.told = len(folder.mails)
            uidnext = 1 if self.fault("low uidnext") else folder.uidnext
            lines = [f"* {self.told} EXISTS", "* 0 RECENT", r"* FLAGS (\Seen \Flagged)"]
            if self.server.permanent_flags:
                lines.append(f"* OK [PERMANENTFLAGS ({self.server.permanent_flags})] kept")
            if not self.fault("no uidvalidity"):
                lines.append(f"* OK [UIDVALIDITY {folder.uidvalidity}] valid")
            if not self.fault("no uidnext"):
                lines.append(f"* OK [UIDNEXT {uidnext}] next")
            self.say(*lines)
        return "OK [READ-WRITE] done"

    def do_list(self, _tag: str, arguments: str) -> str:
        name = arguments.rpartition(" ")[2].strip('"')
        if name in self.server.folders:
            self.say(f'* LIST () "/" "{name}"')
        return "OK done"

    def do_create(self, _tag: str, name: str) -> str:
        with self.server.lock:
            self.server.folders.setdefault(name.strip('"'), Folder())
        return "OK done"

    def do_subscribe(self, _tag: str, _name: str) -> str:
        return "OK done"

    # -- mails ---------------------------------------------------------------------------------

    def the(self, uids: str) -> list[tuple[int, int, Mail]]:
        """(sequence number, UID, mail) of a set of UIDs."""
        assert self.folder is not None
        wanted: set[int] = set()
        present = list(self.folder.mails)
        for part in uids.split(","):
            low, _, high = part.partition(":")
            top = int(high) if high else int(low)
            wanted.update(uid for uid in present if int(low) <= uid <= top)
        return [
            (number, uid, self.folder.mails[uid])
            for number, uid in enumerate(present, 1)
            if uid in wanted
        ]

    def do_search(self, _tag: str, arguments: str) -> str:
        found = re.search(r"UID (\d+:\d+)(?: (UNKEYWORD (\S+)|UNSEEN))?", arguments)
        assert found is not None, arguments
        with self.server.lock:
            flag = (found[3] or "\\Seen") if found[2] else ""
            uids = [uid for _, uid, m in self.the(found[1]) if not flag or flag not in m.flags]
        if self.fault("strange search"):
            uids = [*uids, *uids, 0, 2**32 - 1, 999_999]
        self.say("* SEARCH " + " ".join(map(str, uids)))
        return "OK done"

    def do_fetch(self, tag: str, arguments: str) -> str | None:
        uids, _, items = arguments.partition(" ")
        with self.server.lock:
            mails = self.the(uids)
        if self.fault("expunge of others"):
            self.say("* 1 EXPUNGE", "* 7 EXISTS")
        if "BODY" not in items:
            for number, uid, mail in mails:
                size = len(mail.raw) if mail.size is None else mail.size
                date = "31-Feb-0000 99:99:99 +9999" if self.fault("senseless date") else mail.date
                dated = f' INTERNALDATE "{date}"' if "INTERNALDATE" in items else ""
                self.say(f"* {number} FETCH (UID {uid} RFC822.SIZE {size}{dated})")
            return "OK done"
        for number, uid, mail in mails:
            if self.fault("leave one out"):
                continue
            if self.fault("body nil"):
                self.say(f"* {number} FETCH (UID {uid} BODY[] NIL)")
                continue
            if self.fault("flags of others"):
                self.say(
                    f"* {number} FETCH (FLAGS (\\Seen))", f"* {number} FETCH (UID {uid} FLAGS ())"
                )
            raw = mail.raw
            if self.fault("short body"):
                raw = raw[: len(raw) // 2]
            if self.fault("huge literal"):
                self.say(f"* {number} FETCH (UID {uid} BODY[] {{4000000000}}")
                self.sock.sendall(bytes(65_536))
                self.hang()
            if b"poison" in raw and self.fault("poisoned fetch"):
                return "NO [SERVERBUG] cannot read one of them"
            head = f"* {number} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode()
            if self.fault("drop in body"):
                self.sock.sendall(head + raw[: len(raw) // 2])
                raise HungUp
            if self.fault("hang in body"):
                self.sock.sendall(head + raw[: len(raw) // 2])
                self.hang()
            if self.fault("slow body"):
                self.sock.sendall(head)
                for at in range(len(raw)):
                    self.sock.sendall(raw[at : at + 1])
                self.say(")")
                continue
            self.sock.sendall(head + raw + b")\r\n")
        return "OK done"

    def do_store(self, _tag: str, arguments: str) -> str:
        found = re.fullmatch(r"(\S+) \+FLAGS(?:\.SILENT)? \((.*)\)", arguments)
        assert found is not None, arguments
        if self.fault("store lost"):
            return "OK done"
        with self.server.changed:
            for number, uid, mail in self.the(found[1]):
                mail.flags.add(found[2])
                self.say(f"* {number} FETCH (UID {uid} FLAGS ({found[2]}))")
            self.server.changed.notify_all()
        return "OK done"

    def do_move(self, _tag: str, arguments: str) -> str:
        return self.transfer(arguments, keep=False)

    def do_copy(self, _tag: str, arguments: str) -> str:
        return self.transfer(arguments, keep=True)

    def transfer(self, arguments: str, *, keep: bool) -> str:
        uids, _, name = arguments.partition(" ")
        if self.fault("move lost"):
            return "OK [COPYUID 1 1 1] done"
        with self.server.changed:
            target = self.server.folders.get(name.strip('"'))
            if target is None:
                return "NO [TRYCREATE] no such folder"
            if self.fault("half a move"):
                uids = uids.replace(":", ",").split(",")[0]
            for number, uid, mail in reversed(self.the(uids)):
                target.add(mail)
                if not keep:
                    assert self.folder is not None
                    del self.folder.mails[uid]
                    self.say(f"* {number} EXPUNGE")
            self.server.changed.notify_all()
        if self.fault("drop after the move"):
            raise HungUp
        return "OK done"

    def do_expunge(self, _tag: str, arguments: str) -> str:
        assert arguments, "a plain EXPUNGE would remove what others have marked"
        with self.server.changed:
            assert self.folder is not None
            for _, uid, mail in self.the(arguments):
                if "\\Deleted" in mail.flags:
                    del self.folder.mails[uid]
            self.server.changed.notify_all()
        return "OK done"

    # -- waiting -------------------------------------------------------------------------------

    def do_idle(self, tag: str, _arguments: str) -> str | None:
        if self.fault("chatty idle"):
            self.say(f"* {self.told} EXISTS", "* OK still here")
        self.say("+ idling")
        if self.fault("bye in idle"):
            self.say("* BYE going down")
            raise HungUp
        if self.fault("drop in idle later"):
            raise HungUp
        if self.fault("frozen in idle"):
            self.hang()
        deaf = self.fault("deaf idle")
        ended = threading.Event()

        def tell() -> None:
            while not ended.is_set():
                with self.server.changed:
                    assert self.folder is not None
                    news = len(self.folder.mails) != self.told
                    if not news or deaf:
                        self.server.changed.wait(0.05)
                        continue
                    self.told = len(self.folder.mails)
                try:
                    self.say(f"* {self.told} EXISTS")
                except OSError:
                    return

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            done = self.file.readline()
        finally:
            ended.set()
            teller.join()
        if done.strip().upper() != b"DONE":
            raise HungUp
        return "OK idle over"


def mails(count: int, subject: str = "mail") -> list[bytes]:
    """Mails that differ, of differing length, with dots and bare lines in them."""
    return [
        (
            f"Return-Path: <alba@cobalt.example>\r\nTo: requests@vendor.example\r\n"
            f"Subject: {subject} {number}\r\nMessage-ID: <{subject}.{number}@test.example>\r\n\r\n"
            + f".line {number}\r\n\r\n"
            * (number % 7 + 1)
        ).encode()
        for number in range(count)
    ]


def settle(values: Iterable[bytes]) -> Counter[bytes]:
    """How often each occurs."""
    return Counter(values)
