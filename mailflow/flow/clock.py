"""What the clock does to several requests at once (DOMAIN.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailflow.core import machine
from mailflow.core.commands import Actor, Tick
from mailflow.core.decision import World
from mailflow.core.policy import Policy
from mailflow.core.request import Request
from mailflow.flow.record import Entry
from mailflow.flow.values import Applied
from mailflow.store import directory, queries, requests
from mailflow.store.session import Session

CLOCK = Actor("clock")
WAITING = Applied("waiting", "mail from before the deadline is still unread")


def decide(
    session: Session, request_ids: Sequence[int], now: datetime, policy: Policy
) -> tuple[list[Entry], int]:
    """What is due for each of the requests that nobody else has in hand, and how many must wait.

    They are locked until the transaction ends, so another machine's sweep passes them over.
    """
    free = requests.load_free(session, request_ids)
    if waits(session, free, now):  # one of them at least
        ready = [request for request in free if not waits(session, [request], now)]
    else:
        ready = free
    # The clock's rules look nothing else up: whether a review could still bring an account about.
    world = World(now, policy, account_of=lambda domain: directory.account(session, domain))
    entries = [Entry(one, machine.decide(one, Tick(), CLOCK, world), CLOCK) for one in ready]
    return entries, len(free) - len(ready)


def waits(session: Session, those: Sequence[Request], now: datetime) -> bool:
    """Whether one of these must not expire yet: mail from before its end is still unread."""
    ends = [one.expires_at for one in those if one.expires_at and now >= one.expires_at]
    return bool(ends) and queries.unfinished_before(session, max(ends))
