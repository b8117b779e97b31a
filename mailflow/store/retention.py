"""Forgetting: the bytes of finished mail after some days, a person's data on demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Session

from mailflow.core.request import FINAL
from mailflow.store import tables
from mailflow.store.db import Database, run

_inbox = tables.Inbox.__table__  # type: ignore[attr-defined]
_inbox_raw = tables.InboxRaw.__table__  # type: ignore[attr-defined]
_outbox = tables.Outbox.__table__  # type: ignore[attr-defined]
_outbox_raw = tables.OutboxRaw.__table__  # type: ignore[attr-defined]
_request = tables.RequestRow.__table__  # type: ignore[attr-defined]
_event = tables.Event.__table__  # type: ignore[attr-defined]
_token = tables.Token.__table__  # type: ignore[attr-defined]
_remark = tables.Remark.__table__  # type: ignore[attr-defined]

#: What is put in the place of a person's data.
BLANK = "erased"
#: Rows deleted in one transaction, so that nobody waits long for the write lock.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Wiped:
    """How many mails lost their bytes."""

    inbound: int
    outbound: int


_OLD_INBOX = (
    select(_inbox.c.id)
    .join(_inbox_raw, _inbox_raw.c.inbox_id == _inbox.c.id)
    # What waits for a person (failed, quarantined) keeps its bytes until he has decided.
    .where(
        _inbox.c.state.in_(["done", "ignored", "refused"]),
        _inbox.c.finished_at < bindparam("before"),
    )
    .limit(BATCH)
)
_OLD_OUTBOX = (
    select(_outbox.c.id)
    .join(_outbox_raw, _outbox_raw.c.outbox_id == _outbox.c.id)
    .where(
        _outbox.c.state.in_(["sent", "captured", "withdrawn"]),
        _outbox.c.finished_at < bindparam("before"),
    )
    .limit(BATCH)
)


def wipe_raw(db: Database, keep: timedelta, *, dry_run: bool = False) -> Wiped:
    """Delete the bytes of mails finished longer than `keep` ago; hash and meaning stay.

    Raw mail holds whole secrets. `dry_run` only counts.
    """
    with db.reading() as session:
        before = db.machine_now(session) - keep
    if dry_run:
        with db.reading() as session:
            found = [
                len(run(session, one.limit(None), {"before": before}).all())
                for one in (_OLD_INBOX, _OLD_OUTBOX)
            ]
        return Wiped(*found)
    return Wiped(
        _wipe(db, _OLD_INBOX, _inbox_raw.c.inbox_id, before),
        _wipe(db, _OLD_OUTBOX, _outbox_raw.c.outbox_id, before),
    )


def _wipe(db: Database, old: object, column: object, before: datetime) -> int:
    total = 0
    while True:
        with db.transaction() as session:
            ids = run(session, old, {"before": before}).scalars().all()
            if ids:
                run(session, delete(column.table).where(column.in_(ids)))  # type: ignore[attr-defined]
        total += len(ids)
        if len(ids) < BATCH:
            return total
