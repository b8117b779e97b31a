"""Lists that stay quick however long the tables are: keyset pages, found by an index.

A search has two steps. What is typed is looked for exactly, by an index, over all rows: a
reference, an address, a domain. Only when nothing is found that way, it is looked for as a part of
those, among the newest rows only: an operator who types half a name wants something recent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, union

from mailflow.core.request import Account, Person, Request, Role
from mailflow.store.db import run
from mailflow.store.queries.facts import request_of
from mailflow.store.queries.lists import EventLine
from mailflow.store.session import Session
from mailflow.store.tables import Account as AccountRow
from mailflow.store.tables import Check, Event, PersonRow, RequestRow

_request = RequestRow.__table__  # type: ignore[attr-defined]
_event = Event.__table__  # type: ignore[attr-defined]
_check = Check.__table__  # type: ignore[attr-defined]
_person = PersonRow.__table__  # type: ignore[attr-defined]
_account = AccountRow.__table__  # type: ignore[attr-defined]

#: So many of the newest rows are looked through for a part of a word.
RECENT = 20_000
_EXACT = ("requester", "approver", "domain")
_PARTS = ("reference", "requester", "approver", "domain")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of requests, newest first. `recent_only`: older ones were not looked through.

    `more` is the id to go on after, None at the end.
    """

    requests: Sequence[Request]
    more: int | None
    recent_only: bool = False


def find_requests(
    session: Session, *, state: str = "", words: str = "", limit: int = 50, after: int | None = None
) -> Found:
    """A page of requests in `state` ("" = any) that `words` names ("" = all)."""
    wanted = words.strip()
    if not wanted:
        return _found(session, _newest(state, limit, after), limit)
    exact = _found(session, _exactly(wanted, state, limit, after), limit)
    if exact.requests or _is_exact(session, wanted):
        return exact
    return _found(session, _partly(session, wanted, state, limit, after), limit, recent_only=True)


def _newest(state: str, limit: int, after: int | None) -> Select[Any]:
    statement = select(_request.c.id, _request.c.version, _request.c.document)
    if state:
        statement = statement.where(_request.c.state == state)
    if after is not None:
        statement = statement.where(_request.c.id < after)
    return statement.order_by(_request.c.id.desc()).limit(limit + 1)


def _exactly(words: str, state: str, limit: int, after: int | None) -> Select[Any]:
    """Each column by its own index, a page of each; the newest of them together are the page."""
    folded = words.lower().lstrip("@")
    conditions = [_request.c.reference == words.upper()]
    conditions += [_request.c[name] == folded for name in _EXACT]
    pages = []
    for condition in conditions:
        one = select(_request.c.id).where(condition)
        if state:
            one = one.where(_request.c.state == state)
        if after is not None:
            one = one.where(_request.c.id < after)
        pages.append(select(one.order_by(_request.c.id.desc()).limit(limit + 1).subquery().c.id))
    ids = union(*pages).subquery()
    return (
        select(_request.c.id, _request.c.version, _request.c.document)
        .where(_request.c.id.in_(select(ids.c.id)))
        .order_by(_request.c.id.desc())
        .limit(limit + 1)
    )


def _is_exact(session: Session, words: str) -> bool:
    """Whether the words name something exactly, though not on this page or in this state."""
    return run(session, _exactly(words, "", 1, None)).first() is not None


def _partly(session: Session, words: str, state: str, limit: int, after: int | None) -> Select[Any]:
    newest: int = run(session, select(func.coalesce(func.max(_request.c.id), 0))).scalar_one()
    parts = or_(*(_request.c[name].icontains(words, autoescape=True) for name in _PARTS))
    within = and_(_request.c.id > newest - RECENT, parts)
    return _newest("", limit, after).where(
        within if not state else and_(within, _request.c.state == state)
    )


def _found(
    session: Session, statement: Select[Any], limit: int, *, recent_only: bool = False
) -> Found:
    rows = run(session, statement).all()
    more = rows[limit - 1].id if len(rows) > limit else None
    return Found([request_of(row) for row in rows[:limit]], more, recent_only)


def find_people(
    session: Session, *, words: str = "", limit: int = 50, after: str = ""
) -> tuple[list[Person], str]:
    """A page of people by address, and the address to go on after ("" at the end)."""
    statement = select(
        _person.c.email, _person.c.name, _person.c.company, _person.c.role, _person.c.active,
        _person.c.language,
    ).where(_person.c.email > after)  # fmt: skip
    if words.strip():
        columns = (_person.c.email, _person.c.name, _person.c.company)
        statement = statement.where(
            or_(*(column.icontains(words.strip(), autoescape=True) for column in columns))
        )
    rows = run(session, statement.order_by(_person.c.email).limit(limit + 1)).all()
    people = [
        Person(row.email, row.name, row.company, Role(row.role), row.active, row.language)
        for row in rows[:limit]
    ]
    return people, people[-1].email if len(rows) > limit else ""


def find_accounts(
    session: Session, *, domain: str = "", limit: int = 50, after: str = ""
) -> tuple[list[Account], str]:
    """A page of the accounts that hold a domain, by domain, and the domain to go on after.

    `domain` is where to begin: an account of that domain comes first.
    """
    start = domain.strip().lower().lstrip("@")
    statement = (
        select(
            _account.c.domain, _account.c.name, _account.c.state, _account.c.administrators,
            _request.c.reference, _request.c.requester,
        )
        .select_from(_account.outerjoin(_request, _account.c.request_id == _request.c.id))
        .where(
            _account.c.state != "ended",
            # One bound, not two: SQLite would seek by the first and read on to the second.
            _account.c.domain >= start if start > after else _account.c.domain > after,
        )
    )  # fmt: skip
    rows = run(session, statement.order_by(_account.c.domain).limit(limit + 1)).all()
    accounts = [
        Account(
            row.domain, row.name, row.state, row.reference or "", row.requester or "",
            tuple(row.administrators),
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return accounts, accounts[-1].domain if len(rows) > limit else ""


def operator_events(
    session: Session, *, limit: int = 50, after: int | None = None
) -> list[EventLine]:
    """What operators did that belongs to no request (people, accounts, mail); newest first."""
    statement = select(*(_event.c[name] for name in EventLine.__slots__)).where(
        _event.c.request_id.is_(None)
    )
    if after is not None:
        statement = statement.where(_event.c.id < after)
    rows = run(session, statement.order_by(_event.c.id.desc()).limit(limit))
    return [EventLine(*row) for row in rows]


def request_checks(
    session: Session, request_id: int, limit: int = 20
) -> list[tuple[datetime, bool, tuple[str, ...]]]:
    """The security checks of one request, newest first: when, passed, findings (S25)."""
    statement = (
        select(_check.c.at, _check.c.passed, _check.c.findings)
        .where(_check.c.request_id == request_id)
        .order_by(_check.c.id.desc())
        .limit(limit)
    )
    return [(row.at, row.passed, tuple(row.findings)) for row in run(session, statement)]
