"""Working on mail: claimed under a lease, finished by whoever still holds the claim (I8, I10)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, select, text, update
from sqlalchemy.exc import IntegrityError

from mailflow.store.clock import NOW, in_seconds, seconds
from mailflow.store.db import Database, Session
from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared
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
# Claimed, never begun, and the lease ran out: its worker was frozen over something else.
_in_vain = (_inbox.c.state == "claimed") & _inbox.c.begun.is_(False)
_CLAIM = Prepared(
    update(_inbox)
    .where(_inbox.c.id.in_(select(_due.c.id)))
    .values(
        state="claimed",
        attempts=_inbox.c.attempts + case((_in_vain, 0), else_=1),
        begun=_inbox.c.attempts == 0,
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
    counted too. What is claimed for the first time counts as begun; for the rest `begin` is to be
    called, and an attempt that was not begun is not counted in the end (see `workers`).
    """
    with db.transaction(synced=False) as session:
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
_BEGIN = Prepared(update(_inbox).where(_held).values(begun=True))


def begin(db: Database, claimed_id: int, fence: int) -> None:
    """Say that work on a mail begins that was begun before, and may have killed its worker.

    Raises `LeaseLost` if the claim is no longer ours.
    """
    with db.transaction() as session:
        if _BEGIN.run(session, {"its_id": claimed_id, "its_fence": fence}) != 1:
            raise LeaseLost(f"inbox {claimed_id}")


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


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a claimed mail.

    `state` is done, ignored, refused, quarantined or failed; the last three need a `reason`.
    `effect_key` names the effect it had, None if it had none.
    """

    id: int
    fence: int
    state: str
    kind: str
    outcome: str
    reason: str
    sender: str = ""
    verdict: str = ""
    message_id: str = ""
    effect_key: str | None = None
    request_id: int | None = None


def finish(session: Session, finished: Sequence[Finished]) -> None:
    """Say what became of claimed mails, in the transaction of their effects.

    Raises `LeaseLost` if one of the claims is no longer ours, `DuplicateEffect` if another row has
    the same effect: then all that was done for them must be undone, with the whole transaction.
    """
    values = [
        {
            "its_id": one.id,
            "its_fence": one.fence,
            "new_state": one.state,
            "kind": one.kind,
            "outcome": storable(one.outcome),
            "reason": storable(one.reason),
            "sender": storable(one.sender),
            "verdict": storable(one.verdict),
            "message_id": stored_message_id(one.message_id),
            "effect_key": one.effect_key,
            "request_id": one.request_id,
        }
        for one in finished
    ]
    known = ", ".join(str(one.id) for one in finished)
    try:
        changed = _FINISH.many(session, values)
    except IntegrityError as error:
        # SQLite names the column, PostgreSQL the index; both say "effect_key".
        if "effect_key" not in str(error.orig):
            raise
        raise DuplicateEffect(f"inbox {known}") from error
    if changed != len(values):
        raise LeaseLost(f"inbox {known}")


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


_PUT_OFF = Prepared(
    update(_inbox)
    .where(_held)
    .values(
        state="waiting",
        attempts=_inbox.c.attempts - 1,
        reason=bindparam("why"),
        lease_until=None,
        next_attempt_at=in_seconds("pause"),
    )
)


def put_off(db: Database, claimed_id: int, fence: int, reason: str, retry_in: timedelta) -> None:
    """Let a mail wait for something that is away, without counting the attempt.

    Raises `LeaseLost` if the claim is no longer ours.
    """
    values = {
        "its_id": claimed_id,
        "its_fence": fence,
        "why": storable(reason),
        "pause": seconds(retry_in),
    }
    with db.transaction() as session:
        if _PUT_OFF.run(session, values) != 1:
            raise LeaseLost(f"inbox {claimed_id}")


_GIVE_BACK = Prepared(
    update(_inbox)
    .where(_held)
    .values(state="waiting", attempts=_inbox.c.attempts - 1, lease_until=None, next_attempt_at=NOW)
)


_GIVE_BACK_OWN = Prepared(
    update(_inbox)
    .where(_inbox.c.state == "claimed", _inbox.c.owner == bindparam("owner"))
    .values(state="waiting", attempts=_inbox.c.attempts - 1, lease_until=None, next_attempt_at=NOW)
)


def give_back_own(db: Database) -> int:
    """Put back all that this worker has claimed, after trouble that was not the mails'.

    Also what it does not know of: a claim whose COMMIT went through, and its answer was lost.
    Returns how many; 0 for a database that no worker has enrolled for.
    """
    if not db.owner:
        return 0
    with db.transaction() as session:
        return _GIVE_BACK_OWN.run(session, {"owner": db.owner})


def give_back(db: Database, claims: Sequence[tuple[int, int]]) -> None:
    """Put mails (id, fence) that were claimed but not begun back at once, on a clean stop."""
    if claims:
        with db.transaction() as session:
            _GIVE_BACK.each(session, [{"its_id": i, "its_fence": f} for i, f in claims])
