"""DNS for the bench: one signing key, published by every domain there is; nothing else."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_TXT = 16
_TTL = 3600


class Names(asyncio.DatagramProtocol):
    """Answers `TXT NAME._domainkey.DOMAIN` with `record`, everything else with "no such name"."""

    def __init__(self, record: bytes) -> None:
        strings = [record[i : i + 255] for i in range(0, len(record), 255)]
        data = b"".join(bytes([len(s)]) + s for s in strings)
        # A pointer to the name of the question, type, class, time to live, length (RFC 1035 §4).
        self._answer = struct.pack("!HHHIH", 0xC00C, _TXT, 1, _TTL, len(data)) + data
        self._transport: Any = None  # asyncio.DatagramTransport
        self.asked = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.asked += 1
        end = data.index(b"\0", 12) + 5  # the name, its type and class
        question = data[12:end]
        known = b"\x0a_domainkey" in question.lower() and question[-3] == _TXT
        flags, count = (0x8580, 1) if known else (0x8583, 0)
        head = data[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0)
        self._transport.sendto(head + question + (self._answer if known else b""), address)


async def serve(record: bytes) -> tuple[Names, int]:
    """Start it on a free loopback port; the port."""
    loop = asyncio.get_running_loop()
    transport, names = await loop.create_datagram_endpoint(
        lambda: Names(record), local_addr=("127.0.0.1", 0)
    )
    return names, int(transport.get_extra_info("sockname")[1])


@contextmanager
def serve_in_thread(record: bytes) -> Iterator[int]:
    """The same without a loop of the caller's; its port."""
    names = Names(record)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        names.connection_made(line)

        def answer() -> None:
            while True:
                data, address = line.recvfrom(4096)
                if not data:  # our own farewell
                    return
                names.datagram_received(data, address)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield int(line.getsockname()[1])
        finally:
            line.sendto(b"", line.getsockname())
            thread.join()
