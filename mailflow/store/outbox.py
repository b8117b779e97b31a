"""Outgoing mail: written in the transaction of its cause, sent afterwards, marked when answered.

    due ──claim──► claimed ──► sent | captured | failed
     ▲ │              │ deferred, or the lease runs out
     └─┼──────────────┘
       └──► withdrawn

Every attempt is counted before connecting and sends the same bytes under the same Message-ID (I4).
What is withdrawn while a sender has it may still go out, but is not tried again (I5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, not_, or_, select, text, true, update
from sqlmodel import UTCDateTime

from mailflow import failpoints
from mailflow.store.clock import NOW, in_seconds, seconds
from mailflow.store.db import Database, run
from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared, insert_of
from mailflow.store.session import Session
from mailflow.store.tables import Outbox, OutboxRaw
from mailflow.store.text import storable

_outbox = Outbox.__table__  # type: ignore[attr-defined]
_raw = OutboxRaw.__table__  # type: ignore[attr-defined]
_c = _outbox.c


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter finished to the last byte, for one recipient. `mail_from` is the return path.

    One that was written `by_clock` lets those go first that somebody has just asked for.
    """

    request_id: int | None
    inbox_id: int | None  # the mail it answers
    kind: str
    audience: str
    language: str
    revision: int
    recipient: str
    mail_from: str
    message_id: str
    subject: str
    raw: bytes
    by_clock: bool = False


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """A mail that is ours to send until the lease ends. `attempts` counts this one too."""

    id: int
    fence: int
    recipient: str
    mail_from: str
    raw: bytes
    attempts: int
    created_at: datetime
    message_id: str
    request_id: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one claimed mail.

    `state` is sent, captured, failed, or due again at `next_attempt_at` (machine time).
    """

    id: int
    fence: int
    state: str
    answer: str = ""
    next_attempt_at: datetime | None = None


_INSERT = Prepared(
    insert_of(
        _outbox,
        "request_id", "inbox_id", "kind", "audience", "language", "revision", "recipient",
        "mail_from", "message_id", "subject", "created_at", "by_clock",
        state="due", attempts=0, fence=0, owner=0, answer="", bounced="", recalled=False,
        next_attempt_at=NOW,
    ).returning(_c.id)
)  # fmt: skip
_INSERT_RAW = Prepared(insert_of(_raw, "outbox_id", "raw"))


def add(session: Session, mail: Mail, at: datetime) -> int:
    """Store one mail, see `add_all`; returns its id."""
    return add_all(session, [mail], at)[0]


def add_all(session: Session, mails: Sequence[Mail], at: datetime) -> list[int]:
    """Store mails to be sent as soon as the transaction is committed; returns their ids.

    `at` is business time, for people; when they are sent follows the machine's clock.
    """
    values = [
        {
            "request_id": mail.request_id,
            "inbox_id": mail.inbox_id,
            "kind": mail.kind,
            "audience": mail.audience,
            "language": mail.language,
            "revision": mail.revision,
            "recipient": mail.recipient,
            "mail_from": mail.mail_from,
            "message_id": mail.message_id,
            "subject": storable(mail.subject),
            "created_at": at,
            "by_clock": mail.by_clock,
        }
        for mail in mails
    ]
    ids: list[int] = [row.id for [row] in _INSERT.each(session, values)]
    bodies = [
        {"outbox_id": mail_id, "raw": mail.raw} for mail_id, mail in zip(ids, mails, strict=True)
    ]
    _INSERT_RAW.many(session, bodies)
    return ids


_OPEN = text("state IN ('due', 'claimed')")  # the partial indexes' own words
_PROMPT = text("state IN ('due', 'claimed') AND NOT by_clock")


def _claiming(which: Any) -> Prepared:
    """Take what is due. As in `inbox`: index order, rows that another sender holds are skipped,
    evaluated once.
    """
    due = (
        select(_c.id)
        .where(which, _c.next_attempt_at <= NOW, not_(is_in(_c.id, "but")))
        .order_by(_c.next_attempt_at, _c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return Prepared(
        update(_outbox)
        .where(_c.id.in_(select(due.c.id)))
        .values(
            # Its sender died, and it was withdrawn meanwhile: this is where it ends.
            state=case((_c.recalled, "withdrawn"), else_="claimed"),
            finished_at=case((_c.recalled, NOW), else_=None),
            attempts=_c.attempts + case((_c.recalled, 0), else_=1),
            fence=_c.fence + 1,
            owner=bindparam("owner"),
            lease_until=in_seconds("lease"),
            next_attempt_at=in_seconds("lease"),
        )
        .returning(
            _c.id, _c.fence, _c.recipient, _c.mail_from, _c.attempts, _c.created_at,
            _c.message_id, _c.request_id, _c.kind, _c.state,
        )
    )  # fmt: skip


_CLAIM = _claiming(_OPEN)
_CLAIM_PROMPT = _claiming(_PROMPT)
_BODIES = Prepared(select(_raw.c.outbox_id, _raw.c.raw).where(is_in(_raw.c.outbox_id, "ids")))


def claim(db: Database, limit: int, lease: timedelta, but: Iterable[int] = ()) -> list[ClaimedMail]:
    """Take up to `limit` mails that are due, for the time of the `lease`.

    Oldest first, and what the clock wrote after all others: a hundred thousand notices of expiry
    must not keep anybody waiting who has just written to us.

    The lease must be longer than the relay's whole time-out: until it ends nobody else sends them.
    Mails in `but` are left alone: the caller has them in hand, and their lease can have ended only
    by a clock that was put forward, or while he was frozen.
    """
    with db.transaction(synced=False) as session:
        values = {"limit": limit, "lease": seconds(lease), "owner": db.owner, "but": list(but)}
        rows = _oldest_first(_CLAIM_PROMPT.all(session, values))
        if len(rows) < limit:
            rows += _oldest_first(_CLAIM.all(session, values | {"limit": limit - len(rows)}))
        ids = [row.id for row in rows if row.state == "claimed"]
        if not ids:
            return []
        bodies = dict(_BODIES.all(session, {"ids": ids}))
    return [
        ClaimedMail(
            row.id, row.fence, row.recipient, row.mail_from, bodies[row.id], row.attempts,
            row.created_at, row.message_id, row.request_id, row.kind,
        )
        for row in rows
        if row.id in bodies
    ]  # fmt: skip


def _oldest_first(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: row.id)  # RETURNING knows no order


_GIVE_BACK_OWN = Prepared(
    update(_outbox)
    .where(_c.state == "claimed", _c.owner == bindparam("owner"), not_(is_in(_c.id, "ids")))
    .values(state="due", lease_until=None, next_attempt_at=NOW)
)


def give_back_own(db: Database, but: Iterable[int]) -> int:
    """Put back what this worker has claimed, except the mails `but`, which it knows of.

    That is what a claim took whose COMMIT went through, and its answer was lost. Returns how many;
    0 for a database that no worker has enrolled for.
    """
    if not db.owner:
        return 0
    with db.transaction() as session:
        return _GIVE_BACK_OWN.run(session, {"owner": db.owner, "ids": list(but)})


_again = bindparam("new_state") == "due"
_MARK = Prepared(
    update(_outbox)
    .where(_c.id == bindparam("its_id"), _c.fence == bindparam("its_fence"), _c.state == "claimed")
    .values(
        state=case((_again & _c.recalled, "withdrawn"), else_=bindparam("new_state")),
        finished_at=case((_again & ~_c.recalled, None), else_=NOW),
        next_attempt_at=func.coalesce(
            bindparam("again_at", type_=UTCDateTime()), _c.next_attempt_at
        ),
        lease_until=None,
        answer=bindparam("its_answer"),
    )
    .returning(_c.id)
)


def mark_many(db: Database, marks: Iterable[Mark]) -> list[bool]:
    """Mark claimed mails in one transaction; False where the lease was lost (nothing changed)."""
    marks = list(marks)
    if not marks:
        return []
    with db.transaction() as session:
        held = mark_in(session, marks)
        failpoints.reach("outbox.before_mark")
    return held


def mark_in(session: Session, marks: Sequence[Mark]) -> list[bool]:
    """Mark claimed mails in the caller's transaction; False where the lease was lost."""
    values = [
        {
            "its_id": mark.id,
            "its_fence": mark.fence,
            "new_state": mark.state,
            "again_at": mark.next_attempt_at,
            "its_answer": storable(mark.answer),
        }
        for mark in marks
    ]
    return [bool(rows) for rows in _MARK.each(session, values)]


def mark(
    db: Database,
    mail_id: int,
    fence: int,
    state: str,
    answer: str,
    next_attempt_at: datetime | None = None,
) -> bool:
    """Mark one claimed mail, see `Mark`; False if the lease was lost (nothing changed)."""
    return mark_many(db, [Mark(mail_id, fence, state, answer, next_attempt_at)])[0]


_lease_over = or_(_c.state == "due", _c.next_attempt_at <= NOW)


def _withdrawing(*conditions: Any) -> Prepared:
    return Prepared(
        update(_outbox)
        .where(_OPEN, *conditions)
        .values(
            state=case((_lease_over, "withdrawn"), else_=_c.state),
            finished_at=case((_lease_over, bindparam("at", type_=UTCDateTime())), else_=None),
            recalled=true(),
        )
        .returning(_c.state)
    )


_to = _c.recipient == bindparam("its_recipient")
_of_kind = is_in(_c.kind, "its_kinds")
_one = _c.request_id == bindparam("its_request")
_WITHDRAW = {  # by whether it is about one recipient, and about some kinds
    (False, False): _withdrawing(_one),
    (True, False): _withdrawing(_one, _to),
    (False, True): _withdrawing(_one, _of_kind),
    (True, True): _withdrawing(_one, _to, _of_kind),
}
_SILENCE = _withdrawing(is_in(_c.request_id, "requests"), _of_kind)


def withdraw(
    session: Session,
    request_id: int,
    at: datetime,
    recipient: str | None = None,
    kinds: Iterable[str] | None = None,
) -> int:
    """Take back the unsent mails of a request, all or those of a recipient or of some kinds.

    Returns how many will surely not go out. One that a sender has just now may, but is not tried
    again.
    """
    values = {
        "its_request": request_id,
        "at": at,
        "its_recipient": recipient,
        "its_kinds": None if kinds is None else list(kinds),
    }
    rows = _WITHDRAW[recipient is not None, kinds is not None].all(session, values)
    return sum(row.state == "withdrawn" for row in rows)


def silence(
    session: Session, request_ids: Sequence[int], kinds: Iterable[str], at: datetime
) -> None:
    """Take back the unsent mails of some kinds that are about any of these requests."""
    if request_ids:
        values = {"requests": request_ids, "its_kinds": list(kinds), "at": at}
        _SILENCE.run(session, values)


def retry(db: Database, ids: Sequence[int]) -> int:
    """Make failed mails, and due ones that wait for their next attempt, due at once."""
    statement = (
        update(_outbox)
        .where(
            _c.id.in_(list(ids)),
            _c.state.in_(["failed", "due"]),
            _c.id.in_(select(_raw.c.outbox_id)),
        )
        .values(state="due", next_attempt_at=NOW, finished_at=None)
    )
    with db.transaction() as session:
        return run(session, statement).rowcount


_NEXT_DUE = select(func.min(_c.next_attempt_at)).where(_OPEN)


def next_due(db: Database) -> datetime | None:
    """When the next mail is to be tried (machine time); None when none is waiting."""
    with db.reading() as session:
        moment: datetime | None = run(session, _NEXT_DUE).scalar_one()
        return moment


_BOUNCED = update(_outbox).where(_c.id == bindparam("its_id")).values(bounced=bindparam("why"))


def bounced(session: Session, mail_id: int, reason: str) -> None:
    """Note that a sent mail came back, and why."""
    run(session, _BOUNCED, {"its_id": mail_id, "why": storable(reason)})
