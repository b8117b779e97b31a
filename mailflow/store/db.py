"""The database: one SQLite file, or PostgreSQL. The two differ here and in `clock`, nowhere else.

A transaction that cannot be had or kept for a reason that may pass (locked, connection lost, disk
full) raises `Unavailable`, whatever the driver calls it. Errors of ours (a broken key, a wrong
statement) keep their own classes.

SQLite: four writers that compete by `busy_timeout` starve each other, because it polls. So writers
of one process take a lock of their own, and only then BEGIN IMMEDIATE; `busy_timeout` is left for
other processes (the command line beside the daemon). Readers need no lock under WAL.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy.exc as errors
from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    create_engine,
    event,
    make_url,
    select,
    text,
)
from sqlalchemy.engine import URL

from mailflow.store.clock import NOW
from mailflow.store.outage import Outage
from mailflow.store.prepared import Prepared
from mailflow.store.session import Session as Session
from mailflow.store.session import driver_of

#: Longest wait for the write lock of a SQLite file, within this process and against others.
BUSY_SECONDS = 20.0
#: PostgreSQL ends what hangs: a worker that is frozen inside a transaction must not hold its locks
#: for ever, and a look-up that takes this long helps nobody.
POSTGRES_OPTIONS = (
    "-c timezone=UTC -c synchronous_commit=on -c statement_timeout=60000 -c lock_timeout=20000"
    " -c idle_in_transaction_session_timeout=60000"
)
_TEMPORARY = (errors.OperationalError, errors.InterfaceError, errors.InternalError)

_DEADLOCK = frozenset({"40P01", "40001"})  # deadlock, serialization failure

_locks: dict[str, threading.Lock] = {}
_locks_guard = threading.Lock()


class Unavailable(Exception):  # noqa: N818
    """The database cannot do it now; it may be able to later.

    `told`: the database is away, and the log says so once for all who meet it.
    """

    told = False


class Deadlock(Unavailable):
    """PostgreSQL undid this transaction, because two waited for each other: try again at once."""


class Database:
    """Opens the database at `url`: `sqlite:///path/to/file` or `postgresql://user@host/name`.

    Nothing is connected before the first use. `clock_offset` moves the business clock (`now`) and
    nothing else; only the demonstration and tests set it.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.clock_offset = timedelta()
        self._outage = Outage()
        self.owner = 0  # the worker that claims through this; see `workers`
        self.dialect = parsed.get_backend_name()
        if self.dialect == "sqlite":
            self._writer, self._reader, self._hasty = _sqlite_engines(parsed)
            self._lock: threading.Lock | None = _lock_of(parsed)
        elif self.dialect == "postgresql":
            self._writer, self._reader = _postgres_engines(parsed)
            self._hasty = self._writer
            self._lock = None
        else:
            raise ValueError(f"unknown kind of database: {self.dialect} (sqlite or postgresql)")

    @contextlib.contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[Session]:
        """A transaction that may write; committed, and synced to disk, on leaving the block.

        With `synced` off a SQLite file does not wait for the disk: what is committed outlives this
        process, but perhaps not a loss of power, unless a synced commit followed. That is enough
        for what is void without this process, as a claim is. (PostgreSQL syncs all the same: there
        the database's machine may fall and ours go on.)
        """
        engine = self._writer if synced else self._hasty
        with (
            self._translated("write"),
            self._writing(),
            engine.connect() as connection,
            connection.begin(),  # now, not with the first statement: `now` is read after it
        ):
            yield Session(connection)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one state of the database and cannot change it."""
        with self._translated("read"), self._reader.connect() as connection:
            connection.begin()  # ends, with nothing to keep, when the connection is given back
            yield Session(connection)

    @contextlib.contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction for changing the schema: all of it is kept, or nothing.

        SQLite: without foreign keys, because a table is changed by copying it and dropping the
        old one; the pragma counts only outside a transaction, and is undone by closing.
        """
        with (
            self._translated("write"),
            self._writing(),
            self._writer.connect() as connection,
        ):
            if self.dialect == "sqlite":
                driver_of(connection).execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.invalidate()

    def now(self, session: Session) -> datetime:
        """Business time: what deadlines are counted by."""
        return self.machine_now(session) + self.clock_offset

    def machine_now(self, session: Session) -> datetime:
        """The database's clock, in UTC: what leases and back-off are counted by.

        A SQLite file is read by this machine alone, and its clock is this machine's.
        """
        if self.dialect == "sqlite":
            return datetime.now(UTC)
        moment: datetime = _CLOCK.value(session)
        return moment

    @property
    def file(self) -> Path:
        """The file of a SQLite database."""
        assert self.dialect == "sqlite"
        return Path(str(self._writer.url.database))

    def own_connection(self) -> Any:
        """PostgreSQL: the driver's own connection, outside of the pool, that commits by itself.

        The caller closes it. Raises `Unavailable`.
        """
        with self._translated("line"):
            # Not `raw_connection`: that lets the driver's own errors through.
            pooled = self._writer.connect().connection
        line: Any = pooled.dbapi_connection
        pooled.detach()
        line.autocommit = True
        return line

    def close(self) -> None:
        """Close every connection that is not in use."""
        for engine in {self._writer, self._reader, self._hasty}:
            engine.dispose()

    @contextlib.contextmanager
    def _translated(self, use: str) -> Iterator[None]:
        """Turn the errors of a driver that may pass into `Unavailable`; `use`: see `Outage`."""
        try:
            yield
        except errors.TimeoutError as error:  # no connection left in the pool
            raise Unavailable("all database connections are in use") from error
        except errors.DBAPIError as error:
            # A plain DatabaseError is SQLite's word for a damaged file, or PostgreSQL's for a
            # condition without a class: not our fault, so worth another try.
            plain = type(error) is errors.DatabaseError
            if getattr(error.orig, "sqlstate", "") in _DEADLOCK:
                raise Deadlock(str(error.orig).strip()) from error
            if isinstance(error, _TEMPORARY) or error.connection_invalidated or plain:
                trouble = Unavailable(str(error.orig).strip())
                trouble.told = self._outage.noticed(use, error)
                raise trouble from error
            raise
        if self._outage.lasts:
            self._outage.over(use)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        if self._lock is None:
            yield
            return
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            raise Unavailable("the database is busy")
        try:
            yield
        finally:
            self._lock.release()


_CLOCK = Prepared(select(NOW))
_BEGIN = Prepared(text("BEGIN"))
_BEGIN_IMMEDIATE = Prepared(text("BEGIN IMMEDIATE"))
_SAVEPOINT = Prepared(text("SAVEPOINT part"))
_RELEASE = Prepared(text("RELEASE SAVEPOINT part"))
_ROLLBACK = Prepared(text("ROLLBACK TO SAVEPOINT part"))


@contextlib.contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A part of a transaction: an exception undoes it alone, and the transaction can go on.

    For working through several mails in one transaction. Not to be nested.
    """
    _SAVEPOINT.run(session)
    try:
        yield
    except BaseException:
        # Where even this fails (connection lost), the error that led here is the one to tell.
        with contextlib.suppress(errors.DBAPIError):
            _ROLLBACK.run(session)
            _RELEASE.run(session)
        raise
    _RELEASE.run(session)


def run(session: Session, statement: Any, parameters: Any = None) -> CursorResult[*tuple[Any, ...]]:
    """Execute a statement that is not `Prepared`: one that is seldom run, or built as needed."""
    return session.connection().execute(statement, parameters)


def _lock_of(url: URL) -> threading.Lock:
    """The write lock of a SQLite file, one in this process however often it is opened."""
    assert url.database is not None
    path = str(Path(url.database).resolve())
    with _locks_guard:
        return _locks.setdefault(path, threading.Lock())


def _sqlite_engines(url: URL) -> tuple[Engine, Engine, Engine]:
    if not url.database or url.database == ":memory:":
        raise ValueError("the database must be a file: sqlite:///path/to/mailflow.db")
    # The driver's own transaction control is switched off (isolation_level=None): it would begin
    # with a plain BEGIN, and not before DDL at all.
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    writer = create_engine(url, connect_args=arguments, pool_size=1, max_overflow=2)
    reader = create_engine(url, connect_args=arguments, pool_size=4, max_overflow=28)
    hasty = create_engine(url, connect_args=arguments, pool_size=1, max_overflow=2)
    for engine, begin in (
        (writer, _begin_immediate), (reader, _begin), (hasty, _begin_immediate),
    ):  # fmt: skip
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", begin)
    event.listen(reader, "connect", _query_only)
    event.listen(hasty, "connect", _unsynced)
    return writer, reader, hasty


def _pragmas(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # a commit is on disk before we answer 250 (I1)
    connection.execute("PRAGMA foreign_keys = ON")


def _unsynced(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")


def _query_only(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only = ON")


def _begin_immediate(connection: Connection) -> None:
    _BEGIN_IMMEDIATE.run(Session(connection))


def _begin(connection: Connection) -> None:
    _BEGIN.run(Session(connection))


def _postgres_engines(url: URL) -> tuple[Engine, Engine]:
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
