"""Small makers for the store's tests: mails, requests and letters with few words."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy.exc

from mailflow.core.request import Fields, Person, Request, State
from mailflow.store import inbox, outbox, requests
from mailflow.store.db import Database, Session

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def incoming(raw: bytes = b"Subject: hello\r\n\r\n", **values: Any) -> inbox.Incoming:
    """A mail as it comes in."""
    plain: dict[str, Any] = {
        "mail_from": "ana@partner.example",
        "recipients": ("requests@licensing.vendor.example",),
        "peer": "192.0.2.1",
        "source": "smtp",
    }
    return inbox.Incoming(raw, **(plain | values))


def claimed(db: Database, raw: bytes = b"a mail", lease: timedelta = MINUTE) -> inbox.Claimed:
    """A mail, stored and claimed."""
    [stored] = inbox.put_many(db, [incoming(raw)])
    [one] = [one for one in inbox.claim(db, 10, lease) if one.id == stored.id]
    return one


def finish(db: Database, one: inbox.Claimed, **values: Any) -> None:
    """Finish a claimed mail as done, or as told."""
    with db.transaction() as session:
        inbox.finish(session, [finished(one, **values)])


def finished(one: inbox.Claimed, **values: Any) -> inbox.Finished:
    """A claimed mail that led to a review, or to what is told."""
    plain: dict[str, Any] = {
        "state": "done",
        "kind": "request",
        "outcome": "review",
        "reason": "ok",
    }
    return inbox.Finished(one.id, one.fence, **(plain | values))


def request(reference: str = "", **values: Any) -> Request:
    """A request in review."""
    plain: dict[str, Any] = {
        "state": State.REVIEW,
        "requester": Person("ana@partner.example", name="Ana", company="Partner"),
        "fields": Fields(
            account_name="Bakery", customer_email="ben@bakery.example",
            account_domain="bakery.example",
        ),
        "opened_at": NOON,
        "touched_at": NOON,
    }  # fmt: skip
    return Request(reference=reference or f"R{next(_numbers)}", **(plain | values))


def pending(reference: str = "", domain: str = "bakery.example", **values: Any) -> Request:
    """A request whose account is pending."""
    plain: dict[str, Any] = {
        "state": State.PENDING,
        "approver": "ben@bakery.example",
        "fields": Fields(account_name="Bakery", account_domain=domain),
        "created_at": NOON,
        "expires_at": NOON + timedelta(days=90),
    }
    return request(reference, **(plain | values))


def stored(db: Database, new: Request) -> Request:
    """A request, stored in a transaction of its own."""
    with db.transaction() as session:
        return requests.insert(session, new)


def letter(**values: Any) -> outbox.Mail:
    """A finished letter."""
    number = next(_numbers)
    plain: dict[str, Any] = {
        "request_id": None,
        "inbox_id": None,
        "kind": "review",
        "audience": "partner",
        "language": "en",
        "revision": 1,
        "recipient": "ana@partner.example",
        "mail_from": "bounce+abcdefghijklmnop@vendor.example",
        "message_id": f"<{number}@vendor.example>",
        "subject": "Please review",
        "raw": b"Subject: Please review\r\n\r\n",
    }
    return outbox.Mail(**(plain | values))


def posted(db: Database, **values: Any) -> int:
    """The id of a letter that is due."""
    with db.transaction() as session:
        return outbox.add(session, letter(**values), NOON)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def rows(session: Session, table: Any) -> list[Any]:
    """Everything in a table, by key."""
    found = session.connection().execute(table.__table__.select()).all()
    return sorted(found, key=lambda row: row[0])


@contextmanager
def refused_by_database() -> Iterator[None]:
    """The block must break a key or a check."""
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        yield


def in_threads(*work: Callable[[], object]) -> None:
    """Run all at once; a failure in one fails the test."""
    faults: list[BaseException] = []

    def guarded(one: Callable[[], object]) -> None:
        try:
            one()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults, faults
    assert not any(thread.is_alive() for thread in threads)


def undone(db: Database, work: Callable[[Session], object]) -> None:
    """Do `work` in a transaction that fails afterwards."""

    def failing() -> None:
        with db.transaction() as session:
            work(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
