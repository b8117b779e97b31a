"""Carrying decisions out: what they change is written down, and their letters are posted.

Nothing is written before everything is decided, and then each kind of row in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailflow.core.letter import Letter
from mailflow.core.policy import Policy
from mailflow.flow.limits import counted, limits_of, spared
from mailflow.flow.post import Answered, Post
from mailflow.flow.record import Entry, record, with_id
from mailflow.flow.values import Applied
from mailflow.store.session import Session


@dataclass(frozen=True, slots=True)
class Decided:
    """What one command, or one mail (`answered`), is to bring about: a decision of the rules.

    Or, outside of them, what is `applied` anyway, perhaps with a `letter`.
    """

    entry: Entry | None = None
    answered: Answered | None = None
    applied: Applied | None = None
    letter: Letter | None = None


def carry_out(
    session: Session,
    post: Post,
    works: Sequence[Decided],
    policy: Policy,
    now: datetime,
    *,
    by_clock: bool = False,
) -> list[Applied]:
    """Store what was decided; what became of each. No two are about the same request."""
    stored = iter(record(session, [one.entry for one in works if one.entry], now))
    outgoing: list[tuple[Letter, Answered | None]] = []
    results = []
    for one in works:
        if one.entry is None:
            assert one.applied is not None
            results.append(one.applied)
            if one.letter:
                outgoing.append((one.letter, one.answered))
            continue
        decision, own = one.entry.decision, next(stored)
        subject = own[-1] if own else one.entry.before
        limits = limits_of(one.entry.before, decision, one.entry.actor, policy)
        letters = counted(session, decision.letters, limits, now)
        letters = spared(session, decision, letters, subject, now)
        outgoing += [(with_id(letter, own), one.answered) for letter in letters]
        results.append(Applied(decision.outcome, decision.reason, subject, len(letters)))
    post.write(session, outgoing, now, by_clock=by_clock)
    return results
