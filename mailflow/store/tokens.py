"""Secrets that we gave to people; only their hashes are here (I23).

A token is never used up: what it may do is decided by the state of its request. It can be taken
from its holder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared, insert_of
from mailflow.store.session import Session
from mailflow.store.tables import Token

_token = Token.__table__  # type: ignore[attr-defined]
_c = _token.c


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token about to be given out. `hash` is the SHA-256 (hex) of the lower-case token."""

    hash: str
    purpose: str  # partner_reply, approver_reply, page, bounce
    person: str  # the address it is given to
    request_id: int | None
    outbox_id: int | None
    revision: int


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token that we gave out, and what it is bound to."""

    purpose: str
    person: str
    request_id: int | None
    outbox_id: int | None
    revision: int
    created_at: datetime
    withdrawn_at: datetime | None


_INSERT = Prepared(
    insert_of(
        _token, "hash", "purpose", "person", "request_id", "outbox_id", "revision", "created_at"
    )
)
_FIND = Prepared(select(
    _c.purpose, _c.person, _c.request_id, _c.outbox_id, _c.revision, _c.created_at,
    _c.withdrawn_at,
).where(_c.hash == bindparam("its_hash")))  # fmt: skip


def add_many(session: Session, new: Sequence[NewToken], at: datetime) -> None:
    """Store several tokens."""
    rows = [
        {
            "hash": token.hash,
            "purpose": token.purpose,
            "person": token.person,
            "request_id": token.request_id,
            "outbox_id": token.outbox_id,
            "revision": token.revision,
            "created_at": at,
        }
        for token in new
    ]
    _INSERT.many(session, rows)


def add(
    session: Session,
    *,
    hash: str,
    purpose: str,
    person: str,
    request_id: int | None,
    outbox_id: int | None,
    revision: int,
    at: datetime,
) -> None:
    """Store one token."""
    add_many(session, [NewToken(hash, purpose, person, request_id, outbox_id, revision)], at)


def find(session: Session, hash: str) -> TokenRow | None:
    """The token with this hash, withdrawn or not; None if we never gave it out."""
    row = _FIND.first(session, {"its_hash": hash})
    return None if row is None else TokenRow(*row)


def _withdrawing(*conditions: Any) -> Prepared:
    held = (_c.request_id == bindparam("its_request")) & _c.withdrawn_at.is_(None)
    return Prepared(update(_token).where(held, *conditions).values(withdrawn_at=bindparam("at")))


_of_person = _c.person == bindparam("its_person")
_for_purpose = is_in(_c.purpose, "its_purposes")
_WITHDRAW = {  # by whether it is about one person, and about some purposes
    (False, False): _withdrawing(),
    (True, False): _withdrawing(_of_person),
    (False, True): _withdrawing(_for_purpose),
    (True, True): _withdrawing(_of_person, _for_purpose),
}


def withdraw(
    session: Session,
    request_id: int,
    at: datetime,
    person: str | None = None,
    purposes: Iterable[str] | None = None,
) -> int:
    """Take back the tokens of a request, all or those of a person or for some purposes.

    Returns how many were taken now.
    """
    values = {
        "its_request": request_id,
        "at": at,
        "its_person": person,
        "its_purposes": None if purposes is None else list(purposes),
    }
    return _WITHDRAW[person is not None, purposes is not None].run(session, values)
