"""Carrying a decision out: what it changes is written down, and its letters are posted."""

from __future__ import annotations

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
    entry: Entry,
    policy: Policy,
    now: datetime,
    answered: Answered | None,
) -> Applied:
    """Store a decision; what became of it. `answered` is the mail that led to it, if one did."""
    decision, actor = entry.decision, entry.actor
    [stored] = record(session, [entry], now)
    subject = stored[-1] if stored else entry.before
    limits = limits_of(entry.before, decision, actor, policy)
    letters = counted(session, decision.letters, limits, now)
    letters = spared(session, decision, letters, subject, now)
    outgoing = [(with_id(letter, stored), answered) for letter in letters]
    post.write(session, outgoing, now, by_clock=actor.part == "clock")
    return Applied(decision.outcome, decision.reason, subject, len(letters))
