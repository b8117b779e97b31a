"""The way out, from the outbox to a relay: what is sent, how often, and how it is marked."""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Row, text

from mailflow.config import DeliverySettings
from mailflow.core.retry import Backoff
from mailflow.delivery import crew
from mailflow.delivery import sender as module
from mailflow.delivery.capture import Capture
from mailflow.delivery.outcome import Deferred, Failed, Outcome, Sent
from mailflow.delivery.relay import Relay
from mailflow.delivery.sender import Sender
from mailflow.delivery.talk import Aside, Carrier, Leaving, Talk
from mailflow.metrics import Metrics
from mailflow.store import outbox
from mailflow.store.db import Database, Unavailable
from mailflow.store.outbox import ClaimedMail, Mail
from mailflow.store.tables import Outbox
from tests.edges.mail_door import PATIENCE, until
from tests.edges.sink import DROP, HANG, Sink, open_sink

BACKOFF = Backoff(timedelta(hours=1), timedelta(hours=4), timedelta(days=5))


def raw(recipient: str) -> bytes:
    return f"Message-ID: <{recipient}>\r\nTo: {recipient}\r\n\r\nHello\r\n".encode()


def add(db: Database, *recipients: str, age: timedelta = timedelta()) -> list[int]:
    """Mails to these, written so long ago."""
    with db.transaction() as session:
        at = db.now(session) - age
        return [
            outbox.add(
                session,
                Mail(
                    None, None, "review", "partner", "en", 1, recipient,
                    "bounce+abc@licensing.vendor.example", f"<{recipient}>", "Hello",
                    raw(recipient),
                ),
                at,
            )
            for recipient in recipients
        ]  # fmt: skip


def row(db: Database, mail_id: int) -> Row[Any]:
    table = Outbox.__table__  # type: ignore[attr-defined]
    with db.reading() as session:
        return session.connection().execute(table.select().where(table.c.id == mail_id)).one()


def states(db: Database, ids: list[int]) -> list[str]:
    return [row(db, mail_id).state for mail_id in ids]


@dataclass
class Told:
    """Remembers what it was told of failed mails; raises `faults` first, one at each call."""

    failed: list[tuple[int, str]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def __call__(self, mail: ClaimedMail, reason: str) -> None:
        self.failed.append((mail.id, reason))
        if self.faults:
            raise self.faults.pop(0)


@dataclass
class Running:
    sender: Sender
    told: Told
    metrics: Metrics
    stop: threading.Event
    thread: threading.Thread

    def end(self) -> None:
        self.stop.set()
        self.sender.ring()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@contextlib.contextmanager
def sending(
    db: Database,
    make_carrier: Callable[[], Carrier],
    *,
    backoff: Backoff = BACKOFF,
    carriers: int = 4,
    told: Told | None = None,
) -> Iterator[Running]:
    """A sender at work for the length of the block."""
    told = told or Told()
    metrics = Metrics()
    sender = Sender(
        db,
        make_carrier,
        backoff,
        carriers=carriers,
        on_failed=told,
        chance=lambda: 0.5,
        metrics=metrics,
    )
    stop = threading.Event()
    thread = threading.Thread(target=sender.run, args=(stop,))
    running = Running(sender, told, metrics, stop, thread)
    thread.start()
    try:
        yield running
    finally:
        running.end()


def to(sink: Sink, **settings: Any) -> Callable[[], Relay]:
    changed = {"host": "127.0.0.1", "port": sink.port, "security": "none", "timeout_s": 5.0}
    return lambda: Relay(
        DeliverySettings().model_copy(update=changed | settings), "mail.vendor.example"
    )


def test_mails_are_sent_once_each_and_marked(sqlite_db: Database) -> None:
    people = [f"p{n}@customer.example" for n in range(50)]
    ids = add(sqlite_db, *people)
    with open_sink() as sink:
        with sending(sqlite_db, to(sink)) as running:
            until(lambda: states(sqlite_db, ids) == ["sent"] * 50)
            late = add(sqlite_db, "late@customer.example")
            running.sender.ring()
            until(lambda: states(sqlite_db, late) == ["sent"])
        assert sorted(m.recipient for m in sink.mails) == sorted([*people, "late@customer.example"])
        assert all(m.raw == raw(m.recipient) for m in sink.mails)
        assert 1 <= sink.connections <= 4
    done = row(sqlite_db, ids[0])
    assert (done.answer, done.attempts, done.finished_at is not None) == ("250 taken", 1, True)
    assert running.metrics.registry.get_sample_value("mailflow_sent_total", {"mode": "smtp"}) == 51


def test_without_a_bell_it_looks_by_itself(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    with open_sink() as sink, sending(sqlite_db, to(sink)):
        ids = add(sqlite_db, "anna@customer.example")
        until(lambda: states(sqlite_db, ids) == ["sent"])


def test_captured_mails_end_as_captured(sqlite_db: Database) -> None:
    ids = add(sqlite_db, "anna@customer.example", "bob@customer.example")
    with sending(sqlite_db, Capture, carriers=1):
        until(lambda: states(sqlite_db, ids) == ["captured"] * 2)


def test_one_that_is_deferred_comes_again_with_the_same_bytes(sqlite_db: Database) -> None:
    (anna,) = add(sqlite_db, "anna@customer.example")
    with open_sink({"RCPT": ["450 4.2.0 greylisted"]}) as sink:
        with sending(sqlite_db, to(sink)) as running:
            until(lambda: bool(row(sqlite_db, anna).answer))
            waiting = row(sqlite_db, anna)
            assert (waiting.state, waiting.answer) == ("due", "RCPT: 450 4.2.0 greylisted")
            wait = waiting.next_attempt_at - datetime.now(UTC)
            assert timedelta(minutes=59) < wait <= timedelta(hours=1)
            outbox.retry(sqlite_db, [anna])
            running.sender.ring()
            until(lambda: states(sqlite_db, [anna]) == ["sent"])
        assert [mail.raw for mail in sink.mails] == [raw("anna@customer.example")]
    assert row(sqlite_db, anna).attempts == 2
    assert running.told.failed == []


def test_one_that_is_refused_for_good_is_told_and_not_sent_again(sqlite_db: Database) -> None:
    ids = add(sqlite_db, "gone@customer.example", "anna@customer.example")
    answers = {"RCPT gone@customer.example": ["550 5.1.1 no such user"] * 9}
    with open_sink(answers) as sink:
        with sending(sqlite_db, to(sink)) as running:
            until(lambda: states(sqlite_db, ids) == ["failed", "sent"])
            running.sender.ring()
        assert sum("gone@" in line for line in sink.said) == 1
    assert running.told.failed == [(ids[0], "RCPT: 550 5.1.1 no such user")]
    assert row(sqlite_db, ids[0]).answer == "RCPT: 550 5.1.1 no such user"


def test_after_the_last_day_it_is_given_up(sqlite_db: Database) -> None:
    (old,) = add(sqlite_db, "anna@customer.example", age=timedelta(days=5, minutes=1))
    with open_sink({"RCPT": ["450 still not"]}) as sink, sending(sqlite_db, to(sink)) as running:
        until(lambda: states(sqlite_db, [old]) == ["failed"])
    assert running.told.failed == [(old, "given up after 5 days: RCPT: 450 still not")]


def test_when_telling_fails_it_is_told_again(sqlite_db: Database) -> None:
    (gone,) = add(sqlite_db, "gone@customer.example")
    told = Told(faults=[RuntimeError("a template is broken"), RuntimeError("again")])
    quick = Backoff(timedelta(), timedelta(), timedelta(days=5))
    with (
        open_sink({"RCPT": ["550 no"] * 9}) as sink,
        sending(sqlite_db, to(sink), told=told, backoff=quick) as running,
    ):
        until(lambda: states(sqlite_db, [gone]) == ["failed"])
    assert len(running.told.failed) == 3


def test_when_telling_fails_for_ever_the_mail_still_ends(sqlite_db: Database) -> None:
    (gone,) = add(sqlite_db, "gone@customer.example")
    told = Told(faults=[RuntimeError("broken")] * 99)
    quick = Backoff(timedelta(), timedelta(), timedelta(days=5))
    with (
        open_sink({"RCPT": ["550 no"] * 99}) as sink,
        sending(sqlite_db, to(sink), told=told, backoff=quick),
    ):
        until(lambda: states(sqlite_db, [gone]) == ["failed"])
    assert len(told.failed) == module.TELLINGS


def test_one_hanging_destination_holds_up_nobody(sqlite_db: Database) -> None:
    slow = "slow@customer.example"
    good = [f"p{n}@customer.example" for n in range(9)]
    ids = add(sqlite_db, slow, *good)
    with (
        open_sink({f"RCPT {slow}": [HANG]}) as sink,
        sending(sqlite_db, to(sink, timeout_s=2.0)),
    ):
        begun = time.monotonic()
        until(lambda: states(sqlite_db, ids[1:]) == ["sent"] * 9)
        assert time.monotonic() - begun < 1
        assert states(sqlite_db, ids[:1]) == ["claimed"]


def test_after_an_outage_all_go_out_once(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_S", (0.01, 0.05))
    people = [f"p{n}@customer.example" for n in range(40)]
    ids = add(sqlite_db, *people)
    soon = Backoff(timedelta(seconds=0.2), timedelta(hours=4), timedelta(days=5))
    with open_sink() as sink:
        port = sink.port
    with sending(sqlite_db, to(sink), backoff=soon) as running:
        until(lambda: sum(row(sqlite_db, n).attempts for n in ids) > 20)
        gauge = running.metrics.registry.get_sample_value
        assert gauge("mailflow_relay_up") == 0
        assert set(states(sqlite_db, ids)) <= {"due", "claimed"}
        with open_sink(port=port) as back:
            until(lambda: states(sqlite_db, ids) == ["sent"] * 40)
            assert sorted(mail.recipient for mail in back.mails) == sorted(people)
            assert gauge("mailflow_relay_up") == 1


def test_while_the_relay_is_away_only_one_mail_tries(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_S", (60.0, 60.0))
    ids = add(sqlite_db, *[f"p{n}@customer.example" for n in range(40)])
    with open_sink() as sink:
        pass
    with sending(sqlite_db, to(sink), carriers=2) as running:
        until(lambda: sum(row(sqlite_db, n).attempts for n in ids) >= 8)
        for _ in range(20):
            running.sender.ring()
            running.thread.join(0.005)
    assert sum(row(sqlite_db, n).attempts for n in ids) == 8, "those in hand, and no more"


@dataclass
class Slow(Carrier):
    """A carrier that waits for a sign before each answer."""

    go: threading.Event
    begun: list[str] = field(default_factory=list)
    longest_s = 60.0
    answer: Outcome = field(default_factory=lambda: Sent("250 taken"))

    def talk(self, _mail_from: str, recipient: str, _raw: bytes) -> Talk:
        self.begun.append(recipient)
        assert (yield Aside(lambda: self.go.wait(PATIENCE)))
        return self.answer

    def leave(self) -> Leaving:
        yield from ()


def test_a_clock_put_forward_does_not_send_twice_what_is_in_hand(sqlite_db: Database) -> None:
    """All leases are over at once; but we know what we have in hand."""
    ids = add(sqlite_db, "anna@customer.example", "bob@customer.example")
    carrier = Slow(threading.Event())
    with sending(sqlite_db, lambda: carrier, carriers=1) as running:
        until(lambda: len(carrier.begun) == 1 and states(sqlite_db, ids) == ["claimed"] * 2)
        with sqlite_db.transaction() as session:
            over = "UPDATE outbox SET next_attempt_at = '2026-01-01', lease_until = '2026-01-01'"
            session.connection().execute(text(over))
        for _ in range(20):
            running.sender.ring()
            running.thread.join(0.005)
        carrier.go.set()
        until(lambda: states(sqlite_db, ids) == ["sent"] * 2)
    assert len(carrier.begun) == 2
    assert [row(sqlite_db, n).attempts for n in ids] == [1, 1]


def test_stopping_finishes_what_is_begun_and_gives_back_the_rest(sqlite_db: Database) -> None:
    ids = add(sqlite_db, *[f"p{n}@customer.example" for n in range(4)])
    carrier = Slow(threading.Event())
    with sending(sqlite_db, lambda: carrier, carriers=1) as running:
        until(lambda: len(carrier.begun) == 1 and states(sqlite_db, ids) == ["claimed"] * 4)
        running.stop.set()
        running.sender.ring()
        until(lambda: states(sqlite_db, ids[1:]) == ["due"] * 3)
        assert running.thread.is_alive(), "it waits for the one that is begun"
        carrier.go.set()
    assert states(sqlite_db, ids) == ["sent", "due", "due", "due"]
    assert len(carrier.begun) == 1
    assert all(row(sqlite_db, n).next_attempt_at <= datetime.now(UTC) for n in ids[1:])


def test_stopping_does_not_wait_for_ever(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.1)
    ids = add(sqlite_db, "anna@customer.example")
    carrier = Slow(threading.Event())
    with sending(sqlite_db, lambda: carrier, carriers=1):
        until(lambda: len(carrier.begun) == 1)
    assert states(sqlite_db, ids) == ["claimed"], "its lease will run out"
    carrier.go.set()


def test_a_mail_that_waited_too_long_in_the_queue_is_not_begun(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MARGIN_S", 0.0)
    ids = add(sqlite_db, "anna@customer.example", "bob@customer.example")
    carrier = Slow(threading.Event())
    with sending(sqlite_db, lambda: carrier, carriers=1) as running:
        until(lambda: row(sqlite_db, ids[0]).attempts > 3)
        monkeypatch.setattr(module, "MARGIN_S", 60.0)
        carrier.go.set()
        running.sender.ring()
        until(lambda: states(sqlite_db, ids) == ["sent"] * 2)
    assert sorted(carrier.begun) == ["anna@customer.example", "bob@customer.example"]


def test_a_result_is_kept_until_the_database_takes_it(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TROUBLE_S", 0.01)
    real, faults = outbox.mark_many, [Unavailable("disk full")] * 5

    def failing(db: Database, marks: Any) -> list[bool]:
        if faults:
            raise faults.pop()
        return real(db, marks)

    monkeypatch.setattr(outbox, "mark_many", failing)
    ids = add(sqlite_db, "anna@customer.example", "gone@customer.example")
    with open_sink({"RCPT gone@customer.example": ["550 no"] * 9}) as sink:
        with sending(sqlite_db, to(sink)) as running:
            until(lambda: states(sqlite_db, ids) == ["sent", "failed"])
        assert len(sink.mails) == 1
        assert sum("gone@" in line for line in sink.said) == 1
    assert len(running.told.failed) == 1, "it was told once, though it was marked at the sixth try"


def test_a_carrier_with_a_bug_goes_on(sqlite_db: Database) -> None:
    class Buggy(Slow):
        def talk(self, _mail_from: str, recipient: str, _raw: bytes) -> Talk:
            yield from ()
            if recipient.startswith("bad"):
                raise ZeroDivisionError
            return Sent("250 taken")

    ids = add(sqlite_db, "bad@customer.example", "anna@customer.example")
    with sending(sqlite_db, lambda: Buggy(threading.Event()), carriers=1):
        until(lambda: states(sqlite_db, ids) == ["due", "sent"])
    assert row(sqlite_db, ids[0]).answer == "a fault of ours, see the log"


def test_a_mail_whose_sender_died_goes_out_when_its_lease_ends(sqlite_db: Database) -> None:
    ids = add(sqlite_db, "anna@customer.example")
    (claimed,) = outbox.claim(sqlite_db, 1, timedelta(seconds=0.05))  # and then it died
    with open_sink() as sink:
        with sending(sqlite_db, to(sink)) as running:
            until(lambda: row(sqlite_db, ids[0]).next_attempt_at < datetime.now(UTC))
            running.sender.ring()
            until(lambda: states(sqlite_db, ids) == ["sent"])
        assert [mail.raw for mail in sink.mails] == [claimed.raw]
    assert not outbox.mark(sqlite_db, claimed.id, claimed.fence, "sent", "a late word")


def test_no_answer_after_the_text_means_again_later(sqlite_db: Database) -> None:
    ids = add(sqlite_db, "anna@customer.example")
    with open_sink({"text": [DROP]}) as sink, sending(sqlite_db, to(sink)):
        until(lambda: bool(row(sqlite_db, ids[0]).answer))
    unknown = row(sqlite_db, ids[0])
    assert unknown.state == "due"
    assert unknown.answer.startswith("no answer after the text")


@pytest.mark.parametrize("outcome", [Deferred("not now"), Failed("never")])
def test_two_senders_share_the_work(sqlite_db: Database, outcome: Outcome) -> None:
    people = [f"p{n}@customer.example" for n in range(60)]
    ids = add(sqlite_db, *people)
    go = threading.Event()
    go.set()
    carriers = [Slow(go, answer=outcome), Slow(go, answer=outcome)]
    with (
        sending(sqlite_db, lambda: carriers[0], carriers=1),
        sending(sqlite_db, lambda: carriers[1], carriers=1),
    ):
        until(lambda: all(row(sqlite_db, n).answer for n in ids))
    assert sorted(carriers[0].begun + carriers[1].begun) == sorted(people)


def test_there_are_never_more_unmarked_mails_than_connections(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TROUBLE_S", 0.01)
    real, back = outbox.mark_many, threading.Event()
    tries: list[int] = []

    def failing(db: Database, marks: Any) -> list[bool]:
        tries.append(len(list(marks)))
        if not back.is_set():
            raise Unavailable("disk full")
        return real(db, marks)

    monkeypatch.setattr(outbox, "mark_many", failing)
    ids = add(sqlite_db, *[f"p{n}@customer.example" for n in range(20)])
    with open_sink() as sink, sending(sqlite_db, to(sink), carriers=3):
        until(lambda: tries.count(3) > 20)
        assert len(sink.mails) == 3, "if we died now, so many would go out twice, and no more"
        back.set()
        until(lambda: states(sqlite_db, ids) == ["sent"] * 20)
        assert len(sink.mails) == 20


def _has(sink: Sink, mails: int) -> bool:
    return len(sink.mails) == mails


def test_good_news_waits_for_more_while_there_is_a_place_left(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "AT_LEISURE_S", PATIENCE)
    real = outbox.mark_many
    together: list[int] = []

    def marking(db: Database, marks: Any) -> list[bool]:
        together.append(len(marks))
        return real(db, marks)

    monkeypatch.setattr(outbox, "mark_many", marking)
    with (
        open_sink({"RCPT gone@customer.example": ["550 no"]}) as sink,
        sending(sqlite_db, to(sink), carriers=4) as running,
    ):
        ids: list[int] = []
        for number in (1, 2):
            ids += add(sqlite_db, f"p{number}@customer.example")
            running.sender.ring()
            until(partial(_has, sink, number))
        assert states(sqlite_db, ids) == ["claimed"] * 2, "and the second did not wait for it"
        ids += add(sqlite_db, "gone@customer.example")
        running.sender.ring()
        until(lambda: states(sqlite_db, ids) == ["sent", "sent", "failed"])
    assert together == [3]


def test_a_limit_on_descriptors_below_what_is_open_does_not_end_it(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Poll:
        """As poll(2) is while RLIMIT_NOFILE is below the number of descriptors."""

        def register(self, *_: object) -> None:
            pass

        def poll(self, _timeout: float) -> None:
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(crew.select, "poll", Poll)
    monkeypatch.setattr(crew, "LOOK_AGAIN_S", 0.01)
    ids = add(sqlite_db, *[f"p{n}@customer.example" for n in range(9)])
    with open_sink() as sink, sending(sqlite_db, to(sink)):
        until(lambda: states(sqlite_db, ids) == ["sent"] * 9)
