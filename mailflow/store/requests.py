"""Requests, and the accounts they occupy. Only `mailflow.flow` imports this.

Every change of a request is a compare-and-set on its version (I9). The keys that keep the
promises of the business are asked with ON CONFLICT, not by letting a statement fail: a failed one
would end the whole transaction on PostgreSQL, and a savepoint around each costs two statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text, update
from sqlmodel import UTCDateTime

from mailflow.core.request import Request
from mailflow.store.clock import NOW
from mailflow.store.documents import from_document, to_document
from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared, insert_of, unless_there
from mailflow.store.session import Session
from mailflow.store.tables import Account, RequestRow

_request = RequestRow.__table__  # type: ignore[attr-defined]
_account = Account.__table__  # type: ignore[attr-defined]


class Conflict(Exception):  # noqa: N818
    """Somebody else changed the request since it was loaded: load it again and decide anew."""


class DomainTaken(Exception):  # noqa: N818
    """The domain has an account that is pending, on hold or active."""


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


_load_all = (
    select(_request.c.id, _request.c.document, _request.c.version)
    .where(is_in(_request.c.id, "ids"))
    .order_by(_request.c.id)  # locks are taken in one order everywhere
)
_LOAD_ALL = Prepared(_load_all)
_LOCK_ALL = Prepared(_load_all.with_for_update())
_LOCK_FREE = Prepared(
    select(_request.c.id, _request.c.version)
    .where(is_in(_request.c.id, "ids"))
    .order_by(_request.c.id)
    .with_for_update(skip_locked=True)
)


def load_all(session: Session, request_ids: Sequence[int], *, lock: bool = False) -> list[Request]:
    """Those of the requests that there are, by id; `lock` as for `load`.

    Without it they are for deciding about them later (`lock_free`).
    """
    if not request_ids:
        return []
    return [
        from_document(row.document, id=row.id, version=row.version)
        for row in (_LOCK_ALL if lock else _LOAD_ALL).all(session, {"ids": request_ids})
    ]


def lock_free(session: Session, request_ids: Sequence[int]) -> dict[int, int]:
    """The versions of those that nobody else has in hand; ours until the transaction ends."""
    return dict(_LOCK_FREE.all(session, {"ids": request_ids}))


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
    return save_all(session, [(request, expected_version)], at)[0]


def save_all(
    session: Session, changed: Sequence[tuple[Request, int]], at: datetime | None = None
) -> list[Request]:
    """`save` for several requests, each with the version that is expected."""
    values = [
        _columns(request) | {"its_id": request.id, "its_version": version, "at": at}
        for request, version in changed
    ]
    if _SAVE.many(session, values) != len(values):
        known = ", ".join(f"{request.id} (version {version})" for request, version in changed)
        raise Conflict(f"request {known}")
    return [replace(request, version=version + 1) for request, version in changed]


_INSERT_ACCOUNT = Prepared(
    unless_there(
        _account,
        ("domain", "name", "state", "request_id", "administrators", "created_at", "changed_at"),
        index_elements=["domain"],
        index_where=text("state <> 'ended'"),
    )
)


def account_create(session: Session, request: Request, state: str, now: datetime) -> None:
    """Occupy the request's domain. Raises `DomainTaken`; the transaction can go on.

    On PostgreSQL this waits for another transaction that is about to take the same domain.
    """
    account_create_all(session, [(request, state)], now)


def account_create_all(
    session: Session, created: Sequence[tuple[Request, str]], now: datetime
) -> None:
    """`account_create` for several requests, each with the state of its account."""
    values = [
        {
            "domain": request.fields.account_domain,
            "name": request.fields.account_name,
            "state": state,
            "request_id": request.id,
            "administrators": [],
            "created_at": now,
            "changed_at": now,
        }
        for request, state in created
    ]
    if _INSERT_ACCOUNT.many(session, values) != len(values):
        raise DomainTaken(", ".join(request.fields.account_domain for request, _ in created))


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
    account_set_all(session, [(request, state)], now)


def account_set_all(session: Session, moved: Sequence[tuple[Request, str]], now: datetime) -> None:
    """`account_set` for several requests, each with the new state of its account."""
    values = [
        {
            "its_request": request.id,
            "new_state": state,
            "admins": [request.approver] if state == "active" and request.approver else [],
            "now": now,
        }
        for request, state in moved
    ]
    if _SET_ACCOUNT.many(session, values) != len(values):
        known = ", ".join(str(request.id) for request, _ in moved)
        raise Conflict(f"request {known} has no account")
