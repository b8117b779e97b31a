"""smtplib with one deadline for a whole exchange, and replies as values.

smtplib's time-out counts each read anew: a relay that sends one byte a minute would hold us for
hours, past the end of our lease, and the mail would go out twice. Here every read and write gets
only what is left of the time.
"""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

#: Longest reply that is kept, in characters; more than any relay says to good purpose.
MAX_ANSWER = 500
#: Longest reply that is read, in bytes; one without an end must not fill our memory.
MAX_REPLY = 65_536


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
        self._patient: _Patient | None = None
        super().__init__(host, port, local_hostname=helo, timeout=connect_s)

    def left(self) -> float:
        """Seconds left; raises TimeoutError when there are none."""
        left = self.deadline - self._clock()
        if left <= 0:
            raise TimeoutError("the relay took too long")
        return left

    def say(self, command: str) -> Reply:
        """One command, one reply."""
        return reply(self.docmd(command))

    def say_together(self, commands: Sequence[str]) -> list[Reply]:
        """Several commands in one go, to a relay that offers PIPELINING; the reply to each."""
        assert not any("\r" in command or "\n" in command for command in commands)
        self.send("".join(f"{command}\r\n" for command in commands))
        return [reply(self.getreply()) for _ in commands]

    def text(self, raw: bytes, final_s: float) -> Reply:
        """The mail after 354, and the final reply, for which `final_s` seconds are granted anew."""
        if raw.startswith(b"."):
            raw = b"." + raw
        raw = raw.replace(b"\r\n.", b"\r\n..")
        self.send(raw + (b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n"))
        self.deadline = self._clock() + final_s
        return reply(self.getreply())

    def getreply(self) -> tuple[int, bytes]:
        """A reply, read through a file that keeps the deadline."""
        if self.file is None:
            assert self.sock is not None
            self._patient = _Patient(self.sock, self.left)
            self.file = io.BufferedReader(self._patient)
        assert self._patient is not None
        self._patient.allowed = MAX_REPLY
        return super().getreply()

    def send(self, s: Any) -> None:
        """Write, within the time that is left (sendall counts it in all)."""
        if self.sock is not None:
            self.sock.settimeout(self.left())
        super().send(s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        # One mail is a dialogue of small writes; waiting to fill a packet only costs.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain


class _Patient(io.RawIOBase):
    """The reading side of a socket; each read waits at most for what is left."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._left = left
        self.allowed = MAX_REPLY  # bytes that may still come

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.allowed <= 0:
            raise OSError("the reply has no end")
        self._sock.settimeout(self._left())
        count = self._sock.recv_into(buffer)
        self.allowed -= count
        return count


def reply(answer: tuple[int, bytes]) -> Reply:
    """smtplib's pair as a value: printable, on one line, not too long."""
    code, words = answer
    text = " ".join(words.decode("utf-8", "replace").split())
    text = "".join(c if c.isprintable() else "?" for c in text)
    return Reply(code, text[:MAX_ANSWER])
