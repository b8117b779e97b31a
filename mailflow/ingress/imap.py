"""Mailboxes that are read by IMAP: one thread for each (`imap_reader`), and one that watches them.

Several workers may have the same mailboxes: each mailbox is read by one of them (`imap_turn`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial

from mailflow import maillog
from mailflow.config import ImapSettings
from mailflow.ingress.arrived import arrived
from mailflow.ingress.imap_login import login_for
from mailflow.ingress.imap_mail import Addresses, incoming
from mailflow.ingress.imap_reader import MailboxReader
from mailflow.ingress.imap_standing import Standing
from mailflow.ingress.imap_take import Taker
from mailflow.ingress.imap_turn import Turn
from mailflow.metrics import Metrics
from mailflow.store.db import Database
from mailflow.store.inbox import Incoming, Stored

WATCH_EVERY_S = 5.0
#: What a stop leaves to a thread in the middle of a look, before its connection is cut.
GRACE_S = 3.0


class ImapIngress:
    """All mailboxes. Its `loops` are to be run in a thread each, until the event that they get."""

    def __init__(
        self,
        boxes: Mapping[str, ImapSettings],
        ours: Addresses,
        db: Database,
        submit: Callable[[Incoming], Future[Stored]],
        metrics: Metrics,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        """`has_room` says whether there is space for more mail; without, it stays where it is."""
        self.readers = [
            _reader(name, settings, ours, db, submit, metrics, has_room)
            for name, settings in sorted(boxes.items())
            if settings.enabled
        ]

    @property
    def loops(self) -> dict[str, Callable[[threading.Event], None]]:
        """The threads that it needs, by name; none without mailboxes."""
        loops: dict[str, Callable[[threading.Event], None]] = {
            f"imap:{reader.name}": reader.run for reader in self.readers
        }
        return loops | ({"imap-watch": self._watch} if loops else {})

    def _watch(self, stop: threading.Event) -> None:
        while not stop.wait(WATCH_EVERY_S):
            for reader in self.readers:
                reader.watch()

    def stop(self) -> None:
        """After the stop was set: let every look come to its end, or cut it. Harmless twice."""
        for reader in self.readers:
            reader.ring()
        deadline = time.monotonic() + GRACE_S
        for reader in self.readers:
            reader.finish(max(0.0, deadline - time.monotonic()))

    def health(self) -> str:
        """A check for `/readyz`: "" when all mailboxes are read."""
        return "; ".join(said for reader in self.readers if (said := reader.standing.health()))


def _reader(
    name: str,
    settings: ImapSettings,
    ours: Addresses,
    db: Database,
    submit: Callable[[Incoming], Future[Stored]],
    metrics: Metrics,
    has_room: Callable[[], bool],
) -> MailboxReader:
    def refused(uid: int, reason: str) -> None:
        metrics.mailbox_refused.labels(name).inc()
        maillog.mailbox_refused(mailbox=name, uid=uid, reason=reason)

    taker = Taker(
        name,
        settings,
        db,
        submit,
        read=lambda raw, received_at: incoming(
            raw, mailbox=name, ours=ours, recipient_headers=settings.recipient_headers,
            received_at=received_at,
        ),
        on_stored=partial(arrived, metrics),
        on_refused=refused,
        clock=time.monotonic,
    )  # fmt: skip
    return MailboxReader(
        name,
        settings,
        taker,
        login_for(name, settings, db),
        Turn(name, db),
        Standing(name, settings.alarm_minutes, db, metrics),
        has_room=has_room,
    )
