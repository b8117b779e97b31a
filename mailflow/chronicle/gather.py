"""Reads all that is known of one request, or of one mail. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailflow.core.request import Request
from mailflow.store import queries
from mailflow.store.db import Session
from mailflow.store.inbox import stored_message_id
from mailflow.store.queries import EventLine, InboxLine, OutboxLine
from mailflow.store.queries.evidence import events_of_mails

_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Record:
    """What the database knows, each kind oldest first. `request` is None for a mail alone."""

    request: Request | None
    events: Sequence[EventLine]
    mails: Sequence[InboxLine]
    letters: Sequence[OutboxLine]


def of_request(session: Session, reference: str) -> Record | None:
    """Everything about a request, by its reference; None when there is no such request."""
    request = queries.request_by_reference(session, reference.strip().upper())
    if request is None:
        return None
    events = queries.events(session, request.id)
    letters = queries.mails(session, request_id=request.id, limit=_MANY)
    mails = {x.id: x for x in queries.inbox_rows(session, request_id=request.id, limit=_MANY)}
    # A mail may belong to one request and have touched another: RENEW opens a new one.
    named = {e.inbox_id for e in events} | {x.inbox_id for x in letters}
    missing = [number for number in named if number and number not in mails]
    if missing:
        mails |= {x.id: x for x in queries.inbox_rows(session, ids=missing, limit=_MANY)}
    return Record(
        request,
        events,
        sorted(mails.values(), key=lambda x: x.id),
        sorted(letters, key=lambda x: x.id),
    )


def of_mail(session: Session, name: str) -> list[Record]:
    """Everything about a mail, by its Message-ID (with or without <>) or its number in the inbox.

    One record for each mail that came in under that name (another sender may have used the same
    Message-ID, I3), and one for the letter of ours that has it.
    """
    named = name.strip()
    if named.isdigit():
        mails = queries.inbox_rows(session, ids=[int(named)])
        letters = []
    else:
        message_id = stored_message_id(named if named.startswith("<") else f"<{named}>")
        mails = queries.inbox_rows(session, message_id=message_id, limit=_MANY)
        letters = queries.outbox_rows(session, message_id=message_id)
    records = [
        Record(
            queries.request(session, mail.request_id) if mail.request_id else None,
            events_of_mails(session, [mail.id]),
            [mail],
            sorted(queries.mails(session, inbox_id=mail.id), key=lambda x: x.id),
        )
        for mail in sorted(mails, key=lambda x: x.id)
    ]
    for letter in letters:
        request = queries.request(session, letter.request_id) if letter.request_id else None
        records.append(Record(request, (), (), [letter]))
    return records
