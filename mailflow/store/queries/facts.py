"""What must be known to judge one mail, and to decide about a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import bindparam, select, text, tuple_
from sqlmodel import UTCDateTime

from mailflow.core.request import FINAL, Request, State
from mailflow.store.documents import from_document
from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared
from mailflow.store.session import Session
from mailflow.store.tables import (
    INBOX_OPEN,
    Inbox,
    Outbox,
    PersonRow,
    RequestRow,
    Token,
    one_of,
)

_inbox = Inbox.__table__  # type: ignore[attr-defined]
_request = RequestRow.__table__  # type: ignore[attr-defined]
_outbox = Outbox.__table__  # type: ignore[attr-defined]
_token = Token.__table__  # type: ignore[attr-defined]
_person = PersonRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class LetterFact:
    """A letter of ours, and where its request stands ("" and 0 where it has none).

    `account_domain`, `account_name` and `approver` are those of the request as it stands now.
    `answerable` is false when no secret is left to answer it with: taken from its holder, or never
    given.
    """

    outbox_id: int
    request_id: int | None
    reference: str
    request_state: str
    approver: str
    requester: str
    account_domain: str
    kind: str
    audience: str
    language: str
    revision: int
    recipient: str
    subject: str
    account_name: str
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class TokenFact:
    """A token that we gave out. `letter` is None when it was given out without one."""

    purpose: str
    person: str
    request_id: int | None
    revision: int
    withdrawn: bool
    letter: LetterFact | None


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """Which of our letters a mail answers: by hash of the token, and by Message-ID."""

    tokens: Mapping[str, TokenFact]
    letters: Mapping[str, LetterFact]


_LETTER = (
    _outbox.c.id.label("outbox_id"), _outbox.c.kind, _outbox.c.audience, _outbox.c.language,
    _outbox.c.revision, _outbox.c.recipient, _request.c.id.label("request_id"),
    _request.c.reference, _request.c.state, _request.c.approver, _request.c.requester,
    _request.c.domain, _outbox.c.subject,
    _request.c.document["fields"]["account_name"].as_string().label("account_name"),
)  # fmt: skip
_BY_TOKEN = Prepared(
    select(
        _token.c.hash,
        _token.c.purpose,
        _token.c.person,
        _token.c.request_id.label("token_request_id"),
        _token.c.revision.label("token_revision"),
        _token.c.withdrawn_at,
        *_LETTER,
    )
    .select_from(
        _token.outerjoin(_outbox, _token.c.outbox_id == _outbox.c.id).outerjoin(
            _request, _outbox.c.request_id == _request.c.id
        )
    )
    .where(is_in(_token.c.hash, "hashes"))
)
_ANSWERABLE = (
    select(_token.c.hash)
    .where(
        _token.c.outbox_id == _outbox.c.id,
        text("token.purpose IN ('partner_reply', 'approver_reply')"),
        _token.c.withdrawn_at.is_(None),
    )
    .exists()
    .label("answerable")
)
_BY_MESSAGE_ID = Prepared(
    select(_outbox.c.message_id, *_LETTER, _ANSWERABLE)
    .select_from(_outbox.outerjoin(_request, _outbox.c.request_id == _request.c.id))
    .where(is_in(_outbox.c.message_id, "ids"))
)


def message_facts(
    session: Session, token_hashes: Sequence[str], message_ids: Sequence[str]
) -> MessageFacts:
    """Find our letters by the hashes of tags, and by the Message-IDs a mail refers to.

    What is not found is not in the answer. Ids are compared as they were sent, `<` and `>` too.
    """
    tokens: dict[str, TokenFact] = {}
    letters: dict[str, LetterFact] = {}
    if token_hashes:
        for row in _BY_TOKEN.all(session, {"hashes": token_hashes}):
            tokens[row.hash] = TokenFact(
                row.purpose,
                row.person,
                row.token_request_id,
                row.token_revision,
                row.withdrawn_at is not None,
                None if row.outbox_id is None else _letter(row),
            )
    if message_ids:
        for row in _BY_MESSAGE_ID.all(session, {"ids": message_ids}):
            letters[row.message_id] = replace(_letter(row), answerable=bool(row.answerable))
    return MessageFacts(tokens, letters)


def _letter(row: object) -> LetterFact:
    return LetterFact(
        row.outbox_id, row.request_id, row.reference or "", row.state or "", row.approver or "",  # type: ignore[attr-defined]
        row.requester or "", row.domain or "", row.kind, row.audience, row.language,  # type: ignore[attr-defined]
        row.revision, row.recipient, row.subject, row.account_name or "",  # type: ignore[attr-defined]
    )  # fmt: skip


_EFFECTS = Prepared(
    select(_inbox.c.effect_key, _inbox.c.id).where(
        is_in(_inbox.c.effect_key, "keys"), _inbox.c.effect_key.is_not(None)
    )
)


def effects_known(session: Session, effect_keys: Sequence[str]) -> dict[str, int]:
    """Which of these effects were had already, and by which mail (I2)."""
    return dict(_EFFECTS.all(session, {"keys": effect_keys})) if effect_keys else {}


_REQUEST = select(_request.c.id, _request.c.version, _request.c.document)
_BY_ID = Prepared(_REQUEST.where(_request.c.id == bindparam("its_id")))
_BY_REFERENCE = Prepared(_REQUEST.where(_request.c.reference == bindparam("its_reference")))
_BY_APPROVER = Prepared(
    _REQUEST.where(_request.c.approver == bindparam("its_approver")).order_by(_request.c.id.desc())
)
_EARLIER = Prepared(
    select(_request.c.reference)
    .where(
        _request.c.requester == bindparam("its_requester"),
        _request.c.domain == bindparam("its_domain"),
        text(one_of("state", tuple(sorted(FINAL)))),
    )
    .order_by(_request.c.id.desc())
    .limit(1)
)
_UNCONFIRMED = Prepared(
    select(_request.c.reference)
    .where(
        _request.c.requester == bindparam("its_requester"),
        _request.c.domain == bindparam("its_domain"),
        text(one_of("state", (State.DRAFT, State.REVIEW))),
    )
    .order_by(_request.c.id.desc())
    .limit(1)
)


def request_of(row: object) -> Request:
    """A row with id, version and document as the value it holds."""
    return from_document(row.document, id=row.id, version=row.version)  # type: ignore[attr-defined]


def request(session: Session, request_id: int) -> Request | None:
    """The request with this id, for reading only."""
    row = _BY_ID.first(session, {"its_id": request_id})
    return None if row is None else request_of(row)


def request_by_reference(session: Session, reference: str) -> Request | None:
    """The request with this reference, in either case."""
    row = _BY_REFERENCE.first(session, {"its_reference": reference.upper()})
    return None if row is None else request_of(row)


def approver_requests(session: Session, address: str) -> list[Request]:
    """The requests that an address may or might decide about, newest first."""
    return [request_of(row) for row in _BY_APPROVER.all(session, {"its_approver": address})]


def earlier_request(session: Session, requester: str, domain: str) -> str:
    """Reference of the requester's own newest ended request for a domain, "" if none."""
    values = {"its_requester": requester, "its_domain": domain}
    reference: str | None = _EARLIER.value(session, values)
    return reference or ""


def unfinished_request(session: Session, requester: str, domain: str) -> str:
    """Reference of the requester's own newest request for a domain that is still to be confirmed,
    "" if none."""
    values = {"its_requester": requester, "its_domain": domain}
    reference: str | None = _UNCONFIRMED.value(session, values)
    return reference or ""


_PERSON_LANGUAGE = Prepared(
    select(_person.c.language).where(_person.c.email == bindparam("its_email"))
)
_LETTER_LANGUAGE = Prepared(
    select(_outbox.c.language)
    # ENGLISH asks for one letter, not for another language from then on.
    .where(_outbox.c.recipient == bindparam("its_email"), text("kind <> 'english'"))
    .order_by(_outbox.c.id.desc())
    .limit(1)
)


def language_of(session: Session, address: str) -> str:
    """The language we know of somebody: the directory's, else our last letter's; "" if none."""
    for statement in (_PERSON_LANGUAGE, _LETTER_LANGUAGE):
        language: str | None = statement.value(session, {"its_email": address})
        if language:
            return language
    return ""


@dataclass(frozen=True, slots=True)
class Due:
    """A request for which the clock has something to do, and since when (business time)."""

    since: datetime
    id: int


_BEGINNING = Due(datetime(1, 1, 1, tzinfo=UTC), 0)
_DUE = Prepared(
    select(_request.c.next_due, _request.c.id)
    .where(
        _request.c.next_due <= bindparam("now"),
        tuple_(_request.c.next_due, _request.c.id)
        > tuple_(bindparam("since", type_=UTCDateTime()), bindparam("its_id")),
    )
    .order_by(_request.c.next_due, _request.c.id)
    .limit(bindparam("limit"))
)


def due_requests(
    session: Session, now: datetime, limit: int, after: Due | None = None
) -> list[Due]:
    """Requests for which the clock has something to do (business time), longest due first.

    `after` is the last one of the page before.
    """
    start = after or _BEGINNING
    values = {"now": now, "limit": limit, "since": start.since, "its_id": start.id}
    return [Due(*row) for row in _DUE.all(session, values)]


_UNFINISHED = Prepared(
    select(_inbox.c.id)
    .where(text(one_of("state", INBOX_OPEN)), _inbox.c.received_at < bindparam("deadline"))
    .limit(1)
)


def unfinished_before(session: Session, deadline: datetime) -> bool:
    """Whether a mail received before the deadline is still unread: an acceptance, perhaps.

    The expiry sweep waits for it (DOMAIN.md §6); failed and quarantined mail does not count.
    """
    return _UNFINISHED.first(session, {"deadline": deadline}) is not None
