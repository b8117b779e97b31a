"""Requests, their history and the accounts they occupy. Only `mailflow.flow` imports this.

Every change of a request is a compare-and-set on its version (I9). The keys that keep the
promises of the business are asked with ON CONFLICT, not by letting a statement fail: a failed one
would end the whole transaction on PostgreSQL, and a savepoint around each costs two statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import UTCDateTime

from mailflow.core.request import Request
from mailflow.store.clock import NOW
from mailflow.store.documents import from_document, to_document
from mailflow.store.prepared import Prepared, insert_of
from mailflow.store.session import Session
from mailflow.store.tables import Account, Check, Event, Remark, RequestRow
from mailflow.store.text import storable

_request = RequestRow.__table__  # type: ignore[attr-defined]
_account = Account.__table__  # type: ignore[attr-defined]
_event = Event.__table__  # type: ignore[attr-defined]
_remark = Remark.__table__  # type: ignore[attr-defined]
_check = Check.__table__  # type: ignore[attr-defined]


class Conflict(Exception):  # noqa: N818
    """Somebody else changed the request since it was loaded: load it again and decide anew."""


class DomainTaken(Exception):  # noqa: N818
    """The domain has an account that is pending, on hold or active."""


class AlreadyDecided(Exception):  # noqa: N818
    """The request has its one decision already."""


def _columns(request: Request) -> dict[str, Any]:
    """What the database judges and sorts by, beside the document."""
    return {
        "revision": request.revision,
        "state": request.state.value,
        "requester": request.requester.email,
        "approver": request.approver,
        "domain": request.fields.account_domain,
        "created_at": request.created_at,
        "expires_at": request.expires_at,
        "ended_at": request.ended_at,
        "next_due": request.next_due,
        "document": to_document(request),
    }


_STORED = (
    "revision", "state", "requester", "approver", "domain", "created_at", "expires_at",
    "ended_at", "next_due", "document",
)  # fmt: skip
_INSERT = Prepared(
    insert_of(_request, *_STORED, "reference", "version", "opened_at", "changed_at").returning(
        _request.c.id
    )
)


def insert(session: Session, request: Request) -> Request:
    """Store a new request; returns it with its id, at version 0."""
    values = _columns(request) | {
        "reference": request.reference,
        "version": 0,
        "opened_at": request.opened_at,
        "changed_at": request.opened_at,
    }
    request_id: int = _INSERT.value(session, values)
    return replace(request, id=request_id, version=0)


_load = select(_request.c.document, _request.c.version).where(_request.c.id == bindparam("its_id"))
_LOAD = Prepared(_load)
_LOCK = Prepared(_load.with_for_update())


def load(session: Session, request_id: int, *, lock: bool = False) -> Request | None:
    """The request as it stands; None if there is none.

    With `lock` other machines wait with their own decision until our transaction ends, instead of
    finding a `Conflict` afterwards (PostgreSQL; a SQLite file has one writer anyway).
    """
    row = (_LOCK if lock else _LOAD).first(session, {"its_id": request_id})
    return None if row is None else from_document(row.document, id=request_id, version=row.version)


_SAVE = Prepared(
    update(_request)
    .where(_request.c.id == bindparam("its_id"), _request.c.version == bindparam("its_version"))
    .values(
        version=_request.c.version + 1,
        changed_at=func.coalesce(bindparam("at", type_=UTCDateTime()), NOW),
        **{name: bindparam(name) for name in _STORED},
    )
)


def save(
    session: Session, request: Request, expected_version: int, at: datetime | None = None
) -> Request:
    """Store a changed request; returns it with its new version.

    `at` is the time of the change. Raises `Conflict` unless the stored version is the expected
    one.
    """
    values = _columns(request) | {"its_id": request.id, "its_version": expected_version, "at": at}
    if _SAVE.run(session, values) != 1:
        raise Conflict(f"request {request.id}, version {expected_version}")
    return replace(request, version=expected_version + 1)


def _unless_there(table: Any, columns: Sequence[str], **target: Any) -> Prepared:
    """INSERT … ON CONFLICT DO NOTHING; gives the id, or no row where the key is taken."""
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return Prepared(
        {
            name: dialect_insert(table)
            .values(values)
            .on_conflict_do_nothing(**target)
            .returning(table.c.id)
            for name, dialect_insert in (
                ("sqlite", sqlite.insert),
                ("postgresql", postgresql.insert),
            )
        }
    )


_INSERT_EVENT = _unless_there(
    _event,
    (
        "request_id", "at", "name", "from_state", "to_state", "revision", "decides", "part",
        "address", "evidence", "reason", "inbox_id", "data",
    ),
    index_elements=["request_id"],
    index_where=text("decides"),
)  # fmt: skip


def insert_event(
    session: Session,
    *,
    request_id: int | None,
    at: datetime,
    name: str,
    from_state: str = "",
    to_state: str = "",
    revision: int = 0,
    decides: bool = False,
    part: str = "",
    address: str = "",
    evidence: str = "",
    reason: str = "",
    inbox_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Add one line to a request's history; returns its id.

    Raises `AlreadyDecided` for a second event that `decides`; the transaction can go on.
    """
    values = {
        "request_id": request_id,
        "at": at,
        "name": name,
        "from_state": from_state,
        "to_state": to_state,
        "revision": revision,
        "decides": decides,
        "part": part,
        "address": storable(address),
        "evidence": storable(evidence),
        "reason": storable(reason),
        "inbox_id": inbox_id,
        "data": dict(data or {}),
    }
    event_id: int | None = _INSERT_EVENT.value(session, values)
    if event_id is None:
        raise AlreadyDecided(f"request {request_id}")
    return event_id


_INSERT_ACCOUNT = _unless_there(
    _account,
    ("domain", "name", "state", "request_id", "administrators", "created_at", "changed_at"),
    index_elements=["domain"],
    index_where=text("state <> 'ended'"),
)


def account_create(session: Session, request: Request, state: str, now: datetime) -> None:
    """Occupy the request's domain. Raises `DomainTaken`; the transaction can go on.

    On PostgreSQL this waits for another transaction that is about to take the same domain.
    """
    values = {
        "domain": request.fields.account_domain,
        "name": request.fields.account_name,
        "state": state,
        "request_id": request.id,
        "administrators": [],
        "created_at": now,
        "changed_at": now,
    }
    if _INSERT_ACCOUNT.value(session, values) is None:
        raise DomainTaken(request.fields.account_domain)


_SET_ACCOUNT = Prepared(
    update(_account)
    .where(_account.c.request_id == bindparam("its_request"))
    .values(
        state=bindparam("new_state"),
        administrators=bindparam("admins"),
        changed_at=bindparam("now"),
    )
)


def account_set(session: Session, request: Request, state: str, now: datetime) -> None:
    """Move the request's account: pending, hold, active, or ended (which frees the domain).

    The one who accepted becomes its administrator.
    """
    values = {
        "its_request": request.id,
        "new_state": state,
        "admins": [request.approver] if state == "active" and request.approver else [],
        "now": now,
    }
    if _SET_ACCOUNT.run(session, values) != 1:
        raise Conflict(f"request {request.id} has no account")


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
