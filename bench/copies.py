"""Fills a database by copying what is there: each request with its mails, events and secrets.

Rows that came about by mail are the pattern, so that all columns are as in life. Copies get ids,
references, domains and hashes of their own. The file belongs to nobody else meanwhile: no journal
is kept, and indexes are built once all rows are there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

TABLES = ("request", "inbox", "outbox", "event", "account", "token")
#: Columns that must differ from row to row.
_UNIQUE = ("reference", "domain", "content_hash", "effect_key", "message_id", "hash")
#: Times of what has happened. What is still to come stays where it is.
_TIMES = (
    "opened_at", "changed_at", "created_at", "ended_at", "received_at", "finished_at", "at",
)  # fmt: skip
_NUMBERED = ("request", "inbox", "outbox", "event", "account")


def multiply(file: Path, times: int, tables: Sequence[str] = TABLES, days: int = 0) -> None:
    """Let each request be there so many times, with all that belongs to it in `tables`.

    With `days` the copies are spread over so many, the last of them being the newest. Nobody else
    may have the file open.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        for pragma in (
            "journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF",
            "cache_size = -1000000", "threads = 2",
        ):  # fmt: skip
            db.execute(f"PRAGMA {pragma}")
        marks = ", ".join("?" * len(tables))
        question = (
            "SELECT name, sql FROM sqlite_master"
            f" WHERE type = 'index' AND sql <> '' AND tbl_name IN ({marks})"
        )
        indexes = db.execute(question, tuple(tables)).fetchall()
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        most = {
            name: db.execute(f"SELECT coalesce(max(id), 0) FROM {name}").fetchone()[0]
            for name in _NUMBERED
        }
        for table in tables:
            _copy(db, table, most, times, days * 86_400 / times)
        for _, sql in indexes:
            db.execute(sql)
        db.execute("ANALYZE")
        db.execute("PRAGMA journal_mode = WAL")


def _copy(
    db: sqlite3.Connection, table: str, most: Mapping[str, int], times: int, apart: float
) -> None:
    """The rows of one table, copy by copy, the first being the old rows: ids grow as in life."""
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    numbers = {f"{name}_id": number for name, number in most.items()} | {"id": most.get(table, 0)}
    values = ", ".join(_copied(name, numbers, apart, times - 1) for name in columns)
    db.execute("BEGIN")
    db.execute(f"CREATE TEMP TABLE old AS SELECT * FROM {table}")
    db.execute(f"DELETE FROM {table}")
    db.execute(
        "WITH RECURSIVE copy(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM copy WHERE n < ?)"
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM copy CROSS JOIN old",
        (times - 1,),
    )
    db.execute("DROP TABLE old")
    db.execute("COMMIT")


def _copied(column: str, numbers: Mapping[str, int], apart: float, last: int) -> str:
    """What stands in a column of copy `n`; copies are `apart` seconds, the last is not moved.

    `numbers`: how many numbers one copy takes, for columns with a number of a row.
    """
    if column in numbers:
        return f"old.{column} + copy.n * {numbers[column]}"
    if column in _UNIQUE:
        return f"CASE WHEN n > 0 THEN old.{column} || '.' || n ELSE old.{column} END"
    if column in _TIMES and apart:
        moved = (
            f"strftime('%Y-%m-%d %H:%M:%f', old.{column}, ((n - {last}) * {apart}) || ' seconds')"
        )
        return f"{moved} || '000'"
    if column == "document":
        return f"json_set(old.document, '$.reference', {_copied('reference', {}, 0, 0)})"
    return f"old.{column}"
