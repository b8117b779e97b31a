"""The database: one SQLite file, or PostgreSQL. The two differ here, in `engines` and in `clock`.

A transaction that cannot be had or kept for a reason that may pass (locked, connection lost, disk
full) raises `Unavailable`, whatever the driver calls it. Errors of ours (a broken key, a wrong
statement) keep their own classes.
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
    make_url,
    select,
    text,
)

from mailflow.store.clock import NOW
from mailflow.store.engines import BUSY_SECONDS, lock_of, postgres_engines, sqlite_engines
from mailflow.store.outage import Outage
from mailflow.store.prepared import Prepared
from mailflow.store.session import Session as Session
from mailflow.store.session import driver_of

_TEMPORARY = (errors.OperationalError, errors.InterfaceError, errors.InternalError)

_DEADLOCK = frozenset({"40P01", "40001"})  # deadlock, serialization failure


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
            self._writer, self._reader, self._hasty = sqlite_engines(parsed)
            self._lock: threading.Lock | None = lock_of(parsed)
        elif self.dialect == "postgresql":
            self._writer, self._reader = postgres_engines(parsed)
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
