"""Counts: for the status page, the metrics, and the proof that no mail was lost (I26)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal, or_, select, text

from mailflow.core.request import State
from mailflow.store.db import run
from mailflow.store.session import Session
from mailflow.store.tables import (
    INBOX_APART,
    INBOX_OPEN,
    INBOX_STATES,
    OUTBOX_STATES,
    Forgotten,
    Inbox,
    Outbox,
    RequestRow,
    one_of,
)

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


#: The states that grow without end: counted as what is left of all, which is a count of pages.
_MOST = {_inbox: "done", _outbox: "sent", _request: "active"}
_ALL = {table: select(func.count()).select_from(table) for table in _MOST}
_OTHERS = {
    table: select(table.c.state, func.count())
    .where(table.c.state.in_([literal(state) for state in states if state != _MOST[table]]))
    .group_by(table.c.state)
    for table, states in ((_inbox, INBOX_STATES), (_outbox, OUTBOX_STATES), (_request, [*State]))
}


def _by_state(session: Session, table: Any) -> dict[str, int]:
    """How many rows there are in each state; reads indexes only."""
    total: int = run(session, _ALL[table]).scalar_one()
    found = {row[0]: row[1] for row in run(session, _OTHERS[table])}
    rest = total - sum(found.values())
    return found | ({_MOST[table]: rest} if rest else {})


_c = _inbox.c
_twice = (_c.state == "done") & (_c.outcome == "duplicate")
# An end counts only with its reason: a row that says nothing of its fate is a lost mail.
_untold = or_(
    (_c.state == "done") & (_c.outcome == ""),
    (_c.state == "ignored") & (_c.outcome + _c.reason == ""),
    _c.state.in_(["failed", "quarantined", "refused"]) & (_c.reason == ""),
)
_APART = (
    select(
        _c.state,
        func.sum(_c.copies - 1).label("further"),
        func.sum(case((_twice, 1), else_=0)).label("twice"),
        func.sum(case((_untold, 1), else_=0)).label("untold"),
    )
    .where(text(INBOX_APART))
    .group_by(_c.state)
)
_f = _forgotten.c
_GONE_BY_FATE = select(
    _f.fate, func.sum(_f.mails).label("mails"), func.sum(_f.copies).label("copies")
).group_by(_f.fate)


def conservation(session: Session) -> Conservation:
    """Account for every accepted mail: by the rows, and by what was counted of rows that are gone.

    Most rows are told by their state. The few that are not have an index of their own, so nothing
    has to read every mail. All of it must be read in one transaction that sees one state.
    """
    ends = Counter(_by_state(session, _inbox))
    accepted, duplicates = ends.total(), 0
    for row in run(session, _APART):
        accepted += int(row.further)
        duplicates += int(row.further) + int(row.twice)
        ends[row.state] -= int(row.twice) + int(row.untold)
    ends["effects"] = ends.pop("done", 0)
    for row in run(session, _GONE_BY_FATE):
        accepted += int(row.copies)
        duplicates += int(row.copies) - int(row.mails)
        ends[row.fate] += int(row.mails)
    return Conservation(
        accepted=accepted,
        effects=ends["effects"],
        ignored=ends["ignored"],
        failed=ends["failed"],
        quarantined=ends["quarantined"],
        refused=ends["refused"],
        duplicates=duplicates + ends["duplicates"],
        waiting=sum(ends[state] for state in INBOX_OPEN),
    )


_GONE = select(_f.fate, func.sum(_f.mails).label("number")).group_by(_f.fate)
_OLDEST = [
    # As text, as the indexes of open rows have it: SQLite knows them by nothing else.
    select(func.min(table.c.next_attempt_at)).where(text(one_of(f"{table.name}.state", states)))
    for table, states in ((_inbox, INBOX_OPEN), (_outbox, ("due", "claimed")))
]


def counts(session: Session) -> Counts:
    """How many rows there are in each state, and since when the oldest is due (machine time)."""
    inbox, outbox, requests = (_by_state(session, one) for one in (_inbox, _outbox, _request))
    oldest_inbox, oldest_outbox = (run(session, one).scalar_one() for one in _OLDEST)
    forgotten = {row.fate: int(row.number) for row in run(session, _GONE)}
    return Counts(inbox, outbox, requests, oldest_inbox, oldest_outbox, forgotten)


_LAST = select(func.max(_c.received_at)).where(_c.id == select(func.max(_c.id)).scalar_subquery())


def last_received(session: Session) -> datetime | None:
    """When the newest mail came in (business time); None before the first."""
    moment: datetime | None = run(session, _LAST).scalar_one()
    return moment
