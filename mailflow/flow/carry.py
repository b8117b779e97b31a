"""Carrying decisions out: what they change is written down, and their letters are posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailflow.core.policy import Policy
from mailflow.flow.limits import counted, limits_of, spared
from mailflow.flow.post import Answered, Post
from mailflow.flow.record import Entry, record, with_id
from mailflow.flow.values import Applied
from mailflow.store.session import Session


def carry_out(
    session: Session,
    post: Post,
    entries: Sequence[Entry],
    policy: Policy,
    now: datetime,
    answered: Answered | None = None,
) -> list[Applied]:
    """Store decisions about different requests; what became of each.

    Each table is written in one go for all of them. `answered` is the mail that led to them.
    """
    results = []
    letters = []
    for entry, stored in zip(entries, record(session, entries, now), strict=True):
        decision = entry.decision
        subject = stored[-1] if stored else entry.before
        limits = limits_of(entry.before, decision, entry.actor, policy)
        allowed = counted(session, decision.letters, limits, now)
        allowed = spared(session, decision, allowed, subject, now)
        letters += [(with_id(letter, stored), answered) for letter in allowed]
        results.append(Applied(decision.outcome, decision.reason, subject, len(allowed)))
    by_clock = all(entry.actor.part == "clock" for entry in entries)
    post.write(session, letters, now, by_clock=by_clock)
    return results
