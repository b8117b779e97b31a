"""What an operator decides about mail that was set aside: failed, or quarantined."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update

from mailflow.store.clock import NOW
from mailflow.store.db import Database, Session, run
from mailflow.store.tables import Inbox, InboxRaw
from mailflow.store.text import storable

_inbox = Inbox.__table__  # type: ignore[attr-defined]
_raw = InboxRaw.__table__  # type: ignore[attr-defined]


def _again(session: Session, ids: Sequence[int], states: Sequence[str], vouched_by: str) -> int:
    """Make finished mails wait again, as if they had just come in; returns how many."""
    statement = (
        update(_inbox)
        .where(
            _inbox.c.id.in_(list(ids)),
            _inbox.c.state.in_(list(states)),
            # Nothing can be done with a mail whose bytes were wiped.
            _inbox.c.id.in_(select(_raw.c.inbox_id)),
        )
        .values(
            state="waiting", attempts=0, next_attempt_at=NOW, lease_until=None, finished_at=None,
            outcome="", reason="",
        )
    )  # fmt: skip
    if vouched_by:
        statement = statement.values(vouched_by=storable(vouched_by))
    return run(session, statement).rowcount


def retry(db: Database, ids: Sequence[int]) -> int:
    """Give failed mails a new set of attempts; returns how many."""
    with db.transaction() as session:
        return _again(session, ids, ["failed"], "")


def release(db: Database, ids: Sequence[int], by: str) -> int:
    """Let quarantined mails be worked on: the operator `by` vouches for the sender."""
    if not by:
        raise ValueError("a release needs the name of the operator who vouches")
    with db.transaction() as session:
        return _again(session, ids, ["quarantined"], by)


def drop(db: Database, ids: Sequence[int], by: str) -> int:
    """Decide that quarantined mails are not to be acted upon; returns how many."""
    statement = (
        update(_inbox)
        .where(_inbox.c.id.in_(list(ids)), _inbox.c.state == "quarantined")
        .values(
            state="refused",
            outcome="dropped",
            reason=func.substr(storable(f"dropped by {by}; was: ") + _inbox.c.reason, 1, 2000),
        )
    )
    with db.transaction() as session:
        return run(session, statement).rowcount
