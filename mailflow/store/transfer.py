"""A whole database into an empty one, row by row: how one moves from SQLite to PostgreSQL.

Numbers, secrets' hashes and bytes stay what they are, so every letter that is out can be answered
at the new place. All of it is one transaction there, read from one moment here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, func, insert, select, text

from mailflow.store import migrate, queries, tables, workers
from mailflow.store.db import Database, Session, run

#: Rows at once; of bytes of mail fewer, for the sake of memory.
PAGE = 500
RAW_PAGE = 20


class CannotTransfer(Exception):  # noqa: N818 - a plain word for what the operator is told
    """Nothing was copied; the message says why."""


def count(source: Database) -> int:
    """How many rows there are to copy. Raises `Unavailable`."""
    with source.reading() as session:
        return sum(_number(session, table) for table in tables.metadata.sorted_tables)


def transfer(
    source: Database, target: Database, told: Callable[[int], None] = lambda _: None
) -> int:
    """Copy all rows; returns how many.

    Args:
        source: Stays as it is. Nobody may be running on it.
        target: With tables of this version, and nothing in them.
        told: Told now and then how many rows are done.

    Raises:
        CannotTransfer: and `Unavailable`; nothing was copied then.
    """
    for name, db in (("the old database", source), ("the new database", target)):
        if (state := migrate.state(db)) != "current":
            raise CannotTransfer(f"{name}: its schema is {state}, not of this version")
    if busy := workers.living(source):
        raise CannotTransfer(f"a mailflow (process {busy[0].pid}) runs on the old database")
    done = 0
    with source.reading() as old, target.transaction() as new:
        if target.dialect == "postgresql":
            run(new, text("SET LOCAL statement_timeout = 0"))
        for table in tables.metadata.sorted_tables:
            if _number(new, table):
                raise CannotTransfer(f"the new database is not empty: it has rows in {table.name}")
        for table in tables.metadata.sorted_tables:
            for rows in _pages(old, table):
                run(new, insert(table), rows)
                done += len(rows)
                told(done)
            _number_on(target, new, table)
        if queries.conservation(new) != queries.conservation(old):
            raise CannotTransfer("the mails of the two do not add up alike")
    return done


def _pages(session: Session, table: Table) -> Any:
    """The rows of a table as lists of dicts, in the order of their keys."""
    page = RAW_PAGE if table.name.endswith("_raw") else PAGE
    statement = select(table).order_by(*table.primary_key.columns)
    found = session.connection().execute(statement, execution_options={"yield_per": page})
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]


def _number(session: Session, table: Table) -> int:
    return int(run(session, select(func.count()).select_from(table)).scalar_one())


def _number_on(db: Database, session: Session, table: Table) -> None:
    """PostgreSQL: let new rows be numbered after those that were copied; SQLite does by itself."""
    if db.dialect != "postgresql" or "id" not in table.c:
        return
    last = func.max(table.c.id)
    sequence = func.pg_get_serial_sequence(table.name, "id")  # NULL where we number by ourselves
    run(session, select(func.setval(sequence, last)).having(last.is_not(None)))
