"""Inbound mail: stored before it is acknowledged, claimed by one worker at a time, finished once.

    waiting ──claim──► claimed ──finish──► done | ignored | refused | quarantined
       ▲                  │ fault, give back, or the lease runs out
       └──────────────────┘──fault, the last allowed──► failed

A claimed row whose lease has run out is waiting again: nothing has to notice a dead worker. Each
claim has a number (the fence); a worker that was frozen longer than its lease carries an old one,
and its late word is refused (`LeaseLost`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from mailflow.store.clock import NOW, in_seconds, seconds
from mailflow.store.db import Database, Unavailable, run
from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared, insert_of
from mailflow.store.tables import INBOX_OPEN, Inbox, InboxRaw, one_of
from mailflow.store.text import storable

_inbox = Inbox.__table__  # type: ignore[attr-defined]
_raw = InboxRaw.__table__  # type: ignore[attr-defined]

#: Columns are at most so long; longer Message-IDs are hashed, never cut (I3).
MAX_MESSAGE_ID = 255


class LeaseLost(Exception):  # noqa: N818
    """Somebody else has claimed the mail since, or finished it; nothing was written."""


class DuplicateEffect(Exception):  # noqa: N818
    """The same mail already had this effect, under another row (I2)."""


class Unstorable(Exception):  # noqa: N818
    """Some mails of a group cannot be stored, through a fault of ours that will not pass.

    `results` has one entry per mail in order: what was stored, or None. An ingress that does not
    look may treat them all as not stored: a further copy of a stored mail is harmless.
    """

    def __init__(self, results: list[Stored | None]) -> None:
        super().__init__(f"{results.count(None)} of {len(results)} mails could not be stored")
        self.results = results


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail as it came in. `mail_from`: "" is the null return path, None unknown (IMAP).

    `received_at` is given for IMAP only (INTERNALDATE, never later than the fetch); otherwise the
    database's clock tells.
    """

    raw: bytes
    mail_from: str | None
    recipients: tuple[str, ...]
    peer: str
    source: str
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A mail that is on disk. `copy`: the same bytes for the same recipients were there before."""

    id: int
    copy: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is ours to work on until the lease ends. `attempts` counts this one too.

    `vouched_by` names the operator who released it from quarantine, "" otherwise.
    """

    id: int
    fence: int
    raw: bytes
    mail_from: str | None
    recipients: tuple[str, ...]
    peer: str
    source: str
    received_at: datetime
    attempts: int
    vouched_by: str = ""


def put_many(db: Database, items: Sequence[Incoming]) -> list[Stored]:
    """Store mails in one transaction and one sync (group commit); returns one result per mail.

    When this returns, all of them are on disk (I1). A mail that is there already adds one to
    `copies` of the first. Raises `Unavailable` (none is stored), or `Unstorable` when some mails
    were refused by the database for good; then each was tried alone, so that one bad mail does
    not stop the others.
    """
    try:
        return _put_group(db, items)
    except Unavailable:
        raise
    except Exception as fault:  # whatever is wrong with one mail is not wrong with the others
        results = [_put_alone(db, item) for item in items]
        stored = [one for one in results if one is not None]
        if len(stored) == len(results):
            return stored
        raise Unstorable(results) from fault


def _put_alone(db: Database, item: Incoming) -> Stored | None:
    try:
        return _put_group(db, [item])[0]
    except Unavailable:
        raise
    except Exception:
        return None


def _put_group(db: Database, items: Sequence[Incoming]) -> list[Stored]:
    keys = [_key(item) for item in items]
    first: dict[tuple[str, str], Incoming] = {}
    times: dict[tuple[str, str], int] = {}
    for key, item in zip(keys, items, strict=True):
        first.setdefault(key, item)
        times[key] = times.get(key, 0) + 1
    ids: dict[tuple[str, str], int] = {}
    fresh: set[tuple[str, str]] = set()
    order = list(first)  # as they came: they are worked on by id
    with db.transaction() as session:
        now = db.now(session)
        rows = _UPSERT.each(session, [_row(key, first[key], times[key], now) for key in order])
        for key, [row] in zip(order, rows, strict=True):
            ids[key] = row.id
            if row.copies == times[key]:
                fresh.add(key)
        bodies = [{"inbox_id": ids[key], "raw": first[key].raw} for key in order if key in fresh]
        _INSERT_RAW.each(session, bodies)
    results = []
    for key in keys:
        results.append(Stored(ids[key], copy=key not in fresh))
        fresh.discard(key)
    return results


def _key(item: Incoming) -> tuple[str, str]:
    recipients = "\n".join(sorted(item.recipients)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(item.raw).hexdigest(), hashlib.sha256(recipients).hexdigest()


def _row(key: tuple[str, str], item: Incoming, copies: int, now: datetime) -> dict[str, object]:
    return {
        "content_hash": key[0],
        "recipients_hash": key[1],
        "size": len(item.raw),
        "mail_from": None if item.mail_from is None else storable(item.mail_from),
        "recipients": [storable(recipient) for recipient in item.recipients],
        "peer": storable(item.peer),
        "source": storable(item.source),
        "received_at": min(item.received_at or now, now),
        "copies": copies,
    }


def _upsert(dialect_insert: Any) -> Any:
    columns = (
        "content_hash", "recipients_hash", "size", "mail_from", "recipients", "peer", "source",
        "received_at", "copies",
    )  # fmt: skip
    statement = dialect_insert(_inbox).values(
        {name: bindparam(name) for name in columns}
        | dict.fromkeys(("kind", "outcome", "reason", "sender", "verdict", "message_id"), "")
        | {
            "state": "waiting",
            "attempts": 0,
            "fence": 0,
            "owner": 0,
            "vouched_by": "",
            "next_attempt_at": NOW,
        }
    )
    return statement.on_conflict_do_update(
        index_elements=["content_hash", "recipients_hash"],
        set_={"copies": _inbox.c.copies + statement.excluded.copies},
    ).returning(_inbox.c.id, _inbox.c.copies)


_UPSERT = Prepared({"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)})
_INSERT_RAW = Prepared(insert_of(_raw, "inbox_id", "raw"))

# In the order of the partial index on open rows, so that a long queue costs no sort. The condition
# is the index's own text: with parameters in it the index would not be taken.
_due = (
    select(_inbox.c.id)
    .where(text(one_of("state", INBOX_OPEN)), _inbox.c.next_attempt_at <= NOW)
    .order_by(_inbox.c.next_attempt_at, _inbox.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer anyway
    .cte("due")  # evaluated once: a bare subquery may run again and claim too many
)
_CLAIM = Prepared(
    update(_inbox)
    .where(_inbox.c.id.in_(select(_due.c.id)))
    .values(
        state="claimed",
        attempts=_inbox.c.attempts + 1,
        fence=_inbox.c.fence + 1,
        owner=bindparam("owner"),
        lease_until=in_seconds("lease"),
        next_attempt_at=in_seconds("lease"),
    )
    .returning(
        _inbox.c.id, _inbox.c.fence, _inbox.c.mail_from, _inbox.c.recipients, _inbox.c.peer,
        _inbox.c.source, _inbox.c.received_at, _inbox.c.attempts, _inbox.c.vouched_by,
    )
)  # fmt: skip
_BODIES = Prepared(select(_raw.c.inbox_id, _raw.c.raw).where(is_in(_raw.c.inbox_id, "ids")))


def claim(db: Database, limit: int, lease: timedelta) -> list[Claimed]:
    """Take up to `limit` mails that are due, oldest first, for the time of the `lease`.

    The attempt is counted and committed before any work, so that a mail that kills its worker is
    counted too.
    """
    with db.transaction() as session:
        rows = _CLAIM.all(session, {"limit": limit, "lease": seconds(lease), "owner": db.owner})
        if not rows:
            return []
        ids = [row.id for row in rows]
        bodies = dict(_BODIES.all(session, {"ids": ids}))
    return [
        Claimed(
            row.id, row.fence, bodies.get(row.id, b""), row.mail_from, tuple(row.recipients),
            row.peer, row.source, row.received_at, row.attempts, row.vouched_by,
        )
        for row in sorted(rows, key=lambda row: row.id)
    ]  # fmt: skip


_held = (
    (_inbox.c.id == bindparam("its_id"))
    & (_inbox.c.fence == bindparam("its_fence"))
    & (_inbox.c.state == "claimed")
)
_FINISH = Prepared(
    update(_inbox)
    .where(_held)
    .values(
        state=bindparam("new_state"),
        finished_at=NOW,
        lease_until=None,
        kind=bindparam("kind"),
        outcome=bindparam("outcome"),
        reason=bindparam("reason"),
        sender=bindparam("sender"),
        verdict=bindparam("verdict"),
        message_id=bindparam("message_id"),
        effect_key=bindparam("effect_key"),
        request_id=bindparam("request_id"),
    )
)


def finish(
    session: Session,
    claimed_id: int,
    fence: int,
    *,
    state: str,
    kind: str,
    outcome: str,
    reason: str,
    sender: str = "",
    verdict: str = "",
    message_id: str = "",
    effect_key: str | None = None,
    request_id: int | None = None,
) -> None:
    """Say what became of a claimed mail, in the transaction of its effect.

    `state` is done, ignored, refused, quarantined or failed; the last three need a `reason`.
    `effect_key` names the effect it had, None if it had none. Raises `LeaseLost` if the claim is
    no longer ours, `DuplicateEffect` if another row has the same effect: then all that was done
    for this mail must be undone, to the savepoint before it or with the whole transaction.
    """
    values = {
        "its_id": claimed_id,
        "its_fence": fence,
        "new_state": state,
        "kind": kind,
        "outcome": storable(outcome),
        "reason": storable(reason),
        "sender": storable(sender),
        "verdict": storable(verdict),
        "message_id": stored_message_id(message_id),
        "effect_key": effect_key,
        "request_id": request_id,
    }
    try:
        changed = _FINISH.run(session, values)
    except IntegrityError as error:
        # SQLite names the column, PostgreSQL the index; both say "effect_key".
        if effect_key is None or "effect_key" not in str(error.orig):
            raise
        raise DuplicateEffect(f"inbox {claimed_id}") from error
    if changed != 1:
        raise LeaseLost(f"inbox {claimed_id}")


def stored_message_id(message_id: str) -> str:
    """A Message-ID as it is kept and looked up: long ones as their hash, never cut (I3)."""
    if len(message_id) <= MAX_MESSAGE_ID:
        return storable(message_id)
    return "sha256:" + hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()


_spent = _inbox.c.attempts >= bindparam("max_faults")
_FAULT = Prepared(
    update(_inbox)
    .where(_held)
    .values(
        state=case((_spent, "failed"), else_="waiting"),
        outcome=case((_spent, "failed"), else_=""),
        reason=bindparam("why"),
        lease_until=None,
        next_attempt_at=in_seconds("pause"),
        finished_at=case((_spent, NOW), else_=None),
    )
    .returning(_inbox.c.state)
)


def fault(
    db: Database, claimed_id: int, fence: int, reason: str, max_faults: int, retry_in: timedelta
) -> str:
    """Record a fault of ours in working on a mail; returns its new state.

    It is `waiting` again in `retry_in`, or `failed` after `max_faults` attempts (I8). Raises
    `LeaseLost` if the claim is no longer ours.
    """
    values = {
        "its_id": claimed_id,
        "its_fence": fence,
        "max_faults": max_faults,
        "why": storable(reason) or "unknown fault",
        "pause": seconds(retry_in),
    }
    with db.transaction() as session:
        state: str | None = _FAULT.value(session, values)
    if state is None:
        raise LeaseLost(f"inbox {claimed_id}")
    return state


_GIVE_BACK = Prepared(
    update(_inbox)
    .where(_held)
    .values(state="waiting", attempts=_inbox.c.attempts - 1, lease_until=None, next_attempt_at=NOW)
)


def give_back(db: Database, claims: Sequence[tuple[int, int]]) -> None:
    """Put mails (id, fence) that were claimed but not begun back at once, on a clean stop."""
    if claims:
        with db.transaction() as session:
            _GIVE_BACK.each(session, [{"its_id": i, "its_fence": f} for i, f in claims])


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
