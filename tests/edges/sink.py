"""A relay that does as it is told: takes mail, or misbehaves at a chosen step."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


class Drop:
    """Hang up without a word."""


class Hang:
    """Say nothing more, until the sink is closed."""


@dataclass(frozen=True)
class Drip:
    """Send a reply byte by byte, so many seconds apart."""

    reply: str
    pause: float


Answer = str | bytes | Drop | Hang | Drip | None  # None = as a good relay would
DROP, HANG = Drop(), Hang()


@dataclass
class Taken:
    """A mail that the sink has answered with 250."""

    mail_from: str
    recipient: str
    raw: bytes


@dataclass
class Sink:
    """Listens on a loopback port. `answers` maps a step to what is answered the first, second, …
    time it comes; after that it is answered well.

    Steps: banner, EHLO, HELO, MAIL, RCPT, DATA, text, RSET, NOOP, QUIT; or a step with the address
    it is about, such as "RCPT bob@customer.example".
    """

    answers: Mapping[str, Sequence[Answer]] = field(default_factory=dict)
    extensions: Sequence[str] = ("8BITMIME", "SIZE 1000000", "PIPELINING")
    mails: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._used: dict[str, int] = {}
        self._closed = threading.Event()
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Cut every connection and stop listening."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def cut(self) -> None:
        """Cut every connection there is."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(connection)
                self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with (
            connection,
            connection.makefile("rb") as lines,
            contextlib.suppress(OSError, _GoneError),
        ):
            self._talk(connection, lines)
        with self._lock:
            self._open.remove(connection)

    def _talk(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        self._answer(connection, "banner", "", "220 relay.example ESMTP")
        sender = recipient = ""
        taken = False  # whether there is somebody to take a text for
        for line in lines:
            text = line.decode("utf-8").rstrip("\r\n")
            self.said.append(text)
            verb = text.split(" ")[0].upper()
            address = (re.findall(r"<(.*?)>", text) or [""])[0]
            if verb == "EHLO":
                offered = "".join(f"250-{e}\r\n" for e in self.extensions) + "250 HELP"
                self._answer(connection, verb, "", f"250-relay.example\r\n{offered}")
            elif verb == "DATA":
                good = "354 go on" if taken else "554 no valid recipients"
                if self._answer(connection, verb, recipient, good).startswith("354"):
                    raw = self._text(lines)
                    answer = self._choose("text", recipient, "250 taken")
                    if isinstance(answer, str) and answer.startswith("2"):
                        self.mails.append(Taken(sender, recipient, raw))
                    self._send(connection, answer)
            elif verb == "QUIT":
                self._answer(connection, verb, "", "221 bye")
                return
            else:
                if verb == "MAIL":
                    sender = address
                elif verb == "RCPT":
                    recipient = address
                said = self._answer(connection, verb, address, "250 fine")
                taken = verb == "RCPT" and said.startswith("2")

    def _text(self, lines: Iterator[bytes]) -> bytes:
        raw = b""
        for line in lines:
            if line == b".\r\n":
                return raw
            raw += line.removeprefix(b".")
        raise _GoneError

    def _answer(self, connection: socket.socket, step: str, address: str, good: str) -> str:
        return self._send(connection, self._choose(step, address, good))

    def _choose(self, step: str, address: str, good: str) -> Answer:
        return self._next(f"{step} {address}") or self._next(step) or good

    def _send(self, connection: socket.socket, answer: Answer) -> str:
        match answer:
            case Drop():
                raise _GoneError
            case Hang():
                self._closed.wait()
                raise _GoneError
            case Drip(reply, pause):
                for byte in reply.encode() + b"\r\n":
                    connection.sendall(bytes([byte]))
                    self._closed.wait(pause)
                return reply
            case bytes():
                connection.sendall(answer)
                return ""  # nonsense is no acceptance
            case str():
                connection.sendall(answer.encode() + b"\r\n")
                return answer
        raise AssertionError(answer)

    def _next(self, step: str) -> Answer:
        with self._lock:
            turn = self._used.get(step, 0)
            self._used[step] = turn + 1
        answers = self.answers.get(step, ())
        return answers[turn] if turn < len(answers) else None


class _GoneError(Exception):
    """The connection is over."""


@contextlib.contextmanager
def open_sink(
    answers: Mapping[str, Sequence[Answer]] | None = None, *, port: int = 0, **rest: Sequence[str]
) -> Iterator[Sink]:
    """A sink for the length of the block."""
    sink = Sink(answers or {}, port=port, **rest)
    try:
        yield sink
    finally:
        sink.close()
