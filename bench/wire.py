"""SMTP for the bench: a client and a sink on asyncio, bare enough not to be what is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

GREETING = b"220 bench.example ESMTP\r\n"
FEATURES = b"250-bench.example\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE 10485760\r\n"
END = b"\r\n.\r\n"


class Refused(Exception):  # noqa: N818 - what a server does to a mail
    """A reply that is not the one hoped for."""


class Client(asyncio.Protocol):
    """One connection that hands in mails one after the other, each command after its reply."""

    def __init__(self) -> None:
        self._reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._seen = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int, *, hello: bytes = b"EHLO") -> Client:
        """Connect and greet. `hello` is LHLO for LMTP."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, "127.0.0.1", port)
        await client._hear(b"220")
        await client._say(hello + b" mx.partner.example\r\n", b"250")
        return client

    async def mail(self, sender: str, recipient: str, raw: bytes) -> None:
        """Hand in one mail, CRLF, with no line that begins with a dot. Raises `Refused`."""
        await self._say(f"MAIL FROM:<{sender}>\r\n".encode(), b"250")
        await self._say(f"RCPT TO:<{recipient}>\r\n".encode(), b"250")
        await self._say(b"DATA\r\n", b"354")
        await self._say(raw + b".\r\n", b"250")

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    async def _say(self, words: bytes, hoped_for: bytes) -> None:
        assert self._transport is not None
        self._reply = asyncio.get_running_loop().create_future()
        self._transport.write(words)
        await self._hear(hoped_for)

    async def _hear(self, hoped_for: bytes) -> None:
        reply = await self._reply
        if not reply.startswith(hoped_for):
            raise Refused(reply.decode("ascii", "replace").strip())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        last = self._seen[self._seen.rfind(b"\n", 0, -1) + 1 :]
        if last.endswith(b"\n") and last[3:4] != b"-":
            reply, self._seen = self._seen, b""
            if not self._reply.done():
                self._reply.set_result(reply)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._reply.done():
            self._reply.set_exception(Refused("the connection was closed"))


class Server(asyncio.Protocol):
    """Takes every mail at once and tells `took(sender, recipient, raw)`; offers PIPELINING."""

    def __init__(self, took: Callable[[str, str, bytes], None]) -> None:
        self._took = took
        self._buffer = bytearray()
        self._in_text = False
        self._sender = self._recipient = ""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies = []
        while True:
            end = END if self._in_text else b"\r\n"
            cut = self._buffer.find(end)
            if cut < 0:
                break
            piece = bytes(self._buffer[:cut])
            del self._buffer[: cut + len(end)]
            replies.append(self._text(piece) if self._in_text else self._command(piece))
        if replies and self._transport is not None:
            self._transport.write(b"".join(replies))

    def _text(self, raw: bytes) -> bytes:
        self._in_text = False
        self._took(self._sender, self._recipient, raw + b"\r\n")
        return b"250 2.0.0 taken\r\n"

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return FEATURES
        if verb == b"DATA":
            self._in_text = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            return b"221 bye\r\n"
        address = line[line.find(b"<") + 1 : line.find(b">")].decode()
        if verb == b"MAIL":
            self._sender = address
        elif verb == b"RCPT":
            self._recipient = address
        return b"250 2.1.0 fine\r\n"


async def listen(took: Callable[[str, str, bytes], None]) -> tuple[asyncio.Server, int]:
    """A `Server` on a free loopback port, and the port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(took), "127.0.0.1", 0, backlog=512)
    return server, int(server.sockets[0].getsockname()[1])
