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

import sqlalchemy as sa
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from mailflow.core.request import Request
from mailflow.store.clock import NOW
from mailflow.store.db import run
from mailflow.store.documents import from_document, to_document
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


_INSERT = sa.insert(_request).returning(_request.c.id)


def insert(session: Session, request: Request) -> Request:
    """Store a new request; returns it with its id, at version 0."""
    values = _columns(request) | {
        "reference": request.reference,
        "version": 0,
        "opened_at": request.opened_at,
        "changed_at": request.opened_at,
    }
    request_id: int = run(session, _INSERT, values).scalar_one()
    return replace(request, id=request_id, version=0)


_LOAD = select(_request.c.document, _request.c.version).where(_request.c.id == bindparam("its_id"))
_LOCK = _LOAD.with_for_update()


def load(session: Session, request_id: int, *, lock: bool = False) -> Request | None:
    """The request as it stands; None if there is none.

    With `lock` other machines wait with their own decision until our transaction ends, instead of
    finding a `Conflict` afterwards (PostgreSQL; a SQLite file has one writer anyway).
    """
    row = run(session, _LOCK if lock else _LOAD, {"its_id": request_id}).one_or_none()
    return None if row is None else from_document(row.document, id=request_id, version=row.version)


_SAVE = (
    update(_request)
    .where(_request.c.id == bindparam("its_id"), _request.c.version == bindparam("its_version"))
    .values(
        version=_request.c.version + 1,
        changed_at=func.coalesce(bindparam("at"), NOW),
        **{
            name: bindparam(name)
            for name in (
                "revision", "state", "requester", "approver", "domain", "created_at",
                "expires_at", "ended_at", "next_due", "document",
            )
        },
    )
)  # fmt: skip


def save(
    session: Session, request: Request, expected_version: int, at: datetime | None = None
) -> Request:
    """Store a changed request; returns it with its new version.

    `at` is the time of the change. Raises `Conflict` unless the stored version is the expected
    one.
    """
    values = _columns(request) | {"its_id": request.id, "its_version": expected_version, "at": at}
    if run(session, _SAVE, values).rowcount != 1:
        raise Conflict(f"request {request.id}, version {expected_version}")
    return replace(request, version=expected_version + 1)


def _unless_there(table: Any, returning: Any, **target: Any) -> dict[str, Any]:
    return {
        name: dialect_insert(table).on_conflict_do_nothing(**target).returning(returning)
        for name, dialect_insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
    }


_INSERT_EVENT = _unless_there(
    _event, _event.c.id, index_elements=["request_id"], index_where=text("decides")
)


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
    statement = _INSERT_EVENT[session.get_bind().dialect.name]
    event_id: int | None = run(session, statement, values).scalar_one_or_none()
    if event_id is None:
        raise AlreadyDecided(f"request {request_id}")
    return event_id


_INSERT_ACCOUNT = _unless_there(
    _account,
    _account.c.id,
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
    statement = _INSERT_ACCOUNT[session.get_bind().dialect.name]
    if run(session, statement, values).scalar_one_or_none() is None:
        raise DomainTaken(request.fields.account_domain)


_SET_ACCOUNT = (
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
    if run(session, _SET_ACCOUNT, values).rowcount != 1:
        raise Conflict(f"request {request.id} has no account")


_INSERT_REMARK = sa.insert(_remark)
_INSERT_CHECK = sa.insert(_check)


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
    run(session, _INSERT_REMARK, values)


def add_check(
    session: Session, request_id: int, at: datetime, passed: bool, findings: Sequence[str]
) -> None:
    """Record one run of the security checks over a request (S25)."""
    values = {"request_id": request_id, "at": at, "passed": passed, "findings": list(findings)}
    run(session, _INSERT_CHECK, values)
