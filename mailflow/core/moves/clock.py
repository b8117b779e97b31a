"""What the passing of time brings about: reminders, lapse, expiry (DOMAIN.md §6).

Whatever was missed while nobody looked is made up for by one letter, not by all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from mailflow.core.commands import Actor, Tick
from mailflow.core.decision import Decision, Event, World
from mailflow.core.letter import Kind, Letter
from mailflow.core.moves.say import to_approver, to_notice, to_partner
from mailflow.core.policy import Policy
from mailflow.core.request import Request, State

_UNFINISHED = (State.DRAFT, State.REVIEW)
DAY = timedelta(days=1)


def tick(request: Request, _: Tick, actor: Actor, world: World) -> Decision:
    """Do what is due now; nothing when nothing is."""
    if request.state in _UNFINISHED:
        if world.now >= request.touched_at + world.policy.lapse_days * DAY:
            return lapse(request, world)
        return _remind(request, request.touched_at, world)
    if request.state in (State.PENDING, State.HOLD) and request.expires_at:
        if world.now >= request.expires_at:
            return expire(request, world)
        if request.state is State.PENDING and request.created_at:
            return _remind(request, request.created_at, world)
    return Decision("nothing_due", "no deadline has passed", request)


def next_due(request: Request, policy: Policy) -> datetime | None:
    """When the clock next has something to do for this request; None = never again."""
    if request.state in _UNFINISHED:
        start, end = request.touched_at, request.touched_at + policy.lapse_days * DAY
    elif request.state is State.PENDING and request.created_at and request.expires_at:
        start, end = request.created_at, request.expires_at
    elif request.state is State.HOLD:
        return request.expires_at
    else:
        return None
    waiting = [
        start + day * DAY for day in schedule(request, policy) if day not in request.reminded
    ]
    return min([*waiting, end])


def schedule(request: Request, policy: Policy) -> tuple[int, ...]:
    """Days, counted from the start of the state, on which somebody is reminded."""
    if request.state in _UNFINISHED:
        return policy.review_reminder_days
    return tuple(sorted({*customer_days(request, policy), *policy.partner_reminder_days}))


def customer_days(request: Request, policy: Policy) -> tuple[int, ...]:
    """Denser where an order is waiting for the account (DOMAIN.md §5, feature 9)."""
    if request.fields.order_number and request.fields.order_date:
        return policy.customer_reminder_days_order
    return policy.customer_reminder_days


def expire(request: Request, world: World) -> Decision:
    """The term is over: exactly one notice, and a short line to the customer (S27, S28)."""
    ended = replace(request, state=State.EXPIRED, ended_at=world.now)
    letters = [*to_notice(Kind.EXPIRY_NOTICE, ended)] or [to_partner(Kind.EXPIRY_NOTICE, ended)]
    if request.approver and not request.undeliverable:
        # Who said that it is not meant for him is not asked whether he would still like it.
        offer = request.hold_reason != "not_me"
        letters.append(to_approver(Kind.EXPIRY_CUSTOMER, ended, offer=offer))
    return Decision(
        "expired", f"not accepted within {world.policy.activation_days} days (S27)", ended,
        events=(Event("expired"),), letters=tuple(letters), silence=True,
    )  # fmt: skip


def lapse(request: Request, world: World) -> Decision:
    """Never finished by the partner."""
    ended = replace(request, state=State.LAPSED, ended_at=world.now)
    return Decision(
        "lapsed", f"not finished within {world.policy.lapse_days} days", ended,
        events=(Event("lapsed"),), letters=(to_partner(Kind.LAPSED, ended),), silence=True,
    )  # fmt: skip


def _remind(request: Request, start: datetime, world: World) -> Decision:
    elapsed = (world.now - start) // DAY
    due = [
        day
        for day in schedule(request, world.policy)
        if day <= elapsed and day not in request.reminded
    ]
    if not due:
        return Decision("nothing_due", "no reminder is due", request)
    reminded = replace(request, reminded=tuple(sorted({*request.reminded, *due})))
    if request.state is State.REVIEW and world.account_of(request.fields.account_domain):
        why = "the domain has got an account meanwhile: a CONFIRM could bring nothing about"
        return Decision("reminder_skipped", why, reminded)
    letters = tuple(_reminders(reminded, due, world))
    if not letters:
        return Decision(
            "reminder_skipped", "the customer's address has failed: there is nobody to remind",
            reminded, events=(Event("reminder_skipped", data={"day": due[-1]}),),
        )  # fmt: skip
    return Decision(
        "reminded", f"day {due[-1]} of the schedule", reminded,
        events=(Event("reminded", data={"day": due[-1], "to": [x.to for x in letters]}),),
        letters=letters,
    )  # fmt: skip


def _reminders(request: Request, due: list[int], world: World) -> Iterator[Letter]:
    policy = world.policy
    if request.state in _UNFINISHED:
        left = days_left(request.touched_at + policy.lapse_days * DAY, world.now)
        yield to_partner(
            Kind.REMINDER_PARTNER, request,
            state=str(request.state), days_left=left, problems=request.errors,
        )  # fmt: skip
        return
    assert request.expires_at is not None
    left = days_left(request.expires_at, world.now)
    days = customer_days(request, policy)
    if not request.undeliverable and any(day in days for day in due):
        yield to_approver(
            Kind.REMINDER_CUSTOMER, request, days_left=left, last=due[-1] >= max(days)
        )
    if any(day in policy.partner_reminder_days for day in due):
        yield to_partner(Kind.STILL_WAITING, request, days_left=left)
        yield from to_notice(Kind.STILL_WAITING, request, days_left=left)


def days_left(end: datetime, now: datetime) -> int:
    """Whole days left, rounded up: "1" on the last day."""
    return max(-((now - end) // DAY), 0)
