"""Who may ask (people), and which domains are taken (accounts)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from sqlalchemy import bindparam, insert, select, text, update

from mailflow.core.request import Account, Person, Role
from mailflow.core.sides import company_domain
from mailflow.store import tables
from mailflow.store.db import run
from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared
from mailflow.store.session import Session
from mailflow.store.text import storable

_person = tables.PersonRow.__table__  # type: ignore[attr-defined]
_account = tables.Account.__table__  # type: ignore[attr-defined]
_request = tables.RequestRow.__table__  # type: ignore[attr-defined]

_PERSON = select(
    _person.c.email, _person.c.name, _person.c.company, _person.c.role, _person.c.active,
    _person.c.language,
)  # fmt: skip
_COMPANIES = Prepared(
    select(_person.c.company)
    .distinct()
    .where(_person.c.domain == bindparam("its_domain"), _person.c.role == Role.PARTNER.value)
)
_PERSON_BY_EMAIL = Prepared(_PERSON.where(_person.c.email == bindparam("its_email")))
_PEOPLE_BY_EMAIL = Prepared(_PERSON.where(is_in(_person.c.email, "emails")))


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """What an import of people did."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class AccountCounts:
    """What an import of accounts did. `conflicts` lists domains that were left as they were."""

    added: int
    changed: int
    conflicts: tuple[str, ...]


def person(session: Session, email: str, internal_domains: Collection[str] = ()) -> Person | None:
    """The registered mailbox with this address (ASCII letters in either case); None if unknown.

    `internal_domains` are the vendor's own, lower-case.
    """
    row = _PERSON_BY_EMAIL.first(session, {"its_email": _key(email)})
    return None if row is None else _person_of(row, internal_domains)


def people_at(
    session: Session, emails: Collection[str], internal_domains: Collection[str] = ()
) -> dict[str, Person]:
    """`person` for several addresses: those who are registered, by the address as it was given."""
    keys = {email: _key(email) for email in emails}
    rows = _PEOPLE_BY_EMAIL.all(session, {"emails": set(keys.values())}) if keys else []
    found = {row.email: _person_of(row, internal_domains) for row in rows}
    return {email: found[key] for email, key in keys.items() if key in found}


def people(
    session: Session,
    internal_domains: Collection[str] = (),
    *,
    words: str = "",
    inactive_only: bool = False,
) -> list[Person]:
    """Everybody, by address; or those with `words` in address, name or company, in either case."""
    statement = _PERSON.order_by(_person.c.email)
    if inactive_only:
        statement = statement.where(_person.c.active.is_(False))
    wanted = words.casefold()
    if wanted:
        statement = statement.where(_texts.ilike(_roughly(wanted), escape="/"))
    return [
        _person_of(row, internal_domains)
        for row in run(session, statement)
        if wanted in f"{row.email} {row.name} {row.company}".casefold()
    ]


_texts = _person.c.email + " " + _person.c.name + " " + _person.c.company


def _roughly(folded: str) -> str:
    """A pattern for LIKE that misses nobody: only of ASCII do both databases know both cases.

    >>> _roughly("müller 100%")
    '%m%ller 100/%%'
    """
    parts = re.split("[^ -~]+|ss", folded)  # ss: what ß folds to
    plain = (re.sub("([/%_])", r"/\1", part) for part in parts)
    return f"%{'%'.join(plain)}%"


def anybody(session: Session) -> bool:
    """Whether anybody at all may ask."""
    active = select(_person.c.email).where(_person.c.active.is_(True)).limit(1)
    return run(session, active).first() is not None


def companies_at(session: Session, domain: str) -> list[str]:
    """Companies of the partners registered under an organisational domain, as they are written."""
    return [row.company for row in _COMPANIES.all(session, {"its_domain": domain})]


def upsert_people(session: Session, rows: Iterable[Person], at: datetime) -> PeopleCounts:
    """Add people, or change those that are there. The last row for an address counts."""
    added = changed = unchanged = 0
    for new in {_key(one.email): one for one in rows}.values():
        values = {
            "name": storable(new.name),
            "company": storable(new.company),
            "role": new.role.value,
            "active": new.active,
            "language": storable(new.language),
        }
        key = _key(new.email)
        old = _PERSON_BY_EMAIL.first(session, {"its_email": key})
        if old is None:
            row = {"email": key, "domain": company_domain(key), "changed_at": at}
            run(session, insert(_person).values(**row, **values))
            added += 1
        elif any(getattr(old, name) != value for name, value in values.items()):
            change = update(_person).where(_person.c.email == key)
            run(session, change.values(changed_at=at, **values))
            changed += 1
        else:
            unchanged += 1
    return PeopleCounts(added, changed, unchanged)


def deactivate(session: Session, email: str, at: datetime) -> bool:
    """Bar a mailbox from asking (S06); False if it is unknown."""
    statement = update(_person).where(_person.c.email == _key(email))
    return run(session, statement.values(active=False, changed_at=at)).rowcount == 1


_ACCOUNT = select(
    _account.c.id, _account.c.domain, _account.c.name, _account.c.state,
    _account.c.administrators, _account.c.request_id, _request.c.reference, _request.c.requester,
).select_from(_account.outerjoin(_request, _account.c.request_id == _request.c.id))  # fmt: skip
_OCCUPYING = Prepared(
    _ACCOUNT.where(_account.c.domain == bindparam("its_domain"), text("account.state <> 'ended'"))
)


def account(session: Session, domain: str) -> Account | None:
    """The account that occupies a domain: pending, on hold or active; None if it is free."""
    row = _OCCUPYING.first(session, {"its_domain": domain})
    return None if row is None else _account_of(row)


def accounts(
    session: Session, *, with_ended: bool = False, limit: int | None = None
) -> list[Account]:
    """All accounts, or the first so many, by domain."""
    statement = _ACCOUNT.order_by(_account.c.domain, _account.c.id).limit(limit)
    if not with_ended:
        statement = statement.where(_account.c.state != "ended")
    return [_account_of(row) for row in run(session, statement)]


def import_accounts(session: Session, rows: Sequence[Account], at: datetime) -> AccountCounts:
    """Take over accounts that exist elsewhere.

    An account that was imported before is changed. One that belongs to a request is never
    touched: its domain is a conflict. State "ended" frees a domain that was imported before.
    """
    added = changed = 0
    conflicts: list[str] = []
    for new in rows:
        values = {
            "name": storable(new.name),
            "state": new.state,
            "administrators": [storable(one) for one in new.administrators],
            "changed_at": at,
        }
        old = _OCCUPYING.first(session, {"its_domain": new.domain})
        if old is None:
            values |= {"domain": new.domain, "created_at": at}
            run(session, insert(_account).values(**values))
            added += 1
        elif old.request_id is not None:
            conflicts.append(new.domain)
        else:
            run(session, update(_account).where(_account.c.id == old.id).values(**values))
            changed += 1
    return AccountCounts(added, changed, tuple(conflicts))


_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def _key(email: str) -> str:
    """ASCII letters in lower case and nothing else folded (I13): `İ` is not `i`."""
    return email.translate(_ASCII_LOWER)


def _person_of(row: Any, internal_domains: Collection[str]) -> Person:
    domain = row.email.rpartition("@")[2]
    return Person(
        email=row.email,
        name=row.name,
        company=row.company,
        role=Role(row.role),
        active=row.active,
        language=row.language,
        internal=domain in internal_domains,
    )


def _account_of(row: Any) -> Account:
    return Account(
        domain=row.domain,
        name=row.name,
        state=row.state,
        reference=row.reference or "",
        requester=row.requester or "",
        administrators=tuple(row.administrators),
    )
