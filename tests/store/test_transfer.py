"""Moving to another database: everything is there, and every letter that is out can be answered."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import select

from mailflow.core.request import State
from mailflow.store import migrate, tables
from mailflow.store.db import Database
from mailflow.store.transfer import CannotTransfer, count, transfer
from mailflow.store.watch import Watch
from tests.house import House


def rows(db: Database) -> dict[str, list[tuple[object, ...]]]:
    with db.reading() as session:
        return {
            table.name: [
                tuple(row)
                for row in session.connection().execute(
                    select(table).order_by(*table.primary_key.columns)
                )
            ]
            for table in tables.metadata.sorted_tables
        }


def test_a_conversation_goes_on_in_postgresql(sqlite_db: Database, postgres_db: Database) -> None:
    old = House(sqlite_db)
    _, activation = old.pending()
    old.write("eve@stranger.example", "Account name: X", peer="192.0.2.66")
    total, told = count(sqlite_db), list[int]()
    assert transfer(sqlite_db, postgres_db, told.append) == total == told[-1]
    assert rows(postgres_db) == rows(sqlite_db)

    new = House(postgres_db)
    letters = new.answer(activation, "ACTIVATE")  # the secret in it is known here too
    assert new.request().state is State.ACTIVE
    assert {"confirmation_partner", "confirmation_customer"} <= {one.kind for one in letters}
    with pytest.raises(CannotTransfer, match="not empty"):
        transfer(sqlite_db, postgres_db)


def test_nothing_is_copied_from_under_a_running_service(
    sqlite_db: Database, empty_db: Database
) -> None:
    with pytest.raises(CannotTransfer, match="new database: its schema is empty"):
        transfer(sqlite_db, empty_db)
    migrate.upgrade(empty_db)
    House(sqlite_db)
    watch = Watch(sqlite_db, "web", lambda _: None)
    watch.start()
    with contextlib.ExitStack() as stack:
        stack.callback(watch.stop)
        with pytest.raises(CannotTransfer, match=r"a mailflow \(process \d+\) runs on the old"):
            transfer(sqlite_db, empty_db)
    assert transfer(sqlite_db, empty_db) == count(empty_db)
