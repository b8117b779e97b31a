"""The clock jumps, and strangers write: nothing waits for a wrong time, nothing fills the disk."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from mailflow import timers
from mailflow.flow import Flow
from mailflow.store import inbox, outbox
from mailflow.store.db import Database
from mailflow.store.hasten import hasten
from tests.house import House
from tests.store.make import MINUTE, incoming, posted

DAY = timedelta(days=1)


def set_back(db: Database, by: timedelta) -> None:
    """What is waiting was written while the clock was ahead."""
    [mail] = inbox.claim(db, 1, MINUTE)
    inbox.fault(db, mail.id, mail.fence, "DNS", 9, by)
    [letter] = outbox.claim(db, 1, MINUTE)
    with db.reading() as session:
        later = db.machine_now(session) + by
    outbox.mark(db, letter.id, letter.fence, "due", "later", later)


@pytest.mark.parametrize("by", [DAY, 365 * DAY])
def test_what_would_wait_for_a_wrong_time_is_due(db: Database, by: timedelta) -> None:
    inbox.put_many(db, [incoming()])
    posted(db)
    set_back(db, by)
    assert hasten(db, 2 * by) == 0
    assert inbox.claim(db, 9, MINUTE) == []
    assert hasten(db, timedelta(hours=8)) == 2
    assert len(inbox.claim(db, 9, MINUTE)) == 1
    assert len(outbox.claim(db, 9, MINUTE)) == 1
    assert hasten(db, timedelta()) == 0  # claimed: left to their workers


def test_a_clock_that_is_put_back_is_noticed(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = sqlite_db
    flow: Flow = House(db).service.flow
    inbox.put_many(db, [incoming()])
    posted(db)
    wall = [0.0]
    monkeypatch.setattr(
        timers,
        "time",
        SimpleNamespace(time=lambda: time.time() + wall[0], monotonic=time.monotonic),
    )
    stop = threading.Event()
    loop = threading.Thread(target=timers.Timers(flow, sweep_every_s=3600).run, args=(stop,))
    loop.start()
    try:
        stop.wait(0.5)  # its first round is over
        set_back(db, timedelta(hours=7))
        wall[0] = -DAY.total_seconds()
        found = []
        for _ in range(100):
            found += inbox.claim(db, 9, MINUTE)
            if found:
                break
            stop.wait(0.1)
        assert len(found) == 1
    finally:
        stop.set()
        loop.join(10)
