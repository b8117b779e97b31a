"""Forgetting: the bytes of finished mail after some days, a person's data on demand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, bindparam, cast, delete, select, update

from mailflow.core.request import FINAL
from mailflow.store import tables
from mailflow.store.db import Database, run
from mailflow.store.session import Session

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
        # Looked for without the write lock: nothing leaves these states again.
        with db.reading() as session:
            ids = run(session, old, {"before": before}).scalars().all()
        if ids:
            with db.transaction() as session:
                run(session, delete(column.table).where(column.in_(ids)))  # type: ignore[attr-defined]
        total += len(ids)
        if len(ids) < BATCH:
            return total


_ENDED = select(
    _request.c.id, _request.c.document, _request.c.requester, _request.c.approver
).where(_request.c.state.in_([state.value for state in FINAL]))


def erase(session: Session, address: str, *, dry_run: bool = False) -> int:
    """Blank what we know of a person in ended requests, their history and their mails.

    Requests that still run are left alone. Domain and account name belong to a company and stay;
    so does each line of the history, without the person. Returns how many requests were, or with
    `dry_run` would be, changed.
    """
    quoted = json.dumps(address)
    mentions = cast(_request.c.document, Text).contains(quoted, autoescape=True)
    concerned = run(session, _ENDED.where(mentions)).all()
    ids = [row.id for row in concerned]
    if dry_run or not ids:
        return len(ids)
    for row in concerned:
        values = {
            "document": _without(row.document, address),
            "requester": BLANK if row.requester == address else row.requester,
            "approver": BLANK if row.approver == address else row.approver,
        }
        run(session, update(_request).where(_request.c.id == row.id).values(**values))
    _blank_history(session, ids, address)
    _blank_mails(session, ids, address)
    return len(ids)


def _without(value: Any, address: str) -> Any:
    """A document with every text that names the person blanked, and a person's whole entry."""
    if isinstance(value, dict):
        if value.get("email") == address:
            return {key: BLANK if isinstance(one, str) else one for key, one in value.items()} | {
                key: value[key] for key in ("role", "language") if key in value
            }
        return {key: _without(one, address) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, address) for one in value]
    return BLANK if isinstance(value, str) and address in value else value


def _blank_history(session: Session, ids: Sequence[int], address: str) -> None:
    events = select(
        _event.c.id, _event.c.address, _event.c.evidence, _event.c.reason, _event.c.data
    )
    for row in run(session, events.where(_event.c.request_id.in_(ids))).all():
        old = {"evidence": row.evidence, "reason": row.reason, "data": row.data}
        values = _without(old, address)
        if row.address == address:
            values |= {"address": BLANK, "evidence": BLANK}
        run(session, update(_event).where(_event.c.id == row.id).values(**values))
    hers = (_token.c.request_id.in_(ids), _token.c.person == address)
    run(session, update(_token).where(*hers).values(person=BLANK))
    hers = (_remark.c.request_id.in_(ids), _remark.c.address == address)
    run(session, update(_remark).where(*hers).values(address=BLANK, text=BLANK))


def _blank_mails(session: Session, ids: Sequence[int], address: str) -> None:
    """Her mails, and all bytes of the requests: a letter to one names the others."""
    closed = _outbox.c.finished_at.is_not(None)
    outbound = select(_outbox.c.id).where(_outbox.c.request_id.in_(ids), closed)
    run(session, delete(_outbox_raw).where(_outbox_raw.c.outbox_id.in_(outbound)))
    hers = (_outbox.c.id.in_(outbound), _outbox.c.recipient == address)
    run(session, update(_outbox).where(*hers).values(recipient=BLANK, answer="", bounced=""))
    closed = _inbox.c.finished_at.is_not(None)
    inbound = select(_inbox.c.id).where(_inbox.c.request_id.in_(ids), closed)
    run(session, delete(_inbox_raw).where(_inbox_raw.c.inbox_id.in_(inbound)))
    hers = (_inbox.c.id.in_(inbound), _inbox.c.sender == address)
    run(session, update(_inbox).where(*hers).values(sender=BLANK, mail_from=BLANK, verdict=BLANK))
