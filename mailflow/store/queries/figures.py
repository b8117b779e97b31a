"""Counts: for the status page, the metrics, and the proof that no mail was lost (I26)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal, select, text, union_all

from mailflow.store.db import run
from mailflow.store.session import Session
from mailflow.store.tables import INBOX_OPEN, Forgotten, Inbox, Outbox, RequestRow, one_of

_inbox = Inbox.__table__  # type: ignore[attr-defined]
_outbox = Outbox.__table__  # type: ignore[attr-defined]
_request = RequestRow.__table__  # type: ignore[attr-defined]
_forgotten = Forgotten.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by state; the time since when the oldest open row is due (None = no open row).

    `forgotten`: mails whose rows are gone, by what became of them (see `store.strangers`).
    """

    inbox: Mapping[str, int]
    outbox: Mapping[str, int]
    requests: Mapping[str, int]
    oldest_inbox: datetime | None
    oldest_outbox: datetime | None
    forgotten: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Conservation:
    """What became of every mail that was answered 250, whether its row is still there or not.

    `duplicates` are further copies of the same bytes, and mails whose effect had been had already.
    `difference` is what nothing accounts for: always 0, or mail was lost.
    """

    accepted: int
    effects: int
    ignored: int
    failed: int
    quarantined: int
    refused: int
    duplicates: int
    waiting: int

    @property
    def difference(self) -> int:
        known = (
            self.effects + self.ignored + self.failed + self.quarantined + self.refused
            + self.duplicates + self.waiting
        )  # fmt: skip
        return self.accepted - known


def _number(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_c = _inbox.c
_twice = (_c.state == "done") & (_c.outcome == "duplicate")
# An end counts only with its reason: a row that says nothing of its fate is a lost mail.
_IN_ROWS = select(
    func.coalesce(func.sum(_c.copies), 0),
    _number((_c.state == "done") & (_c.outcome != "duplicate") & (_c.outcome != "")),
    _number((_c.state == "ignored") & (_c.outcome + _c.reason != "")),
    _number((_c.state == "failed") & (_c.reason != "")),
    _number((_c.state == "quarantined") & (_c.reason != "")),
    _number((_c.state == "refused") & (_c.reason != "")),
    func.coalesce(func.sum(_c.copies - 1), 0) + _number(_twice),
    _number(_c.state.in_([literal(state) for state in INBOX_OPEN])),
)
_f = _forgotten.c


def _mails(fate: str) -> Any:
    return func.coalesce(func.sum(case((_f.fate == fate, _f.mails), else_=0)), 0)


_FORGOTTEN = select(
    func.coalesce(func.sum(_f.copies), 0),
    _mails("effects"),
    _mails("ignored"),
    literal(0),
    _mails("quarantined"),
    _mails("refused"),
    func.coalesce(func.sum(_f.copies - _f.mails), 0) + _mails("duplicates"),
    literal(0),
)
_CONSERVATION = union_all(_IN_ROWS, _FORGOTTEN)


def conservation(session: Session) -> Conservation:
    """Account for every accepted mail, in one query: by the rows, and by what was counted of
    rows that are gone."""
    rows = run(session, _CONSERVATION).all()
    return Conservation(*(int(sum(numbers)) for numbers in zip(*rows, strict=True)))


_BY_STATE = [
    select(table.c.state, func.count().label("number")).group_by(table.c.state)
    for table in (_inbox, _outbox, _request)
]
_GONE = select(_f.fate, func.sum(_f.mails).label("number")).group_by(_f.fate)
_OLDEST = [
    # As text, as the indexes of open rows have it: SQLite knows them by nothing else.
    select(func.min(table.c.next_attempt_at)).where(text(one_of(f"{table.name}.state", states)))
    for table, states in ((_inbox, INBOX_OPEN), (_outbox, ("due", "claimed")))
]


def counts(session: Session) -> Counts:
    """How many rows there are in each state, and since when the oldest is due (machine time)."""
    inbox, outbox, requests = (
        {row.state: row.number for row in run(session, one)} for one in _BY_STATE
    )
    oldest_inbox, oldest_outbox = (run(session, one).scalar_one() for one in _OLDEST)
    forgotten = {row.fate: int(row.number) for row in run(session, _GONE)}
    return Counts(inbox, outbox, requests, oldest_inbox, oldest_outbox, forgotten)


_LAST = select(func.max(_c.received_at)).where(_c.id == select(func.max(_c.id)).scalar_subquery())


def last_received(session: Session) -> datetime | None:
    """When the newest mail came in (business time); None before the first."""
    moment: datetime | None = run(session, _LAST).scalar_one()
    return moment
