"""Whether a request may be reviewed: everything that depends on who asks (DOMAIN.md S11–S17, §7).

`check` judges the whole of the fields anew each time; `merge` puts a one-line repair into what is
already known. Both are pure, and every problem carries the value and, where there is one, a
suggestion, so that the question letter asks only for what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from mailflow.core.address import (
    display_domain,
    domain_of,
    in_domain,
    is_freemail,
    is_public_suffix,
    is_role_address,
    meant_in,
    normalise_domain,
    organisational_domain,
    parse,
    readable_domain,
    suggest,
)
from mailflow.core.commands import Submission
from mailflow.core.hygiene import clean_line, clean_text
from mailflow.core.policy import Policy
from mailflow.core.repair import merge
from mailflow.core.request import Fields, Person, Problem, Provenance, Role
from mailflow.core.sides import is_requesters, mailbox
from mailflow.core.suspicion import lookalike

__all__ = ["Checked", "all_errors", "check", "merge"]

_MAX_ORDER = 60  # characters of an order number
_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Checked:
    """The fields as they would be reviewed, and what is wrong or remarkable with them."""

    fields: Fields
    provenance: Mapping[str, str]
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def check(
    fields: Fields,
    provenance: Mapping[str, str],
    requester: Person,
    policy: Policy,
    is_colleague: Callable[[str], bool] = lambda _address: False,
    is_ours: Callable[[str], bool] = lambda _address: False,
) -> Checked:
    """Judge all fields for this requester.

    Args:
        fields: As read, or as merged with a repair.
        provenance: Where each came from.
        requester: Who asks; a partner may not approve his own request, an external customer may
            name himself inside the account domain (DOMAIN.md §3).
        policy: Limits.
        is_colleague: Whether the directory knows an address, or its domain, as of the requester's
            company.
        is_ours: Whether an address is one of the service's own.

    Returns:
        Fields with the domain derived and doubled users dropped; errors block the review,
        warnings are shown in it.
    """
    errors: list[Problem] = []
    warnings: list[Problem] = []
    origin = dict(provenance)
    fields = _tidy(fields)
    fields = _customer(fields, errors)
    fields = _domain(fields, origin, errors, warnings)
    _name(fields, policy, errors)
    _approver(fields, requester, is_colleague, errors, warnings)
    _lookalikes(fields, warnings)
    fields = _users(fields, policy, errors, warnings)
    _notes(fields, policy, errors, warnings)
    if fields.notice_email and parse(fields.notice_email) is None:
        errors.append(_invalid("notice_email", fields.notice_email))
    _ours(fields, is_ours, errors)
    if len(fields.order_number) > _MAX_ORDER:
        errors.append(_invalid("order_number", fields.order_number[:_MAX_ORDER]))
    if fields.order_date and not _is_date(fields.order_date):
        errors.append(_invalid("order_date", fields.order_date))
    given = fields.given()
    kept = {name: origin.get(name, Provenance.OWN) for name in given}
    return Checked(fields, MappingProxyType(kept), tuple(errors), tuple(warnings))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _invalid(field: str, value: str) -> Problem:
    return Problem(f"invalid:{field}", field, value, suggest(value))


def _tidy(fields: Fields) -> Fields:
    """Controls and direction marks out of every value, whatever door it came in by."""
    return Fields(
        account_name=clean_line(fields.account_name),
        customer_email=clean_line(fields.customer_email),
        account_domain=clean_line(fields.account_domain),
        note_to_customer=clean_text(fields.note_to_customer).strip(),
        user_emails=tuple(clean_line(user) for user in fields.user_emails),
        note_to_users=clean_text(fields.note_to_users).strip(),
        notice_email=clean_line(fields.notice_email),
        order_number=clean_line(fields.order_number),
        order_date=clean_line(fields.order_date),
    )


def _customer(fields: Fields, errors: list[Problem]) -> Fields:
    if not fields.customer_email:
        errors.append(Problem("missing:customer_email", "customer_email"))
        return fields
    address = parse(fields.customer_email)
    if address is None:
        errors.append(_invalid("customer_email", fields.customer_email))
        return fields
    if guess := suggest(address):
        errors.append(Problem("invalid:customer_email", "customer_email", address, guess))
    return replace(fields, customer_email=address)


def _name(fields: Fields, policy: Policy, errors: list[Problem]) -> None:
    if not fields.account_name:
        # A missing name comes first in the form, so it comes first in the question.
        errors.insert(0, Problem("missing:account_name", "account_name"))
    elif len(fields.account_name) > policy.max_account_name:
        errors.insert(0, Problem("invalid:account_name", "account_name", fields.account_name))


def _domain(
    fields: Fields, origin: dict[str, str], errors: list[Problem], warnings: list[Problem]
) -> Fields:
    """Normalises the domain, or derives it from the customer's address (S13)."""
    if fields.account_domain:
        domain, changed = normalise_domain(fields.account_domain)
        if domain is None:
            errors.append(_no_domain(fields))
            return fields
        if (guess := suggest(domain)) and _suffix(guess) != _suffix(domain):
            errors.append(Problem("invalid:account_domain", "account_domain", domain, guess))
        if is_freemail(domain):
            errors.append(Problem("freemail:account_domain", "account_domain", domain))
            return replace(fields, account_domain=domain)
        if changed and origin.get("account_domain") == Provenance.OWN:
            origin["account_domain"] = Provenance.NORMALISED
        if origin.get("account_domain") == Provenance.PROPOSED:
            warnings.append(Problem("domain_derived", "account_domain", domain))
        return replace(fields, account_domain=domain)
    address = parse(fields.customer_email)
    host = domain_of(address) if address else ""
    if not host or is_freemail(host) or is_public_suffix(host):
        if address:
            # A free-mail address is as wrong as the domain is missing: one question for both.
            value = address if is_freemail(host) else ""
            errors.append(Problem("missing:account_domain", "account_domain", value))
        return fields
    if any(p.field == "customer_email" for p in errors):
        return fields  # a mistyped address would give a mistyped domain
    domain = organisational_domain(host)
    origin["account_domain"] = Provenance.PROPOSED
    warnings.append(Problem("domain_derived", "account_domain", domain))
    return replace(fields, account_domain=domain)


def _no_domain(fields: Fields) -> Problem:
    """A value that is no domain; what is meant may be told by the customer's address."""
    problem = _invalid("account_domain", fields.account_domain)
    host = domain_of(parse(fields.customer_email) or "")
    if problem.suggestion or not host or is_freemail(host) or is_public_suffix(host):
        return problem
    return replace(problem, suggestion=organisational_domain(host))


def _suffix(domain: str) -> str:
    return domain.rpartition(".")[2]


def _approver(
    fields: Fields,
    requester: Person,
    is_colleague: Callable[[str], bool],
    errors: list[Problem],
    warnings: list[Problem],
) -> None:
    """Who may approve (S12): never the partner or his company; a customer himself may."""
    address = parse(fields.customer_email)
    if address is None:
        return
    if requester.role is Role.CUSTOMER:
        himself = mailbox(address) == mailbox(requester.email)
        refused = himself and not in_domain(address, fields.account_domain)
    else:
        refused = is_requesters(address, requester) or is_colleague(address)
    if refused:
        errors.append(Problem("approver_is_requester", "customer_email", address))
    domain = fields.account_domain
    if not refused and domain and is_freemail(domain_of(address)) and not is_freemail(domain):
        # Anybody can get one, the partner too: it shows nothing of the company (DOMAIN.md §3).
        errors.append(Problem("freemail:customer_email", "customer_email", address))
        return
    if is_role_address(address):
        warnings.append(Problem("role_address", "customer_email", address))
    if domain and not in_domain(address, domain):
        same = organisational_domain(domain_of(address)) == organisational_domain(domain)
        if not same or not in_domain(domain, domain_of(address)):
            warnings.append(
                Problem("domain_mismatch", "customer_email", address, meant)
                if (meant := meant_in(address, domain))
                else Problem("domain_mismatch", "account_domain", domain, domain_of(address))
            )


def _ours(fields: Fields, is_ours: Callable[[str], bool], errors: list[Problem]) -> None:
    """Nobody decides, reads or uses anything at an address of ours: we would write to ourselves."""
    for name, values in (
        ("customer_email", (fields.customer_email,)),
        ("user_emails", fields.user_emails),
        ("notice_email", (fields.notice_email,)),
    ):
        for value in values:
            address = parse(value) if value else None
            if address and is_ours(address):
                errors.append(Problem(f"ours:{name}", name, address))


def _lookalikes(fields: Fields, warnings: list[Problem]) -> None:
    """Domains that pass for others are shown as what they are."""
    customer = parse(fields.customer_email) or ""
    for name, domain in (
        ("account_domain", fields.account_domain),
        ("customer_email", domain_of(customer)),
    ):
        known = any(p.code == "lookalike_domain" and domain in p.value for p in warnings)
        if not known and lookalike(readable_domain(domain)):
            warnings.append(Problem("lookalike_domain", name, display_domain(domain)))


def _users(
    fields: Fields, policy: Policy, errors: list[Problem], warnings: list[Problem]
) -> Fields:
    """0–50 valid addresses, doubled ones dropped, outsiders flagged (S16)."""
    kept: dict[str, None] = {}
    for user in fields.user_emails:
        address = parse(user)
        if address is None:
            errors.append(_invalid("user_emails", user))
            kept[user] = None
        elif address in kept:
            warnings.append(Problem("duplicate_user", "user_emails", address))
        else:
            kept[address] = None
            if guess := suggest(address):
                errors.append(Problem("invalid:user_emails", "user_emails", address, guess))
            elif fields.account_domain and not in_domain(address, fields.account_domain):
                warnings.append(Problem("external_user", "user_emails", address))
            if address == fields.customer_email:
                warnings.append(Problem("customer_in_users", "user_emails", address))
    if len(kept) > policy.max_users:
        errors.append(
            Problem("too_many:user_emails", "user_emails", str(len(kept)), str(policy.max_users))
        )
    return replace(fields, user_emails=tuple(kept))


def _notes(fields: Fields, policy: Policy, errors: list[Problem], warnings: list[Problem]) -> None:
    for name in ("note_to_customer", "note_to_users"):
        note: str = getattr(fields, name)
        if len(note) > policy.max_note:
            size = f"{len(note)}/{policy.max_note}"
            errors.append(Problem(f"invalid:{name}", name, note, size))
    if fields.note_to_users and not fields.user_emails:
        warnings.append(Problem("note_without_users", "note_to_users", fields.note_to_users))


def all_errors(submission: Submission, checked: Checked) -> tuple[Problem, ...]:
    """What the reading and the judging found, once each: a conflict is not also "missing".

    Where several requests stand in one mail, nothing is missing: there is too much.
    """
    several = any(problem.code == "several_requests" for problem in submission.problems)
    told = {problem.field for problem in submission.problems if problem.field}
    return submission.problems + tuple(
        problem
        for problem in checked.errors
        if not ((several or problem.field in told) and problem.code.startswith("missing:"))
    )
