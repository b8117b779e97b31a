"""What the loop is held against: programs that do less, each a process of its own.

`python -m bench.floor listener PORT FILE`: aiosmtpd as it is, with group commit into SQLite (WAL,
synchronous FULL) before each 250, and nothing else: what any receiver in this language costs.

`python -m bench.floor echo PORT RELAY`: answers each mail of the loop with the letters that the
loop waits for, without reading, proving, deciding or storing anything: what the driver can do.
"""

from __future__ import annotations

import asyncio
import queue
import re
import sqlite3
import sys
import threading
from concurrent.futures import Future

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.mails import INTAKE
from bench.wire import Client, Server

_GROUP = 100
_APPROVER = re.compile(rb"^Customer email: (\S+)", re.M)


class Listener:
    """Stores mails in groups; one thread, one transaction and one sync for each group."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._waiting: queue.SimpleQueue[tuple[bytes, Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._store, daemon=True).start()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Answer when it is on disk."""
        stored: Future[None] = Future()
        assert isinstance(envelope.content, bytes)
        self._waiting.put((envelope.content, stored))
        await asyncio.wrap_future(stored)
        return "250 2.0.0 stored"

    def _store(self) -> None:
        db = sqlite3.connect(self._file, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE IF NOT EXISTS mail (id INTEGER PRIMARY KEY, raw BLOB)")
        while True:
            group = [self._waiting.get()]
            while len(group) < _GROUP and not self._waiting.empty():
                group.append(self._waiting.get())
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO mail (raw) VALUES (?)", [(raw,) for raw, _ in group])
            db.execute("COMMIT")
            for _, stored in group:
                stored.set_result(None)


class Echo:
    """Knows of a conversation only who takes part, by the tag of its address."""

    def __init__(self, relay: int) -> None:
        self._relay = relay
        self._letters: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._parts: dict[str, tuple[str, str]] = {}
        self._count = 0

    def took(self, sender: str, recipient: str, raw: bytes) -> None:
        """Answer at once."""
        if recipient == INTAKE:
            found = _APPROVER.search(raw)
            assert found is not None
            self._count += 1
            tag = f"requests+{self._count}@vendor.example"
            self._parts[tag] = (sender, found[1].decode())
            self._write(sender, tag)
        else:
            for person in self._parts[recipient]:
                self._write(person, recipient)

    def _write(self, person: str, tag: str) -> None:
        self._count += 1
        head = f"Reply-To: <{tag}>\r\nMessage-ID: <{self._count}@vendor.example>\r\n\r\n"
        self._letters.put_nowait((person, head.encode() + b"A letter of usual length.\r\n" * 300))

    async def carry(self) -> None:
        """One connection to the sink."""
        line = await Client.open(self._relay)
        while True:
            person, raw = await self._letters.get()
            await line.mail("bounce@vendor.example", person, raw)


async def _echo(port: int, relay: int) -> None:
    echo = Echo(relay)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Server(echo.took), "127.0.0.1", port, backlog=512)
    await asyncio.gather(*(echo.carry() for _ in range(4)))


def main(kind: str, port: int, rest: str) -> None:
    """Serve until killed."""
    if kind == "echo":
        asyncio.run(_echo(port, int(rest)))
        return
    Controller(Listener(rest), hostname="127.0.0.1", port=port).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
