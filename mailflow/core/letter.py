"""A letter: a mail we intend to send, before it is written.

The rules (`machine`) say which letter goes to whom and why; `mailflow.letters` writes it. A letter
is a plain value, so that a decision can be tested without any template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from mailflow.core.request import Request

#: Begins (and, turned round, ends) the line above which an answer is to be written: whatever
#: comes after it in a reply is a quotation of ours, in any mail program and any language.
ANSWER_MARK = "##- "


class Kind(StrEnum):
    """Every letter there is. The value names the template: templates/letters/VALUE.j2."""

    HELP = "help"
    QUESTION = "question"
    REVIEW = "review"
    COMPLETION = "completion"
    ACTIVATION = "activation"
    REMINDER_CUSTOMER = "reminder_customer"
    STILL_WAITING = "still_waiting"
    CONFIRMATION_PARTNER = "confirmation_partner"
    CONFIRMATION_CUSTOMER = "confirmation_customer"
    ACCESS = "access"
    DECLINED = "declined"
    DECLINED_RECEIPT = "declined_receipt"
    EXPIRY_NOTICE = "expiry_notice"
    EXPIRY_CUSTOMER = "expiry_customer"
    CANCELLED = "cancelled"
    CANCELLED_CUSTOMER = "cancelled_customer"
    ADDRESS_FAILED = "address_failed"
    REFUSAL = "refusal"
    DUPLICATE = "duplicate"
    ACCESS_REQUEST = "access_request"
    STATUS = "status"
    SETTLED = "settled"
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105 - for secrets that never were, or were withdrawn
    UNKNOWN_REPLY = "unknown_reply"
    ON_HOLD = "on_hold"
    RELEASED = "released"
    RELEASED_CUSTOMER = "released_customer"
    REMINDER_PARTNER = "reminder_partner"
    LAPSED = "lapsed"
    APPROVER_CHANGED = "approver_changed"
    APPROVER_REPLACED = "approver_replaced"
    CHANGED = "changed"
    ABSENT = "absent"
    CUSTOMER_READY = "customer_ready"
    CASE = "case"
    FEEDBACK_THANKS = "feedback_thanks"
    ENGLISH = "english"
    WRONG_SENDER = "wrong_sender"
    OPERATOR_NOTICE = "operator_notice"
    QUARANTINE_DIGEST = "quarantine_digest"


class Audience(StrEnum):
    """In which part somebody gets a letter; decides what its reply address may do."""

    PARTNER = "partner"  # replies are read as the partner's (token purpose partner_reply)
    APPROVER = "approver"  # replies are read as the customer's (approver_reply), page link
    USER = "user"  # an added user: no token
    NOTICE = "notice"  # the notice address: no token
    OPERATOR = "operator"  # licensing support
    STRANGER = "stranger"  # a proven sender without a request
    ADMINISTRATOR = "administrator"  # of an existing account


#: Letters that lead the partner to the page where his request can be looked at.
WITH_STATUS_PAGE = frozenset({Kind.COMPLETION, Kind.STILL_WAITING, Kind.STATUS})


@dataclass(frozen=True, slots=True)
class Letter:
    """Which letter, to whom, in which language, with which data.

    `request` is the request as it stands *after* the decision. `data` holds what only this kind
    of letter needs; its keys are listed with the templates (docs/reference/letters.md).
    `answers` is true when the letter answers a mail that just came in: it is then marked
    `auto-replied` and threaded below that mail. Of letters whose number is limited, `nth` counts
    those that went out already, and `silent_until` says when the next one can, if this is the last.
    """

    kind: Kind
    to: str
    language: str
    audience: Audience
    request: Request | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    answers: bool = False
    nth: int = 1
    silent_until: datetime | None = None
