"""Writing a decision down: the request, its account, its secrets, its history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailflow.core.commands import Actor
from mailflow.core.decision import Decision
from mailflow.core.letter import Kind, Letter
from mailflow.core.request import OCCUPYING, Request
from mailflow.store import outbox, requests, tokens
from mailflow.store.session import Session

#: Unsent letters that invite to something: void once the request has ended (DESIGN.md §2.6).
_INVITING = (
    Kind.ACTIVATION, Kind.REMINDER_CUSTOMER, Kind.RELEASED_CUSTOMER, Kind.STILL_WAITING,
    Kind.REMINDER_PARTNER, Kind.QUESTION, Kind.REVIEW,
)  # fmt: skip


def record(
    session: Session,
    before: Request | None,
    decision: Decision,
    actor: Actor,
    now: datetime,
) -> list[Request]:
    """Save the values of a decision with their history; returns them as stored."""
    stored = []
    after = decision.request
    if before and after is not None and after != before:
        after = requests.save(session, after, before.version, now)
        _move_account(session, before, after, now)
    if after is not None:
        stored.append(after)
    if decision.opened:
        stored.append(requests.insert(session, decision.opened))
    for address in decision.withdraw:
        if after is not None:
            tokens.withdraw(session, after.id, now, address, ("approver_reply", "page"))
            outbox.withdraw(session, after.id, recipient=address, at=now)
    if decision.silence and after is not None:
        outbox.withdraw(session, after.id, kinds=[str(k) for k in _INVITING], at=now)
    subject = stored[-1] if stored else None
    for event in decision.events:
        requests.insert_event(
            session,
            request_id=subject.id if subject else None,
            at=now,
            name=event.name,
            from_state=before.state if before else "",
            to_state=subject.state if subject else "",
            revision=subject.revision if subject else 0,
            decides=event.decides,
            part=actor.part,
            address=actor.address,
            evidence=actor.evidence,
            reason=event.reason or decision.reason,
            inbox_id=actor.message or None,
            data=dict(event.data),
        )
    if decision.remark:
        requests.add_remark(
            session,
            kind=decision.remark.kind,
            address=actor.address,
            remark=decision.remark.text,
            at=now,
            request_id=subject.id if subject else None,
            inbox_id=actor.message or None,
        )
    return stored


def _move_account(session: Session, before: Request, after: Request, now: datetime) -> None:
    """The account follows its request (DOMAIN.md §6: one per domain)."""
    if before.state is after.state:
        return
    if after.state in OCCUPYING and before.state not in OCCUPYING:
        requests.account_create(session, after, str(after.state), now)
    elif before.state in OCCUPYING:
        state = str(after.state) if after.state in OCCUPYING else "ended"
        requests.account_set(session, after, state, now)


def with_id(letter: Letter, stored: list[Request]) -> Letter:
    """Letters are decided on before a new request has its id: give it to them."""
    if letter.request is None:
        return letter
    for request in stored:
        if request.reference == letter.request.reference:
            return replace(letter, request=replace(letter.request, id=request.id))
    return letter
