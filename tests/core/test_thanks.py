"""Mails that only say thanks (core.thanks)."""

from __future__ import annotations

import pytest

from mailflow.core.classify import Facts, read
from mailflow.core.message import Message
from mailflow.core.policy import Policy
from mailflow.core.thanks import only_thanks
from mailflow.core.verdict import Verdict


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Thanks, will do!",
        "Hi team,\nthank you very much for your help.\n\nBest regards,\nAlba Torres",
        "Gracias!",
        "Muchas gracias por la información.\nUn saludo,\nLucía Prado",
        "Perfecto, muchas gracias",
        "Muito obrigada!\nAlba",
        "Merci beaucoup",
        "Vielen Dank",
    ],
)
def test_thanks(text: str) -> None:
    assert only_thanks(text, frozenset({"alba", "torres", "lucia", "prado"}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "Thanks, please create the account",
        "Thanks, but the form is wrong",
        "Thanks. How long does it take?",
        "Gracias, ¿y ahora?",
        "Thanks in advance for setting up Acme Iberia",
        "Thanks, the customer is ann@acme.example",
        "CONFIRM, thanks",
    ],
)
def test_more_than_thanks(text: str) -> None:
    assert not only_thanks(text)


def _read(text: str, subject: str, answers: str = "help") -> tuple[str, str]:
    message = Message(plain=text, subject=subject, sender="alba@partner.example")
    verdict = Verdict("pass", "a test")
    reading = read(message, "alba@partner.example", Facts(answers=answers), verdict, Policy())
    name = reading.submission.fields.account_name if reading.submission else ""
    return reading.do, name


def test_values_filled_in_inside_our_quoted_form_are_a_request() -> None:
    form = (
        "> Account name: Pike Tools\n> Customer email: ines@pike-tools.example\n> Account domain:"
    )
    assert _read(f"Thanks!\n\nOn Mon, Vendor <r@vendor.example> wrote:\n{form}", FORM) == (
        "apply",
        "Pike Tools",
    )
    guess = "> Account name:\n> Customer email: ines@pike-tools.example"
    assert (
        _read(f"Thanks!\n\nOn Mon, Vendor <r@vendor.example> wrote:\n{guess}", FORM)[0] == "ignore"
    )


FORM = "Re: How to request the Smart Account for your customer"


def test_thanks_for_the_form_opens_nothing_and_is_not_answered() -> None:
    assert _read("Thanks, will do!", FORM) == ("ignore", "")
    assert (
        _read("Gracias!", "Cómo solicitar una cuenta Smart Account para su cliente")[0] == "ignore"
    )


def test_an_answer_to_the_form_takes_no_name_from_our_subject() -> None:
    assert _read("I do not know what to write there", FORM) == ("apply", "")
    # Programs that keep the subject as it is are known by the letter they answer.
    assert _read("And now?", "New account: Acme") == ("apply", "")
    assert _read("And now?", "New account: Acme", answers="") == ("apply", "Acme")
