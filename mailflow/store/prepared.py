"""Statements on the way of a mail: built with SQLAlchemy, compiled once, run by the driver itself.

SQLAlchemy spends some 30 µs around each statement that SQLite answers in 3 µs; a conversation has
about a hundred of them. What it does each time is the same each time for a statement that never
changes, so here it is done once: the text, the order of the parameters, and how each value is
written and read. Transactions, connections and the classes of errors stay SQLAlchemy's.
"""

from __future__ import annotations

import contextlib
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy.exc as errors
from sqlalchemy import Dialect, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import UTCDateTime

from mailflow.store.session import Session

Parameters = Mapping[str, Any]
_Convert = Callable[[Any], Any] | None


class Prepared:
    """A statement whose shape never changes; values come as bound parameters.

    Args:
        statement: For both databases, or one for each by the name of its dialect. No parameter may
            be a list (`IN` with so many marks); see `lists.is_in`.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def all(self, session: Session, parameters: Parameters | None = None) -> list[Any]:
        """Run it; every row, as a named tuple."""
        form = self._form(session)
        return form.rows(form.execute(session, parameters or {}))

    def first(self, session: Session, parameters: Parameters | None = None) -> Any:
        """Run it; the first row, or None."""
        rows = self.all(session, parameters)
        return rows[0] if rows else None

    def value(self, session: Session, parameters: Parameters | None = None) -> Any:
        """Run it; the first column of the first row, or None."""
        rows = self.all(session, parameters)
        return rows[0][0] if rows else None

    def run(self, session: Session, parameters: Parameters | None = None) -> int:
        """Run it; how many rows it changed."""
        form = self._form(session)
        cursor = form.execute(session, parameters or {})
        # SQLite counts the rows of RETURNING only when they have been fetched.
        changed: int = len(form.rows(cursor)) if form.returns else cursor.rowcount
        return changed

    def each(self, session: Session, many: Sequence[Parameters]) -> list[list[Any]]:
        """Run it once for each set of parameters; the rows of each run."""
        form = self._form(session)
        if session.dialect == "sqlite":
            return [form.rows(form.execute(session, one)) for one in many]
        return form.pipeline(session, many)

    def many(self, session: Session, many: Sequence[Parameters]) -> int:
        """Run it once for each set of parameters, all in one call; how many rows were changed.

        For a statement that gives no rows.
        """
        if not many:
            return 0
        return self._form(session).execute_many(session, many)

    def _form(self, session: Session) -> _Form:
        name = session.dialect
        form = self._forms.get(name)
        if form is None:
            statement = self._statement
            if isinstance(statement, Mapping):
                statement = statement[name]
            form = self._forms[name] = _Form(statement, session.connection().dialect)
        return form


def insert_of(table: Any, *columns: str, **fixed: Any) -> Any:
    """INSERT with a bound parameter for each of `columns`, named like it, and `fixed` values."""
    return insert(table).values({name: bindparam(name) for name in columns} | fixed)


def unless_there(table: Any, columns: Sequence[str], **target: Any) -> dict[str, Any]:
    """INSERT … ON CONFLICT DO NOTHING, for each database; it counts no row where the key is taken.

    `target` names the key, as SQLAlchemy's `on_conflict_do_nothing` takes it.
    """
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return {
        name: dialect_insert(table).values(values).on_conflict_do_nothing(**target)
        for name, dialect_insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
    }


class _Form:
    """A statement as one driver takes it."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._errors = dialect.loaded_dbapi.Error
        self._positional = compiled.positional
        values = compiled.params
        # Literals of the statement are parameters too; they bring their value along.
        self._parameters = [
            (name, bind.required, write, write(values[name]) if fixed and write else values[name])
            for name in (compiled.positiontup if compiled.positional else values)
            for bind in [compiled.binds[name]]
            for write, fixed in [(_writer(bind.type, dialect), not bind.required)]
        ]
        described = getattr(statement, "column_descriptions", None)
        if described is None:
            described = getattr(statement, "returning_column_descriptions", [])
        readers = [(place, _reader(one["type"], dialect)) for place, one in enumerate(described)]
        self._readers = [(place, read) for place, read in readers if read is not None]
        self.returns = bool(described)
        names = [one["name"] for one in described]
        self._row = namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined]

    def execute(self, session: Session, parameters: Parameters) -> Any:
        """Run it on the driver's connection; its cursor."""
        try:
            return session.driver.execute(self._sql, self._values(parameters))
        except self._errors as error:
            raise self._wrapped(session, error) from error

    def execute_many(self, session: Session, many: Sequence[Parameters]) -> int:
        """Run it once for each, on a cursor of the driver; how many rows were changed."""
        try:
            with contextlib.closing(session.driver.cursor()) as cursor:
                cursor.executemany(self._sql, [self._values(one) for one in many])
                changed: int = cursor.rowcount
        except self._errors as error:
            raise self._wrapped(session, error) from error
        return changed

    def pipeline(self, session: Session, many: Sequence[Parameters]) -> list[list[Any]]:
        """Run it many times without waiting for each answer (psycopg)."""
        if not many:
            return []
        try:
            with session.driver.cursor() as cursor:
                values = [self._values(one) for one in many]
                cursor.executemany(self._sql, values, returning=self.returns)
                results = [self.rows(cursor)]
                while self.returns and cursor.nextset():
                    results.append(self.rows(cursor))
        except self._errors as error:
            raise self._wrapped(session, error) from error
        return results if self.returns else [[] for _ in many]

    def rows(self, cursor: Any) -> list[Any]:
        """The rows of an executed statement, read."""
        if not self.returns:
            return []
        return [self._row(self._read(raw)) for raw in cursor.fetchall()]

    def _read(self, raw: Sequence[Any]) -> Sequence[Any]:
        """The values of a row as they are meant; most are so already."""
        if not self._readers:
            return raw
        values = list(raw)
        for place, read in self._readers:
            if values[place] is not None:
                values[place] = read(values[place])
        return values

    def _values(self, parameters: Parameters) -> Any:
        values = [
            (parameters[name] if write is None else write(parameters[name])) if required else fixed
            for name, required, write, fixed in self._parameters
        ]
        if self._positional:
            return values
        return {one[0]: value for one, value in zip(self._parameters, values, strict=True)}

    def _wrapped(self, session: Session, error: Any) -> Exception:
        """The driver's error in SQLAlchemy's class, without values: they may be secret."""
        connection, driver = session.connection(), session.driver
        lost = connection.dialect.is_disconnect(error, driver, None)
        if lost:
            connection.invalidate(error)
        wrapped: Exception = errors.DBAPIError.instance(
            self._sql, None, error, self._errors, hide_parameters=True,
            connection_invalidated=lost, dialect=connection.dialect,
        )  # fmt: skip
        return wrapped


def _writer(kind: Any, dialect: Dialect) -> _Convert:
    if dialect.name == "sqlite" and isinstance(kind, UTCDateTime):
        return _time_to_text
    convert: _Convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _reader(kind: Any, dialect: Dialect) -> _Convert:
    if dialect.name == "sqlite" and isinstance(kind, UTCDateTime):
        return _text_to_time
    convert: _Convert = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert


def _time_to_text(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes a time into SQLite, so that all compare."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    if moment.tzinfo is UTC:  # as nearly all are
        return moment.isoformat(" ", "microseconds")[:-6]
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _text_to_time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
