"""What was set aside, in figures, for whoever has to look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from mailflow.store.db import run
from mailflow.store.queries.lists import InboxLine, inbox_rows
from mailflow.store.session import Session
from mailflow.store.tables import Inbox

_c = Inbox.__table__.c  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Quarantine:
    """How many mails are in quarantine, how many for which reason, and the newest few."""

    count: int
    reasons: Mapping[str, int]
    newest: Sequence[InboxLine]


def quarantine(session: Session, newest: int = 5) -> Quarantine:
    """The quarantine as it stands; the most frequent reason comes first."""
    statement = select(_c.reason, func.count()).where(_c.state == "quarantined").group_by(_c.reason)
    reasons = Counter[str]()
    for reason, number in run(session, statement):
        reasons[short(reason)] += number
    lines = inbox_rows(session, ["quarantined"], limit=newest) if reasons else []
    return Quarantine(reasons.total(), dict(reasons.most_common()), lines)


def short(reason: str) -> str:
    """The rule without its details, which differ from mail to mail.

    >>> short("the sender is not proven: no signature (I13)")
    'the sender is not proven'
    """
    return reason.partition(":")[0].partition(" (I")[0]
