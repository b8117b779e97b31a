"""What a customer may have meant is offered, and never done."""

from __future__ import annotations

import pytest

from mailflow.core.guess import Guess, asks, guess
from mailflow.core.reply import Intent
from tests.core.test_reply import reply


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *((text, "decline") for text in (
            "I do not accept", "No acepto", "Não aceito", "No thanks", "no", "nein",
            "Don't activate anything!", "No, gracias", "We are not interested",
        )),
        *((text, "not_me") for text in (
            "This is not for me", "I do not know this partner.", "Isto não é para mim",
            "No conozco a nadie allí", "looks like phishing",
        )),
        *((text, "accept") for text in (
            "I approve", "Agreed", "De acuerdo", "ok pode ativar", "Please activate", "Please go ahead", "Actvate",
            "yes",
        )),
        ("DECLNE", "decline"),
        ("Thank you, we will look at it", ""),
    ],
)  # fmt: skip
def test_a_near_answer_is_offered_and_never_taken(text: str, word: str) -> None:
    found = reply(text, "approver")
    assert found.intent is Intent.UNKNOWN
    assert found.guess.word == word


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("STOP", "unsubscribe"),
        ("Please remove me from your mailing list", "unsubscribe"),
        ("This is spam. I am reporting you", "unsubscribe"),
        ("UNSUBSCRIBE", "unsubscribe"),
        ("Who are you", "question"),
        ("How can I check that this is genuine?", "question"),
        ("ACTIVATE. Could you also tell me how to log in?", "accept_but"),
        ("ACTIVATE\nBut who is ext@other.example? do not give them access", "accept_but"),
        ("I will accept next week", "later"),
        ("👍", "thumb"),
    ],
)
def test_the_letter_can_say_what_is_unclear(text: str, code: str) -> None:
    found = reply(text, "approver")
    assert (found.intent, found.code) == (Intent.UNKNOWN, code)


def test_a_colleague_who_is_named_is_offered() -> None:
    assert guess("Ok, Maria will do it: maria@acme.example").address == "maria@acme.example"
    assert guess("ask a@acme.example or b@acme.example") == Guess()


def test_a_word_in_the_subject_alone_decides_nothing() -> None:
    assert reply("", "approver", subject="ACTIVATE").code == "in_subject"


def test_questions_without_their_mark() -> None:
    assert asks("Hello,\nhow do I check this")
    assert not asks("I know what this is")


@pytest.mark.parametrize(
    "text",
    [
        "Acepto la cuenta para nuestra empresa", "Aceito a conta para nossa empresa",
        "Activate please", "activate, please.", "Ativar, por favor", "Activar por favor",
        "Hi team,\nActivate please\nThanks\nTom",
    ],
)  # fmt: skip
def test_a_please_behind_the_word_and_for_our_company_are_clear(text: str) -> None:
    assert reply(text, "approver").intent is Intent.ACCEPT


@pytest.mark.parametrize(
    "text",
    [
        "Please activate", "Por favor, activar", "Hi Ben,\nactivate please", "Ben, activate please",
        "Activate please?", "Do not activate please", "Accept please", "Activate please when ready",
        "They said: activate please", "Activate pretty please, but without Carla",
    ],
)  # fmt: skip
def test_a_please_elsewhere_leaves_it_unclear(text: str) -> None:
    assert reply(text, "approver").intent is Intent.UNKNOWN
