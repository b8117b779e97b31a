"""What `/readyz` asks of the database, and the gauges of `/metrics` that nobody else sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from mailflow.metrics import Metrics
from mailflow.store import migrate, queries
from mailflow.store.db import Database, Unavailable
from mailflow.web.health import Check

#: Mail that is due so long and still untouched means that nobody works on it. A mail that waits
#: for its next try is not due, so a smarthost that is down does not count.
STUCK = timedelta(minutes=15)
#: A million mails take a second to add up.
ACCOUNT_S = 60.0


def ready(db: Database) -> Mapping[str, Check]:
    """The checks that tell whether this machine can do its work."""

    def answers() -> str:
        with db.reading() as session:
            db.machine_now(session)
            queries.last_received(session)
        return ""

    def schema() -> str:
        state = migrate.state(db)
        return "" if state == "current" else f"the schema is {state}; run mailflow migrate"

    def moving(oldest_of: Callable[[queries.Backlog], datetime | None]) -> Check:
        def check() -> str:
            with db.reading() as session:
                now, oldest = db.machine_now(session), oldest_of(queries.backlog(session))
            late = now - oldest if oldest else timedelta()
            return "" if late < STUCK else f"due for {int(late.total_seconds())} s and untouched"

        return check

    checks = {
        "database": answers,
        "schema": schema,
        "inbox": moving(lambda backlog: backlog.oldest_inbox),
        "outbox": moving(lambda backlog: backlog.oldest_outbox),
    }
    return {name: _said_plainly(check) for name, check in checks.items()}


def _said_plainly(check: Check) -> Check:
    """The check, for which a database that is away is an answer and no fault of its own."""

    def plain() -> str:
        try:
            return check()
        except Unavailable as trouble:
            return "no connection to the database" if trouble.told else "the database is busy"

    return plain


class Account:
    """The gauges that say what became of every accepted mail (I26).

    They are read from every row of the inbox, so at most so often as `ACCOUNT_S` says.
    """

    def __init__(self, db: Database, metrics: Metrics) -> None:
        self._db = db
        self._metrics = metrics
        self._next = 0.0

    def refresh(self) -> None:
        """Read them anew if it is time. Raises `Unavailable`."""
        if time.monotonic() < self._next:
            return
        with self._db.reading() as session:
            account = queries.conservation(session)
        for fate, number in asdict(account).items():
            if fate != "accepted":
                self._metrics.accepted.labels(fate).set(number)
        self._metrics.conservation_difference.set(account.difference)
        self._next = time.monotonic() + ACCOUNT_S


def refresh(db: Database, metrics: Metrics) -> None:
    """Read the backlog into its gauges; called before each look at the figures."""
    with db.reading() as session:
        now, backlog = db.machine_now(session), queries.backlog(session)
    metrics.inbox_waiting.set(backlog.inbox)
    metrics.outbox_due.set(backlog.outbox)
    oldest = backlog.oldest_outbox
    metrics.outbox_age_seconds.set(max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
