"""The database's own clock, as a piece of SQL.

Leases and back-off must be judged by one clock for all machines, and that is the database's. As
part of the statement it costs no round trip, and no function needs to be handed the time.

SQLite has no clock but that of the machine it runs in, and tells it to the millisecond; the text
is written as SQLAlchemy writes a time, so that the two compare.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Float, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import UTCDateTime


class DatabaseClock(FunctionElement[Any]):
    """The time by the database's clock plus the seconds of its one argument."""

    type = UTCDateTime()
    inherit_cache = True
    name = "database_clock"


def in_seconds(parameter: str) -> DatabaseClock:
    """The time in so many seconds as the bound `parameter` says."""
    return DatabaseClock(bindparam(parameter, type_=Float))


def seconds(span: timedelta) -> float:
    """A span of time as the value of such a parameter."""
    return span.total_seconds()


#: The time by the database's clock.
NOW = DatabaseClock()


@compiles(DatabaseClock, "sqlite")
def _sqlite(element: DatabaseClock, compiler: Any, **kw: Any) -> str:
    later = compiler.process(element.clauses, **kw)
    modifier = f", printf('%.3f seconds', {later})" if later else ""
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now'{modifier}) || '000')"


@compiles(DatabaseClock, "postgresql")
def _postgresql(element: DatabaseClock, compiler: Any, **kw: Any) -> str:
    later = compiler.process(element.clauses, **kw)
    # The time at which this statement came in. clock_timestamp() goes on while the statement runs,
    # so no index answers a comparison with it.
    now = "statement_timestamp()"
    return f"({now} + {later} * interval '1 second')" if later else now
