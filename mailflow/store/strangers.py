"""Mail that led to nothing, most of it strangers': kept within a quota, beyond it only counted.

Whoever can reach the door can write, so what stays of such a mail must have an end (I20). First
the oldest lose their bytes; a row stays, with who wrote and why nothing came of it. Then the
oldest rows go, with the letters that answered them, and become part of a count, by day and by what
became of them: the account of every accepted mail still comes out even (I26). What came in the name
of somebody registered goes last, so that a flood of strangers pushes out no mail that a person
still wants to release.

A mail whose row is gone is no longer recognised when it comes again. It then leads to nothing
again, within the limits of answers.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, case, cast, delete, exists, func, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite

from mailflow.store import quota, tables
from mailflow.store.db import Database, run
from mailflow.store.lists import is_in
from mailflow.store.session import Session
from mailflow.store.tables import INBOX_OPEN, one_of

_inbox = tables.Inbox.__table__  # type: ignore[attr-defined]
_inbox_raw = tables.InboxRaw.__table__  # type: ignore[attr-defined]
_outbox = tables.Outbox.__table__  # type: ignore[attr-defined]
_outbox_raw = tables.OutboxRaw.__table__  # type: ignore[attr-defined]
_token = tables.Token.__table__  # type: ignore[attr-defined]
_event = tables.Event.__table__  # type: ignore[attr-defined]
_person = tables.PersonRow.__table__  # type: ignore[attr-defined]
_remark = tables.Remark.__table__  # type: ignore[attr-defined]
_forgotten = tables.Forgotten.__table__  # type: ignore[attr-defined]

#: Bytes in the database that a row takes beside its texts, and a letter beside its bytes: hashes,
#: times, and all indexes [measured with bench.strangers].
ROW, LETTER = 1000, 1500
#: So many rows stay, however small the quota: mail that is sent again at once is recognised.
NEWEST = 100
#: Rows that go in one transaction, so that nobody waits long for the write lock.
BATCH = 500
#: At most this part of the time goes into looking, and there is a look at least so often.
_EFFORT, _SECONDS = 0.1, 5.0

_c = _inbox.c
#: No request, no operator who answers for it, and an end that the account of all mail knows of.
_led_to_nothing = (
    _c.request_id.is_(None)
    & (_c.vouched_by == "")
    & or_(
        (_c.state == "done") & (_c.outcome != ""),
        (_c.state == "ignored") & (_c.outcome + _c.reason != ""),
        _c.state.in_(["refused", "quarantined"]) & (_c.reason != ""),
    )
)
_letters = (
    select(
        _outbox.c.inbox_id,
        func.sum(LETTER + func.coalesce(func.length(_outbox_raw.c.raw), 0)).label("bytes"),
    )
    .select_from(_outbox)
    .join(_outbox_raw, _outbox_raw.c.outbox_id == _outbox.c.id, isouter=True)
    .where(_outbox.c.request_id.is_(None), _outbox.c.inbox_id.is_not(None))
    .group_by(_outbox.c.inbox_id)
    .subquery()
)
_texts: Any = sum(
    (
        func.length(column)
        for column in (
            cast(_c.recipients, Text), _c.reason, _c.sender, _c.verdict, _c.message_id,
            _c.message_id, _c.outcome,
        )
    ),
    start=ROW + func.coalesce(func.length(_c.mail_from), 0),
)  # fmt: skip
_each = (
    select(
        _c.id,
        case((_inbox_raw.c.inbox_id.is_(None), 0), else_=_c.size).label("bytes"),
        (_texts + func.coalesce(_letters.c.bytes, 0)).label("rest"),
        exists().where(_person.c.email == _c.sender).label("known"),
    )
    .select_from(_inbox)
    .join(_inbox_raw, _inbox_raw.c.inbox_id == _c.id, isouter=True)
    .join(_letters, _letters.c.inbox_id == _c.id, isouter=True)
    .where(_led_to_nothing)
    .subquery()
)
_HELD = select(func.coalesce(func.sum(_each.c.bytes + _each.c.rest), 0))
#: What goes last comes first: mail in the name of somebody registered, then the newest.
_worth = (_each.c.known.desc(), _each.c.id.desc())
_bytes_so_far = select(
    *_each.c, func.sum(_each.c.bytes).over(order_by=_worth).label("bytes_so_far")
).subquery()
_wiped = _bytes_so_far.c.bytes_so_far > bindparam("most_bytes")
_ranked = select(
    _bytes_so_far.c.id,
    (_wiped & (_bytes_so_far.c.bytes > 0)).label("wipe"),
    func.row_number().over(order_by=_bytes_so_far.c.id.desc()).label("nth"),
    func.sum(_bytes_so_far.c.rest + case((_wiped, 0), else_=_bytes_so_far.c.bytes))
    .over(order_by=(_bytes_so_far.c.known.desc(), _bytes_so_far.c.id.desc()))
    .label("so_far"),
).subquery()
_forget = (_ranked.c.so_far > bindparam("most")) & (_ranked.c.nth > bindparam("newest"))
_BEYOND = (
    select(_ranked.c.id, _forget.label("forget"))
    .where(_forget | _ranked.c.wipe)
    .order_by(_ranked.c.id)
)
_of_these = is_in(_c.id, "ids")
_GOING = (
    select(_c.id, _c.state, _c.outcome, _c.copies, _c.received_at)
    .where(
        _of_these,
        _led_to_nothing,
        ~exists().where(_event.c.inbox_id == _c.id),
        ~exists().where(_remark.c.inbox_id == _c.id),
        ~exists().where(
            _outbox.c.inbox_id == _c.id,
            _outbox.c.request_id.is_not(None) | _outbox.c.finished_at.is_(None),
        ),
    )
    # PostgreSQL: what somebody has in hand at the moment, another look finds.
    .with_for_update(skip_locked=True, of=_inbox)
)
_ANSWERS = select(_outbox.c.id, _outbox.c.inbox_id).where(is_in(_outbox.c.inbox_id, "ids"))
_WIPE = delete(_inbox_raw).where(
    _inbox_raw.c.inbox_id.in_(select(_c.id).where(_of_these, _led_to_nothing))
)
_DELETES = (
    (delete(_token).where(is_in(_token.c.outbox_id, "ids")), "letters"),
    (delete(_outbox_raw).where(is_in(_outbox_raw.c.outbox_id, "ids")), "letters"),
    (delete(_outbox).where(is_in(_outbox.c.id, "ids")), "letters"),
    (delete(_inbox_raw).where(is_in(_inbox_raw.c.inbox_id, "ids")), "mails"),
    (delete(_inbox).where(_of_these), "mails"),
)


@dataclass(frozen=True, slots=True)
class Let:
    """How many mails lost their bytes, and how many others their row as well."""

    wiped: int = 0
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class _Surplus:
    """Rows beyond the quota: those that lose their bytes, and those that go."""

    wipe: Sequence[int] = ()
    forget: Sequence[int] = ()


def limit(db: Database, most: int, *, dry_run: bool = False) -> Let:
    """Keep what mail without effect takes within `most` bytes; returns what had to go (I20).

    Three quarters are for the bytes of mails, the rest for rows and for letters in answer. When it
    is full an eighth is cleared, so that this need not be done for every mail. `dry_run` only
    counts. Raises `Unavailable`.
    """
    surplus = _surplus(db, most)
    if dry_run:
        return Let(len(surplus.wipe), len(surplus.forget))
    return _clear(db, surplus)


def _surplus(db: Database, most: int) -> _Surplus:
    with db.reading() as session:
        if run(session, _HELD).scalar_one() <= most:
            return _Surplus()
        aim = most - most // 8
        values = {"most": aim, "most_bytes": aim * 3 // 4, "newest": NEWEST}
        rows = run(session, _BEYOND, values).all()
    return _Surplus(
        [row.id for row in rows if not row.forget], [row.id for row in rows if row.forget]
    )


def _clear(db: Database, surplus: _Surplus) -> Let:
    for ids in _batches(surplus.wipe):
        with db.transaction() as session:
            run(session, _WIPE, {"ids": ids})
    forgotten = 0
    for ids in _batches(surplus.forget):
        with db.transaction() as session:
            forgotten += _forget_these(session, ids)
    return Let(len(surplus.wipe), forgotten)


def _batches(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def _forget_these(session: Session, ids: Sequence[int]) -> int:
    """Take rows away and count them instead, in one transaction; returns how many."""
    rows = run(session, _GOING, {"ids": ids}).all()
    if not rows:
        return 0
    letters = run(session, _ANSWERS, {"ids": [row.id for row in rows]}).all()
    answered = Counter(letter.inbox_id for letter in letters)
    mails, copies, answers = Counter[Any](), Counter[Any](), Counter[Any]()
    for row in rows:
        key = (row.received_at.date(), _fate(row.state, row.outcome))
        mails[key] += 1
        copies[key] += row.copies
        answers[key] += answered[row.id]
    keys = {"mails": [row.id for row in rows], "letters": [letter.id for letter in letters]}
    for statement, which in _DELETES:
        run(session, statement, {"ids": keys[which]})
    add = _ADD[session.connection().dialect.name]
    for key in sorted(mails):  # in one order everywhere, so that two never wait for each other
        day, fate = key
        counted = {"mails": mails[key], "copies": copies[key], "letters": answers[key]}
        run(session, add, {"day": day, "fate": fate, **counted})
    return len(rows)


def _fate(state: str, outcome: str) -> str:
    """What became of a mail, in the words of the account of all mail (`queries.conservation`)."""
    if state == "done":
        return "duplicates" if outcome == "duplicate" else "effects"
    return state


def _adding(dialect_insert: Any) -> Any:
    numbers = ("mails", "copies", "letters")
    statement = dialect_insert(_forgotten).values(
        {name: bindparam(name) for name in ("day", "fate", *numbers)}
    )
    return statement.on_conflict_do_update(
        index_elements=["day", "fate"],
        set_={name: _forgotten.c[name] + statement.excluded[name] for name in numbers},
    )


_ADD = {"sqlite": _adding(sqlite.insert), "postgresql": _adding(postgresql.insert)}
#: How far both boxes have come, and whether anything waits: when it is finished no number changes.
_NEWEST = (
    select(func.coalesce(func.max(_c.id), 0)),
    select(func.coalesce(func.max(_outbox.c.id), 0)),
    select(exists(select(_c.id).where(text(one_of("inbox.state", INBOX_OPEN))))),
)
#: Whoever is to be known for a while was written to: so many letters later they are counted.
_LETTERS = 5_000


class Watch:
    """Does `limit` while mail comes in, and spends little of the time on finding what is over."""

    def __init__(self, db: Database, most: int) -> None:
        self._db = db
        self._most = most
        self._seen: list[int] = []
        self._letters = 0
        self._not_before = 0.0

    def look(self) -> Let:
        """See that the quota is kept, if anything has changed since. Raises `Unavailable`."""
        if time.monotonic() < self._not_before:
            return Let()
        # A SQLite file is read by this very thread: how busy the machine is does not count.
        clock = time.thread_time if self._db.dialect == "sqlite" else time.monotonic
        began = clock()
        with self._db.reading() as session:
            seen = [int(run(session, one).scalar_one()) for one in _NEWEST]
        _, letters, waits = seen
        if seen == self._seen and not waits:
            return Let()
        surplus = _surplus(self._db, self._most)
        self._not_before = time.monotonic() + min((clock() - began) / _EFFORT, _SECONDS)
        done = _clear(self._db, surplus)
        if letters - self._letters >= _LETTERS:
            with self._db.transaction() as session:
                quota.limit_strangers(session)
            self._letters = letters
        self._seen = seen
        return done
