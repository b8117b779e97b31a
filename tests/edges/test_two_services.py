"""Two services of our kind that write to each other, each other's partner, fall silent (I16)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailflow.core.request import Person
from mailflow.rehearsal import Written
from mailflow.store import directory, migrate
from mailflow.store.db import Database
from tests.house import REQUEST, House, config

EAST, WEST = "requests@east.example", "requests@west.example"


def service(folder: Path, own: str, other: str) -> House:
    db = Database(f"sqlite:///{folder / own}.db")
    migrate.upgrade(db)
    house = House(db, config(service={"address": own, "internal_domains": []}))
    with db.transaction() as session:
        partner = Person(other, "The other service", "Elsewhere")
        directory.upsert_people(session, [partner], db.now(session))
    return house


@pytest.mark.parametrize(
    "hop",
    [
        lambda raw: raw,
        # A forwarder on the way that drops what it does not know.
        lambda raw: b"\r\n".join(
            line
            for line in raw.split(b"\r\n")
            if not line.lower().startswith((b"auto-submitted:", b"x-auto-response-suppress:"))
        ),
    ],
    ids=["plain", "headers dropped on the way"],
)
def test_they_fall_silent(tmp_path: Path, hop: object) -> None:
    east, west = service(tmp_path, EAST, WEST), service(tmp_path, WEST, EAST)
    letters: list[Written] = east.write(WEST, REQUEST)
    written = {EAST: len(letters), WEST: 0}
    here, there = east, west
    for _ in range(50):
        if not letters:
            break
        here, there = there, here
        arrived, letters = letters, []
        for letter in arrived:
            raw = hop(letter.raw)  # type: ignore[operator]
            letters += here.deliver(
                raw, mail_from="bounce@x.example", to=here.config.service.address
            )
        written[here.config.service.address] += len(letters)
    assert not letters, "they still talk"
    assert max(written.values()) <= 2, written
    assert there is not here
