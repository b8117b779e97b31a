"""Mends what a wrong clock leaves behind.

Everything open has a time at which it is due. When the clock was ahead and is put right, what was
written meanwhile would wait for as long as the clock was ahead: a day, a year. Trying sooner than
meant is harmless.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from mailflow.store.clock import NOW, in_seconds, seconds
from mailflow.store.db import Database
from mailflow.store.prepared import Prepared
from mailflow.store.tables import Inbox, Outbox

_inbox = Inbox.__table__  # type: ignore[attr-defined]
_outbox = Outbox.__table__  # type: ignore[attr-defined]
_STATEMENTS = [
    Prepared(
        update(table)
        .where(table.c.state == waiting, table.c.next_attempt_at > in_seconds("beyond"))
        .values(next_attempt_at=NOW)
    )
    for table, waiting in ((_inbox, "waiting"), (_outbox, "due"))
]


def hasten(db: Database, beyond: timedelta) -> int:
    """Make due at once what would wait for longer than `beyond`; returns how many mails.

    Claimed mails are left alone: their workers finish them, or are found dead.
    """
    with db.transaction() as session:
        return sum(one.run(session, {"beyond": seconds(beyond)}) for one in _STATEMENTS)
