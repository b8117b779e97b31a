"""Requests that are due are done in groups, and none of them at another's expense."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow import timers
from mailflow.core.request import State
from mailflow.flow import clock
from mailflow.letters import Letters
from mailflow.store import inbox, outbox, queries, requests
from mailflow.store.db import Database
from tests.house import ALBA, INTAKE, REQUEST, House

AFTER = timedelta(days=91)


@pytest.fixture
def house(db: Database) -> House:
    """Three requests of the same partner, pending."""
    house = House(db)
    for number in range(3):
        body = REQUEST.replace("harbour.example", f"harbour{number}.example")
        house.pending(body.replace("Harbour", f"Harbour {number}"))
    return house


def states(db: Database) -> list[State]:
    with db.reading() as session:
        return [found.state for one in (1, 2, 3) if (found := queries.request(session, one))]


def expired(house: House) -> list[tuple[int | None, str]]:
    """Each letter about an expiry, by its request."""
    with house.db.reading() as session:
        rows = queries.mails(session, limit=1000)
    return sorted((row.request_id, row.kind) for row in rows if row.kind.startswith("expiry"))


EACH = [(one, kind) for one in (1, 2, 3) for kind in ("expiry_customer", "expiry_notice")]


def test_a_group_expires_with_its_letters_events_and_accounts(house: House) -> None:
    house.db.clock_offset += AFTER
    assert timers.sweep(house.service.flow) == {"expired": 3}
    assert states(house.db) == [State.EXPIRED] * 3
    assert expired(house) == EACH
    with house.db.reading() as session:
        for one in (1, 2, 3):
            last = queries.events(session, one)[-1]
            assert (last.name, last.from_state, last.to_state) == ("expired", "pending", "expired")
    assert timers.sweep(house.service.flow) == {}


def test_letters_of_a_group_hang_below_those_of_their_own_request(house: House) -> None:
    with house.db.reading() as session:
        oldest_first = reversed(queries.mails(session, limit=1000))
        newest = {(row.request_id, row.recipient): row.message_id for row in oldest_first}
    house.db.clock_offset += AFTER
    timers.sweep(house.service.flow)
    with house.db.reading() as session:
        new = [row for row in queries.mails(session, limit=1000) if row.kind.startswith("expiry")]
        for row in new:
            raw = queries.outbox_raw(session, row.id)
            assert raw is not None
            above = newest[row.request_id, row.recipient]
            assert f"In-Reply-To: {above}\r\n".encode() in raw


def test_notices_let_a_new_request_be_answered_first(house: House) -> None:
    minute = timedelta(minutes=1)
    outbox.claim(house.db, 100, minute)  # what was written before
    house.db.clock_offset += AFTER
    timers.sweep(house.service.flow)
    house.write(ALBA.email, REQUEST.replace("harbour.example", "other.example"))
    [first, second] = outbox.claim(house.db, 2, minute)
    assert (first.kind, second.kind) == ("review", "expiry_notice")


def test_who_changes_between_decision_and_transaction_is_left_for_later(house: House) -> None:
    """Letters are written before the transaction: they must not tell of what is so no more."""
    house.db.clock_offset += AFTER
    flow = house.service.flow
    with house.db.reading() as session:
        now = house.db.now(session)
        plans = clock.plan(session, flow._post, [1, 2, 3], now, flow.policy)
    with house.db.transaction() as session:
        second = requests.load(session, 2)
        assert second is not None
        requests.save(session, replace(second, ready_told=True), second.version)
    with house.db.transaction() as session:
        done = clock.settle(session, flow._post, plans, now)
    assert [applied.outcome for applied in done] == ["expired", "expired"]
    assert states(house.db) == [State.EXPIRED, State.PENDING, State.EXPIRED]
    assert expired(house) == [one for one in EACH if one[0] != 2]
    assert timers.sweep(flow) == {"expired": 1}
    assert expired(house) == EACH


def test_who_fails_leaves_the_others_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One letter of the group cannot be written: the group is undone, and each tried alone."""
    finish = Letters.finish

    def broken(self: Letters, letter: object, envelope: object) -> object:
        if letter.request.id == 2 and letter.kind == "expiry_customer":  # type: ignore[attr-defined]
            raise RuntimeError("no template")
        return finish(self, letter, envelope)  # type: ignore[arg-type]

    monkeypatch.setattr(Letters, "finish", broken)
    house.db.clock_offset += AFTER
    assert timers.sweep(house.service.flow) == {"expired": 2, "failed": 1}
    assert states(house.db) == [State.EXPIRED, State.PENDING, State.EXPIRED]
    assert expired(house) == [one for one in EACH if one[0] != 2]
    monkeypatch.setattr(Letters, "finish", finish)
    assert timers.sweep(house.service.flow) == {"expired": 1}
    assert expired(house) == EACH


def test_unread_mail_holds_up_only_whom_it_came_in_time_for(house: House) -> None:
    """The second one's term ends after the mail was received, the others' long before."""
    with house.db.transaction() as session:
        second = requests.load(session, 2)
        assert second is not None
        assert second.expires_at is not None
        later = second.expires_at + timedelta(hours=12)
        requests.save(session, replace(second, expires_at=later, next_due=later), second.version)
    house.db.clock_offset += AFTER - timedelta(hours=18)  # between the two ends
    mail = inbox.Incoming(
        b"From: a@b.example\r\n\r\n", "a@b.example", (INTAKE,), "127.0.0.1", "smtp"
    )
    inbox.put_many(house.db, [mail])
    house.db.clock_offset += timedelta(hours=18)
    assert timers.sweep(house.service.flow) == {"waiting": 1, "expired": 2}
    assert states(house.db) == [State.EXPIRED, State.PENDING, State.EXPIRED]


def test_a_sweep_passes_over_what_another_machine_has_in_hand(
    postgres_db: Database,
) -> None:
    """It neither waits for the other nor does it a second time."""
    house = House(postgres_db)
    for number in range(2):
        house.pending(REQUEST.replace("harbour.example", f"harbour{number}.example"))
    postgres_db.clock_offset += AFTER
    other = Database(postgres_db._writer.url.render_as_string(hide_password=False))
    with other.transaction() as session:
        assert requests.load(session, 1, lock=True) is not None
        assert timers.sweep(house.service.flow) == {"expired": 1}
    assert timers.sweep(house.service.flow) == {"expired": 1}
    other.close()


class Watched(threading.Event):
    """Notes how long is waited, without waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


def test_mail_in_work_goes_before_the_letters_of_the_clock(house: House) -> None:
    house.db.clock_offset += AFTER
    stop, looks = Watched(), iter([True, True, False])
    flow = house.service.flow
    assert timers.sweep(flow, stop, lambda: next(looks, False)) == {"expired": 3}
    # Others come to their turn before each of the six letters; the first one waited for the mail.
    short, again = timers._SHORT_BREATH_S, timers._LOOK_AGAIN_S
    assert stop.waits == [short, again, again, *[short] * 5, timers._BREATH_S]


def test_mail_without_end_does_not_stop_the_clock(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "_GIVE_WAY_S", 0.0)
    house.db.clock_offset += AFTER
    assert timers.sweep(house.service.flow, Watched(), lambda: True) == {"expired": 3}
