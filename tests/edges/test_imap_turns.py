"""Several machines with the role `imap` and the same mailbox: one reads it, the others stand by."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from mailflow.ingress import imap_reader
from mailflow.ingress.imap_turn import LEASE, RENEW_S, Turn
from mailflow.store import mailbox_turn, workers
from mailflow.store.db import Database
from tests.edges.imap_house import PATIENCE, Clock, House, running, settings
from tests.edges.imap_server import Server, mails

LONG = timedelta(minutes=5)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        yield made


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_reader, "STAND_BY_S", 0.05)


def machine(db: Database, number: int, stack: ExitStack) -> Database:
    """Another machine's way into the same database."""
    file = f"sqlite:///{db.file}" if db.dialect == "sqlite" else ""
    other = Database(file or db._writer.url.render_as_string(hide_password=False))
    other.owner = number
    stack.callback(other.close)
    return other


def logins(server: Server) -> int:
    return sum(line.startswith("AUTHENTICATE") for line in server.commands)


def wait_until(true: Callable[[], bool]) -> bool:
    """Waits until it is so; whether it became so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if true():
            return True
        pause.wait(0.05)
    return False


def stands_by(house: House) -> bool:
    """Waits until it has found that another machine reads the mailbox."""
    return wait_until(lambda: house.reader.standing.trouble == "another machine reads it")


# -- the turn --------------------------------------------------------------------------------------


def test_a_turn_is_one_workers_until_he_leaves(db: Database) -> None:
    with ExitStack() as stack:
        one, two = machine(db, 1, stack), machine(db, 2, stack)
        assert mailbox_turn.take(one, "a", LONG)
        assert not mailbox_turn.take(two, "a", LONG)
        assert mailbox_turn.take(two, "b", LONG)
        assert mailbox_turn.take(one, "a", LONG)
        mailbox_turn.leave(two, "a")  # it is not his to leave
        assert not mailbox_turn.take(two, "a", LONG)
        mailbox_turn.leave(one, "a")
        assert mailbox_turn.take(two, "a", LONG)


def test_a_turn_ends_with_its_lease_or_its_worker(db: Database) -> None:
    with ExitStack() as stack:
        one, two = machine(db, 1, stack), machine(db, 2, stack)
        assert mailbox_turn.take(one, "a", timedelta(seconds=-1))  # has run out
        assert mailbox_turn.take(two, "a", LONG)
        assert not mailbox_turn.take(one, "a", LONG)
        workers.take_off_list(db, 2, dead=False)
        assert mailbox_turn.take(one, "a", LONG)


def test_a_lease_from_a_clock_that_was_ahead_holds_nobody_up(db: Database) -> None:
    with ExitStack() as stack:
        one, two = machine(db, 1, stack), machine(db, 2, stack)
        assert mailbox_turn.take(one, "a", timedelta(days=365))
        assert mailbox_turn.take(two, "a", LONG)
        assert not mailbox_turn.take(one, "a", LONG)


def test_many_ask_at_once(db: Database) -> None:
    """Each time exactly one gets it."""
    with ExitStack() as stack:
        machines = [machine(db, n, stack) for n in range(1, 5)]
        for round_ in range(5):
            start = threading.Barrier(4)
            got: list[int] = []

            def ask(one: Database, name: str, start: Any = start, got: Any = got) -> None:
                start.wait(PATIENCE)
                if mailbox_turn.take(one, name, LONG):
                    got.append(one.owner)

            threads = [
                threading.Thread(target=ask, args=(one, f"box-{round_}")) for one in machines
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
            assert len(got) == 1


def test_it_is_kept_while_the_reader_waits(db: Database) -> None:
    with ExitStack() as stack:
        one, two = machine(db, 1, stack), machine(db, 2, stack)
        clock = Clock()
        mine, his = Turn("a", one, clock), Turn("a", two, clock)
        assert mine.take()
        assert not his.take()
        assert LEASE.total_seconds() > RENEW_S * 2
        mailbox_turn.take(one, "a", timedelta(seconds=-1))  # as if it had frozen for a minute
        clock.now = RENEW_S - 1
        assert not mine.keep()  # too early
        clock.now = RENEW_S
        assert not mine.keep()  # renewed
        assert not his.take()
        mailbox_turn.take(one, "a", timedelta(seconds=-1))
        assert his.take()
        clock.now = 2 * RENEW_S
        assert mine.keep()  # lost, and said so
        assert not mine.keep()  # once
        assert not mine.take()
        mine.leave()
        assert not mine.take()
        his.leave()
        assert not his.keep()  # what was left is not renewed
        assert mine.take()


# -- readers ---------------------------------------------------------------------------------------


def test_two_machines_read_one_mailbox(server: Server, postgres_db: Database) -> None:
    """One logs in; when it ends the other goes on. Every mail is fetched once."""
    first, second = mails(20, "first"), mails(20, "second")
    server.deliver(*first)
    with ExitStack() as stack:
        one, two = machine(postgres_db, 1, stack), machine(postgres_db, 2, stack)
        with ExitStack() as until_it_stops:
            until_it_stops.enter_context(running(one, settings(server.port)))
            assert server.wait_for(lambda: "IDLE" in server.commands, PATIENCE)
            house = stack.enter_context(running(two, settings(server.port)))
            assert stands_by(house)
            assert house.reader.standing.health() == ""
            assert house.metrics.mailbox_up.labels("sales")._value.get() == 1
            assert house.metrics.mailbox_success.labels("sales")._value.get() > 1_700_000_000
            assert logins(server) == 1
        server.deliver(*second)
        found = house.wait_for(40)
        assert server.wait_for(lambda: not server.inbox.mails, PATIENCE)
        assert logins(server) == 2
    assert Counter(raw for raw, _ in found) == Counter(first + second)
    assert {copies for _, copies in found} == {1}
    assert Counter(server.raws("Done")) == Counter(first + second)


def test_a_machine_that_cannot_reach_the_server_lets_another_try(
    server: Server, postgres_db: Database
) -> None:
    raws = mails(5)
    server.deliver(*raws)
    with ExitStack() as stack:
        one, two = machine(postgres_db, 1, stack), machine(postgres_db, 2, stack)
        with running(one, settings(1)), running(two, settings(server.port)) as house:
            found = house.wait_for(5)
    assert Counter(raw for raw, _ in found) == Counter(raws)


def test_a_refused_login_is_tried_by_one_machine_only(
    server: Server, postgres_db: Database
) -> None:
    """Several that try would lock the account sooner."""
    server.password = "other"
    with ExitStack() as stack:
        one, two = machine(postgres_db, 1, stack), machine(postgres_db, 2, stack)
        with running(one, settings(server.port)):
            assert server.wait_for(lambda: logins(server) == 1, PATIENCE)
            with running(two, settings(server.port)) as house:
                # What is wrong is known here as well, and nobody takes it for well.
                assert wait_until(lambda: "AUTHENTICATIONFAILED" in house.reader.standing.trouble)
                assert house.metrics.mailbox_up.labels("sales")._value.get() == 0
    assert logins(server) == 1


def test_where_no_machine_can_read_it_each_raises_the_alarm(
    server: Server, postgres_db: Database
) -> None:
    """That one stands by for the other, and the other for the one, is no success."""
    with ExitStack() as stack:
        one, two = machine(postgres_db, 1, stack), machine(postgres_db, 2, stack)
        mailbox_turn.take(one, "sales", LEASE)
        with running(two, settings(server.port, alarm_minutes=5)) as house:
            assert stands_by(house)
            house.reader.standing.good_at -= 301
            house.reader.standing.trouble = ""
            assert stands_by(house)  # it has looked again
            assert house.reader.standing.health() == "sales: not read for 5 minutes"
            with running(one, settings(server.port)):
                assert server.wait_for(lambda: "IDLE" in server.commands, PATIENCE)
                assert wait_until(lambda: house.reader.standing.health() == "")


@pytest.mark.parametrize("after", ["move", "flag"])
def test_two_that_read_at_once_take_each_mail_once(
    after: str, server: Server, postgres_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when one thaws in the middle of a look, or the two know the mailbox by other names."""
    monkeypatch.setattr(mailbox_turn, "take", lambda db, name, lease: True)
    raws = mails(40)
    with ExitStack() as stack:
        one, two = machine(postgres_db, 1, stack), machine(postgres_db, 2, stack)
        box = settings(server.port, after=after)
        with running(one, box) as here, running(two, box):
            for start in range(0, 40, 8):
                server.deliver(*raws[start : start + 8])
                here.wait_for(start + 8)
            done = (
                (lambda: not server.inbox.mails)
                if after == "move"
                else (lambda: all(mail.flags for mail in server.inbox.mails.values()))
            )
            assert server.wait_for(done, PATIENCE)
            assert logins(server) >= 2
            found = here.rows()
    assert Counter(raw for raw, _ in found) == Counter(raws)
    if after == "move":
        assert Counter(server.raws("Done")) == Counter(raws)
