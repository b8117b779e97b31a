"""One mailbox with its reader, its committer and a database, as the program puts them together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import text

from mailflow.config import ImapSettings
from mailflow.ingress.committer import Committer
from mailflow.ingress.imap import ImapIngress
from mailflow.ingress.imap_mail import Addresses
from mailflow.metrics import Metrics
from mailflow.store import inbox
from mailflow.store.db import Database

OURS = Addresses("requests@vendor.example", ("bounce@vendor.example",))
#: Longer than anything here takes, so that a wait that ends is a failure and not slowness.
PATIENCE = 30.0


def settings(port: int, **values: Any) -> ImapSettings:
    """Settings for a server on this machine."""
    plain: dict[str, Any] = {
        "host": "127.0.0.1", "port": port, "security": "none", "username": "requests",
        "password": "secret", "poll_s": 1, "timeout_s": 1,
    }  # fmt: skip
    return ImapSettings.model_validate(plain | values)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class House:
    """Runs until the block ends."""

    def __init__(self, db: Database, box: ImapSettings) -> None:
        self.db = db
        self.metrics = Metrics()
        self.stored = threading.Condition()
        self.committer = Committer(
            partial(inbox.put_many, db), group_max=100, on_stored=self._ring, metrics=self.metrics
        )
        self.ingress = ImapIngress({"sales": box}, OURS, db, self.committer.submit, self.metrics)
        [self.reader] = self.ingress.readers
        self.stop = threading.Event()

    def _ring(self) -> None:
        with self.stored:
            self.stored.notify_all()

    def rows(self) -> list[tuple[bytes, int]]:
        """(bytes, copies) of every mail in the inbox."""
        with self.db.reading() as session:
            return [
                (bytes(row.raw), row.copies)
                for row in session.connection().execute(
                    text("SELECT raw, copies FROM inbox JOIN inbox_raw ON inbox_id = id")
                )
            ]

    def wait_for(self, count: int, seconds: float = PATIENCE) -> list[tuple[bytes, int]]:
        """Wait until there are so many mails in the inbox."""
        with self.stored:
            self.stored.wait_for(lambda: len(self.rows()) >= count, seconds)
        return self.rows()


@contextmanager
def running(db: Database, box: ImapSettings) -> Iterator[House]:
    """The mailbox is being read within the block."""
    house = House(db, box)
    house.committer.start()
    threads = [
        threading.Thread(target=loop, args=(house.stop,), name=name)
        for name, loop in house.ingress.loops.items()
        if name != "imap-watch"
    ]
    for thread in threads:
        thread.start()
    try:
        yield house
    finally:
        house.stop.set()
        house.ingress.stop()
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)
        house.committer.stop()


__all__ = ["OURS", "PATIENCE", "Clock", "House", "running", "settings"]
