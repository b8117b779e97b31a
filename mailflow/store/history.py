"""What happened to a request, what was said beside it, what its checks found.

Lines are added and never changed. Only `mailflow.flow` imports this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import text

from mailflow.store.prepared import Prepared, insert_of, unless_there
from mailflow.store.session import Session
from mailflow.store.tables import Check, Event, Remark
from mailflow.store.text import storable

_event = Event.__table__  # type: ignore[attr-defined]
_remark = Remark.__table__  # type: ignore[attr-defined]
_check = Check.__table__  # type: ignore[attr-defined]


class AlreadyDecided(Exception):  # noqa: N818
    """The request has its one decision already."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A line to be added to the history of a request, or of the service (`request_id` None)."""

    request_id: int | None
    at: datetime
    name: str
    from_state: str = ""
    to_state: str = ""
    revision: int = 0
    decides: bool = False
    part: str = ""
    address: str = ""
    evidence: str = ""
    reason: str = ""
    inbox_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


_INSERT_EVENT = Prepared(
    unless_there(
        _event,
        [one.name for one in fields(NewEvent)],
        index_elements=["request_id"],
        index_where=text("decides"),
    )
)


def add_events(session: Session, new: Sequence[NewEvent]) -> None:
    """Add lines to the histories of requests.

    Raises `AlreadyDecided` for a second event that `decides`; the transaction can go on.
    """
    rows = [
        {
            "request_id": event.request_id,
            "at": event.at,
            "name": event.name,
            "from_state": event.from_state,
            "to_state": event.to_state,
            "revision": event.revision,
            "decides": event.decides,
            "part": event.part,
            "address": storable(event.address),
            "evidence": storable(event.evidence),
            "reason": storable(event.reason),
            "inbox_id": event.inbox_id,
            "data": dict(event.data),
        }
        for event in new
    ]
    if _INSERT_EVENT.many(session, rows) != len(rows):
        raise AlreadyDecided(f"request {', '.join(str(event.request_id) for event in new)}")


def add_event(session: Session, new: NewEvent) -> None:
    """Add one line, see `add_events`."""
    add_events(session, [new])


_INSERT_REMARK = Prepared(
    insert_of(_remark, "kind", "address", "text", "at", "request_id", "inbox_id")
)
_INSERT_CHECK = Prepared(insert_of(_check, "request_id", "at", "passed", "findings"))


def add_remark(
    session: Session,
    *,
    kind: str,
    address: str,
    remark: str,
    at: datetime,
    request_id: int | None = None,
    inbox_id: int | None = None,
) -> None:
    """Keep what somebody wrote to us beside the matter: feedback, or the text of a case."""
    values = {
        "kind": kind,
        "address": storable(address),
        "text": storable(remark, 100_000),
        "at": at,
        "request_id": request_id,
        "inbox_id": inbox_id,
    }
    _INSERT_REMARK.run(session, values)


def add_check(
    session: Session, request_id: int, at: datetime, passed: bool, findings: Sequence[str]
) -> None:
    """Record one run of the security checks over a request (S25)."""
    values = {"request_id": request_id, "at": at, "passed": passed, "findings": list(findings)}
    _INSERT_CHECK.run(session, values)
