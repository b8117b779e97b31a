"""The business case: a partner asks for an account for a customer (DOMAIN.md §1, §6).

A `Request` is one immutable value. Only `machine.decide` makes a new one from an old one, and only
`mailflow.flow` stores it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

EMPTY: Mapping[str, str] = MappingProxyType({})


class State(StrEnum):
    """Where a request stands. The same words in code, database, log and documents."""

    DRAFT = "draft"  # something is missing or wrong; the partner was asked
    REVIEW = "review"  # complete; waiting for the partner's CONFIRM
    PENDING = "pending"  # a provisional account exists; waiting for the customer
    HOLD = "hold"  # stopped by a check or a "not me"; waiting for the operator
    ACTIVE = "active"  # the customer accepted
    DECLINED = "declined"  # the customer declined
    EXPIRED = "expired"  # nobody accepted within the term
    CANCELLED = "cancelled"  # withdrawn by the partner, or rejected by the operator
    LAPSED = "lapsed"  # the partner never finished it


#: Ended requests change no more; a renewal is a new request linked to the old one.
FINAL = frozenset({State.ACTIVE, State.DECLINED, State.EXPIRED, State.CANCELLED, State.LAPSED})
#: States in which the request occupies its account domain (one per domain, DOMAIN.md §6).
OCCUPYING = frozenset({State.PENDING, State.HOLD, State.ACTIVE})


class Role(StrEnum):
    """What somebody in the directory is to us (DOMAIN.md S02, S05)."""

    PARTNER = "partner"
    CUSTOMER = "customer"  # an external customer who requests for his own company
    SUPPORT = "support"  # licensing support: may request "on behalf"


class Provenance(StrEnum):
    """Where the value of a field came from; shown in the review (DOMAIN.md §5, feature 10)."""

    OWN = "own"  # the partner's own words
    SUBJECT = "subject"  # the subject of the partner's mail
    FORWARDED = "forwarded"  # a customer's mail that the partner forwarded
    PROPOSED = "proposed"  # derived by us, e.g. the domain from the customer's address
    NORMALISED = "normalised"  # the partner's own words, tidied by us (www. removed, …)


@dataclass(frozen=True, slots=True)
class Person:
    """A registered mailbox: one row of the directory.

    `email` is lower-case ASCII. `language` is a code such as "en", or "" where unknown.
    `internal` is true for an address in one of the vendor's own domains.
    """

    email: str
    name: str = ""
    company: str = ""
    role: Role = Role.PARTNER
    active: bool = True
    language: str = ""
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """What a request says, in the order of the form (DOMAIN.md S10–S17). "" or () = absent."""

    account_name: str = ""
    customer_email: str = ""
    account_domain: str = ""
    note_to_customer: str = ""
    user_emails: tuple[str, ...] = ()
    note_to_users: str = ""
    notice_email: str = ""
    order_number: str = ""
    order_date: str = ""  # ISO 8601, YYYY-MM-DD

    def given(self) -> dict[str, str | tuple[str, ...]]:
        """Only the fields that have a value, in the order of the form."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name))}


FIELD_NAMES: tuple[str, ...] = tuple(f.name for f in fields(Fields))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or remarkable with one field.

    `code` is an error or warning code of the interface (`missing:customer_email`,
    `domain_derived`, …); `field` the field it is about ("" = the whole mail); `value` what was
    written; `suggestion` what we think was meant, or "".
    """

    code: str
    field: str = ""
    value: str = ""
    suggestion: str = ""

    @property
    def mended_by(self) -> tuple[str, ...]:
        """The fields whose lines mend it: a customer at a public mail provider wants two."""
        name = self.field or self.code.partition(":")[2]
        if name not in FIELD_NAMES:
            return ()
        both = self.code == "missing:account_domain" and self.value
        return (name, "customer_email") if both else (name,)


@dataclass(frozen=True, slots=True)
class Request:
    """A partner's request and all that the rules need to know of its past.

    Times are aware UTC datetimes by the database clock. `version` counts stored changes (the
    compare-and-set of `flow`); `revision` counts the reviews shown to the partner: a CONFIRM
    counts only for the newest one.
    """

    reference: str
    state: State
    requester: Person
    fields: Fields
    opened_at: datetime
    touched_at: datetime  # the partner's last change; reminders and lapse count from here
    id: int = 0
    version: int = 0
    revision: int = 1
    on_behalf: bool = False  # asked by licensing support for somebody else (S05)
    provenance: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    language: str = "en"  # the partner's
    approver: str = ""  # who may accept now; "" until CONFIRM
    approver_language: str = ""
    nominations: int = 0
    undeliverable: str = ""  # why the approver cannot be reached, "" = no trouble known
    undeliverable_since: datetime | None = None
    absent_until: str = ""  # from the approver's out-of-office: ISO date, or "unknown"
    hold_reason: str = ""
    hold_from: str = ""  # who or what put it on hold
    findings: tuple[str, ...] = ()  # of the security check that put it on hold
    cleared: tuple[str, ...] = ()  # findings that the operator has released
    created_at: datetime | None = None  # commit of CONFIRM
    expires_at: datetime | None = None  # created_at + 90 days
    ended_at: datetime | None = None
    end_reason: str = ""  # the customer's reason for declining, the operator's for rejecting
    reminded: tuple[int, ...] = ()  # days of the schedule of this state already served
    last_resend: datetime | None = None
    ready_told: bool = False  # a late customer already pressed "tell them I am ready"
    previous: str = ""  # reference of the request this one renews
    renewed_as: str = ""  # reference of the request that renews this one
    next_due: datetime | None = None  # when the clock next has something to do; None = never

    @property
    def notice_to(self) -> str:
        """Where notices go (S28): the notice address, else the requester."""
        return self.fields.notice_email or self.requester.email


@dataclass(frozen=True, slots=True)
class Account:
    """The account that occupies a domain, pending, held or active."""

    domain: str
    name: str
    state: str  # "pending", "hold" or "active"
    reference: str = ""  # of its request; "" = imported
    requester: str = ""  # e-mail of the partner who asked for it; "" = imported
    administrators: tuple[str, ...] = ()  # whom a request for access is relayed to
