"""Writing decisions down: the request, its account, its secrets, its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailflow.core.commands import Actor
from mailflow.core.decision import Decision, Event
from mailflow.core.letter import Kind, Letter
from mailflow.core.request import OCCUPYING, Request
from mailflow.store import history, outbox, requests, tokens
from mailflow.store.history import NewEvent
from mailflow.store.session import Session

#: Unsent letters that invite to something: void once the request has ended (DESIGN.md §2.6).
_INVITING = (
    Kind.ACTIVATION, Kind.REMINDER_CUSTOMER, Kind.RELEASED_CUSTOMER, Kind.STILL_WAITING,
    Kind.REMINDER_PARTNER, Kind.QUESTION, Kind.REVIEW,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision to be written down: what it was about, and by whose doing."""

    before: Request | None
    decision: Decision
    actor: Actor

    @property
    def change(self) -> tuple[Request, Request] | None:
        """The request before and after, where the decision changes it."""
        before, after = self.before, self.decision.request
        return (before, after) if before and after is not None and after != before else None


def record(session: Session, entries: Sequence[Entry], now: datetime) -> list[list[Request]]:
    """Save the values of decisions with their history; returns those of each as stored.

    No two of them are about the same request.
    """
    stored = _save(session, entries, now)
    ended = []
    events: list[NewEvent] = []
    for entry, own in zip(entries, stored, strict=True):
        decision, actor = entry.decision, entry.actor
        subject = own[-1] if own else None
        if decision.request is not None:
            for address in decision.withdraw:
                request_id = decision.request.id
                tokens.withdraw(session, request_id, now, address, ("approver_reply", "page"))
                outbox.withdraw(session, request_id, recipient=address, at=now)
            if decision.silence:
                ended.append(decision.request.id)
        events += [_line(event, entry, subject, now) for event in decision.events]
        if decision.remark:
            history.add_remark(
                session,
                kind=decision.remark.kind,
                address=actor.address,
                remark=decision.remark.text,
                at=now,
                request_id=subject.id if subject else None,
                inbox_id=actor.message or None,
            )
    outbox.silence(session, ended, [str(kind) for kind in _INVITING], now)
    history.add_events(session, events)
    return stored


def _save(session: Session, entries: Sequence[Entry], now: datetime) -> list[list[Request]]:
    """Save what was changed or opened."""
    changes = [change for entry in entries if (change := entry.change)]
    saved = iter(
        requests.save_all(session, [(after, before.version) for before, after in changes], now)
    )
    _move_accounts(session, changes, now)
    stored = []
    for entry in entries:
        after = next(saved) if entry.change else entry.decision.request
        own = [after] if after is not None else []
        if entry.decision.opened:
            own.append(requests.insert(session, entry.decision.opened))
        stored.append(own)
    return stored


def _line(event: Event, entry: Entry, subject: Request | None, now: datetime) -> NewEvent:
    actor = entry.actor
    return NewEvent(
        request_id=subject.id if subject else None,
        at=now,
        name=event.name,
        from_state=entry.before.state if entry.before else "",
        to_state=subject.state if subject else "",
        revision=subject.revision if subject else 0,
        decides=event.decides,
        part=actor.part,
        address=actor.address,
        evidence=actor.evidence,
        reason=event.reason or entry.decision.reason,
        inbox_id=actor.message or None,
        data=event.data,
    )


def _move_accounts(
    session: Session, changes: Sequence[tuple[Request, Request]], now: datetime
) -> None:
    """The account follows its request (DOMAIN.md §6: one per domain)."""
    created, moved = [], []
    for before, after in changes:
        if before.state is after.state:
            continue
        if after.state in OCCUPYING and before.state not in OCCUPYING:
            created.append((after, str(after.state)))
        elif before.state in OCCUPYING:
            moved.append((after, str(after.state) if after.state in OCCUPYING else "ended"))
    requests.account_create_all(session, created, now)
    requests.account_set_all(session, moved, now)


def with_id(letter: Letter, stored: list[Request]) -> Letter:
    """Letters are decided on before a new request has its id: give it to them."""
    if letter.request is None:
        return letter
    for request in stored:
        if request.id == letter.request.id:
            return letter
        if request.reference == letter.request.reference:
            return replace(letter, request=replace(letter.request, id=request.id))
    return letter
