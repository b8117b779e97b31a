"""The figures of the first page, counted once in a while for everybody who looks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from mailflow.store import queries
from mailflow.store.db import Database

#: Counting a million rows takes a noticeable part of a second; nobody needs it fresher than this.
SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All figures as they stood at `at` (business time); `machine` is the machine's clock then."""

    at: datetime
    machine: datetime
    counts: queries.Counts
    today: queries.Today
    paces: queries.Paces
    last_received: datetime | None
    difference: int


class Figures:
    """Counts at most every `SECONDS`; `clock` counts steady seconds."""

    def __init__(self, db: Database, clock: Callable[[], float]) -> None:
        self._db, self._clock = db, clock
        self._lock = threading.Lock()
        self._counted: tuple[float, Snapshot] | None = None

    def look(self, zone: tzinfo) -> Snapshot:
        """The newest figures; "today" begins at midnight in `zone`."""
        with self._lock:
            if self._counted is None or self._clock() - self._counted[0] >= SECONDS:
                self._counted = (self._clock(), self._count(zone))
            return self._counted[1]

    def _count(self, zone: tzinfo) -> Snapshot:
        with self._db.reading() as session:
            now = self._db.now(session)
            local = now.astimezone(zone)
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            return Snapshot(
                now,
                self._db.machine_now(session),
                queries.counts(session),
                queries.today(session, midnight),
                queries.paces(session),
                queries.last_received(session),
                queries.conservation(session).difference,
            )
