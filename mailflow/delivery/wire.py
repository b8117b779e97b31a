"""smtplib with one deadline for a whole exchange, and replies as values, waited for or not.

smtplib's time-out counts each read anew: a relay that sends one byte a minute would hold us for
hours, past the end of our lease, and the mail would go out twice. Here every read and write gets
only what is left of the time.

What opens a connection (greeting, TLS, login) is smtplib's and waits. What is said afterwards is
`put`, and its reply either waited for (`hear`) or asked for now and then (`step`), so that one
thread can have many connections.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Longest reply that is kept, in characters; more than any relay says to good purpose.
MAX_ANSWER = 500
#: Longest reply that is read, in bytes; one without an end must not fill our memory.
MAX_REPLY = 65_536
TOO_LONG = "the relay took too long"
_CHUNK = 65_536
#: A socket that need not wait says so with one of these.
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the relay: its code and its words on one line."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class Wire(smtplib.SMTP):
    """A connection. `clock` is monotonic, in seconds; nothing waits past `deadline`.

    Made connected: the constructor raises OSError or `smtplib.SMTPException` if it cannot.
    `tls` wraps the connection from its first byte.
    """

    def __init__(
        self,
        host: str,
        port: int,
        helo: str,
        *,
        connect_s: float,
        deadline: float,
        tls: ssl.SSLContext | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.deadline = deadline
        self._clock = clock
        self._tls = tls
        self._out = b""
        self._heard = _Replies()
        super().__init__(host, port, local_hostname=helo, timeout=connect_s)

    @property
    def remaining(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - self._clock()

    def left(self) -> float:
        """The same; raises TimeoutError when there are none."""
        if (left := self.remaining) <= 0:
            raise TimeoutError(TOO_LONG)
        return left

    # Saying something, and hearing what is answered

    def put(self, *commands: str, encoding: str = "ascii") -> None:
        """Say these commands with the next `hear` or `step`; each will have its reply."""
        said = "\r\n".join((*commands, "")).encode(encoding)
        assert said.count(b"\r") == said.count(b"\n") == len(commands)
        self._out += said

    def put_text(self, raw: bytes) -> None:
        """The mail, after 354, with its dots doubled and its end (RFC 5321 §4.5.2)."""
        if raw.startswith(b"."):
            raw = b"." + raw
        raw = raw.replace(b"\r\n.", b"\r\n..")
        self._out += raw + (b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n")

    def hear(self) -> Reply:
        """Say what was put, and wait for the next reply.

        Raises OSError (TimeoutError at the deadline) and `smtplib.SMTPServerDisconnected`.
        """
        if self._out:
            said, self._out = self._out, b""
            self.send(said)
        return reply(self.getreply())

    def step(self) -> Reply | None:
        """As `hear`, as far as one gets without waiting; None if the reply is not complete yet."""
        if (sock := self._now()).gettimeout() != 0.0:  # setting it is a call of the system
            sock.settimeout(0.0)
        answer = self._heard.next()
        if self._out:
            self._write()
            if answer is None and not self._out:
                return None  # it was said just now: the reply to it will be waited for
        if answer is None:
            self._read()
            answer = self._heard.next()
        return None if answer is None else reply(answer)

    @property
    def saying(self) -> bool:
        """Whether there is something left to write."""
        return bool(self._out)

    @property
    def unasked(self) -> bool:
        """Whether there is more than was asked for: the next reply would be the last one's."""
        return bool(self._heard)

    def fileno(self) -> int:
        """For waiting on it; -1 when it is closed."""
        return self.sock.fileno() if self.sock else -1

    def _write(self) -> None:
        try:
            self._out = self._out[self._now().send(self._out) :]
        except _NOT_NOW:
            pass

    def _read(self) -> None:
        """All that is there. More than one piece only where TLS holds some back."""
        sock = self._now()
        try:
            self._take(sock.recv(_CHUNK))
            while isinstance(sock, ssl.SSLSocket) and sock.pending():
                self._take(sock.recv(_CHUNK))
        except _NOT_NOW:
            pass

    def _take(self, data: bytes) -> None:
        if not data:
            self.close()
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        self._heard.feed(data)

    def _now(self) -> socket.socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("please run connect() first")
        return self.sock

    # What smtplib does while it opens the connection

    def getreply(self) -> tuple[int, bytes]:
        """A reply, waited for within the time that is left."""
        while (answer := self._heard.next()) is None:
            sock = self._now()
            try:
                sock.settimeout(self.left())
                self._take(sock.recv(_CHUNK))
            except OSError:
                self.close()
                raise
        return answer

    def send(self, s: Any) -> None:
        """Write, within the time that is left (sendall counts it in all)."""
        if self.sock is not None:
            self.sock.settimeout(self.left())
        super().send(s)

    def starttls(self, *args: Any, **named: Any) -> tuple[int, bytes]:
        """Encrypt; what came in clear behind the answer is forgotten (RFC 3207 §4.2)."""
        answer = super().starttls(*args, **named)
        self._heard = _Replies()
        return answer

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        # One mail is a dialogue of small writes; waiting to fill a packet only costs.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain


class _Replies:
    """Bytes in, replies out (RFC 5321 §4.2): a code, and the words of its lines."""

    def __init__(self) -> None:
        self._bytes = b""
        self._words: list[bytes] = []
        self._size = 0

    def __bool__(self) -> bool:
        return self._size > 0

    def feed(self, data: bytes) -> None:
        """What was read. Raises OSError for a reply without an end."""
        self._bytes += data
        self._size += len(data)
        if self._size > MAX_REPLY:
            raise OSError("the reply has no end")

    def next(self) -> tuple[int, bytes] | None:
        """The next complete reply; code -1 if it does not begin with a number."""
        while (end := self._bytes.find(b"\n")) >= 0:
            line, self._bytes = self._bytes[:end], self._bytes[end + 1 :]
            self._words.append(line[4:].strip(b" \t\r"))
            code = int(line[:3]) if line[:3].isdigit() else -1
            if code < 0 or line[3:4] != b"-":
                words, self._words, self._size = b"\n".join(self._words), [], len(self._bytes)
                return code, words
        return None


def reply(answer: tuple[int, bytes]) -> Reply:
    """smtplib's pair as a value: printable, on one line, not too long."""
    code, words = answer
    text = " ".join(words.decode("utf-8", "replace").split())
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    return Reply(code, text[:MAX_ANSWER])
