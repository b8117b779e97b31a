"""The periodic security checks over a pending request (DOMAIN.md S25)."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailflow.core.address import domain_of, readable_domain
from mailflow.core.request import Account, Person, Request
from mailflow.core.suspicion import lookalike, suspicious


def examine(
    request: Request,
    requester: Person | None,
    account: Account | None,
    now: datetime,
    bounced_days: int,
) -> tuple[str, ...]:
    """What is wrong with a pending request today; () = nothing.

    Args:
        request: As stored, pending.
        requester: The directory's entry for the partner, today.
        account: Who occupies the account domain, today.
        now: Business time.
        bounced_days: A failed customer address may wait this long for the partner to mend it.

    Findings: `requester_gone`, `requester_inactive`, `domain_not_unique`, `bounced`,
    `FIELD:foreign_link`, `FIELD:bait`, `FIELD:mixed_script`, `FIELD:lookalike`. What the operator
    has released once is not found again.
    """
    found = []
    if requester is None:
        found.append("requester_gone")
    elif not requester.active:
        found.append("requester_inactive")
    if account is None or account.reference != request.reference:
        found.append("domain_not_unique")
    since = request.undeliverable_since if request.undeliverable else None
    if since is not None and now - since >= timedelta(days=bounced_days):
        found.append("bounced")
    domains = (request.fields.account_domain, request.requester.email.rpartition("@")[2])
    for name in ("account_name", "note_to_customer", "note_to_users"):
        text = getattr(request.fields, name)
        found += [f"{name}:{finding}" for finding in suspicious(text, *domains)]
    for name, domain in (
        ("account_domain", request.fields.account_domain),
        ("customer_email", domain_of(request.approver)),
    ):
        if lookalike(readable_domain(domain)):
            found.append(f"{name}:lookalike")
    return tuple(finding for finding in found if finding not in request.cleared)
