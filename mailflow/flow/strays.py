"""Answers outside the rules of a request: to who holds no secret, or not the right one."""

from __future__ import annotations

from datetime import timedelta

from mailflow.config import ServiceSettings
from mailflow.core.classify import Reading
from mailflow.core.decision import Limit
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.message import Message
from mailflow.core.request import Request
from mailflow.core.sides import company_domain
from mailflow.store import quota


def calm(message: Message, service: ServiceSettings) -> tuple[Letter, Limit]:
    """The same calm mail for a secret that never was and for one that was withdrawn."""
    letter = Letter(
        Kind.UNKNOWN_TOKEN,
        message.sender,
        service.default_language,
        Audience.STRANGER,
        answers=True,
    )
    return letter, Limit(f"calm:{message.sender}", 1, timedelta(days=1))


def redirect(
    message: Message, reading: Reading, request: Request, service: ServiceSettings
) -> tuple[Letter, Limit]:
    """The right letter, but not (provably) the right sender; or the approver without his secret.

    Told what to do: once, or once a day to the approver himself.
    """
    # An unproven answer is told to the one whose letter it is; one without a secret came by his
    # own address. Both are the approver.
    known = reading.outcome in ("unproven", "no_secret")
    # A colleague in the partner's company may know who has to answer; nobody else.
    partner = request.requester.email if reading.part == "partner" else ""
    home = company_domain(partner)
    holder = partner if home and company_domain(message.sender) == home else ""
    language = request.language if holder else service.default_language
    letter = Letter(
        Kind.WRONG_SENDER,
        request.approver if known else message.sender,
        request.approver_language if known else language,
        Audience.APPROVER if known else Audience.STRANGER,
        request if known else None,
        {"why": reading.outcome, "part": reading.part, "holder": holder},
        answers=True,
    )
    key = f"{reading.outcome}:{request.id}:{letter.to}"
    if reading.outcome == "no_secret":
        return letter, Limit(key, 1, timedelta(days=1))
    return letter, Limit(f"once:{key}", 1, quota.ONCE)
