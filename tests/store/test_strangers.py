"""Mail that led to nothing stays within its quota, and is accounted for when its rows are gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mailflow.core.request import Person
from mailflow.store import directory, history, inbox, outbox, queries, quota, strangers, tokens
from mailflow.store.db import Database
from mailflow.store.strangers import Let, limit
from mailflow.store.tables import Forgotten, Outbox, Token
from tests.store.make import (
    MINUTE,
    NOON,
    claimed,
    finish,
    in_threads,
    incoming,
    posted,
    request,
    rows,
    stored,
)

#: The rest of a row is short here, so this is about what one takes.
ROW = strangers.ROW + 100


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept only because it is new."""
    monkeypatch.setattr(strangers, "NEWEST", 0)


def aside(db: Database, raw: bytes, **values: Any) -> int:
    """A mail that was set aside, or had the end that is told."""
    one = claimed(db, raw)
    plain = {"state": "quarantined", "outcome": "quarantine", "reason": "not proven"}
    finish(db, one, **(plain | values))
    return one.id


def kept(db: Database) -> tuple[list[int], list[int]]:
    """Mails that have a row, and those that have their bytes."""
    with db.reading() as session:
        lines = sorted(line.id for line in queries.inbox_rows(session, limit=1000))
        return lines, [i for i in lines if queries.inbox_raw(session, i) is not None]


def counted(db: Database) -> dict[str, tuple[int, int, int]]:
    with db.reading() as session:
        return {x.fate: (x.mails, x.copies, x.letters) for x in rows(session, Forgotten)}


def difference(db: Database) -> int:
    with db.reading() as session:
        return queries.conservation(session).difference


def test_within_the_quota_nothing_goes(db: Database) -> None:
    ids = [aside(db, b"%d" % n * 1000) for n in range(3)]
    assert limit(db, 100_000) == Let()
    assert kept(db) == (ids, ids)


def test_the_oldest_lose_their_bytes_first_and_then_their_rows(db: Database) -> None:
    ids = [aside(db, b"%d" % n * 3000) for n in range(10)]
    assert limit(db, 40_000, dry_run=True) == Let(wiped=2, forgotten=0)
    assert kept(db) == (ids, ids)
    assert limit(db, 40_000) == Let(wiped=2, forgotten=0)
    assert kept(db) == (ids, ids[2:])
    assert limit(db, 40_000) == Let()
    assert limit(db, 16_000) == Let(wiped=1, forgotten=6)
    assert kept(db) == (ids[6:], ids[7:])
    assert counted(db) == {"quarantined": (6, 6, 0)}
    with db.reading() as session:
        assert queries.counts(session).forgotten == {"quarantined": 6}
        account = queries.conservation(session)
    assert (account.accepted, account.quarantined, account.difference) == (10, 10, 0)


def test_a_flood_of_strangers_pushes_out_nobody_who_is_registered(db: Database) -> None:
    with db.transaction() as session:
        directory.upsert_people(session, [Person("alba@cobalt.example")], NOON)
    theirs = [aside(db, b"%d" % n * 1000, sender="alba@cobalt.example") for n in range(2)]
    flood = [aside(db, b"x%d" % n * 1000, sender="x@flood.example") for n in range(20)]
    let = limit(db, 10 * ROW)
    assert let.forgotten > 10
    lines, whole = kept(db)
    assert lines == [*theirs, *flood[let.forgotten :]]
    assert set(theirs) <= set(whole)
    limit(db, ROW)  # it is a quota for them as well
    assert not set(theirs) & set(kept(db)[1])
    assert difference(db) == 0


def test_many_small_mails_are_counted_by_their_rows(db: Database) -> None:
    ids = [aside(db, b"%d" % n) for n in range(20)]
    let = limit(db, 10 * ROW)
    assert 10 < let.forgotten < 14
    assert kept(db)[0] == ids[let.forgotten :]
    assert difference(db) == 0


def test_the_newest_rows_stay_whatever_the_quota(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "NEWEST", 3)
    ids = [aside(db, b"%d" % n) for n in range(5)]
    assert limit(db, 0) == Let(wiped=3, forgotten=2)
    assert kept(db) == (ids[2:], [])
    [again] = inbox.put_many(db, [incoming(b"4")])
    assert again == inbox.Stored(ids[4], copy=True)


def test_what_somebody_may_still_ask_for_is_never_forgotten(db: Database) -> None:
    """Requests, histories, remarks, letters under way, operators' words, faults, open mail."""
    asked = stored(db, request())
    of_request = aside(db, b"1", state="done", outcome="review", request_id=asked.id)
    told, remarked, answered, about = (aside(db, b"%d" % n) for n in range(2, 6))
    with db.transaction() as session:
        line = history.NewEvent(request_id=None, at=NOON, name="x", inbox_id=told)
        history.add_event(session, line)
        history.add_remark(
            session, kind="case", address="a@b.example", remark="Help", at=NOON, inbox_id=remarked
        )
    letter = posted(db, inbox_id=answered)
    posted(db, inbox_id=about, request_id=asked.id)
    released = aside(db, b"6")
    inbox.release(db, [released], "olga")
    [mail] = inbox.claim(db, 9, MINUTE)
    finish(db, mail, state="refused", outcome="refuse", reason="unknown")
    failed = aside(db, b"7", state="failed", outcome="failed", reason="bug")
    silent = aside(db, b"8", state="done", outcome="", reason="")
    [open_one] = inbox.put_many(db, [incoming(b"9")])
    ids = [of_request, told, remarked, answered, about, released, failed, silent, open_one.id]
    assert limit(db, 0).forgotten == 0
    assert kept(db)[0] == sorted(ids)
    assert difference(db) == 1  # the silent one, and it goes on saying so
    [sent] = [one for one in outbox.claim(db, 9, MINUTE) if one.id == letter]
    outbox.mark(db, sent.id, sent.fence, "sent", "250")
    assert limit(db, 0).forgotten == 1
    assert answered not in kept(db)[0]


def test_letters_in_answer_go_with_their_mail(db: Database) -> None:
    one = aside(db, b"1", state="refused", outcome="refuse")
    posted(db, inbox_id=one, raw=b"x" * 5000)
    [mail] = outbox.claim(db, 1, MINUTE)
    outbox.mark(db, mail.id, mail.fence, "sent", "250")
    with db.transaction() as session:
        tokens.add(
            session, hash="h", purpose="bounce", person="a@b.example", request_id=None,
            outbox_id=mail.id, revision=0, at=NOON,
        )  # fmt: skip
    assert limit(db, 8000).forgotten == 0
    assert limit(db, 7000).forgotten == 1  # its letter alone is nearly that
    with db.reading() as session:
        assert rows(session, Outbox) == rows(session, Token) == []
        left = session.connection().execute(text("SELECT count(*) FROM outbox_raw")).scalar_one()
    assert left == 0
    assert counted(db) == {"refused": (1, 1, 1)}


fates = st.lists(
    st.tuples(
        st.sampled_from(
            [
                ("done", "help"),
                ("done", "duplicate"),
                ("ignored", "ignore"),
                ("refused", "dropped"),
                ("quarantined", "quarantine"),
            ]
        ),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25)
@given(fates, st.integers(0, 12), st.integers(0, 12))
def test_the_account_says_the_same_whatever_is_forgotten(
    sqlite_db: Database, ends: list[tuple[tuple[str, str], int]], first: int, second: int
) -> None:
    db = sqlite_db
    with db.transaction() as session:
        for table in ("inbox_raw", "inbox", "forgotten"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    for number, ((state, outcome), copies) in enumerate(ends):
        inbox.put_many(db, [incoming(b"%d" % number)] * copies)
        for one in inbox.claim(db, 9, MINUTE):
            finish(db, one, state=state, outcome=outcome, reason="because")
    with db.reading() as session:
        before = queries.conservation(session)
    assert before.difference == 0
    for rows_kept in (first, second):
        limit(db, rows_kept * ROW)
        with db.reading() as session:
            assert queries.conservation(session) == before


def test_two_that_forget_at_once_count_each_mail_once(db: Database) -> None:
    for number in range(30):
        aside(db, b"%d" % number)
    in_threads(*[lambda: limit(db, 5 * ROW)] * 3)
    assert difference(db) == 0
    with db.reading() as session:
        assert queries.conservation(session).accepted == 30
    assert counted(db)["quarantined"][0] == 30 - len(kept(db)[0])


def test_a_mail_that_was_released_meanwhile_stays(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [aside(db, b"%d" % n * 100) for n in range(4)]
    surplus = strangers._surplus(db, ROW)
    assert ids[0] in surplus.forget
    inbox.release(db, [ids[0]], "olga")
    strangers._clear(db, surplus)
    assert ids[0] in kept(db)[1]
    assert difference(db) == 0


def test_more_than_one_batch_goes(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "BATCH", 2)
    for number in range(7):
        aside(db, b"%d" % number * 10)
    assert limit(db, 0) == Let(wiped=0, forgotten=7)
    assert kept(db) == ([], [])


def test_the_watch_looks_again_only_when_something_came(db: Database) -> None:
    watch = strangers.Watch(db, 3 * ROW)
    aside(db, b"0")
    assert watch.look() == Let()
    watch._not_before = 0.0
    seen: list[int] = []
    for number in range(1, 9):
        aside(db, b"%d" % number)
        watch._not_before = 0.0
        seen.append(watch.look().forgotten)
    assert sum(seen) == 9 - len(kept(db)[0]) > 3
    watch._not_before = 0.0
    with db.transaction() as session:
        session.connection().execute(text("UPDATE inbox SET reason = 'x'"))
    watch._most = 0
    assert watch.look() == Let()  # nothing came in


def test_the_watch_rests_after_a_look(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "_EFFORT", 1e-9)
    watch = strangers.Watch(db, 0)
    assert watch.look() == Let()
    aside(db, b"1")
    assert watch.look() == Let()
    watch._not_before = 0.0
    assert watch.look().forgotten == 1


def test_who_was_answered_lately_is_bounded_for_strangers_and_for_nobody_else(db: Database) -> None:
    day = timedelta(days=1)
    with db.transaction() as session:
        for number in range(6):
            for kind in ("refusal", "calm", "idle"):
                quota.take(session, f"{kind}:{number}@x.example", 1, day, NOON + number * MINUTE)
        assert quota.limit_strangers(session, 6) == 0
        assert quota.limit_strangers(session, 2) == 8
        now = NOON + 6 * MINUTE
        assert quota.take(session, "refusal:5@x.example", 1, day, now) is None
        assert quota.take(session, "refusal:0@x.example", 1, day, now)
        assert quota.take(session, "idle:0@x.example", 1, day, now) is None
