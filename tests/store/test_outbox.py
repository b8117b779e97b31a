"""Outgoing mail: sent at least once, the same bytes each time, and not after it was taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailflow.store import outbox, queries
from mailflow.store.db import Database
from mailflow.store.tables import Outbox
from tests.store.make import (
    MINUTE,
    NOON,
    in_threads,
    letter,
    posted,
    refused_by_database,
    request,
    rows,
    stored,
    undone,
)

PAST = timedelta(seconds=-1)


def state(db: Database, mail_id: int) -> str:
    return line(db, mail_id).state


def line(db: Database, mail_id: int) -> queries.OutboxLine:
    with db.reading() as session:
        [one] = queries.outbox_rows(session, ids=[mail_id])
    return one


def withdraw(db: Database, request_id: int, **which: object) -> int:
    with db.transaction() as session:
        return outbox.withdraw(session, request_id, NOON, **which)  # type: ignore[arg-type]


def test_a_letter_is_claimed_as_it_was_written(db: Database) -> None:
    mail = letter(raw=b"\x00\xff bytes", subject="Revisión")
    with db.transaction() as session:
        mail_id = outbox.add(session, mail, NOON)
    [one] = outbox.claim(db, 9, MINUTE)
    assert one == outbox.ClaimedMail(
        mail_id, 1, mail.recipient, mail.mail_from, mail.raw, 1, NOON, mail.message_id, None, "review",
    )  # fmt: skip
    assert outbox.claim(db, 9, MINUTE) == []


def test_what_the_clock_wrote_lets_others_go_first(db: Database) -> None:
    notices = [posted(db, by_clock=True) for _ in range(3)]
    answers = [posted(db) for _ in range(2)]
    assert [mail.id for mail in outbox.claim(db, 1, MINUTE)] == answers[:1]
    assert [mail.id for mail in outbox.claim(db, 2, MINUTE)] == [answers[1], notices[0]]
    assert [mail.id for mail in outbox.claim(db, 9, MINUTE)] == notices[1:]


def test_a_letter_belongs_to_the_transaction_of_its_cause(db: Database) -> None:
    undone(db, lambda session: outbox.add(session, letter(), NOON))
    assert outbox.claim(db, 9, MINUTE) == []


def test_a_letter_of_the_virtual_future_is_due_at_once(db: Database) -> None:
    with db.transaction() as session:
        outbox.add(session, letter(), NOON + timedelta(days=90_000))
    assert len(outbox.claim(db, 9, MINUTE)) == 1


def test_a_message_id_is_used_once(db: Database) -> None:
    posted(db, message_id="<1@v.example>")
    with refused_by_database():
        posted(db, message_id="<1@v.example>")


def test_an_illegal_state_is_refused_by_the_database(db: Database) -> None:
    posted(db)
    [one] = outbox.claim(db, 1, MINUTE)
    with refused_by_database():
        outbox.mark(db, one.id, one.fence, "lost", "")
    for broken in ({"lease_until": None}, {"finished_at": NOON}):
        with refused_by_database(), db.transaction() as session:
            session.connection().execute(Outbox.__table__.update().values(**broken))  # type: ignore[attr-defined]


@pytest.mark.parametrize("end", ["sent", "captured", "failed"])
def test_the_relays_answer_ends_it(db: Database, end: str) -> None:
    posted(db)
    [one] = outbox.claim(db, 1, MINUTE)
    assert outbox.mark(db, one.id, one.fence, end, "250 2.0.0 queued\x00")
    told = line(db, one.id)
    assert (told.state, told.answer, told.attempts) == (end, "250 2.0.0 queued\ufffd", 1)
    assert told.finished_at is not None
    assert outbox.claim(db, 9, MINUTE) == []


def test_a_deferred_letter_comes_back_in_its_time_with_the_same_bytes(db: Database) -> None:
    posted(db, raw=b"same")
    [one] = outbox.claim(db, 1, MINUTE)
    with db.reading() as session:
        now = db.machine_now(session)
    assert outbox.mark(db, one.id, one.fence, "due", "451 later", now + timedelta(hours=1))
    assert outbox.claim(db, 1, MINUTE) == []
    assert outbox.next_due(db) == now + timedelta(hours=1)
    assert outbox.retry(db, [one.id]) == 1  # the operator does not wait
    [again] = outbox.claim(db, 1, MINUTE)
    assert (again.raw, again.message_id, again.attempts) == (b"same", one.message_id, 2)


def test_nothing_is_next_when_nothing_waits(db: Database) -> None:
    assert outbox.next_due(db) is None


def test_the_late_word_of_a_frozen_sender_is_refused(db: Database) -> None:
    posted(db)
    [frozen] = outbox.claim(db, 1, PAST)
    [awake] = outbox.claim(db, 1, MINUTE)
    assert (awake.id, awake.attempts) == (frozen.id, 2)
    assert not outbox.mark(db, frozen.id, frozen.fence, "failed", "late")
    assert outbox.mark(db, awake.id, awake.fence, "sent", "250")
    assert not outbox.mark(db, awake.id, awake.fence, "failed", "twice")
    assert state(db, awake.id) == "sent"


def test_many_marks_share_a_transaction_and_each_is_judged_alone(db: Database) -> None:
    for _ in range(3):
        posted(db)
    one, two, three = outbox.claim(db, 9, MINUTE)
    marks = [
        outbox.Mark(one.id, one.fence, "sent", "250"),
        outbox.Mark(two.id, two.fence - 1, "sent", "250"),
        outbox.Mark(three.id, three.fence, "failed", "550"),
    ]
    assert outbox.mark_many(db, marks) == [True, False, True]
    assert [state(db, one.id) for one in (one, two, three)] == ["sent", "claimed", "failed"]
    assert outbox.mark_many(db, []) == []


def test_a_failed_letter_can_be_tried_again(db: Database) -> None:
    posted(db)
    [one] = outbox.claim(db, 1, MINUTE)
    outbox.mark(db, one.id, one.fence, "failed", "550 no")
    assert outbox.retry(db, [one.id]) == 1
    assert [again.id for again in outbox.claim(db, 1, MINUTE)] == [one.id]
    assert outbox.retry(db, [one.id]) == 0  # a sender has it


def test_a_sent_letter_may_come_back(db: Database) -> None:
    mail_id = posted(db)
    with db.transaction() as session:
        outbox.bounced(session, mail_id, "550 5.1.1 unknown")
    assert line(db, mail_id).bounced == "550 5.1.1 unknown"


def test_unsent_letters_of_a_request_are_withdrawn_by_addressee_and_kind(db: Database) -> None:
    one, other = stored(db, request()).id, stored(db, request()).id
    to_ben = posted(db, request_id=one, recipient="ben@x.example", kind="activation")
    reminder = posted(db, request_id=one, recipient="ben@x.example", kind="reminder_customer")
    to_ana = posted(db, request_id=one)
    posted(db, request_id=other)
    assert withdraw(db, one, recipient="ben@x.example", kinds=["activation"]) == 1
    assert [state(db, n) for n in (to_ben, reminder, to_ana)] == ["withdrawn", "due", "due"]
    assert withdraw(db, one) == 2
    assert withdraw(db, one) == 0
    assert len(outbox.claim(db, 9, MINUTE)) == 1


def test_what_was_sent_is_not_withdrawn(db: Database) -> None:
    one = stored(db, request()).id
    posted(db, request_id=one)
    [claimed] = outbox.claim(db, 1, MINUTE)
    outbox.mark(db, claimed.id, claimed.fence, "sent", "250")
    assert withdraw(db, one) == 0
    assert state(db, claimed.id) == "sent"


def test_a_letter_withdrawn_under_way_may_arrive_but_is_not_tried_again(db: Database) -> None:
    one = stored(db, request()).id
    for _ in range(2):
        posted(db, request_id=one)
    arrives, deferred = outbox.claim(db, 9, MINUTE)
    assert withdraw(db, one) == 0
    assert outbox.mark(db, arrives.id, arrives.fence, "sent", "250")
    assert outbox.mark(db, deferred.id, deferred.fence, "due", "451", NOON)
    assert [state(db, n.id) for n in (arrives, deferred)] == ["sent", "withdrawn"]
    assert outbox.claim(db, 9, MINUTE) == []


def test_a_letter_whose_sender_died_is_withdrawn_like_a_due_one(db: Database) -> None:
    one = stored(db, request()).id
    mail_id = posted(db, request_id=one)
    outbox.claim(db, 1, PAST)
    assert withdraw(db, one) == 1
    assert state(db, mail_id) == "withdrawn"


def test_a_letter_withdrawn_before_its_sender_died_ends_with_the_next_claim(db: Database) -> None:
    one = stored(db, request()).id
    mail_id = posted(db, request_id=one)
    outbox.claim(db, 1, MINUTE)
    withdraw(db, one)
    with db.transaction() as session:  # the lease runs out
        session.connection().execute(Outbox.__table__.update().values(next_attempt_at=NOON))  # type: ignore[attr-defined]
    assert outbox.claim(db, 9, MINUTE) == []
    told = line(db, mail_id)
    assert (told.state, told.attempts) == ("withdrawn", 1)


def test_two_senders_never_claim_the_same_letter(db: Database) -> None:
    for _ in range(40):
        posted(db)
    seen: list[int] = []

    def work() -> None:
        while batch := outbox.claim(db, 3, MINUTE):
            seen.extend(one.id for one in batch)

    in_threads(work, work, work)
    assert len(seen) == len(set(seen)) == 40


def test_rows_for_people_cut_the_secret(db: Database) -> None:
    mail_id = posted(db, mail_from="bounce+abcdefghijklmnop@vendor.example")
    assert line(db, mail_id).mail_from == "bounce+abcdef…@vendor.example"
    with db.reading() as session:
        assert "abcdefg" in rows(session, Outbox)[0].mail_from
