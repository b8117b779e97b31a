"""What a page shows of a request, as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailflow.core.request import Request
from mailflow.web.forms import plain


@dataclass(frozen=True, slots=True)
class User:
    """One person who gets access. `outside` is true when not of the account's domain."""

    email: str
    outside: bool


def outside(email: str, domain: str) -> bool:
    """Whether an address lies neither in the account's domain nor below it."""
    host = email.rpartition("@")[2].lower()
    own = domain.lower()
    return host != own and not host.endswith("." + own)


def view(request: Request, person: str) -> dict[str, Any]:
    """The values of the templates `activate` and `state` for the holder of a token.

    Partner's words are cleaned of characters that do not show (I18); the templates escape them
    and make no links of them.
    """
    fields, asker = request.fields, request.requester
    return {
        "request": request,
        "state": request.state.value,
        "person": person,
        "account_name": plain(fields.account_name, 200),
        "account_domain": fields.account_domain,
        "asker_name": plain(asker.name, 200),
        "asker_company": plain(asker.company, 200),
        "asker_email": asker.email,
        "note": plain(fields.note_to_customer, 2000),
        "users": tuple(User(e, outside(e, fields.account_domain)) for e in fields.user_emails),
        "approver_outside": outside(person, fields.account_domain),
        "order": plain(fields.order_number, 100),
        "end_reason": plain(request.end_reason, 2000),
    }
