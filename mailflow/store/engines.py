"""How connections to the database are made, and how a transaction begins on them.

SQLite: writers that compete by `busy_timeout` starve each other, because it polls, in the end every
tenth of a second. So writers of one process take a lock of their own (`lock_of`), and only then
BEGIN IMMEDIATE, which looks again every few milliseconds while another process writes. Readers need
no lock under WAL.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy.exc as errors
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

from mailflow.store.prepared import Prepared
from mailflow.store.session import Session

#: Longest wait for the write lock of a SQLite file, within this process and against others.
BUSY_SECONDS = 20.0
#: Between two looks whether another process still writes, in seconds: at first, and at last.
LOOK_AGAIN_S = (0.001, 0.008)
#: PostgreSQL ends what hangs: a worker that is frozen inside a transaction must not hold its locks
#: for ever, and a look-up that takes this long helps nobody.
POSTGRES_OPTIONS = (
    "-c timezone=UTC -c synchronous_commit=on -c statement_timeout=60000 -c lock_timeout=20000"
    " -c idle_in_transaction_session_timeout=60000"
)
#: Pages a writer keeps in memory, in KiB. What does not fit is read from the file again.
WRITER_CACHE_KIB = 8000
#: A commit is on disk before we answer 250 (I1). Each transaction says so: connections are shared.
_SYNCED = Prepared(text("PRAGMA synchronous = FULL"))
_UNSYNCED = Prepared(text("PRAGMA synchronous = NORMAL"))
_BEGIN = Prepared(text("BEGIN"))
_BEGIN_IMMEDIATE = Prepared(text("BEGIN IMMEDIATE"))
_locks: dict[str, threading.Lock] = {}
_locks_guard = threading.Lock()


def lock_of(url: URL) -> threading.Lock:
    """The write lock of a SQLite file, one in this process however often it is opened."""
    assert url.database is not None
    path = str(Path(url.database).resolve())
    with _locks_guard:
        return _locks.setdefault(path, threading.Lock())


def sqlite_engines(url: URL) -> tuple[Engine, Engine, Engine]:
    """One that writes and syncs, one that reads, and one that writes without waiting for the disk.

    Those that write share their connections: SQLite forgets the pages it holds in memory as soon
    as another connection has written, and would read them from the file again each time.

    Raises ValueError for a database that is no file.
    """
    if not url.database or url.database == ":memory:":
        raise ValueError("the database must be a file: sqlite:///path/to/mailflow.db")
    # The driver's own transaction control is switched off (isolation_level=None): it would begin
    # with a plain BEGIN, and not before DDL at all.
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    writer = create_engine(url, connect_args=arguments, pool_size=1, max_overflow=2)
    reader = create_engine(url, connect_args=arguments, pool_size=4, max_overflow=28)
    for engine, begin in ((writer, _begin_immediate), (reader, _begin)):
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", begin)
    event.listen(reader, "connect", _query_only)
    event.listen(writer, "connect", _impatient)
    event.listen(writer, "connect", _roomy)
    return writer, reader, writer.execution_options(synced=False)


def _pragmas(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _impatient(connection: Any, _record: Any) -> None:
    """After the pragmas, which may have to wait; BEGIN waits in its own way."""
    connection.execute("PRAGMA busy_timeout = 0")


def _roomy(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")


def _query_only(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only = ON")


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock, which another process may hold."""
    session = Session(connection)
    synced = connection.get_execution_options().get("synced", True)
    (_SYNCED if synced else _UNSYNCED).run(session)
    deadline = time.monotonic() + BUSY_SECONDS
    pause, longest = LOOK_AGAIN_S
    while True:
        try:
            _BEGIN_IMMEDIATE.run(session)
        except errors.OperationalError as error:
            if time.monotonic() >= deadline or not _is_busy(error):
                raise
            time.sleep(pause)
            pause = min(2 * pause, longest)
        else:
            return


def _is_busy(error: errors.DBAPIError) -> bool:
    """Whether somebody else holds the lock (also: while the log of a crash is being recovered)."""
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY


def _begin(connection: Connection) -> None:
    _BEGIN.run(Session(connection))


def postgres_engines(url: URL) -> tuple[Engine, Engine]:
    """One that writes, and one that reads."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level="READ COMMITTED",
        pool_size=8,
        max_overflow=24,
        pool_recycle=1800,
        connect_args={
            "options": POSTGRES_OPTIONS,
            "connect_timeout": 10,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    )
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine, reader
