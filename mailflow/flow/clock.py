"""What the clock does to several requests at once (DOMAIN.md §6).

Deciding and writing the letters takes most of the time and changes nothing, so it is done before
the transaction: mail that comes in meanwhile waits for the database only while rows are written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from mailflow.core import machine
from mailflow.core.commands import Actor, Tick
from mailflow.core.decision import World
from mailflow.core.policy import Policy
from mailflow.core.request import Request
from mailflow.flow.post import Finished, Post
from mailflow.flow.record import Entry, record
from mailflow.flow.values import Applied
from mailflow.store import directory, queries, requests
from mailflow.store.session import Session

CLOCK = Actor("clock")
WAITING = Applied("waiting", "mail from before the deadline is still unread")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due for one request, as it was when this was decided, with its finished letters."""

    before: Request
    entry: Entry
    letters: Sequence[Finished]


def plan(
    session: Session,
    post: Post,
    request_ids: Sequence[int],
    now: datetime,
    policy: Policy,
    pause: Callable[[], None] = lambda: None,
) -> list[Plan]:
    """Decide what is due for each of these requests; only reads. `pause`: see `Flow.ticks`."""
    # All that the clock's rules look up: whether a review could still bring an account about.
    world = World(now, policy, account_of=lambda domain: directory.account(session, domain))
    before = requests.load_all(session, request_ids)
    decisions = [machine.decide(request, Tick(), CLOCK, world) for request in before]
    # No limits are asked for here: nobody can make the clock write more by asking.
    letters = [(letter, None) for decision in decisions for letter in decision.letters]
    finished = iter(post.finish(session, letters, now, by_clock=True, pause=pause))
    return [
        Plan(request, Entry(request, decision, CLOCK), [*islice(finished, len(decision.letters))])
        for request, decision in zip(before, decisions, strict=True)
    ]


def settle(session: Session, post: Post, plans: Sequence[Plan], now: datetime) -> list[Applied]:
    """Carry plans out, as far as their requests are still as they were.

    What somebody else has in hand, or has changed since, is left for the next sweep. The requests
    are locked until the transaction ends, so another machine's sweep passes them over.
    """
    free = requests.lock_free(session, [one.before.id for one in plans])
    ours = [one for one in plans if free.get(one.before.id) == one.before.version]
    ready = ours
    if waits(session, [one.before for one in ours], now):  # one of them at least
        ready = [one for one in ours if not waits(session, [one.before], now)]
    stored = record(session, [one.entry for one in ready], now)
    post.put(session, [letter for one in ready for letter in one.letters], now)
    return [WAITING] * (len(ours) - len(ready)) + [
        Applied(one.entry.decision.outcome, one.entry.decision.reason, own, len(one.letters))
        for one, [own] in zip(ready, stored, strict=True)
    ]


def waits(session: Session, those: Sequence[Request], now: datetime) -> bool:
    """Whether one of these must not expire yet: mail from before its end is still unread."""
    ends = [one.expires_at for one in those if one.expires_at and now >= one.expires_at]
    return bool(ends) and queries.unfinished_before(session, max(ends))
