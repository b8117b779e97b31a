"""The figures of the first page, counted once in a while for everybody who looks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from mailflow.store import queries
from mailflow.store.db import Database
from mailflow.web.shield import Fault

#: Nobody needs the figures fresher than this.
SECONDS = 15.0
#: Counting so long, nobody is kept waiting for it; a million requests take some seconds.
QUICK_S = 0.2
#: So many times longer than it takes do we wait until we count again.
SELDOM = 20


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
    """Counts at most every `SECONDS`, and where that takes long, seldom enough to be no burden.

    Only the first look waits for a count that takes long; later ones get the figures there are,
    with their time, while it is counted anew.

    `clock` counts steady seconds; `on_fault` is told of a count that failed while nobody waited.
    """

    def __init__(self, db: Database, clock: Callable[[], float], on_fault: Fault) -> None:
        self._db, self._clock, self._on_fault = db, clock, on_fault
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._newest: Snapshot | None = None
        self._took = 0.0
        self._due = 0.0

    def look(self, zone: tzinfo) -> Snapshot:
        """The newest figures; "today" begins at midnight in `zone`. Raises `Unavailable`."""
        with self._lock:
            newest = self._newest
            if newest is not None and self._clock() < self._due:
                return newest
            if newest is None or self._took < QUICK_S:
                return self._renew(zone)
        if self._counting.acquire(blocking=False):
            threading.Thread(target=self._behind, args=(zone,), daemon=True).start()
        return newest

    def _renew(self, zone: tzinfo) -> Snapshot:
        began = self._clock()
        newest = self._newest = self._count(zone)
        self._took = self._clock() - began
        self._due = self._clock() + max(SECONDS, self._took * SELDOM)
        return newest

    def _behind(self, zone: tzinfo) -> None:
        try:
            self._renew(zone)
        except Exception as error:
            self._on_fault(error)
        finally:
            self._counting.release()

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
