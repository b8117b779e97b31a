"""Figures for the operator's first page and for the metrics, quick however long the tables are.

There is no index on times, and none is needed: ids are given in the order of time, so the first
row of a day is found by halving the range of ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text

from mailflow.store.db import run
from mailflow.store.session import Session
from mailflow.store.tables import INBOX_OPEN, Event, Inbox, Outbox, RequestRow, one_of

_inbox = Inbox.__table__  # type: ignore[attr-defined]
_outbox = Outbox.__table__  # type: ignore[attr-defined]
_event = Event.__table__  # type: ignore[attr-defined]
_request = RequestRow.__table__  # type: ignore[attr-defined]

#: The figures about how long people take come from so many of the newest requests.
SAMPLE = 5_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, and since when the oldest is due by the machine's clock (None = nothing)."""

    inbox: int
    outbox: int
    oldest_inbox: datetime | None
    oldest_outbox: datetime | None


@dataclass(frozen=True, slots=True)
class Today:
    """What happened since a moment: mails by what became of them, letters by state, events."""

    received: Mapping[str, int]
    written: Mapping[str, int]
    events: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Paces:
    """How long people took, in seconds: the partner to confirm, the customer to activate."""

    confirm: Sequence[float]
    activate: Sequence[float]


def _waiting(table: Any, states: Sequence[str]) -> Any:
    return select(func.count(), func.min(table.c.next_attempt_at)).where(
        text(one_of(f"{table.name}.state", tuple(states)))
    )


_BACKLOG = (_waiting(_inbox, INBOX_OPEN), _waiting(_outbox, ("due", "claimed")))


def backlog(session: Session) -> Backlog:
    """What waits in both boxes; reads the open rows only."""
    inbox, outbox = (run(session, one).one() for one in _BACKLOG)
    return Backlog(inbox[0], outbox[0], inbox[1], outbox[1])


def today(session: Session, since: datetime) -> Today:
    """What happened since then (business time)."""
    return Today(
        _grouped(session, _inbox, _inbox.c.received_at, _inbox.c.state, since),
        _grouped(session, _outbox, _outbox.c.created_at, _outbox.c.state, since),
        _grouped(session, _event, _event.c.at, _event.c.name, since),
    )


def paces(session: Session) -> Paces:
    """From the newest requests that got so far."""
    newest: int = run(session, select(func.coalesce(func.max(_request.c.id), 0))).scalar_one()
    rows = run(
        session,
        select(
            _request.c.state, _request.c.opened_at, _request.c.created_at, _request.c.ended_at
        ).where(_request.c.id > newest - SAMPLE, _request.c.created_at.is_not(None)),
    ).all()
    return Paces(
        [(row.created_at - row.opened_at).total_seconds() for row in rows],
        [
            (row.ended_at - row.created_at).total_seconds()
            for row in rows
            if row.state == "active" and row.ended_at
        ],
    )


def _grouped(session: Session, table: Any, when: Any, what: Any, since: datetime) -> dict[str, int]:
    first = first_since(session, table, when, since)
    statement = select(what, func.count()).where(table.c.id >= first, when >= since)
    return {row[0]: row[1] for row in run(session, statement.group_by(what))}


def first_since(session: Session, table: Any, when: Any, since: datetime) -> int:
    """The id of the first row not older than `since`; one more than the last where all are."""
    low, high = 0, run(session, select(func.coalesce(func.max(table.c.id), 0))).scalar_one() + 1
    while low < high:
        middle = (low + high) // 2
        row = run(
            session,
            select(table.c.id, when).where(table.c.id >= middle).order_by(table.c.id).limit(1),
        ).first()
        if row is None or row[1] >= since:
            high = middle
        else:
            low = row[0] + 1
    return int(low)
