"""Answers outside the rules of a request: to who holds no secret, or not the right one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from mailflow.config import Config, ServiceSettings
from mailflow.core.classify import Reading
from mailflow.core.decision import Limit
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.message import Message
from mailflow.core.request import Request
from mailflow.core.sides import company_domain
from mailflow.flow.carry import Decided
from mailflow.flow.limits import within
from mailflow.flow.post import Answered
from mailflow.flow.values import Applied
from mailflow.store import quota
from mailflow.store.session import Session


def answer(
    session: Session,
    message: Message,
    reading: Reading,
    request: Request | None,
    config: Config,
    answered: Answered,
    now: datetime,
) -> Decided:
    """What such a mail is answered, as long as its limit lasts. `request`: what it is about."""
    if reading.do == "calm":
        applied = Applied("unknown_token", reading.why)
        letter, limit = calm(message, config.service)
    else:
        silent = config.trust.unproven_replies == "quarantine"
        if request is None or (silent and reading.outcome == "unproven"):
            return Decided(applied=Applied("quarantine", reading.why))
        applied = Applied(reading.outcome, reading.why)
        letter, limit = redirect(message, reading, request, config.service)
    if not within(session, limit, now):
        return Decided(applied=applied)
    return Decided(answered=answered, applied=replace(applied, letters=1), letter=letter)


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
