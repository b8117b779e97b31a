"""Storing mail before it is acknowledged: many in one transaction, each once (I1, I2)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite

from mailflow import failpoints
from mailflow.store.clock import NOW
from mailflow.store.db import Database, Unavailable
from mailflow.store.prepared import Prepared, insert_of
from mailflow.store.tables import Inbox, InboxRaw
from mailflow.store.text import storable

_inbox = Inbox.__table__  # type: ignore[attr-defined]
_raw = InboxRaw.__table__  # type: ignore[attr-defined]


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
        failpoints.reach("inbox.before_commit")
    failpoints.reach("inbox.after_commit")
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
            "begun": False,
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
