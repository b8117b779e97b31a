"""How often something may be done for somebody in a window of time (I16, I20).

In the database, because every machine must count together and a restart must not forget.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, not_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import UTCDateTime

from mailflow.store.db import run
from mailflow.store.prepared import Prepared
from mailflow.store.session import Session
from mailflow.store.tables import Quota

_quota = Quota.__table__  # type: ignore[attr-defined]
_c = _quota.c


def _taking(dialect_insert: Any) -> Any:
    statement = dialect_insert(_quota).values(
        key=bindparam("its_key"), window_start=bindparam("now"), count=1
    )
    now = bindparam("now", type_=UTCDateTime())
    # One that begins later than a whole window from now was begun by a wrong clock.
    over = or_(
        _c.window_start <= bindparam("window_end"), _c.window_start > bindparam("next_window")
    )
    return statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((over, 1), else_=_c.count + 1),
            "window_start": case((over, now), else_=_c.window_start),
        },
        where=or_(over, _c.count < bindparam("limit")),
    ).returning(_c.count, _c.window_start)


_TAKE = Prepared({"sqlite": _taking(sqlite.insert), "postgresql": _taking(postgresql.insert)})

#: How the keys begin that a sender brings about whom nobody knows, by proving an address: one each.
STRANGERS = ("refusal:", "calm:", "echo:", "once:")
#: The window of what is done once (keys begin with "once:"), longer than any request is open.
ONCE = timedelta(days=400)
#: So many of each are kept. Whoever is forgotten early may be answered once more.
MOST_STRANGERS = 20_000


@dataclass(frozen=True, slots=True)
class Taken:
    """The how-manieth of its window this one is, and when that window ends."""

    count: int
    until: datetime


def take(session: Session, key: str, limit: int, window: timedelta, now: datetime) -> Taken | None:
    """Take one of `limit` per `window` for `key`; None when they are used up.

    The window begins with the first one taken. It belongs to the transaction: given up with it.
    """
    if limit < 1:
        return None
    values = {
        "its_key": key[:255], "now": now, "limit": limit,
        "window_end": now - window, "next_window": now + window,
    }  # fmt: skip
    row = _TAKE.first(session, values)
    return Taken(row.count, row.window_start + window) if row else None


def forget(session: Session, now: datetime) -> int:
    """Delete windows that are over: those of a day or less, and of what is done once; how many."""
    once = _c.key.startswith("once:", autoescape=True)
    over = or_(
        and_(_c.window_start < now - timedelta(days=2), not_(once)),
        _c.window_start < now - ONCE,
    )
    return run(session, delete(_quota).where(over)).rowcount


def limit_strangers(session: Session, most: int = MOST_STRANGERS) -> int:
    """Keep the newest windows of each kind that strangers bring about; returns how many went."""
    gone = 0
    for start in STRANGERS:
        # By the start of the key and not by a range of keys: PostgreSQL may sort as some language
        # does, which passes over signs.
        its = _c.key.startswith(start, autoescape=True)
        newest_first = select(_c.window_start).where(its).order_by(_c.window_start.desc())
        edge = run(session, newest_first.limit(1).offset(most)).scalar_one_or_none()
        if edge is not None:
            gone += run(session, delete(_quota).where(its, _c.window_start <= edge)).rowcount
    return gone
