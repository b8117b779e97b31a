"""One connection to one folder of a mailbox, in the few commands that are needed.

Whatever goes wrong comes out as one of `imap_errors`. Only UIDs are used: another program may be at
work in the same folder, and sequence numbers would move under our hands.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from mailflow import failpoints
from mailflow.config import ImapSettings
from mailflow.ingress.imap_errors import Broken, Refused, talking, words
from mailflow.ingress.imap_guard import Client, Guard
from mailflow.ingress.imap_said import Facts, Folder, facts_of, folder_of

#: UIDs in one command: its line stays below the 8000 octets of RFC 2683 §3.2.1.5.
UIDS_PER_COMMAND = 400
#: What a server may add around the bytes of a mail.
_SLACK_BYTES = 4096
#: How long a farewell may take.
_LOGOUT_S = 2.0


class Box:
    """A connection, once it is opened. Used by one thread, except `abort`.

    Args:
        settings: Where, who, which folders.
        clock: Monotonic, in seconds.
    """

    capabilities: frozenset[bytes]

    def __init__(self, settings: ImapSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._guard = Guard(settings.timeout_s, settings.max_message_bytes + _SLACK_BYTES, clock)
        self._client: Client

    def open(self, enter: Callable[[IMAPClient], None]) -> None:
        """Connect, and log in with `enter`. Raises `Broken`, `Refused` or `LoginRefused`."""
        settings = self._settings
        context = tls_context(settings) if settings.security != "none" else None
        with self._talking():
            client = Client(
                self._guard,
                settings.host,
                settings.port,
                tls=context if settings.security == "tls" else None,
                timeout_s=settings.timeout_s,
            )
        try:
            with self._talking():
                if settings.security == "starttls":
                    client.starttls(context)
                enter(client)
                self.capabilities = frozenset(client.capabilities())
        except BaseException:
            with suppress(Exception):
                client.shutdown()
            raise
        self._client = client

    def _talking(self) -> AbstractContextManager[None]:
        return talking(self._guard)

    # -- looking -------------------------------------------------------------------------------

    def select(self) -> Folder:
        """Open the folder; also tells what has changed since the last time."""
        with self._talking():
            said = self._client.select_folder(self._settings.folder)
            return folder_of(said, self._settings.done_flag)

    def uids(self, low: int, high: int, *, without_flag: bool = False) -> list[int]:
        """The UIDs from `low` to `high`, rising; only of mail without our flag if so wished."""
        criteria = ["UID", f"{low}:{high}"]
        if without_flag and self._settings.done_flag.startswith("\\"):
            criteria += ["UN" + self._settings.done_flag[1:].upper()]
        elif without_flag:
            criteria += ["UNKEYWORD", self._settings.done_flag]
        with self._talking():
            found = {int(uid) for uid in self._client.search(criteria)}
        return sorted(uid for uid in found if low <= uid <= high)

    def facts(self, uids: Sequence[int]) -> dict[int, Facts]:
        """Size and time of these mails; those that are not there any more are left out."""
        try:
            found = self._fetch(uids, "RFC822.SIZE", "INTERNALDATE")
        except Refused:  # one senseless date must not hide the others
            found = self._fetch(uids, "RFC822.SIZE")
        return {uid: facts_of(said) for uid, said in found.items()}

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The bytes of these mails, unread ones left unread; those not handed out are left out."""
        found = self._fetch(uids, "BODY.PEEK[]")
        bodies = {uid: data.get(b"BODY[]") for uid, data in found.items()}
        return {uid: body for uid, body in bodies.items() if isinstance(body, bytes)}

    def _fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
        found: dict[int, dict[bytes, Any]] = {}
        for part in _parts(uids):
            with self._talking():
                found |= self._client.fetch(part, list(items))
        return found

    # -- putting aside -------------------------------------------------------------------------

    def clear(self, uids: Collection[int], *, refused: bool = False) -> None:
        """Move or flag mails that are dealt with. Those that are gone already do not matter."""
        settings = self._settings
        for part in _parts(sorted(uids)):
            if settings.after == "flag":
                flag = "\\Flagged" if refused else settings.done_flag
                with self._talking():
                    self._client.add_flags(part, [flag], silent=True)
                failpoints.reach("imap.after_flag")
            else:
                self._move(part, settings.quarantine_folder if refused else settings.done_folder)

    def _move(self, uids: Sequence[int], folder: str) -> None:
        try:
            self._move_now(uids, folder)
        except Refused:
            if not self.make_folder(folder):
                raise
            self._move_now(uids, folder)

    def _move_now(self, uids: Sequence[int], folder: str) -> None:
        with self._talking():
            if b"MOVE" in self.capabilities:
                self._client.move(uids, folder)
                failpoints.reach("imap.after_move")
                return
            self._client.copy(uids, folder)
            self._client.add_flags(uids, ["\\Deleted"], silent=True)
            failpoints.reach("imap.after_flag")
            # A plain EXPUNGE would also remove what somebody else has marked (RFC 4315 §1).
            if b"UIDPLUS" in self.capabilities:
                self._client.uid_expunge(uids)

    def make_folder(self, folder: str) -> bool:
        """Make a folder unless it is there; returns whether it was made. Raises `Refused`."""
        with self._talking():
            if any(name == folder for _, _, name in self._client.list_folders("", folder)):
                return False
            self._client.create_folder(folder)
            with suppress(IMAPClientError):  # only so that mail programs show it
                self._client.subscribe_folder(folder)
        return True

    # -- waiting and leaving -------------------------------------------------------------------

    @property
    def has_idle(self) -> bool:
        """Whether the server tells of new mail by itself (RFC 2177)."""
        return b"IDLE" in self.capabilities

    def wait(self, seconds: float, wake: socket.socket) -> None:
        """Wait until the server says something, `wake` can be read, or `seconds` have passed.

        What the server says is only a hint: look again in any case.
        """
        # It tells only once: what it said before IDLE is not said again.
        if self._client.has_news():
            return
        if not self.has_idle:
            self._poll(seconds, wake)
            return
        try:
            with self._talking():
                self._client.idle()
        except Refused:
            self._poll(seconds, wake)
            return
        self._poll(seconds, wake)
        with self._talking():
            self._client.idle_done()

    def _poll(self, seconds: float, wake: socket.socket) -> None:
        if self._client.has_news():
            return
        poll = select.poll()
        for one in (self._client.socket(), wake):
            poll.register(one, select.POLLIN)
        poll.poll(seconds * 1000)

    def close(self) -> None:
        """Say farewell, if the server listens, and hang up. Never raises."""
        self._guard.begin(_LOGOUT_S)
        with suppress(Exception):
            self._client.logout()
        with suppress(Exception):
            self._client.shutdown()

    def abort(self) -> None:
        """Hang up at once; from any thread. Whoever waits for the server gets `Broken`."""
        self._guard.abort()


def tls_context(settings: ImapSettings) -> ssl.SSLContext:
    """Checks certificate and name, by the authorities of the system or our own file."""
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        raise Broken(f"ca_file {settings.ca_file}: {words(error)}") from error


def _parts(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), UIDS_PER_COMMAND):
        yield uids[start : start + UIDS_PER_COMMAND]
