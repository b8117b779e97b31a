"""Two services of our kind that write to each other, each other's partner, fall silent (I16)."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from mailflow.core import message, newtext
from mailflow.core.commands import Actor
from mailflow.core.request import Person
from mailflow.flow.office import Office
from mailflow.rehearsal import Written
from mailflow.store import directory, migrate, queries
from mailflow.store.db import Database
from tests.house import ALBA, REQUEST, House, config, kinds
from tests.mails import clients

EAST, WEST = "requests@east.example", "requests@west.example"


def service(folder: Path, own: str, other: str) -> House:
    db = Database(f"sqlite:///{folder / own}.db")
    migrate.upgrade(db)
    house = House(db, config(service={"address": own, "internal_domains": []}))
    with db.transaction() as session:
        partner = Person(other, "The other service", "Elsewhere")
        directory.upsert_people(session, [partner], db.now(session))
    return house


def talk(
    tmp_path: Path, hop: Callable[[bytes], bytes], first: str, rounds: int = 30
) -> tuple[dict[str, int], House]:
    """Letters that each service writes until both are silent, and the one that was asked first."""
    east, west = service(tmp_path, EAST, WEST), service(tmp_path, WEST, EAST)
    letters: list[Written] = east.write(WEST, first)
    written = {EAST: len(letters), WEST: 0}
    here, there = east, west
    for _ in range(rounds):
        here, there = there, here
        arrived, letters = letters, []
        for letter in arrived:
            own = here.config.service.address
            letters += here.deliver(hop(letter.raw), mail_from="bounce@x.example", to=own)
        written[here.config.service.address] += len(letters)
        if not letters:
            return written, east
    raise AssertionError(f"they still talk: {written}")


def without(*names: bytes) -> Callable[[bytes], bytes]:
    """A forwarder on the way that drops what it does not know."""
    return lambda raw: b"\r\n".join(
        line for line in raw.split(b"\r\n") if not line.lower().startswith(names)
    )


@pytest.mark.parametrize(
    "hop",
    [lambda raw: raw, without(b"auto-submitted:", b"x-auto-response-suppress:")],
    ids=["plain", "headers dropped on the way"],
)
def test_they_fall_silent(tmp_path: Path, hop: Callable[[bytes], bytes]) -> None:
    written, _ = talk(tmp_path, hop, REQUEST)
    assert max(written.values()) <= 2, written


def rewritten(raw: bytes, drop: tuple[str, ...] = (), subject: str = "") -> bytes:
    """What a gateway makes that keeps sender, subject and text alone; `drop`: lines with these."""
    letter = message_from_bytes(raw, policy=policy.SMTP)
    body = letter.get_body(("plain",))
    assert isinstance(letter, EmailMessage)
    assert isinstance(body, EmailMessage)
    text = "\n".join(
        line for line in body.get_content().splitlines() if not any(word in line for word in drop)
    )
    new = EmailMessage(policy=policy.SMTP)
    for name in ("From", "To", "Subject", "Date"):
        new[name] = subject if subject and name == "Subject" else str(letter[name])
    new.set_content(text)
    return new.as_bytes()


MARK = ("##-",)
#: Whatever tells one of our letters: the line above which to write, and the words that end it.
FOOT = (*MARK, "-- ", "Written by a program", "password and for no", "payment.")


@pytest.mark.parametrize(
    ("hop", "most"),
    [
        (rewritten, 3),
        (partial(rewritten, drop=MARK), 3),
        (partial(rewritten, drop=FOOT), 3),
        # Nothing tells it any more but that it says the same again.
        (partial(rewritten, drop=FOOT, subject="Forwarded"), 15),
        # With its threads, so that each is read as a change of the other's request.
        (
            lambda raw: without(b"auto-submitted:", b"x-auto-response-suppress:", b"##-")(raw),
            3,
        ),
    ],
    ids=["headers", "and the answer mark", "and the foot", "and the subject", "threads kept"],
)
def test_they_fall_silent_through_a_gateway_that_rewrites(
    tmp_path: Path, hop: Callable[[bytes], bytes], most: int
) -> None:
    """A review that has lost every mark reads as a request: it is answered, but not for ever."""
    written, east = talk(tmp_path, hop, REQUEST, rounds=60)
    assert max(written.values()) <= most, written
    # Nothing is thrown away: what is too much waits for the operator.
    assert {state for state, _, _ in east.outcomes()} <= {"done", "ignored", "quarantined"}


@pytest.fixture
def house(sqlite_db: Database) -> House:
    return House(sqlite_db)


def test_a_program_that_sends_our_lines_back_is_not_answered_for_ever(house: House) -> None:
    """To the letter's own secret, so that each mail is a change of the request that changes nothing."""
    letter = house.review()
    answered = 0
    for _ in range(30):
        letters = house.answer(letter, REQUEST)
        if not letters:
            break
        answered += 1
        (letter,) = letters
    assert answered == house.service.policy.idle_answers_per_thread
    assert house.request().revision == 1
    # What was confirmed is what was shown, by whichever of these letters.
    assert house.answer(letter, "CONFIRM")
    assert house.outcomes()[-1][2] == "confirmed"


FEET = {
    "en": "-- \nWritten by a program on behalf of Vendor. It asks for no password.",
    "es": "-- \nEscrito por un programa en nombre de Vendor. No pide ninguna contraseña.",
    "pt": "-- \nEscrito por um programa em nome de Vendor. Não pede nenhuma senha.",
}


def test_what_waits_for_the_operator_has_its_effect_when_he_lets_it_in(house: House) -> None:
    """A partner who copies our letter into a new mail, for the third time today."""
    copied = f"{REQUEST}\n-- \n" + FEET["en"].partition("\n")[2]
    for _ in range(2):
        assert kinds(house.write(ALBA.email, copied)) == [("review", ALBA.email)]
    assert house.write(ALBA.email, copied) == []
    assert house.outcomes()[-1][0] == "quarantined"
    with house.db.reading() as session:
        waiting = next(
            r.id for r in queries.inbox_rows(session, limit=9) if r.state == "quarantined"
        )
    Office(house.db).release([waiting], Actor("operator", "ops@vendor.example"))
    house.service.work()
    assert kinds(house.service.letters()) == [("review", ALBA.email)]


@pytest.mark.parametrize("language", FEET)
def test_a_person_s_answer_is_no_echo(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """He quotes our letter as his program does, in any of the shapes of the corpus."""
    monkeypatch.setitem(clients.LETTER, language, f"{clients.LETTER[language]}\n\n{FEET[language]}")
    for name, shape in clients.SHAPES.items():
        read = message.read(shape(clients.Reply("CONFIRM", language)))
        assert isinstance(read, message.Message)
        assert not newtext.own_text(read).echo, name
