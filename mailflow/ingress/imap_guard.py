"""How an IMAP server's answers are read: with a limit on time and on size.

The standard library waits as long as each packet comes in time, and takes whatever size a server
announces. Here a whole command has an end, and nothing is read that is larger than agreed.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from imapclient import IMAPClient
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS

#: A command may take so many times the time-out for one answer: 10 MiB at 18 kB/s.
COMMAND_TIMEOUTS = 10
#: Longest line: the UIDs of a million mails.
LINE_BYTES = 16_777_216
_CHUNK = 65_536


class TooMuch(Exception):  # noqa: N818
    """The server announces more bytes than we take. The connection cannot be used any more."""


class Guard:
    """Reads one connection at a time.

    Args:
        timeout_s: Longest silence of the server.
        literal_bytes: Longest piece of data (RFC 3501 §4.3) that is taken.
        clock: Monotonic, in seconds.
    """

    def __init__(self, timeout_s: float, literal_bytes: int, clock: Callable[[], float]) -> None:
        self._timeout_s = timeout_s
        self._literal_bytes = literal_bytes
        self._clock = clock
        self._until = clock() + timeout_s * COMMAND_TIMEOUTS
        self._buffer = bytearray()
        self._sock: socket.socket | None = None
        self._aborted = False

    def abort(self) -> None:
        """End all reading, from any thread: whoever waits for the server gets an error at once."""
        self._aborted = True
        if self._sock is not None:
            with suppress(OSError):
                # Not the method of a TLS socket, which would take it apart under its reader.
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def begin(self, seconds: float | None = None) -> None:
        """A command begins; it must end in `seconds`, or in the usual time."""
        allowed = self._timeout_s * COMMAND_TIMEOUTS if seconds is None else seconds
        self._until = self._clock() + allowed

    def pending(self, sock: socket.socket) -> bool:
        """Whether something has been received already that nobody has read yet."""
        if self._buffer:
            return True
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def read(self, sock: socket.socket, size: int) -> bytes:
        """Exactly `size` bytes. Raises `TooMuch` or OSError."""
        if size > self._literal_bytes:
            raise TooMuch(f"a piece of {size} bytes")
        self._use(sock)
        data = bytearray(size)
        at = min(size, len(self._buffer))
        data[:at] = self._buffer[:at]
        del self._buffer[:at]
        view = memoryview(data)
        while at < size:
            at += self._receive(sock, view[at : at + _CHUNK])
        return bytes(data)

    def readline(self, sock: socket.socket) -> bytes:
        """One line with its end. Raises `TooMuch` or OSError."""
        self._use(sock)
        looked = 0
        while (end := self._buffer.find(b"\n", looked)) < 0:
            looked = len(self._buffer)
            if looked > LINE_BYTES:
                raise TooMuch(f"a line of more than {LINE_BYTES} bytes")
            chunk = bytearray(_CHUNK)
            count = self._receive(sock, memoryview(chunk))
            self._buffer += chunk[:count]
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        return line

    def _use(self, sock: socket.socket) -> None:
        if sock is not self._sock:
            # After STARTTLS. What came in clear text behind its answer may be anybody's.
            self._buffer.clear()
            self._sock = sock

    def _receive(self, sock: socket.socket, room: memoryview) -> int:
        left = self._until - self._clock()
        if self._aborted:
            raise ConnectionAbortedError("given up")
        if left <= 0:
            raise TimeoutError("the server takes too long over one answer")
        sock.settimeout(min(self._timeout_s, left))
        count = sock.recv_into(room)
        if count == 0:
            raise ConnectionResetError("the server hung up")
        return count


class _Plain(IMAP4WithTimeout):  # type: ignore[misc]
    def __init__(self, guard: Guard, *args: Any) -> None:
        self._guard = guard
        super().__init__(*args)

    def read(self, size: int) -> bytes:
        return self._guard.read(self.sock, size)

    def readline(self) -> bytes:
        return self._guard.readline(self.sock)


class _Tls(IMAP4_TLS):  # type: ignore[misc]
    def __init__(self, guard: Guard, *args: Any) -> None:
        self._guard = guard
        super().__init__(*args)

    def read(self, size: int) -> bytes:
        return self._guard.read(self.sock, size)

    def readline(self) -> bytes:
        return self._guard.readline(self.sock)


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient, reading through a guard."""

    def __init__(
        self,
        guard: Guard,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        timeout_s: float,
    ) -> None:
        self._guard = guard
        super().__init__(host, port, ssl=tls is not None, ssl_context=tls, timeout=timeout_s)
        # Otherwise times come in the zone of this machine and do not say so.
        self.normalise_times = False

    def _create_IMAP4(self) -> Any:  # noqa: N802
        if self.ssl:
            return _Tls(self._guard, self.host, self.port, self.ssl_context, self._timeout.connect)
        return _Plain(self._guard, self.host, self.port, self._timeout.connect)

    def idle(self) -> None:
        """Begin IDLE (RFC 2177). Other answers may come before its own."""
        imap = self._imap
        self._idle_tag = imap._command("IDLE")
        while imap._get_response() is not None:
            if imap.tagged_commands.get(self._idle_tag):
                raise self.Error("IDLE was refused")

    def has_news(self) -> bool:
        """Whether the server has told of mail since the folder was opened, in whatever answer; or
        has said something that nobody has read yet."""
        told = self._imap.untagged_responses.get("EXISTS", [])
        return len(set(told)) > 1 or self._guard.pending(self.socket())
