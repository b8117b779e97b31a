"""What templates see of a request: every foreign value already made inert.

A template cannot forget to clean a value, because it never holds a raw one. Escaping for HTML is
Jinja's work and comes on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from mailflow.core import address
from mailflow.core.letter import Audience
from mailflow.core.request import FIELD_NAMES, Fields, Problem, Request
from mailflow.letters import inert

#: They read their own words, so that only certain links need breaking; all others get all broken.
OWN_WORDS = frozenset({Audience.PARTNER, Audience.NOTICE, Audience.STRANGER})


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a registered person. `name` is never empty, `company` may be."""

    name: str
    company: str
    email: str


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is to get access; `outside` when not in the account's domain."""

    email: str
    outside: bool


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request for templates. Values are inert text; "" = absent."""

    reference: str
    state: str
    asker: Asker
    on_behalf: bool
    account_name: str
    customer_email: str
    account_domain: str
    domain: str  # the same for reading: an IDN in its own script beside its code
    note_to_customer: str
    users: tuple[User, ...]
    others: tuple[User, ...]  # the users besides the approver, who becomes administrator
    note_to_users: str
    notice_to: str
    order_number: str
    order_date: str
    title: str  # the account's name, else its domain, else "": what the subject is about
    approver: str
    approver_outside: bool  # not in the account's domain
    provenance: Mapping[str, str]
    created_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    absent_until: str
    undeliverable: bool
    ready_told: bool
    previous: str
    renewed_as: str


def view(request: Request, audience: Audience) -> RequestView:
    """The request as the reader may see it: the same facts, inert."""
    f = request.fields
    own = audience in OWN_WORDS
    shown = own_words if own else foreign_words
    name = shown(f.account_name)
    asker = request.requester
    users = tuple(
        User(inert.line(u), not address.in_domain(u, f.account_domain)) for u in f.user_emails
    )
    return RequestView(
        reference=request.reference,
        state=str(request.state),
        asker=Asker(foreign_words(asker.name) or asker.email, foreign_words(asker.company),
                    inert.line(asker.email)),
        on_behalf=request.on_behalf,
        account_name=name,
        customer_email=inert.line(f.customer_email),
        account_domain=inert.line(f.account_domain),
        domain=address.display_domain(inert.line(f.account_domain)),
        note_to_customer=f.note_to_customer.strip(),
        users=users,
        others=tuple(user for user in users if user.email != inert.line(request.approver)),
        note_to_users=f.note_to_users.strip(),
        notice_to=inert.line(request.notice_to),
        order_number=shown(f.order_number),
        order_date=shown(f.order_date),
        title=(name if own else "") or inert.line(f.account_domain),
        approver=inert.line(request.approver),
        approver_outside=not address.in_domain(request.approver, f.account_domain),
        provenance=request.provenance,
        created_at=request.created_at,
        expires_at=request.expires_at,
        ended_at=request.ended_at,
        end_reason=request.end_reason.strip(),
        absent_until=inert.line(request.absent_until),
        undeliverable=bool(request.undeliverable),
        ready_told=request.ready_told,
        previous=request.previous,
        renewed_as=getattr(request, "renewed_as", ""),
    )  # fmt: skip


def own_words(text: str) -> str:
    """Somebody's own value, shown back to him: as written, but for certain links."""
    return inert.unlink_url(inert.line(text))


def foreign_words(text: str) -> str:
    """Somebody else's value: nothing in it can become a link."""
    return inert.unlink(inert.line(text))


def cleaned(value: Any) -> Any:
    """A value of `Letter.data` with every string in it cleaned (line breaks are kept)."""
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, str):
        return inert.text(value)
    if isinstance(value, Mapping):
        return {key: cleaned(item) for key, item in value.items()}
    if isinstance(value, Fields):
        return cleaned(value.given())
    if isinstance(value, Problem):
        return Problem(*(cleaned(getattr(value, f.name)) for f in fields(value)))
    if isinstance(value, (list, tuple)):
        return [cleaned(item) for item in value]
    if is_dataclass(value):
        raise TypeError(f"a letter's data may not hold a {type(value).__name__}")
    return value


def in_order(values: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Fields in the order of the form, each as its lines of text."""
    return [(name, _as_lines(values[name])) for name in FIELD_NAMES if values.get(name)]


def _as_lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return [inert.unlink_url(piece) for piece in inert.lines(value)]
    return [own_words(str(item)) for item in value]
