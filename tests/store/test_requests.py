"""Requests: compare-and-set, one account per domain, one decision per request."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow.core.request import Account, State
from mailflow.store import directory, history, queries, requests
from mailflow.store.db import Database
from mailflow.store.tables import Account as AccountRow
from mailflow.store.tables import Check, Event, Remark, RequestRow
from tests.store.make import (
    NOON,
    in_threads,
    pending,
    refused_by_database,
    request,
    rows,
    stored,
)


def test_a_request_comes_back_as_it_was_stored(db: Database) -> None:
    new = stored(db, request("AB12CD"))
    assert new.id > 0
    assert new.version == 0
    with db.reading() as session:
        assert requests.load(session, new.id) == new
        assert requests.load(session, new.id + 1) is None
        assert queries.request(session, new.id) == new
        assert queries.request_by_reference(session, "ab12cd") == new
        assert queries.request_by_reference(session, "none") is None


def test_a_change_raises_the_version_and_needs_the_one_before(db: Database) -> None:
    new = stored(db, request())
    with db.transaction() as session:
        changed = requests.save(session, replace(new, revision=2), 0, NOON)
        assert changed.version == 1
    with pytest.raises(requests.Conflict), db.transaction() as session:
        requests.save(session, replace(new, revision=3), 0)
    with db.reading() as session:
        assert requests.load(session, new.id) == replace(new, revision=2, version=1)
        [row] = rows(session, RequestRow)
    assert (row.revision, row.changed_at) == (2, NOON)


def test_of_many_who_change_the_same_version_one_wins(db: Database) -> None:
    new = stored(db, request())
    start = threading.Barrier(4)
    won: list[int] = []

    def change(revision: int) -> None:
        start.wait(10)
        try:
            with db.transaction() as session:
                requests.save(session, replace(new, revision=revision), 0)
            won.append(revision)
        except requests.Conflict:
            pass

    in_threads(*(lambda n=n: change(n) for n in range(2, 6)))  # type: ignore[misc]
    assert len(won) == 1
    with db.reading() as session:
        found = requests.load(session, new.id)
    assert found is not None
    assert (found.version, found.revision) == (1, won[0])


def test_a_lock_makes_others_wait_instead_of_lose(postgres_db: Database) -> None:
    new = stored(postgres_db, request())

    def change() -> None:
        with postgres_db.transaction() as session:
            found = requests.load(session, new.id, lock=True)
            assert found is not None
            requests.save(session, replace(found, revision=found.revision + 1), found.version)

    in_threads(*[change] * 4)
    with postgres_db.reading() as session:
        found = requests.load(session, new.id)
    assert found is not None
    assert found.revision == 5


def test_a_reference_is_used_once(db: Database) -> None:
    stored(db, request("SAME"))
    with refused_by_database():
        stored(db, request("SAME"))


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "unheard"},
        {"state": "pending"},  # without created_at and expires_at
        {"version": -1},
        {"revision": 0},
    ],
)
def test_an_illegal_request_is_refused_by_the_database(
    db: Database, broken: dict[str, object]
) -> None:
    stored(db, request())
    with refused_by_database(), db.transaction() as session:
        session.connection().execute(RequestRow.__table__.update().values(**broken))  # type: ignore[attr-defined]


def test_a_domain_has_one_account_and_the_transaction_goes_on(db: Database) -> None:
    first, second = stored(db, pending()), stored(db, pending())
    with db.transaction() as session:
        requests.account_create(session, first, "pending", NOON)
        with pytest.raises(requests.DomainTaken):
            requests.account_create(session, second, "pending", NOON)
        history.add_remark(
            session, kind="case", address="a@x.example", remark="still here", at=NOON
        )
    with db.reading() as session:
        assert len(rows(session, AccountRow)) == 1
        assert len(rows(session, Remark)) == 1


@pytest.mark.parametrize("state", ["pending", "hold", "active"])
def test_every_occupying_state_keeps_the_domain(db: Database, state: str) -> None:
    first, second = stored(db, pending()), stored(db, pending())
    with db.transaction() as session:
        requests.account_create(session, first, "pending", NOON)
        requests.account_set(session, first, state, NOON)
        with pytest.raises(requests.DomainTaken):
            requests.account_create(session, second, "pending", NOON)
        requests.account_set(session, first, "ended", NOON)
        requests.account_create(session, second, "pending", NOON)  # free at once (S29)
        with pytest.raises(requests.DomainTaken):
            requests.account_create(session, replace(first, id=second.id), "pending", NOON)


def test_an_ended_account_cannot_take_its_domain_back(db: Database) -> None:
    first, second = stored(db, pending()), stored(db, pending())
    with db.transaction() as session:
        requests.account_create(session, first, "pending", NOON)
        requests.account_set(session, first, "ended", NOON)
        requests.account_create(session, second, "pending", NOON)
    with refused_by_database(), db.transaction() as session:
        requests.account_set(session, first, "active", NOON)


def test_of_concurrent_confirmations_of_one_domain_one_wins(db: Database) -> None:
    new = [stored(db, pending()) for _ in range(4)]
    start = threading.Barrier(4)
    won: list[int] = []

    def confirm(number: int) -> None:
        start.wait(10)
        with db.transaction() as session:
            try:
                requests.account_create(session, new[number], "pending", NOON)
                won.append(number)
            except requests.DomainTaken:
                # The loser's transaction is still good: it tells the partner.
                history.add_event(
                    session, history.NewEvent(request_id=new[number].id, at=NOON, name="taken")
                )

    in_threads(*(lambda n=n: confirm(n) for n in range(4)))  # type: ignore[misc]
    assert len(won) == 1
    with db.reading() as session:
        [account] = rows(session, AccountRow)
        assert len(rows(session, Event)) == 3
    assert account.request_id == new[won[0]].id


def test_an_account_shows_its_request_and_its_administrator(db: Database) -> None:
    one = stored(db, pending("REF1"))
    with db.transaction() as session:
        requests.account_create(session, one, "pending", NOON)
        before = directory.account(session, "bakery.example")
        requests.account_set(session, one, "active", NOON)
        after = directory.account(session, "bakery.example")
        assert directory.account(session, "other.example") is None
    assert before == Account("bakery.example", "Bakery", "pending", "REF1", "ana@partner.example")
    assert after == replace(before, state="active", administrators=("ben@bakery.example",))


def test_a_request_without_account_has_none_to_move(db: Database) -> None:
    with pytest.raises(requests.Conflict), db.transaction() as session:
        requests.account_set(session, pending(id=7), "active", NOON)


def test_an_illegal_account_is_refused_by_the_database(db: Database) -> None:
    one = stored(db, pending())
    with db.transaction() as session:
        requests.account_create(session, one, "pending", NOON)
    with refused_by_database(), db.transaction() as session:
        requests.account_set(session, one, "gone", NOON)
    with refused_by_database(), db.transaction() as session:
        requests.account_create(session, replace(one, id=999_999), "ended", NOON)


def test_a_request_is_decided_once_and_the_transaction_goes_on(db: Database) -> None:
    one, other = stored(db, pending()), stored(db, pending(domain="b.example"))
    with db.transaction() as session:

        def add(request_id: int, name: str, *, decides: bool = False) -> None:
            new = history.NewEvent(request_id, NOON, name, decides=decides)
            history.add_event(session, new)

        add(one.id, "accepted", decides=True)
        with pytest.raises(history.AlreadyDecided):
            add(one.id, "declined", decides=True)
        add(one.id, "told")
        add(other.id, "declined", decides=True)
    with db.reading() as session:
        assert [event.name for event in queries.events(session, one.id)] == ["accepted", "told"]


def test_an_event_keeps_its_evidence(db: Database) -> None:
    one = stored(db, request())
    with db.transaction() as session:
        history.add_event(session, history.NewEvent(request_id=one.id, at=NOON, name="confirmed", from_state="review",
            to_state="pending", revision=2, part="partner", address="ana@partner.example",
            evidence="dkim pass, aligned", reason="S20", data={"fields": ["account_name"]},
        ))  # fmt: skip
    with db.reading() as session:
        [event] = queries.events(session, one.id)
    assert event == queries.EventLine(
        event.id, one.id, NOON, "confirmed", "review", "pending", 2, False, "partner",
        "ana@partner.example", "dkim pass, aligned", "S20", None, {"fields": ["account_name"]},
    )  # fmt: skip


def test_an_event_of_no_request_is_refused_by_the_database(db: Database) -> None:
    with refused_by_database(), db.transaction() as session:
        history.add_event(session, history.NewEvent(request_id=999_999, at=NOON, name="x"))


def test_remarks_and_checks_are_kept(db: Database) -> None:
    one = stored(db, request())
    with db.transaction() as session:
        history.add_remark(
            session, kind="feedback", address="ana@partner.example", remark="Gracias\x00", at=NOON,
            request_id=one.id,
        )  # fmt: skip
        history.add_check(session, one.id, NOON, False, ["customer bounced"])
    with db.reading() as session:
        [remark] = queries.remarks(session, "feedback")
        assert queries.remarks(session, "case") == []
        [check] = rows(session, Check)
    assert (remark["text"], remark["request_id"]) == ("Gracias\ufffd", one.id)
    assert (check.passed, check.findings) == (False, ["customer bounced"])


def test_requests_are_listed_newest_first_by_state_and_by_what_is_in_them(db: Database) -> None:
    one, two = stored(db, request("ONE")), stored(db, pending("TWO", domain="100%.example"))
    with db.reading() as session:
        look = queries.requests
        assert [r.reference for r in look(session)] == ["TWO", "ONE"]
        assert look(session, state="pending") == [two]
        assert look(session, limit=1) == [two]
        assert look(session, after_id=two.id) == [one]
        find = queries.find_requests
        assert find(session, words="0%.EX").requests == [two]  # a percent sign is no wildcard
        assert find(session, words="partner", limit=1).requests == [two]
        assert find(session, words="partner", after=two.id).requests == [one]
        assert find(session, words="nothing").requests == []
        assert queries.approver_requests(session, "ben@bakery.example") == [two]


def test_the_clock_finds_what_is_due_and_nothing_early(db: Database) -> None:
    late = stored(db, request(next_due=NOON - timedelta(days=1)))
    due = stored(db, request(next_due=NOON))
    stored(db, request(next_due=NOON + timedelta(microseconds=1)))
    stored(db, request(next_due=None))
    with db.reading() as session:
        found = queries.due_requests(session, NOON, 10)
        assert found == [
            queries.Due(NOON - timedelta(days=1), late.id), queries.Due(NOON, due.id),
        ]  # fmt: skip
        assert queries.due_requests(session, NOON, 1) == found[:1]
        assert queries.due_requests(session, NOON, 10, found[0]) == found[1:]
        assert queries.due_requests(session, NOON, 10, found[1]) == []


def test_the_requesters_own_newest_ended_request_is_found(db: Database) -> None:
    stored(db, request("OLD", state=State.LAPSED))
    stored(db, request("NEW", state=State.CANCELLED))
    stored(db, request("RUNS"))
    with db.reading() as session:
        find = queries.earlier_request
        assert find(session, "ana@partner.example", "bakery.example") == "NEW"
        assert find(session, "eve@partner.example", "bakery.example") == ""
