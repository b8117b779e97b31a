"""Inbound mail: what is stored stays stored, one worker at a time, one end for each mail."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from mailflow.store import inbox, queries
from mailflow.store.db import Database, savepoint
from mailflow.store.tables import Inbox, InboxRaw
from tests.store.make import (
    MINUTE,
    NOON,
    claimed,
    finish,
    finished,
    in_threads,
    incoming,
    refused_by_database,
    rows,
)

PAST = timedelta(seconds=-1)  # a lease that is over before it began


def line(db: Database, mail_id: int) -> queries.InboxLine:
    with db.reading() as session:
        [one] = queries.inbox_rows(session, ids=[mail_id])
    return one


def test_a_group_is_stored_in_order_with_its_bytes_and_envelope(db: Database) -> None:
    mails = [incoming(bytes([n]) * 3, mail_from=f"{n}@x.example") for n in range(20)]
    results = inbox.put_many(db, mails)
    assert [one.copy for one in results] == [False] * 20
    found = {one.id: one for one in inbox.claim(db, 50, MINUTE)}
    for mail, result in zip(mails, results, strict=True):
        got = found[result.id]
        assert (got.raw, got.mail_from, got.recipients) == (
            mail.raw,
            mail.mail_from,
            mail.recipients,
        )
        assert (got.peer, got.source, got.attempts) == ("192.0.2.1", "smtp", 1)


def test_an_empty_group_is_no_work(db: Database) -> None:
    assert inbox.put_many(db, []) == []


def test_null_and_unknown_return_paths_are_told_apart(db: Database) -> None:
    inbox.put_many(db, [incoming(b"1", mail_from=""), incoming(b"2", mail_from=None)])
    assert [one.mail_from for one in inbox.claim(db, 2, MINUTE)] == ["", None]


def test_a_copy_adds_one_to_the_first_whether_in_the_same_group_or_later(db: Database) -> None:
    first, again, other = inbox.put_many(db, [incoming(b"a"), incoming(b"a"), incoming(b"b")])
    assert (first.copy, again.copy, other.copy) == (False, True, False)
    assert first.id == again.id != other.id
    [late] = inbox.put_many(db, [incoming(b"a")])
    assert late == inbox.Stored(first.id, copy=True)
    assert line(db, first.id).copies == 3
    with db.reading() as session:
        assert len(rows(session, InboxRaw)) == 2


def test_the_order_of_recipients_makes_no_other_mail_but_their_set_does(db: Database) -> None:
    one = incoming(recipients=("a@v.example", "b@v.example"))
    turned = incoming(recipients=("b@v.example", "a@v.example"))
    fewer = incoming(recipients=("a@v.example",))
    results = inbox.put_many(db, [one, turned, fewer])
    assert [result.copy for result in results] == [False, True, False]


def test_a_copy_of_a_finished_mail_does_not_wake_it(db: Database) -> None:
    one = claimed(db)
    finish(db, one)
    [copy] = inbox.put_many(db, [incoming(one.raw)])
    assert copy == inbox.Stored(one.id, copy=True)
    assert inbox.claim(db, 10, MINUTE) == []


def test_signs_that_no_database_takes_do_not_stop_a_mail(db: Database) -> None:
    inbox.put_many(
        db, [incoming(mail_from="\udcff\x00@x.example", recipients=("\udcfe@v.example",))]
    )
    [one] = inbox.claim(db, 1, MINUTE)
    assert one.mail_from == "\ufffd\ufffd@x.example"
    assert one.recipients == ("\ufffd@v.example",)


def test_one_bad_row_does_not_stop_its_group(db: Database) -> None:
    # A time without its zone is the one thing that still gets as far as the database.
    bad = incoming(b"2", received_at=NOON.replace(tzinfo=None))
    with pytest.raises(inbox.Unstorable) as caught:
        inbox.put_many(db, [incoming(b"1"), bad, incoming(b"3")])
    assert [one is None for one in caught.value.results] == [False, True, False]
    assert [one.raw for one in inbox.claim(db, 9, MINUTE)] == [b"1", b"3"]


def test_a_mail_is_received_by_our_clock_or_earlier_but_never_later(db: Database) -> None:
    with db.reading() as session:
        now = db.now(session)
    early, late = now - timedelta(days=2), now + timedelta(days=2)
    inbox.put_many(
        db, [incoming(b"1"), incoming(b"2", received_at=early), incoming(b"3", received_at=late)]
    )
    times = [one.received_at for one in inbox.claim(db, 3, MINUTE)]
    assert abs(times[0] - now) < MINUTE
    assert times[1] == early
    assert times[2] == times[0]


def test_the_business_clock_moves_receipt_but_no_lease(db: Database) -> None:
    db.clock_offset = timedelta(days=90)
    [stored] = inbox.put_many(db, [incoming()])
    [one] = inbox.claim(db, 1, MINUTE)
    with db.reading() as session:
        machine = db.machine_now(session)
    assert one.id == stored.id
    assert one.received_at > machine + timedelta(days=89)
    with db.reading() as session:
        [row] = rows(session, Inbox)
    assert row.lease_until < machine + 2 * MINUTE


def test_mails_are_claimed_oldest_first_up_to_the_limit_and_once(db: Database) -> None:
    ids = [inbox.put_many(db, [incoming(bytes([n]))])[0].id for n in range(5)]
    assert [one.id for one in inbox.claim(db, 2, MINUTE)] == ids[:2]
    assert [one.id for one in inbox.claim(db, 9, MINUTE)] == ids[2:]
    assert inbox.claim(db, 9, MINUTE) == []


def test_a_mail_whose_worker_died_is_claimed_again_and_the_attempt_counts(db: Database) -> None:
    inbox.put_many(db, [incoming()])
    [first] = inbox.claim(db, 1, PAST)
    [second] = inbox.claim(db, 1, MINUTE)
    assert (second.id, second.attempts, second.fence) == (first.id, 2, first.fence + 1)


def test_the_late_word_of_a_frozen_worker_is_refused(db: Database) -> None:
    inbox.put_many(db, [incoming()])
    [frozen] = inbox.claim(db, 1, PAST)
    [awake] = inbox.claim(db, 1, MINUTE)
    with pytest.raises(inbox.LeaseLost):
        finish(db, frozen, outcome="late")
    with pytest.raises(inbox.LeaseLost):
        inbox.fault(db, frozen.id, frozen.fence, "late", 3, MINUTE)
    inbox.give_back(db, [(frozen.id, frozen.fence)])
    assert line(db, awake.id).state == "claimed"
    finish(db, awake, outcome="in time")
    assert line(db, awake.id).outcome == "in time"
    with pytest.raises(inbox.LeaseLost):
        finish(db, awake, outcome="twice")


def test_a_finished_mail_says_what_it_was_and_what_became_of_it(db: Database) -> None:
    one = claimed(db)
    finish(
        db, one, state="refused", kind="request", outcome="refuse", reason="not_registered",
        sender="eve@x.example", verdict="dkim pass", message_id="<1@x.example>",
    )  # fmt: skip
    told = line(db, one.id)
    assert (told.state, told.kind, told.outcome, told.reason) == (
        "refused", "request", "refuse", "not_registered",
    )  # fmt: skip
    assert (told.sender, told.verdict, told.message_id) == (
        "eve@x.example", "dkim pass", "<1@x.example>",
    )  # fmt: skip
    assert told.finished_at is not None


def test_a_long_message_id_is_hashed_and_not_cut(db: Database) -> None:
    ids = ["<" + "x" * 300 + end for end in ("1>", "2>")]
    kept = {inbox.stored_message_id(one) for one in ids}
    assert len(kept) == 2
    assert max(len(one) for one in kept) <= inbox.MAX_MESSAGE_ID


@pytest.mark.parametrize("state", ["refused", "quarantined", "failed"])
def test_what_was_not_acted_upon_must_say_why(db: Database, state: str) -> None:
    one = claimed(db)
    with refused_by_database():
        finish(db, one, state=state, reason="")


def test_an_illegal_state_is_refused_by_the_database(db: Database) -> None:
    one = claimed(db)
    with refused_by_database():
        finish(db, one, state="lost")
    with refused_by_database(), db.transaction() as session:
        session.connection().execute(
            Inbox.__table__.update().values(state="claimed", lease_until=None)
        )  # type: ignore[attr-defined]
    with refused_by_database(), db.transaction() as session:
        session.connection().execute(
            Inbox.__table__.update().values(state="waiting", finished_at=NOON)
        )  # type: ignore[attr-defined]


def test_the_same_effect_twice_is_refused_and_the_rest_of_the_transaction_lives(
    db: Database,
) -> None:
    first, second, third = (claimed(db, raw) for raw in (b"1", b"2", b"3"))
    finish(db, first, effect_key="k")
    with db.transaction() as session:
        with pytest.raises(inbox.DuplicateEffect), savepoint(session):
            inbox.finish(session, [finished(second, effect_key="k")])
        inbox.finish(session, [finished(second, outcome="duplicate")])
        inbox.finish(session, [finished(third, effect_key="other")])
    with db.reading() as session:
        assert queries.effects_known(session, ["k", "none"]) == {"k": first.id}
        assert queries.effects_known(session, []) == {}
    assert line(db, second.id).outcome == "duplicate"


def test_faults_of_ours_are_counted_until_the_mail_is_set_aside(db: Database) -> None:
    inbox.put_many(db, [incoming()])
    states = []
    for _ in range(3):
        [one] = inbox.claim(db, 1, MINUTE)
        states.append(inbox.fault(db, one.id, one.fence, "KeyError in form", 3, PAST))
    assert states == ["waiting", "waiting", "failed"]
    told = line(db, one.id)
    assert (told.state, told.outcome, told.reason) == ("failed", "failed", "KeyError in form")
    assert inbox.claim(db, 1, MINUTE) == []


def test_after_a_fault_a_mail_waits_its_time(db: Database) -> None:
    one = claimed(db)
    assert inbox.fault(db, one.id, one.fence, "later", 3, MINUTE) == "waiting"
    assert inbox.claim(db, 1, MINUTE) == []


def test_a_failed_mail_can_be_tried_again_with_all_its_attempts(db: Database) -> None:
    one = claimed(db)
    inbox.fault(db, one.id, one.fence, "bug", 1, MINUTE)
    assert inbox.retry(db, [one.id]) == 1
    [again] = inbox.claim(db, 1, MINUTE)
    assert (again.id, again.attempts, again.raw) == (one.id, 1, one.raw)
    assert inbox.retry(db, [one.id]) == 0  # it is not failed any more


def test_what_was_not_begun_is_given_back_at_once_and_uncounted(db: Database) -> None:
    inbox.put_many(db, [incoming(b"1"), incoming(b"2")])
    inbox.give_back(db, [(one.id, one.fence) for one in inbox.claim(db, 2, MINUTE)])
    assert [one.attempts for one in inbox.claim(db, 2, MINUTE)] == [1, 1]
    inbox.give_back(db, [])


def test_an_operator_who_releases_vouches_by_name(db: Database) -> None:
    one = claimed(db)
    finish(db, one, state="quarantined", outcome="quarantine", reason="sender not proven")
    with pytest.raises(ValueError, match="name"):
        inbox.release(db, [one.id], "")
    assert inbox.release(db, [one.id], "olga") == 1
    [again] = inbox.claim(db, 1, MINUTE)
    assert (again.id, again.vouched_by, again.attempts) == (one.id, "olga", 1)


def test_dropped_mail_keeps_the_reason_it_was_quarantined_for(db: Database) -> None:
    one = claimed(db)
    finish(db, one, state="quarantined", outcome="quarantine", reason="sender not proven")
    assert inbox.drop(db, [one.id], "olga") == 1
    told = line(db, one.id)
    assert (told.state, told.outcome) == ("refused", "dropped")
    assert "olga" in told.reason
    assert "sender not proven" in told.reason
    assert inbox.release(db, [one.id], "olga") == 0


def test_two_workers_never_claim_the_same_mail(db: Database) -> None:
    inbox.put_many(db, [incoming(b"%d" % n) for n in range(60)])
    seen: list[int] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait(10)
        while batch := inbox.claim(db, 4, MINUTE):
            seen.extend(one.id for one in batch)

    in_threads(work, work, work)
    assert len(seen) == len(set(seen)) == 60


def test_a_claim_passes_over_rows_that_another_machine_is_claiming(postgres_db: Database) -> None:
    inbox.put_many(postgres_db, [incoming(b"1"), incoming(b"2")])
    with postgres_db.transaction() as other:
        locked = other.connection().exec_driver_sql(
            "SELECT id FROM inbox ORDER BY id LIMIT 1 FOR UPDATE"
        )
        first = locked.scalar_one()
        others: list[inbox.Claimed] = []
        in_threads(lambda: others.extend(inbox.claim(postgres_db, 9, MINUTE)))
    assert [one.raw for one in others] == [b"2"]
    assert [one.id for one in inbox.claim(postgres_db, 9, MINUTE)] == [first]
