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
            "I approve", "Agreed", "De acuerdo", "ok pode ativar", "Activate please", "Ativar, por favor", "Please go ahead", "Actvate",
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
