"""A mailbox that cannot be read: pauses, last success, and the alarm that a person must hear."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from mailflow import maillog
from mailflow.core.retry import SPREAD, wait
from mailflow.ingress.imap import ImapIngress
from mailflow.ingress.imap_errors import Broken, LoginRefused
from mailflow.ingress.imap_login import by_password
from mailflow.ingress.imap_reader import LOGIN_AGAIN, LOOK_AGAIN, RECONNECT, MailboxReader
from mailflow.ingress.imap_standing import ALARM_EVERY_S, Standing
from mailflow.ingress.imap_take import Looked
from mailflow.ingress.imap_turn import Turn
from mailflow.metrics import Metrics
from mailflow.store.db import Database
from mailflow.store.mailboxes import mailboxes
from tests.edges.imap_house import OURS, PATIENCE, Clock, running, settings
from tests.edges.imap_server import Server


class Idle:
    """A taker that finds nothing."""

    def connected(self) -> None:
        """Nothing to do."""

    def look(self, source: object, stopping: object) -> Looked:
        return Looked(0, 0)


class Bench:
    """A reader whose pauses only move the clock, and that stops after so many."""

    def __init__(self, db: Database, login: Any, port: int = 1, pauses: int = 8) -> None:
        self.clock = Clock()
        self.metrics = Metrics()
        self.stop = threading.Event()
        self.pauses: list[float] = []
        self.standing = Standing(
            "sales", 5, db, self.metrics, clock=self.clock, wall=lambda: 1_770_000_000.0
        )
        self.reader = MailboxReader(
            "sales", settings(port), Idle(), login, Turn("sales", db, self.clock),  # type: ignore[arg-type]
            self.standing, clock=self.clock, chance=lambda: 0.5,
        )  # fmt: skip

        def sleep(seconds: float) -> None:
            self.pauses.append(seconds)
            self.clock.now += seconds
            if len(self.pauses) == pauses:
                self.stop.set()

        self.reader.sleep = sleep  # type: ignore[method-assign]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        yield made


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What was written about mailboxes."""
    lines: list[tuple[str, dict[str, Any]]] = []
    for name in ("mailbox_up", "mailbox_trouble", "mailbox_silent"):
        monkeypatch.setattr(maillog, name, lambda name=name, **values: lines.append((name, values)))
    return lines


def test_pauses_grow_to_an_end(sqlite_db: Database) -> None:
    """Nobody listens at port 1."""
    bench = Bench(sqlite_db, lambda: by_password("a", "b"))
    bench.reader.run(bench.stop)
    assert bench.pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_refused_login_is_not_hammered(sqlite_db: Database) -> None:
    def refuse() -> Any:
        raise LoginRefused("no")

    bench = Bench(sqlite_db, refuse)
    bench.reader.run(bench.stop)
    assert bench.pauses == [15, 30, 60, 120, 240, 300, 300, 300]


def test_a_fault_of_ours_does_not_end_the_reading(sqlite_db: Database) -> None:
    def broken() -> Any:
        raise ZeroDivisionError

    bench = Bench(sqlite_db, broken)
    bench.reader.run(bench.stop)
    assert len(bench.pauses) == 8
    assert bench.standing.trouble == "a fault of mailflow: ZeroDivisionError"


def test_a_server_that_comes_back_is_noticed_within_a_minute() -> None:
    """I12: catches up in 60 s, with the spread at its worst."""
    for backoff in (RECONNECT, LOOK_AGAIN):
        assert wait(backoff, 50, 1.0) <= timedelta(seconds=60)
        assert wait(backoff, 50, 1.0) == backoff.longest * (1 + SPREAD / 2)
    assert timedelta(minutes=5) <= LOGIN_AGAIN.longest


def test_the_alarm(
    sqlite_db: Database, said: list[tuple[str, dict[str, Any]]], server: Server
) -> None:
    def refuse() -> Any:
        raise Broken("silence for requests@vendor.example")

    bench = Bench(sqlite_db, refuse, pauses=3)
    bench.reader.watch()
    bench.reader.run(bench.stop)
    assert (bench.standing.health(), [name for name, _ in said]) == ("", ["mailbox_trouble"] * 3)
    said.clear()
    bench.clock.now = 5 * 60
    assert bench.standing.health() == "sales: not read for 5 minutes"  # and nobody's address
    for _ in range(3):
        bench.reader.watch()
    assert said == [
        ("mailbox_silent",
         {"mailbox": "sales", "minutes": 5, "reason": "silence for requests@vendor.example"})
    ]  # fmt: skip
    bench.clock.now += ALARM_EVERY_S
    bench.reader.watch()
    assert len(said) == 2
    [state] = _states(sqlite_db)
    assert (state.looked_at, state.trouble) == (None, "silence for requests@vendor.example")


def test_the_alarm_ends_with_the_first_success(
    sqlite_db: Database, said: list[tuple[str, dict[str, Any]]], server: Server
) -> None:
    with running(sqlite_db, settings(server.port, poll_s=1680, alarm_minutes=5)) as house:
        assert server.wait_for(lambda: "IDLE" in server.commands)
        house.reader.standing.good_at -= 301
        assert house.reader.standing.health()
        house.reader.watch()
        server.deliver(b"Subject: one\r\n\r\n")  # wakes it
        house.wait_for(1)
        assert server.wait_for(lambda: server.commands.count("IDLE") == 2, PATIENCE)
        assert house.reader.standing.health() == ""
        house.reader.watch()
    assert [name for name, _ in said] == ["mailbox_up", "mailbox_silent"]
    assert house.reader.standing.alarm_at is None
    assert house.metrics.mailbox_up.labels("sales")._value.get() == 1
    assert house.metrics.mailbox_success.labels("sales")._value.get() > 1_700_000_000
    [state] = _states(sqlite_db)
    assert state.looked_at is not None
    assert state.trouble == ""


def test_no_mail_is_taken_while_the_disk_is_nearly_full(
    sqlite_db: Database, server: Server
) -> None:
    bench = Bench(sqlite_db, lambda: by_password("requests", "secret"), server.port, pauses=2)
    bench.reader._has_room = lambda: False
    bench.reader.run(bench.stop)
    assert "disk" in bench.standing.trouble
    assert not [c for c in server.commands if c.startswith("UID")]


def test_several_mailboxes_and_none(sqlite_db: Database) -> None:
    boxes = {
        "b": settings(1, alarm_minutes=0.001),
        "a": settings(2),
        "c": settings(3, enabled=False),
    }
    ingress = ImapIngress(boxes, OURS, sqlite_db, lambda item: None, Metrics())  # type: ignore[arg-type, return-value]
    assert sorted(ingress.loops) == ["imap-watch", "imap:a", "imap:b"]
    assert ingress.health() == ""
    ingress.readers[1].standing.good_at -= 60
    assert ingress.health() == "b: not read for 1 minutes"
    ingress.stop()
    none = ImapIngress({}, OURS, sqlite_db, lambda item: None, Metrics())  # type: ignore[arg-type, return-value]
    assert (none.loops, none.health()) == ({}, "")


def _states(db: Database) -> Any:
    with db.reading() as session:
        return mailboxes(session)
