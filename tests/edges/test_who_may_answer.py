"""docs/explanation/who-may-answer.md, walked row by row against the real rooms."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailflow.core.request import State
from mailflow.rehearsal import Written
from mailflow.store.db import Database
from tests.house import ALBA, BRUNO, INTAKE, TOM, House, config, kinds, one

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "who-may-answer.md"
ROWS = [
    tuple(cell.strip() for cell in line.strip("|\n ").split("|"))
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith(("| partner", "| customer", "| user"))
]
WRITERS = {
    "other partner": BRUNO.email,
    "partner": ALBA.email,
    "stranger": "eve@elsewhere.example",
    "colleague": "eva@harbour.example",
}
UNKNOWN = f"requests+{'a' * 32}@vendor.example"
VERIFIER = "mx.vendor.example"


def proof(sender: str, kind: str) -> bytes:
    """The header with which the vendor's own mail server says what it found."""
    domain = sender.rpartition("@")[2].encode()
    results = {
        "yes": b"dmarc=pass header.from=" + domain,
        "fail": b"dmarc=fail header.from=" + domain,
        "none": b"dmarc=none header.from=" + domain,
    }
    return b"Authentication-Results: " + VERIFIER.encode() + b"; " + results[kind] + b"\r\n"


@pytest.fixture
def house(sqlite_db: Database) -> House:
    trust = {
        "mode": "trusted_verifier", "authserv_ids": [VERIFIER], "trusted_peers": ["127.0.0.1"],
    }  # fmt: skip
    return House(sqlite_db, config(trust=trust))


PROVEN = {"Authentication-Results": f"{VERIFIER}; dmarc=pass header.from=cobalt.example"}


def say(house: House, letter: Written, words: str, sender: str, kind: str) -> list[Written]:
    raw, to = house.reply(letter, words, sender if sender != letter.recipient else "")
    return house.deliver(proof(sender, kind) + raw, mail_from=sender, to=to)


def the_letter(house: House, to: str, secret: str) -> Written:
    """Brings the house to the point where the row begins; the letter that is answered."""
    request = "Account name: Harbour\nCustomer email: tom@harbour.example\n"
    request += "User emails: kim@harbour.example\n" if to == "user" else ""
    review = one(house.write(ALBA.email, request, headers=PROVEN), "review")
    if to == "partner":
        return review
    letters = say(house, review, "CONFIRM", ALBA.email, "yes")
    activation = one(letters, "activation")
    if to == "user":
        return one(say(house, activation, "ACTIVATE", TOM, "yes"), "access")
    if secret == "withdrawn":
        assert say(house, activation, "NOMINATE eva@harbour.example", TOM, "yes")
    if secret == "replaced":
        change = "User emails: max@harbour.example"
        assert say(house, one(letters, "completion"), change, ALBA.email, "yes")
    return activation


def test_the_page_has_its_rows() -> None:
    assert len(ROWS) == 30
    assert len(set(ROWS)) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row[:4]))
def test_a_row(house: House, row: tuple[str, ...]) -> None:
    to, secret, writes, kind, word, happens, told = row
    letter = the_letter(house, to, secret)
    before = house.request()
    writer = WRITERS.get(writes, letter.recipient)
    sender = writer if writer != letter.recipient else ""
    raw, address = house.reply(letter, word, sender)
    if secret in ("thread", "reference", "unknown"):
        raw = raw.replace(address.encode(), INTAKE.encode())
        address = UNKNOWN if secret == "unknown" else INTAKE
    if secret == "reference":
        lines = raw.split(b"\r\n")
        lost = (b"In-Reply-To:", b"References:", b" <")
        raw = b"\r\n".join(line for line in lines if not line.startswith(lost))
    letters = house.deliver(proof(writer, kind) + raw, mail_from=writer, to=address)
    assert house.outcomes()[-1][2] == happens
    if told == "nobody":
        assert letters == []
    else:
        what, _, whom = told.partition(" to ")
        person = letter.recipient if whom == "addressee" else writer
        assert (what, person) in kinds(letters)
    moved = {"confirmed": State.PENDING, "accepted": State.ACTIVE}
    assert house.request(before.reference).state is moved.get(happens, before.state)
    if happens in ("wrong_sender", "unproven", "unknown_token", "no_secret"):
        again = house.deliver(
            proof(writer, kind) + raw.replace(b"Message-ID: <", b"Message-ID: <again-"),
            mail_from=writer, to=address,
        )  # fmt: skip
        assert again == [], "told once"


def test_a_user_is_a_stranger_until_the_account_is_active(house: House) -> None:
    letter = the_letter(house, "customer", "right")
    change = "User emails: kim@harbour.example"
    reference = house.request().reference
    assert house.write(ALBA.email, change, subject=f"Re: [{reference}]", headers=PROVEN)
    told = house.write(
        "kim@harbour.example", "Hello?", subject=f"Re: [{reference}] {letter.subject}",
        headers={"Authentication-Results": f"{VERIFIER}; dmarc=pass header.from=harbour.example"},
    )  # fmt: skip
    assert kinds(told) == [("refusal", "kim@harbour.example")]
