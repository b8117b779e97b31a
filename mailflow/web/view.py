"""What a page shows of a request, as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailflow.core.address import display_domain, in_domain
from mailflow.core.hygiene import clean_line, clean_text
from mailflow.core.request import Request


@dataclass(frozen=True, slots=True)
class User:
    """One person who gets access. `outside` is true when not of the account's domain."""

    email: str
    outside: bool


def view(request: Request, person: str) -> dict[str, Any]:
    """The values of the templates `activate` and `state` for the holder of a token.

    Partner's words are cleaned of signs that do not show (I18); the templates escape them and
    make no links of them. Unlike a mail program, a browser makes none by itself either, so words
    stay as they were written.
    """
    fields, asker = request.fields, request.requester
    domain = fields.account_domain
    return {
        "request": request,
        "state": request.state.value,
        "person": person,
        "account_name": clean_line(fields.account_name),
        "account_domain": display_domain(domain),
        "asker_name": clean_line(asker.name),
        "asker_company": clean_line(asker.company),
        "asker_email": asker.email,
        "note": clean_text(fields.note_to_customer).strip(),
        "users": tuple(User(email, not in_domain(email, domain)) for email in fields.user_emails),
        "approver_outside": not in_domain(person, domain),
        "order": clean_line(fields.order_number),
        "end_reason": clean_text(request.end_reason).strip(),
    }
