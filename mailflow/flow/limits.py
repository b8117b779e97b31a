"""How often letters may go out; what is over a limit is not written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from mailflow.core.commands import Actor
from mailflow.core.decision import Decision, Limit
from mailflow.core.letter import Audience, Letter
from mailflow.core.policy import Policy
from mailflow.core.request import Request
from mailflow.store import history, quota
from mailflow.store.session import Session


def within(session: Session, limit: Limit, now: datetime) -> bool:
    """Take one from a limit; whether it was still there."""
    return quota.take(session, limit.key, limit.times, limit.window, now) is not None


def limits_of(
    before: Request | None, decision: Decision, actor: Actor, policy: Policy
) -> tuple[Limit, ...]:
    """How often such letters may go out. What changes nothing is answered a bounded number
    of times an hour, so that no two machines can keep each other writing (I16)."""
    own = (*((decision.limit,) if decision.limit else ()), *decision.further)
    idle = decision.opened is None and (before is None or decision.request == before)
    # A refusal has a limit of its own, by address and day. Whoever proves addresses by the dozen
    # would leave three lines each instead of one.
    if not idle or not actor.message or decision.outcome == "refuse":
        return own
    hour = timedelta(hours=1)
    if actor.address:  # a machine's report has none, and shares no limit with the others'
        by_hour, by_day = policy.idle_answers_per_hour, policy.idle_answers_per_day
        own = (
            *own,
            Limit(f"idle:{actor.address}", by_hour, hour, told=True),
            Limit(f"idle-day:{actor.address}", by_day, 24 * hour, told=True),
        )
    if before is None:
        return own
    thread = f"idle:{before.reference}:{actor.part}"
    return (*own, Limit(thread, policy.idle_answers_per_thread, hour, told=True))


def counted(
    session: Session,
    letters: tuple[Letter, ...],
    limits: tuple[Limit, ...],
    now: datetime,
) -> tuple[Letter, ...]:
    """The letters, told which ones they are and whether they are the last for a while; none
    when there have been enough of them."""
    nth, until = 1, None
    for limit in limits if letters else ():
        taken = quota.take(session, limit.key, limit.times, limit.window, now)
        if taken is None:
            return ()
        if limit.numbered:
            nth = taken.count
        if limit.told and taken.count == limit.times:
            until = max(until, taken.until) if until else taken.until
    if nth == 1 and until is None:
        return letters
    return tuple(replace(letter, nth=nth, silent_until=until) for letter in letters)


def spared(
    session: Session,
    decision: Decision,
    letters: tuple[Letter, ...],
    request: Request | None,
    now: datetime,
) -> tuple[Letter, ...]:
    """The letters without those to added users who had their share today; that is noted."""
    kept = []
    for letter in letters:
        limit = decision.measured.get(letter.to) if letter.audience is Audience.USER else None
        if limit is None or within(session, limit, now):
            kept.append(letter)
            continue
        history.add_event(
            session,
            history.NewEvent(
                request_id=request.id if request else None,
                at=now,
                name="user_spared",
                part="system",
                reason=f"{limit.times} letters to this address in a day (DOMAIN.md S16)",
                data={"address": letter.to},
            ),
        )
    return tuple(kept)
