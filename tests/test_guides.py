"""The guides for partners and customers say the same words as the mail that HELP brings."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailflow.core.request import FIELD_NAMES, Person, Role
from mailflow.letters.words import WORDS
from mailflow.rehearsal import Written
from mailflow.store import directory
from mailflow.store.db import Database
from tests.house import ALBA, DAY, TOM, House, one, text_of

GUIDES = Path(__file__).parents[1] / "docs/guide"
LANGUAGES = ("en", "es", "pt")
WRITTEN = [(who, language) for who in ("partner", "customer") for language in LANGUAGES]
PARTNER = {
    "confirm", "cancel", "status", "resend", "renew", "help", "case", "feedback", "english",
}  # fmt: skip
CUSTOMER = {
    "accept", "decline", "nominate", "not_me", "ready", "case", "help", "status", "resend",
    "english", "spanish", "portuguese",
}  # fmt: skip
_ROW = re.compile(r"^\| \*\*(.+?)\*\*(.*?) \| (.+) \|$", re.M)
_CHOICE = re.compile(r"^\* (.+?): (.+(?:\n  .+)*)", re.M)


def guide(who: str, language: str) -> str:
    return (GUIDES / f"{who}.{language}.md").read_text(encoding="utf-8")


def table(who: str, language: str) -> dict[str, str]:
    """What to write → what it does, as the guide's table has it."""
    return {word + rest: does for word, rest, does in _ROW.findall(guide(who, language))}


def choices(letter: Written) -> dict[str, str]:
    """What to write → what it does, as the letter offers it."""
    found = _CHOICE.findall(text_of(letter))
    return {words: " ".join(does.split()) for words, does in found}


@pytest.mark.parametrize(("who", "language"), WRITTEN)
def test_the_tables_hold_these_words_and_no_others(who: str, language: str) -> None:
    meanings = PARTNER if who == "partner" else CUSTOMER
    words = [word for word, _, _ in _ROW.findall(guide(who, language))]
    assert sorted(words) == sorted(WORDS[language][meaning] for meaning in meanings)


def test_every_word_that_letters_know_is_in_a_guide() -> None:
    assert set(WORDS["en"]) == PARTNER | CUSTOMER


@pytest.mark.parametrize(("who", "language"), WRITTEN)
def test_words_in_capitals_are_words_that_we_understand(who: str, language: str) -> None:
    prose = re.sub(r"^    .*$|`[^`]*`", "", guide(who, language), flags=re.M)
    known = {part for word in WORDS[language].values() for part in word.split()}
    written = set(re.findall(r"\b[A-ZÁÃÉÊÍÓÚÑ]{3,}\b", prose))
    assert written <= known, written - known


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_offers_what_the_guides_say(sqlite_db: Database, language: str) -> None:
    house = House(sqlite_db)
    speak(house, language)
    customer = table("customer", language)
    partner = table("partner", language)
    say = WORDS[language]
    review = house.review()
    offers = [(partner, helped(house, review, say["help"]))]
    letters = house.answer(review, say["confirm"])
    completion, activation = one(letters, "completion"), one(letters, "activation")
    offers += [
        (partner, helped(house, completion, say["help"])),
        (customer, helped(house, activation, say["help"])),
    ]
    house.service.pass_time(90 * DAY + timedelta(minutes=1))
    letters = house.service.letters()
    offers += [
        (partner, helped(house, one(letters, "expiry_notice"), say["help"])),
        (customer, helped(house, one(letters, "expiry_customer"), say["help"])),
    ]
    for told, letter in offers:
        assert letter.language == language
        assert len(choices(letter)) >= 2
        for words, does in choices(letter).items():
            assert told.get(words) == does, words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_in_the_guide_is_the_form_of_help_and_is_understood(
    sqlite_db: Database, language: str
) -> None:
    house = House(sqlite_db)
    speak(house, language)
    letter = one(house.write(ALBA.email, WORDS[language]["help"]), "help")
    form = "\n".join(re.findall(r"^    (.+: .+)$", guide("partner", language), re.M))
    labels = [line.partition(":")[0] for line in form.splitlines()]
    assert re.findall(r"^([^:\n]+):\s*$", text_of(letter), re.M)[: len(labels)] == labels
    assert one(house.write(ALBA.email, form), "review").language == language
    assert set(house.request().fields.given()) == set(FIELD_NAMES)


def speak(house: House, language: str) -> None:
    """Partner and customer read this language."""
    with house.db.transaction() as session:
        people = [
            replace(ALBA, language=language),
            Person(TOM, "Tom", "", Role.CUSTOMER, language=language),
        ]
        directory.upsert_people(session, people, house.db.now(session))


def helped(house: House, letter: Written, word: str) -> Written:
    """What the word for HELP brings as an answer to a letter."""
    return one(house.answer(letter, word), "help")
