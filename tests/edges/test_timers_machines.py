"""Timers run on several machines, and what is due happens once (I10, I11)."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from mailflow.flow import Flow
from mailflow.store import queries
from mailflow.store.db import Database
from mailflow.timers import check_all, sweep
from tests.house import REQUEST, House, letters_of

REQUESTS, MACHINES = 6, 4


def written(db: Database) -> Counter[tuple[int | None, str, str]]:
    """(request, kind, recipient) of every letter, and how often it was written."""
    with db.reading() as session:
        rows = queries.mails(session, limit=1000)
    return Counter((row.request_id, row.kind, row.recipient) for row in rows)


@pytest.mark.parametrize("days", [8, 91])
def test_what_is_due_happens_once_however_many_sweep(postgres_db: Database, days: int) -> None:
    """After 8 days each customer is reminded, after 91 each request expires; a security check is
    due as well."""
    house = House(postgres_db)
    for number in range(REQUESTS):
        body = REQUEST.replace("harbour.example", f"harbour{number}.example")
        house.pending(body.replace("Harbour", f"Harbour {number}"))
    before = written(postgres_db)
    url = postgres_db._writer.url.render_as_string(hide_password=False)
    machines = [Database(url) for _ in range(MACHINES)]
    start = threading.Barrier(MACHINES)
    swept: list[dict[str, int]] = []
    checked: list[dict[str, int]] = []

    def work(db: Database) -> None:
        db.clock_offset = timedelta(days=days)
        flow = Flow(db, letters_of(house.config), house.config)
        start.wait(20)
        swept.append(sweep(flow))
        start.wait(60)
        checked.append(check_all(flow))

    threads = [threading.Thread(target=work, args=(db,)) for db in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for db in machines:
        db.close()
    assert len(checked) == MACHINES
    outcome = "reminded" if days < 90 else "expired"
    assert sum(one.get(outcome, 0) for one in swept) == REQUESTS
    assert not any(one.get("failed") for one in swept + checked)
    new = written(postgres_db) - before
    assert set(new.values()) == {1}
    per_request = Counter(request for request, _, _ in new)
    assert len(per_request) == REQUESTS
    assert len(set(per_request.values())) == 1
