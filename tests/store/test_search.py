"""Lists and figures for people find their rows by an index, and say the same on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from mailflow.core.request import Person, Role, State
from mailflow.store import directory, inbox, mailboxes, queries
from mailflow.store.db import Database, Session
from mailflow.store.queries import pulse, search
from mailflow.store.queries.evidence import events_of_mails
from mailflow.store.tables import Inbox
from tests.store.make import NOON, incoming, pending, posted, request, stored

#: What the console and the commands ask for.
LOOKS: dict[str, Callable[[Session], object]] = {
    "all requests": lambda s: queries.find_requests(s, limit=50, after=900),
    "in a state": lambda s: queries.find_requests(s, state="pending", after=900),
    "by reference": lambda s: queries.find_requests(s, words="T-7"),
    "by address": lambda s: queries.find_requests(s, words="ana@partner.example", after=900),
    "by domain in a state": lambda s: queries.find_requests(s, words="a.example", state="hold"),
    "by a part": lambda s: queries.find_requests(s, words="bak", after=900),
    "people": lambda s: queries.find_people(s, after="b"),
    "accounts": lambda s: queries.find_accounts(s, domain="b.example", after="a"),
    "operators": lambda s: queries.operator_events(s, after=900),
    "checks": lambda s: queries.request_checks(s, 7),
    "backlog": queries.backlog,
    "today": lambda s: queries.today(s, NOON),
    "paces": queries.paces,
    "counts": queries.counts,
    "account of all mail": queries.conservation,
    "last mail": queries.last_received,
    "quarantine": queries.quarantine,
    "mails in": lambda s: queries.inbox_rows(s, after_id=900),
    "mails in, in states": lambda s: queries.inbox_rows(s, ["failed", "ignored"], after_id=900),
    "mails in, of a request": lambda s: queries.inbox_rows(s, request_id=7),
    "mails in, by Message-ID": lambda s: queries.inbox_rows(s, message_id="<1@x.example>"),
    "mails in, some": lambda s: queries.inbox_rows(s, ids=[1, 2]),
    "letters": lambda s: queries.outbox_rows(s, after_id=900),
    "letters in states": lambda s: queries.outbox_rows(s, ["failed", "due"], after_id=900),
    "letters to somebody": lambda s: queries.outbox_rows(s, recipient="ana@partner.example"),
    "letters of a request": lambda s: queries.outbox_rows(s, request_id=7),
    "letters that answer": lambda s: queries.outbox_rows(s, inbox_id=7),
    "letters by Message-ID": lambda s: queries.outbox_rows(s, message_id="<1@x.example>"),
    "captured letters": lambda s: queries.captured(s, after_id=900),
    "bytes in": lambda s: queries.inbox_raw(s, 7),
    "bytes out": lambda s: queries.outbox_raw(s, 7),
    "history": lambda s: queries.timeline(s, 7),
    "what mails brought about": lambda s: events_of_mails(s, [1, 2]),
    "requests": lambda s: queries.requests(s, "review", after_id=900),
    "all checks": queries.checks,
    "failed checks": lambda s: queries.checks(s, failed_only=True),
    "unchecked": lambda s: queries.unchecked_requests(s, NOON, 200, 0),
    "accounts by domain": lambda s: directory.accounts(s, limit=1000),
    "anybody": directory.anybody,
    "people by a part": lambda s: directory.people(s, words="ana"),
    "mail in mailboxes": mailboxes.mailboxes,
}


def plans(db: Database, look: Callable[[Session], object]) -> list[str]:
    """How the database runs each statement of `look`, as one text each."""
    said: list[tuple[str, Any]] = []

    def heard(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        said.append((statement, values))

    with db.reading() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", heard)
        look(session)
        event.remove(connection, "before_cursor_execute", heard)
    found = []
    with db.transaction() as session:
        connection = session.connection()
        explain = "EXPLAIN QUERY PLAN "
        if db.dialect == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN (COSTS OFF) "
        for statement, values in said:
            rows = connection.exec_driver_sql(explain + statement, values).fetchall()
            found.append("\n".join(str(row[-1]) for row in rows))
    return found


@pytest.mark.parametrize("name", LOOKS)
def test_no_list_scans_a_table(db: Database, name: str) -> None:
    with db.transaction() as session:
        people = [Person(f"p{n}@partner.example") for n in range(20)]
        directory.upsert_people(session, people, NOON)
    for number in range(5):
        stored(db, request(f"T-{number}"))
    inbox.put_many(db, [incoming()])
    posted(db)
    found = plans(db, LOOKS[name])
    assert found
    for plan in found:
        lines = [line.strip(" ->") for line in plan.splitlines()]
        scans = [
            line
            for line in lines
            if (line.startswith("SCAN") and "USING" not in line and "subquery" not in line.lower())
            or line.startswith("Seq Scan")
        ]
        # The anonymous results of a union are a page each, not a table.
        read = [line.split()[3 if line.startswith("Seq") else 1] for line in scans]
        assert [t for t in read if t not in ANONYMOUS and (t, name) not in HARMLESS] == [], plan


#: How SQLite names what is no table of ours, and what may be read from end to end.
ANONYMOUS = {f"anon_{number}" for number in range(1, 20)} | {"(subquery-1)"}
HARMLESS = {
    ("forgotten", "counts"),  # five rows for each day
    ("forgotten", "account of all mail"),
    ("security_check", "all checks"),  # along the key, newest first, as many as are shown
    ("person", "anybody"),  # the first who may ask
}


def test_pages_follow_each_other_without_gap_or_overlap(db: Database) -> None:
    made = [stored(db, request(f"T-{number}")).reference for number in range(25)]
    for words in ("", "ana@partner.example", "bakery"):
        seen: list[str] = []
        after = None
        while True:
            with db.reading() as session:
                page = queries.find_requests(session, words=words, limit=10, after=after)
            seen += [one.reference for one in page.requests]
            if (after := page.more) is None:
                break
        assert seen == made[::-1], words
        assert page.recent_only == (words == "bakery")


def test_what_is_named_exactly_is_found_however_old(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "RECENT", 3)
    stored(db, pending("OLD-1", domain="old.example"))
    for number in range(10):
        stored(db, request(f"T-{number}"))
    with db.reading() as session:
        for words in ("old-1", "OLD.example", " @old.example"):
            assert [r.reference for r in queries.find_requests(session, words=words).requests] == [
                "OLD-1"
            ]
        # A part is looked for among the newest only, and says so.
        part = queries.find_requests(session, words="old.ex")
        assert (list(part.requests), part.recent_only) == ([], True)
        assert len(queries.find_requests(session, words="T-").requests) == 3
        # Named exactly, but not in this state: nothing, not something like it.
        other = queries.find_requests(session, words="old.example", state="hold")
        assert (list(other.requests), other.recent_only) == ([], False)


def test_signs_of_a_pattern_are_signs(db: Database) -> None:
    stored(db, request("T-1"))
    with db.reading() as session:
        for words in ("%", "_", "T_1", "\\"):
            assert not queries.find_requests(session, words=words).requests, words


def test_people_by_pages_and_by_a_part(db: Database) -> None:
    with db.transaction() as session:
        directory.upsert_people(
            session,
            [
                Person("a@x.example", "Ana", "Bäckerei", Role.CUSTOMER, language="es"),
                Person("b@x.example", active=False),
                Person("c@x.example", "Ann"),
            ],
            NOON,
        )
    with db.reading() as session:
        first, more = queries.find_people(session, limit=2)
        rest, end = queries.find_people(session, limit=2, after=more)
        assert [p.email for p in first + rest] == ["a@x.example", "b@x.example", "c@x.example"]
        assert end == ""
        assert first[0] == Person("a@x.example", "Ana", "Bäckerei", Role.CUSTOMER, language="es")
        assert not first[1].active
        assert [p.email for p in queries.find_people(session, words="AN")[0]] == [
            "a@x.example", "c@x.example",
        ]  # fmt: skip


def test_the_first_row_of_a_day_is_found_by_halving(db: Database) -> None:
    table = Inbox.__table__  # type: ignore[attr-defined]
    with db.transaction() as session:
        session.connection().execute(text("DELETE FROM inbox"))
    for number in range(30):
        received = NOON + timedelta(hours=number)
        inbox.put_many(db, [incoming(b"%d" % number, received_at=received)])
    with db.transaction() as session:  # ids need not be dense
        session.connection().execute(text("DELETE FROM inbox_raw"))
        session.connection().execute(text("DELETE FROM inbox WHERE id % 3 = 0"))
    with db.reading() as session:
        ids = [
            (row.id, row.received_at)
            for row in session.connection().execute(table.select().order_by(table.c.id))
        ]
        for hours in (-1, 0, 0.5, 7, 15, 29, 30, 99):
            since = NOON + timedelta(hours=hours)
            first = pulse.first_since(session, table, table.c.received_at, since)
            wanted = [i for i, at in ids if at >= since]
            assert [i for i, _ in ids if i >= first] == wanted, hours


def test_how_long_people_take(db: Database) -> None:
    stored(db, request("T-1"))
    stored(db, pending("T-2", opened_at=NOON - timedelta(hours=2)))
    ended = NOON + timedelta(days=3)
    stored(db, pending("T-3", domain="b.example", state=State.ACTIVE, ended_at=ended))
    with db.reading() as session:
        paces = queries.paces(session)
    assert sorted(paces.confirm) == [0.0, 7200.0]
    assert list(paces.activate) == [3 * 86400.0]
