"""Mailboxes read by IMAP: which of their mails are in the inbox, and when all was last well (I12).

A mail is known by mailbox, UIDVALIDITY and UID. What is written here may be lost or old without
harm: then the mail is fetched again, and its bytes are recognised in the inbox.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from mailflow.store.clock import NOW
from mailflow.store.db import Database, run
from mailflow.store.lists import is_in
from mailflow.store.session import Session
from mailflow.store.tables import MailboxMail, MailboxRow
from mailflow.store.text import storable

_box = MailboxRow.__table__  # type: ignore[attr-defined]
_mail = MailboxMail.__table__  # type: ignore[attr-defined]
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

#: How long a refused mail that is no longer in its folder stays on record.
KEEP_REFUSED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Known:
    """A mail of a mailbox that was dealt with. `cleared`: it was moved or flagged."""

    refused: bool
    cleared: bool


@dataclass(frozen=True, slots=True)
class Mailbox:
    """How a mailbox stands, for people. `looked_at`: when there was last nothing left to take."""

    name: str
    looked_at: datetime | None
    trouble: str
    uncleared: int
    refused: int


@dataclass(frozen=True, slots=True)
class LastLook:
    """`seconds_ago`: since there was nothing left to take; None if that never was. `trouble`: why
    the look after that failed."""

    seconds_ago: float | None
    trouble: str


def begin(db: Database, name: str, place: str, uidvalidity: int) -> bool:
    """Take up a folder as the server numbers it; returns whether that is a new numbering.

    `place` is server, login and folder in one text: when the operator names another, the same
    numbers mean other mails. What was known under another numbering means nothing any more and is
    deleted; only what was refused in the same place stays on record.
    """
    with db.transaction() as session:
        ensure(db, session, name)
        box = _box.c.name == name
        before = run(session, select(_box.c.place, _box.c.uidvalidity).where(box)).one()
        if (before.place, before.uidvalidity) == (place, uidvalidity):
            return False
        run(session, update(_box).where(box).values(place=place, uidvalidity=uidvalidity))
        old = _mail.c.mailbox == name
        if before.place == place:
            old &= (_mail.c.state == "stored") | (_mail.c.uidvalidity == uidvalidity)
        run(session, delete(_mail).where(old))
    return True


def ensure(db: Database, session: Session, name: str) -> None:
    """Make the row of a mailbox unless it is there."""
    values = {
        "name": name, "place": "", "uidvalidity": 0, "trouble": "", "refresh_token": "", "owner": 0,
    }  # fmt: skip
    run(session, _INSERT[db.dialect](_box).values(**values).on_conflict_do_nothing())


def _window(name: str, uidvalidity: int, low: int, high: int) -> Any:
    return (
        (_mail.c.mailbox == name)
        & (_mail.c.uidvalidity == uidvalidity)
        & _mail.c.uid.between(low, high)
    )


def known(db: Database, name: str, uidvalidity: int, low: int, high: int) -> dict[int, Known]:
    """The mails with UIDs from `low` to `high`, both included, that were dealt with."""
    statement = select(_mail.c.uid, _mail.c.state, _mail.c.cleared).where(
        _window(name, uidvalidity, low, high)
    )
    with db.reading() as session:
        rows = run(session, statement).all()
    return {row.uid: Known(row.state == "refused", row.cleared) for row in rows}


def note(
    db: Database,
    name: str,
    uidvalidity: int,
    stored: Iterable[int],
    refused: Mapping[int, str] | None = None,
) -> None:
    """Record mails that are in the inbox now, and mails refused with their reason."""
    rows = [(uid, "stored", "") for uid in stored]
    rows += [(uid, "refused", storable(why)[:500]) for uid, why in (refused or {}).items()]
    if not rows:
        return
    with db.transaction() as session:
        now = db.machine_now(session)
        values = [
            {
                "mailbox": name, "uidvalidity": uidvalidity, "uid": uid, "state": state,
                "cleared": False, "reason": reason, "at": now,
            }
            for uid, state, reason in rows
        ]  # fmt: skip
        # Another machine may read the same mailbox; whoever was first is right.
        run(session, _INSERT[db.dialect](_mail).on_conflict_do_nothing(), values)


def cleared(db: Database, name: str, uidvalidity: int, uids: Collection[int]) -> None:
    """Record that the server says it has moved or flagged these mails."""
    statement = (
        update(_mail)
        .where(
            _mail.c.mailbox == name, _mail.c.uidvalidity == uidvalidity, is_in(_mail.c.uid, "uids")
        )
        .values(cleared=true())
    )
    if uids:
        with db.transaction() as session:
            run(session, statement, {"uids": sorted(uids)})


def prune(
    db: Database, name: str, uidvalidity: int, low: int, high: int, present: Collection[int]
) -> int:
    """Forget mails with UIDs from `low` to `high` that are not in the folder any more.

    UIDs are never used again (RFC 3501 §2.3.1.1). Refused ones stay on record for some time.
    Returns how many were forgotten.
    """
    here = _window(name, uidvalidity, low, high)
    with db.transaction() as session:
        rows = run(session, select(_mail.c.uid).where(here, _mail.c.state == "stored")).scalars()
        gone = sorted(set(rows) - set(present))
        if gone:
            run(session, delete(_mail).where(here, is_in(_mail.c.uid, "uids")), {"uids": gone})
        long_ago = db.machine_now(session) - KEEP_REFUSED
        old = (_mail.c.mailbox == name) & (_mail.c.state == "refused") & (_mail.c.at < long_ago)
        stale = [
            (row.uidvalidity, row.uid)
            for row in run(session, select(_mail.c.uidvalidity, _mail.c.uid).where(old))
            if row.uidvalidity != uidvalidity or row.uid not in present
        ]
        for validity, uid in stale:
            this = (_mail.c.uidvalidity == validity) & (_mail.c.uid == uid)
            run(session, delete(_mail).where(old, this))
    return len(gone) + len(stale)


def looked(db: Database, name: str, trouble: str = "") -> None:
    """Record how a look ended: `trouble` says why it failed, "" that all there was is taken."""
    values: dict[str, Any] = {"trouble": storable(trouble)[:500]}
    if not trouble:
        values["looked_at"] = NOW
    with db.transaction() as session:
        ensure(db, session, name)
        run(session, update(_box).where(_box.c.name == name).values(**values))


def last_look(db: Database, name: str) -> LastLook:
    """How the last look at a mailbox ended, whichever worker looked."""
    statement = select(_box.c.looked_at, _box.c.trouble).where(_box.c.name == name)
    with db.reading() as session:
        row = run(session, statement).first()
        if row is None or row.looked_at is None:
            return LastLook(None, row.trouble if row else "")
        age = db.machine_now(session) - row.looked_at
    return LastLook(max(0.0, age.total_seconds()), row.trouble)


def mailboxes(session: Session) -> list[Mailbox]:
    """Every mailbox that was ever read, by name."""
    counts: dict[tuple[str, str, bool], int] = {
        (row.mailbox, row.state, row.cleared): row.number
        for row in run(
            session,
            select(_mail.c.mailbox, _mail.c.state, _mail.c.cleared, func.count().label("number"))
            .group_by(_mail.c.mailbox, _mail.c.state, _mail.c.cleared),
        )
    }  # fmt: skip
    found = []
    for row in run(session, select(_box).order_by(_box.c.name)):
        uncleared = sum(counts.get((row.name, state, False), 0) for state in ("stored", "refused"))
        refused = sum(counts.get((row.name, "refused", done), 0) for done in (True, False))
        found.append(Mailbox(row.name, row.looked_at, row.trouble, uncleared, refused))
    return found


def refresh_token(db: Database, name: str) -> tuple[str, datetime | None]:
    """The newest refresh token of a mailbox and when it was given; "" and None without one."""
    with db.reading() as session:
        statement = select(_box.c.refresh_token, _box.c.refreshed_at).where(_box.c.name == name)
        row = run(session, statement).first()
    return (row.refresh_token, row.refreshed_at) if row else ("", None)


def keep_refresh_token(db: Database, name: str, token: str) -> None:
    """Keep the refresh token that the provider gave last; the one before may be dead now."""
    with db.transaction() as session:
        ensure(db, session, name)
        values = {"refresh_token": token, "refreshed_at": NOW}
        run(session, update(_box).where(_box.c.name == bindparam("its_name")).values(**values),
            {"its_name": name})  # fmt: skip
