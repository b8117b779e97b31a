"""The statements on the way of a mail find their rows by an index, however long the tables are."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mailflow.store import directory, inbox, outbox, quota, requests, tokens
from mailflow.store.db import Database
from mailflow.store.inbox import arrival, work
from mailflow.store.prepared import Prepared
from mailflow.store.queries import facts, threads
from tests.store.make import incoming, posted

HOT = {
    f"{module.__name__.rpartition('.')[2]}.{name}{form}": statement
    for module in (arrival, directory, facts, outbox, quota, requests, threads, tokens, work)
    for name, found in sorted(vars(module).items())
    for form, statement in (found.items() if isinstance(found, dict) else [("", found)])
    if isinstance(statement, Prepared)
}


def explained(db: Database, name: str) -> list[str]:
    """How the database would run a statement, line by line."""
    statement = HOT[name]
    with db.transaction() as session:
        if db.dialect == "postgresql":
            # Small tables are scanned whatever indexes there are; long ones would not be.
            session.connection().execute(text("SET LOCAL enable_seqscan = off"))
        form = statement._form(session)
        given = {"limit": 10, "ids": [1], "hashes": ["1"], "but": [1]}
        values = [
            (key, write(given[key]) if write and key in given else given.get(key))
            for key, _, write, _ in form._parameters
        ]
        driver = session.driver
        if db.dialect == "sqlite":
            found = driver.execute(
                "EXPLAIN QUERY PLAN " + form._sql, [value for _, value in values]
            )
        else:
            found = driver.execute("EXPLAIN (COSTS OFF) " + form._sql, dict(values))
        return [str(row[-1]) for row in found.fetchall()]


def test_the_statements_are_found() -> None:
    assert len(HOT) > 25


@pytest.mark.parametrize("name", sorted(HOT))
def test_no_hot_statement_scans_a_table(db: Database, name: str) -> None:
    inbox.put_many(db, [incoming()])
    posted(db)
    plan = explained(db, name)
    scanned = [
        line
        for line in plan
        if (
            "SCAN" in line and "json_each" not in line and "USING" not in line and "due" not in line
        )
        or "Seq Scan" in line
    ]
    assert not scanned, plan


def test_answers_are_found_among_any_number_of_notices(db: Database) -> None:
    for number in range(500):
        posted(db, by_clock=number % 100 > 0)
    with db.transaction() as session:
        session.connection().execute(text("ANALYZE"))
    plan = "\n".join(explained(db, "outbox._CLAIM_PROMPT"))
    assert "ix_outbox_prompt" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan


@pytest.mark.parametrize("name", ["work._CLAIM", "outbox._CLAIM"])
def test_a_claim_walks_along_the_open_rows_without_sorting(db: Database, name: str) -> None:
    inbox.put_many(db, [incoming(b"%d" % n) for n in range(500)])
    for _ in range(500 if name.startswith("outbox") else 0):
        posted(db)
    with db.transaction() as session:
        session.connection().execute(text("ANALYZE"))
    plan = "\n".join(explained(db, name))
    table = "outbox" if name.startswith("outbox") else "inbox"
    assert f"ix_{table}_open" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan
    assert "Sort" not in plan
