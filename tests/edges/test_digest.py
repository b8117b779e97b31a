"""One mail a day tells the operator that mail waits in quarantine, whoever looks how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mailflow.flow import digest
from mailflow.rehearsal import Written
from mailflow.store import inbox
from mailflow.store.db import Database
from tests.house import ALBA, DAY, REQUEST, TOM, House, config, kinds, text_of

FORGED = "203.0.113.9"  # no trusted peer: nothing is proven


def at(house: House, hour: int) -> None:
    """Go on to the next time at which the clock shows this hour."""
    now = house.service.now()
    then = now.replace(hour=hour, minute=30)
    house.db.clock_offset += then + (DAY if then <= now else timedelta()) - now


def written(house: House) -> list[Written]:
    digest(house.service.flow)
    return house.service.letters()


def test_the_operator_hears_once_a_day_and_nothing_of_an_empty_quarantine(db: Database) -> None:
    house = House(db)
    at(house, 8)
    assert written(house) == []
    house.write(ALBA.email, REQUEST, peer=FORGED)
    house.write("www.evil.example@rival.example", "click http://evil.example", peer=FORGED)
    house.write(TOM, "x", to="bounce@vendor.example", peer=FORGED)
    assert written(house) == [], "this day's look is over"
    at(house, 6)
    assert written(house) == [], "too early"
    at(house, 7)
    [letter] = written(house)
    assert kinds([letter]) == [("quarantine_digest", "ops@vendor.example")]
    told = " ".join(text_of(letter).split())
    assert "3 mails in quarantine" in letter.subject
    assert "the sender is not proven: 3" in told
    assert "alba[@]cobalt[.]example" in told
    assert "no. 2, said to be from www[.]evil[.]example[@]rival[.]example" in told
    assert "evil.example" not in told
    assert "mailflow quarantine show ID" in told
    assert written(house) == []
    at(house, 7)
    assert len(written(house)) == 1, "it still waits"
    inbox.drop(db, [1, 2, 3], by="eve")
    at(house, 7)
    assert written(house) == []


def test_however_many_processes_look(db: Database) -> None:
    house = House(db)
    house.write(ALBA.email, REQUEST, peer=FORGED)
    at(house, 9)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: digest(house.service.flow), range(6)))
    assert sorted(found) == [False] * 5 + [True]
    assert len(house.service.letters()) == 1


@pytest.mark.parametrize(("zone", "sent"), [("Asia/Tokyo", True), ("UTC", False)])
def test_the_hour_is_that_of_the_service(sqlite_db: Database, zone: str, sent: bool) -> None:
    house = House(sqlite_db, config(service={"time_zone": zone}))
    house.write(ALBA.email, REQUEST, peer=FORGED)
    at(house, 3)  # noon in Tokyo
    assert digest(house.service.flow) is sent
