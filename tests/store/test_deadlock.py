"""Two transactions that wait for each other: PostgreSQL undoes one, and that one is to go again."""

from __future__ import annotations

import threading

from sqlalchemy import text

from mailflow.store.db import Database, Deadlock
from tests.store.make import in_threads


def test_one_of_two_that_wait_for_each_other_is_told_to_try_again(postgres_db: Database) -> None:
    with postgres_db.transaction() as session:
        for key in ("a", "b"):
            session.connection().execute(
                text("INSERT INTO quota (key, window_start, count) VALUES (:key, now(), 1)"),
                {"key": key},
            )
    both = threading.Barrier(2)
    told: list[str] = []

    def take(first: str, second: str) -> None:
        touch = text("UPDATE quota SET count = count + 1 WHERE key = :key")
        try:
            with postgres_db.transaction() as session:
                session.connection().execute(touch, {"key": first})
                both.wait(10)
                session.connection().execute(touch, {"key": second})
        except Deadlock as deadlock:
            told.append(str(deadlock))

    in_threads(lambda: take("a", "b"), lambda: take("b", "a"))
    assert len(told) == 1
    with postgres_db.reading() as session:
        kept = session.connection().execute(text("SELECT sum(count) FROM quota")).scalar_one()
    assert kept == 1 + 1 + 2  # what the other did, and nothing of the one that was undone
