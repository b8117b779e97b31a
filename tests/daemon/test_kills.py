"""Killed at every named place and at random moments: nothing lost, nothing twice.

The long run, with thousands of mails and with frozen workers, is `python -m bench.faults`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from aiosmtpd.smtp import Envelope
from sqlalchemy import text

from bench.faults.account import account
from bench.faults.fleet import Fleet
from bench.faults.runs import random_kills
from bench.faults.traffic import Traffic
from bench.faults.zygote import Zygote
from mailflow.failpoints import FAILPOINTS
from mailflow.store.db import Database

#: Places that a conversation without failures and deadlines does not come by; see
#: the tests below and tests/store/test_migrate.py.
RARER = {"sender.before_told", "sender.after_told", "timers.before_tick", "timers.after_tick",
         "workers.before_give_back", "migrate.before_commit"}  # fmt: skip
PLACES = [place for place in FAILPOINTS if place not in RARER and not place.startswith("imap.")]
#: From the start to the end of the conversations that the dead one had in hand (I27). Leases last
#: longer than that even in these tests.
RECOVERY_S = 5.0


@pytest.fixture
def fleet(tmp_path: Path, db_url: str, zygote: Zygote) -> Iterator[tuple[Fleet, Traffic]]:
    """A service that can be killed, and its traffic."""
    traffic = Traffic([], 0)
    fleet = Fleet(tmp_path, db_url, traffic.smarthost.port, zygote=zygote)
    traffic.ports = fleet.ports
    traffic.start()
    yield fleet, traffic
    fleet.close()
    traffic.stop()


def test_killed_at_every_place(fleet: tuple[Fleet, Traffic], db_url: str) -> None:
    """At each place the first time, under two conversations; at some the third, under six.

    Two may be over before the third time: what comes together shares a commit.
    """
    service, traffic = fleet
    recoveries = []
    rounds = [(place, 1) for place in PLACES] + [(place, 3) for place in PLACES[::4]]
    if "sqlite" not in db_url:  # the places are the same
        rounds = rounds[1::4]
    for place, n in rounds:
        service.start(failpoint=f"{place}:{n}")
        traffic.more(6 * n)
        status = service.zygote.wait(service.pids[0], 20)
        assert status == -9, (place, n, status, service.said())
        service.faults.append(time.monotonic())
        began = time.monotonic()
        service.start()
        assert traffic.wait(20), (place, service.said())
        recoveries.append(time.monotonic() - began)
        assert service.drain(20), place
        assert service.terminate() == [0], service.said()
    # The machine may be busy with other tests at one moment, but not at most of them.
    assert median(recoveries) < RECOVERY_S, recoveries
    result = account(db_url, traffic, service.faults)
    assert result.clean, result
    assert result.mails == sum(6 * n for _, n in rounds)


@pytest.mark.parametrize("place", ["sender.before_told", "sender.after_told"])
def test_killed_while_a_failure_is_told(
    fleet: tuple[Fleet, Traffic], db_url: str, place: str
) -> None:
    """The customer's address is refused for good: the partner hears of it once."""
    service, traffic = fleet
    traffic.smarthost.handle_RCPT = _no_customers  # type: ignore[attr-defined]
    service.start(failpoint=f"{place}:1")
    traffic.more(3)
    assert service.zygote.wait(service.pids[0], 20) == -9, service.said()
    service.start()
    assert service.drain(20)
    rows = _select(db_url, "SELECT kind, state FROM outbox")
    assert sorted(rows).count(("activation", "failed")) == 1
    assert len(rows) == len(set(rows)), rows
    assert len(_select(db_url, "SELECT id FROM event WHERE name = 'bounced'")) == 1


async def _no_customers(
    _server: object, _session: object, envelope: Envelope, address: str, _options: object
) -> str:
    if address.startswith("tom@"):
        return "550 5.1.1 There is nobody of that name"
    envelope.rcpt_tos.append(address)
    return "250 2.1.5 OK"


@pytest.mark.parametrize("place", ["timers.before_tick", "timers.after_tick"])
def test_killed_in_a_sweep(fleet: tuple[Fleet, Traffic], db_url: str, place: str) -> None:
    service, traffic = fleet
    traffic.deaf = True  # the partner does not confirm
    service.start()
    traffic.more(3)
    assert traffic.first.wait(20)
    assert service.drain(20)
    assert service.terminate() == [0]
    _change(db_url, "UPDATE request SET next_due = '2026-01-01 00:00:00.000000'")
    service.start(failpoint=place)
    assert service.zygote.wait(service.pids[0], 20) == -9, service.said()
    service.start()
    assert service.drain(20)
    assert _select(db_url, "SELECT state FROM request") == [("review",)]
    assert len(_select(db_url, "SELECT id FROM outbox")) == 1


def test_killed_while_giving_back(fleet: tuple[Fleet, Traffic], db_url: str) -> None:
    service, traffic = fleet
    service.start(failpoint="inbox.after_claim")
    traffic.more(6)
    assert service.zygote.wait(service.pids[0], 20) == -9
    service.start(failpoint="workers.before_give_back")
    assert service.zygote.wait(service.pids[0], 20) == -9
    service.faults.append(time.monotonic())
    service.start()
    assert traffic.wait(20), service.said()
    assert service.drain(20)
    assert account(db_url, traffic, service.faults).clean


def _select(url: str, statement: str) -> list[tuple[str, ...]]:
    db = Database(url)
    with db.reading() as session:
        rows = [tuple(row) for row in session.connection().execute(text(statement))]
    db.close()
    return rows


def _change(url: str, statement: str) -> None:
    db = Database(url)
    with db.transaction() as session:
        session.connection().execute(text(statement))
    db.close()


@pytest.mark.parametrize(
    ("kind", "workers", "kills", "freezes"), [("sqlite", 1, 12, 0), ("postgres", 4, 10, 2)]
)
def test_killed_and_frozen_at_random_moments(
    request: pytest.FixtureRequest, tmp_path: Path, zygote: Zygote, kind: str, workers: int,
    kills: int, freezes: int,
) -> None:  # fmt: skip
    """Of four workers some are killed, and some frozen for longer than their lease (I10)."""
    url = f"sqlite:///{tmp_path / 'm.db'}"
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url")
    outcome = random_kills(
        tmp_path, url, kills=kills, freezes=freezes, messages=120, workers=workers, seed=7,
        zygote=zygote,
    )  # fmt: skip
    assert outcome.clean, list(outcome.faults())
    assert outcome.kills + outcome.freezes == kills + freezes
    assert outcome.account.mails == 120


def test_each_role_on_a_machine_of_its_own(
    tmp_path: Path, zygote: Zygote, postgres_url: str
) -> None:
    """They meet in PostgreSQL, and its bell tells them; a sweep runs on two of them."""
    traffic = Traffic([], 60)
    fleet = Fleet(tmp_path, postgres_url, traffic.smarthost.port, 5, zygote)
    traffic.ports = fleet.ports[:1]
    try:
        for n, roles in enumerate(["smtp", "processor", "sender", "timers,web", "timers"]):
            fleet.start(n, roles=roles)
        traffic.start()
        assert traffic.wait(60), fleet.said()
        assert fleet.drain(), fleet.said()
        assert fleet.terminate() == [0] * 5
    finally:
        fleet.close()
        traffic.stop()
    assert account(postgres_url, traffic, []).clean
