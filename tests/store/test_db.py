"""Transactions: what is committed stays, trouble that may pass is told as such, nobody starves."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy.exc
from sqlalchemy import text

from mailflow.store import db as store_db
from mailflow.store import engines, inbox, outbox, quota
from mailflow.store.db import Database, Unavailable, savepoint
from mailflow.store.tables import Quota
from tests.store.make import MINUTE, NOON, in_threads, incoming, posted, rows, undone


def keys(db: Database) -> list[str]:
    with db.reading() as session:
        return [row.key for row in rows(session, Quota)]


def put(db: Database, key: str) -> None:
    with db.transaction() as session:
        quota.take(session, key, 1, MINUTE, NOON)


def test_a_transaction_is_kept_whole_or_not_at_all(db: Database) -> None:
    put(db, "kept")
    undone(db, lambda session: quota.take(session, "lost", 1, MINUTE, NOON))
    assert keys(db) == ["kept"]


def test_a_savepoint_undoes_its_part_alone(db: Database) -> None:
    with db.transaction() as session:
        quota.take(session, "before", 1, MINUTE, NOON)
        with contextlib.suppress(sqlalchemy.exc.IntegrityError), savepoint(session):
            quota.take(session, "inside", 1, MINUTE, NOON)
            session.connection().execute(text("UPDATE quota SET key = NULL"))
        with savepoint(session):
            quota.take(session, "second", 1, MINUTE, NOON)
    assert keys(db) == ["before", "second"]


def test_a_reader_cannot_write(db: Database) -> None:
    put(db, "k")
    with pytest.raises(Unavailable), db.reading() as session:
        session.connection().execute(text("DELETE FROM quota"))
    assert keys(db) == ["k"]


def test_a_reader_sees_one_state_while_others_write(db: Database) -> None:
    put(db, "a")
    with db.reading() as session:
        assert len(rows(session, Quota)) == 1
        put(db, "b")
        assert len(rows(session, Quota)) == 1
    assert keys(db) == ["a", "b"]


def test_what_is_answered_is_on_disk(sqlite_db: Database, postgres_db: Database) -> None:
    with sqlite_db.transaction() as session:
        pragma = session.connection().exec_driver_sql
        assert pragma("PRAGMA synchronous").scalar_one() == 2  # FULL
        assert pragma("PRAGMA journal_mode").scalar_one() == "wal"
        assert pragma("PRAGMA foreign_keys").scalar_one() == 1
    with postgres_db.transaction() as session:
        show = session.connection().exec_driver_sql
        assert show("SHOW synchronous_commit").scalar_one() == "on"
        assert show("SHOW transaction_isolation").scalar_one() == "read committed"


def test_the_business_clock_is_the_databases_plus_the_offset(db: Database) -> None:
    with db.transaction() as session:
        assert abs(db.now(session) - datetime.now(UTC)) < MINUTE
        db.clock_offset = timedelta(days=90)
        assert abs(db.now(session) - db.machine_now(session) - timedelta(days=90)) < MINUTE
        assert abs(db.machine_now(session) - datetime.now(UTC)) < MINUTE


def test_the_clock_in_sql_is_the_clock_of_the_machine(db: Database) -> None:
    """And its text compares with times that Python wrote (SQLite)."""
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    posted(db)
    after = datetime.now(UTC)
    found = outbox.next_due(db)
    assert found is not None
    assert before <= found <= after


def test_four_writers_do_not_starve_each_other(db: Database) -> None:
    count = 40

    def write(name: int) -> None:
        for n in range(count):
            put(db, f"{name}-{n}")

    in_threads(*(lambda n=n: write(n) for n in range(4)))  # type: ignore[misc]
    assert len(keys(db)) == 4 * count


def test_two_openings_of_one_file_share_its_lock(sqlite_db: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / '.' / 'mailflow.db'}")
    try:
        assert other._lock is sqlite_db._lock
        put(other, "k")
        assert keys(sqlite_db) == ["k"]
    finally:
        other.close()


@contextlib.contextmanager
def locked_by_another_program(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


def test_a_locked_file_is_unavailable_and_then_available_again(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)
    db = Database(f"sqlite:///{tmp_path / 'mailflow.db'}")
    try:
        with locked_by_another_program(tmp_path / "mailflow.db"):
            with pytest.raises(Unavailable, match="locked"):
                inbox.put_many(db, [incoming()])
            with pytest.raises(Unavailable):
                inbox.claim(db, 1, MINUTE)
        assert len(inbox.put_many(db, [incoming()])) == 1
    finally:
        db.close()


def test_a_writer_that_waits_too_long_for_its_own_process_is_told_so(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_db, "BUSY_SECONDS", 0.05)
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with sqlite_db.transaction():
            inside.set()
            done.wait(30)

    def ask() -> None:
        inside.wait(30)
        try:
            with pytest.raises(Unavailable, match="busy"):
                put(sqlite_db, "k")
        finally:
            done.set()

    in_threads(hold, ask)
    put(sqlite_db, "k")


def test_a_full_disk_is_unavailable_and_loses_nothing(sqlite_db: Database) -> None:
    inbox.put_many(sqlite_db, [incoming(b"before")])
    with sqlite_db.transaction() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        session.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(Unavailable, match="full"):
        inbox.put_many(sqlite_db, [incoming(b"x" * 1_000_000)])
    with sqlite_db.transaction() as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count = 1000000")
    inbox.put_many(sqlite_db, [incoming(b"x" * 1_000_000)])
    assert [len(one.raw) for one in inbox.claim(sqlite_db, 9, MINUTE)] == [6, 1_000_000]


def test_a_file_that_cannot_grow_is_unavailable_and_loses_nothing(sqlite_db: Database) -> None:
    """The system's own refusal to write, not SQLite's: a limit on the size of files."""
    inbox.put_many(sqlite_db, [incoming(b"before")])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(Unavailable):
            inbox.put_many(sqlite_db, [incoming(b"x" * 1_000_000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    inbox.put_many(sqlite_db, [incoming(b"after")])
    assert [one.raw for one in inbox.claim(sqlite_db, 9, MINUTE)] == [b"before", b"after"]


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "junk.db").write_bytes(b"this is no database" * 200)
    db = Database(f"sqlite:///{tmp_path / 'junk.db'}")
    with pytest.raises(Unavailable), db.reading() as session:
        rows(session, Quota)
    db.close()


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    with pytest.raises(Unavailable), db.transaction() as session:
        rows(session, Quota)


def test_a_lost_connection_is_unavailable_and_the_next_one_is_good(postgres_db: Database) -> None:
    def cut() -> None:
        with postgres_db.transaction() as session:
            session.connection().execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    def work() -> None:
        with postgres_db.transaction() as session:
            in_threads(cut)
            quota.take(session, "lost", 1, MINUTE, NOON)

    with pytest.raises(Unavailable):
        work()
    put(postgres_db, "kept")
    assert keys(postgres_db) == ["kept"]


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    db = Database(f"postgresql://mailflow@/none?host={tmp_path}")
    with pytest.raises(Unavailable), db.reading() as session:
        rows(session, Quota)


def test_our_own_mistakes_are_not_called_temporary(db: Database) -> None:
    put(db, "k")
    with pytest.raises(sqlalchemy.exc.IntegrityError), db.transaction() as session:
        session.connection().execute(text("UPDATE quota SET key = NULL"))


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_other_kinds_of_database_are_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="database"):
        Database(url)
