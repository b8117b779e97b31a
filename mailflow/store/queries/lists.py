"""Rows for people: the command line, the operator's console, the status page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from mailflow.core.request import Request
from mailflow.store.db import run
from mailflow.store.queries.facts import request_of
from mailflow.store.session import Session
from mailflow.store.tables import Event, Inbox, InboxRaw, Outbox, OutboxRaw, Remark, RequestRow
from mailflow.store.text import cut_tag

_inbox = Inbox.__table__  # type: ignore[attr-defined]
_inbox_raw = InboxRaw.__table__  # type: ignore[attr-defined]
_outbox = Outbox.__table__  # type: ignore[attr-defined]
_outbox_raw = OutboxRaw.__table__  # type: ignore[attr-defined]
_request = RequestRow.__table__  # type: ignore[attr-defined]
_event = Event.__table__  # type: ignore[attr-defined]
_remark = Remark.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of a request's history, with its evidence."""

    id: int
    request_id: int | None
    at: datetime
    name: str
    from_state: str
    to_state: str
    revision: int
    decides: bool
    part: str
    address: str
    evidence: str
    reason: str
    inbox_id: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InboxLine:
    """An inbound mail without its bytes. Secrets in `recipients` are cut."""

    id: int
    state: str
    kind: str
    outcome: str
    reason: str
    sender: str
    verdict: str
    mail_from: str | None
    recipients: tuple[str, ...]
    peer: str
    source: str
    size: int
    copies: int
    attempts: int
    received_at: datetime
    finished_at: datetime | None
    message_id: str
    content_hash: str
    vouched_by: str
    request_id: int | None


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """An outgoing mail without its bytes. The secret in `mail_from` is cut."""

    id: int
    state: str
    kind: str
    audience: str
    language: str
    revision: int
    recipient: str
    mail_from: str
    subject: str
    message_id: str
    attempts: int
    answer: str
    bounced: str
    created_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None
    request_id: int | None
    inbox_id: int | None


@dataclass(frozen=True, slots=True)
class CapturedMail:
    """A captured mail with its bytes, secrets and all: for the demo's mailbox only."""

    line: OutboxLine
    raw: bytes


_EVENT = select(*(_event.c[name] for name in EventLine.__slots__))
_INBOX = select(*(_inbox.c[name] for name in InboxLine.__slots__))
_OUTBOX = select(*(_outbox.c[name] for name in OutboxLine.__slots__))


def requests(
    session: Session,
    state: str | None = None,
    limit: int = 100,
    after_id: int | None = None,
) -> list[Request]:
    """Requests, newest first; `after_id` is the last id of the page before."""
    statement = select(_request.c.id, _request.c.version, _request.c.document)
    if state:
        statement = statement.where(_request.c.state == state)
    statement = _page(statement, _request, limit, after_id)
    return [request_of(row) for row in run(session, statement)]


def events(session: Session, request_id: int) -> list[EventLine]:
    """A request's whole history, oldest first."""
    statement = _EVENT.where(_event.c.request_id == request_id).order_by(_event.c.id)
    return [EventLine(*row) for row in run(session, statement)]


def mails(
    session: Session,
    request_id: int | None = None,
    recipient: str | None = None,
    inbox_id: int | None = None,
    limit: int = 100,
    after_id: int | None = None,
) -> list[OutboxLine]:
    """Outgoing mails of a request, a recipient, or in answer to a mail; newest first."""
    return outbox_rows(
        session, request_id=request_id, recipient=recipient, inbox_id=inbox_id, limit=limit,
        after_id=after_id,
    )  # fmt: skip


def outbox_rows(
    session: Session,
    states: Sequence[str] = (),
    request_id: int | None = None,
    recipient: str | None = None,
    inbox_id: int | None = None,
    message_id: str | None = None,
    ids: Sequence[int] = (),
    limit: int = 100,
    after_id: int | None = None,
) -> list[OutboxLine]:
    """Outgoing mails that fit all that is given, newest first."""
    wanted = {
        "request_id": request_id,
        "recipient": recipient,
        "inbox_id": inbox_id,
        "message_id": message_id,
    }
    statement = _page(_select(_OUTBOX, _outbox, states, ids, wanted), _outbox, limit, after_id)
    return [_outbox_line(row) for row in run(session, statement)]


def inbox_rows(
    session: Session,
    states: Sequence[str] = (),
    request_id: int | None = None,
    message_id: str | None = None,
    ids: Sequence[int] = (),
    limit: int = 100,
    after_id: int | None = None,
) -> list[InboxLine]:
    """Inbound mails that fit all that is given, newest first."""
    wanted = {"request_id": request_id, "message_id": message_id}
    statement = _page(_select(_INBOX, _inbox, states, ids, wanted), _inbox, limit, after_id)
    return [_inbox_line(row) for row in run(session, statement)]


def captured(
    session: Session, recipient: str | None = None, limit: int = 100, after_id: int | None = None
) -> list[CapturedMail]:
    """Captured mails with their bytes, oldest first; `after_id`: only newer ones than this.

    They hold whole secrets. Only the demonstration shows them.
    """
    statement = (
        _OUTBOX.add_columns(_outbox_raw.c.raw)
        .join(_outbox_raw, _outbox_raw.c.outbox_id == _outbox.c.id)
        .where(_outbox.c.state == "captured")
        .order_by(_outbox.c.id)
        .limit(limit)
    )
    if recipient is not None:
        statement = statement.where(_outbox.c.recipient == recipient)
    if after_id is not None:
        statement = statement.where(_outbox.c.id > after_id)
    return [CapturedMail(_outbox_line(row[:-1]), row.raw) for row in run(session, statement)]


def inbox_raw(session: Session, inbox_id: int) -> bytes | None:
    """The bytes of an inbound mail; None if there is none, or they were wiped. A secret."""
    statement = select(_inbox_raw.c.raw).where(_inbox_raw.c.inbox_id == bindparam("its_id"))
    raw: bytes | None = run(session, statement, {"its_id": inbox_id}).scalar_one_or_none()
    return raw


def outbox_raw(session: Session, outbox_id: int) -> bytes | None:
    """The bytes of an outgoing mail; None if there is none, or they were wiped. A secret."""
    statement = select(_outbox_raw.c.raw).where(_outbox_raw.c.outbox_id == bindparam("its_id"))
    raw: bytes | None = run(session, statement, {"its_id": outbox_id}).scalar_one_or_none()
    return raw


def remarks(session: Session, kind: str | None = None, limit: int = 100) -> list[Mapping[str, Any]]:
    """What people wrote to us beside the matter, newest first."""
    statement = select(_remark).order_by(_remark.c.id.desc()).limit(limit)
    if kind is not None:
        statement = statement.where(_remark.c.kind == kind)
    return [dict(row._mapping) for row in run(session, statement)]


def timeline(session: Session, request_id: int) -> list[Mapping[str, Any]]:
    """Events and letters of a request in order, with delivery evidence (feature 11).

    Entries have `at`, `what` ("event" or "letter"), `name`, `by` (who did it), `to` (who gets
    it), `state`, `answer` and `data`.
    """
    lines: list[dict[str, Any]] = [
        {
            "at": event.at, "what": "event", "name": event.name,
            "by": event.address or event.part, "to": "",
            "state": event.to_state, "answer": event.reason, "data": event.data,
        }
        for event in events(session, request_id)
    ]  # fmt: skip
    lines += [
        {
            # When it was taken; a virtual clock may be ahead of the machine's.
            "at": max(mail.created_at, mail.finished_at or mail.created_at),
            "what": "letter", "name": mail.kind, "by": "", "to": mail.recipient,
            "state": "bounced" if mail.bounced else mail.state,
            "answer": mail.bounced or mail.answer, "data": {},
        }
        for mail in reversed(mails(session, request_id=request_id, limit=1000))
    ]  # fmt: skip
    return sorted(lines, key=lambda line: line["at"])  # stable: an event comes before its letters


def _select(
    base: Select[Any],
    table: Any,
    states: Sequence[str],
    ids: Sequence[int],
    wanted: Mapping[str, Any],
) -> Select[Any]:
    for name, value in wanted.items():
        if value is not None:
            base = base.where(table.c[name] == value)
    if states:
        base = base.where(table.c.state.in_(list(states)))
    if ids:
        base = base.where(table.c.id.in_(list(ids)))
    return base


def _page(statement: Select[Any], table: Any, limit: int, after_id: int | None) -> Select[Any]:
    if after_id is not None:
        statement = statement.where(table.c.id < after_id)
    return statement.order_by(table.c.id.desc()).limit(limit)


def _inbox_line(row: Any) -> InboxLine:
    line = InboxLine(*row)
    return replace(line, recipients=tuple(cut_tag(one) for one in line.recipients))


def _outbox_line(row: Any) -> OutboxLine:
    line = OutboxLine(*row)
    return replace(line, mail_from=cut_tag(line.mail_from))
