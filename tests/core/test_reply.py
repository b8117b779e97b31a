"""What an answer means: the rules one by one; `test_corpus` has the breadth."""

from __future__ import annotations

import pytest

from mailflow.core.language import detect
from mailflow.core.message import Message
from mailflow.core.newtext import own_text
from mailflow.core.reply import Intent, Reply, read_reply
from mailflow.core.words import DECIDING


def reply(text: str, part: str = "partner", subject: str = "", html: str | None = None) -> Reply:
    message = Message(
        plain=text, html=html, sender="tom.smith@partner.example", sender_name="Tom Smith"
    )
    return read_reply(own_text(message), part, subject)


def test_the_same_word_means_what_the_part_may_say() -> None:
    assert reply("Yes").intent is Intent.CONFIRM
    assert reply("Yes", "approver").intent is Intent.UNKNOWN
    assert reply("ACCEPT").intent is Intent.UNKNOWN
    assert reply("ACCEPT").code == "not_yours"
    assert reply("ACCEPT", "approver").intent is Intent.ACCEPT
    assert reply("CONFIRM", "approver").intent is Intent.UNKNOWN


def test_who_signs_is_who_sends() -> None:
    assert reply("CONFIRM\n\nTom").intent is Intent.CONFIRM
    assert reply("CONFIRM\n\nThomas").intent is Intent.CONFIRM  # the initial fits
    assert reply("CONFIRM\n\nNonsense").intent is Intent.UNKNOWN
    assert reply("CONFIRM\n\nRegards,\nAnybody").intent is Intent.CONFIRM


def test_a_changed_line_is_a_change_and_the_partner_s_alone() -> None:
    found = reply("CONFIRM\nAccount domain: eu.acme.example")
    assert found.intent is Intent.CHANGE
    assert found.submission is not None
    assert found.submission.fields.given() == {"account_domain": "eu.acme.example"}
    assert reply("ACCEPT\nAccount domain: eu.acme.example", "approver").intent is Intent.UNKNOWN


@pytest.mark.parametrize(
    ("text", "intent", "argument", "rest"),
    [
        (
            "DECLINE\nWe know nobody there.\n\nRegards,\nAnn",
            Intent.DECLINE,
            "",
            "We know nobody there.",
        ),
        ("Decline: wrong company", Intent.DECLINE, "", "wrong company"),
        ("NOMINATE bo@acme.example", Intent.NOMINATE, "bo@acme.example", "bo@acme.example"),
        (
            "Designar a bo@acme.example, gracias",
            Intent.NOMINATE,
            "bo@acme.example",
            "a bo@acme.example",
        ),
        (
            "I accept. Thanks a lot for your quick help!",
            Intent.ACCEPT,
            "",
            "Thanks a lot for your quick help!",
        ),
        ("FEEDBACK the letters are clear", Intent.FEEDBACK, "", "the letters are clear"),
        ("CASE\nThe link does not work", Intent.CASE, "", "The link does not work"),
    ],
)
def test_what_stands_beside_the_word_is_kept(
    text: str, intent: Intent, argument: str, rest: str
) -> None:
    found = reply(text, "approver")
    assert (found.intent, found.argument, found.text) == (intent, argument, rest)


def test_nominate_wants_one_address() -> None:
    assert reply("NOMINATE", "approver").intent is Intent.UNKNOWN
    assert reply("NOMINATE bo@acme.example cy@acme.example", "approver").intent is Intent.UNKNOWN
    assert reply("Do not nominate bo@acme.example", "approver").intent is Intent.UNKNOWN


def test_renditions_must_agree() -> None:
    assert reply("CONFIRM", html="<p>CONFIRM</p>").intent is Intent.CONFIRM
    assert reply("CONFIRM", html="<p><s>CONFIRM</s></p>").intent is Intent.UNKNOWN
    assert reply("Please wait", html="<p>CONFIRM</p>").intent is Intent.UNKNOWN
    assert reply("", html="<p>CONFIRM</p>").intent is Intent.CONFIRM


@pytest.mark.parametrize(
    "mark", [*"»›|¦│┃║▏❯❱〉》＞｜", "> >", "TS>", "»»", "| |", *":}#%]=", "->", "=>"]
)
@pytest.mark.parametrize(
    ("part", "word"),
    [("partner", "CONFIRM"), ("partner", "Sí"), ("partner", "CANCELAR"), ("approver", "ACEPTO"),
     ("approver", "DECLINE"), ("approver", "NOMINATE bo@acme.example"), ("approver", "NOT ME")],
)  # fmt: skip
def test_a_quoted_line_never_decides(mark: str, part: str, word: str) -> None:
    for text in (f"{mark} {word}", f"{mark}{word}", f"Hi\n\n  {mark} {word}\n\nThanks, Tom"):
        assert reply(text, part).intent not in DECIDING, text


@pytest.mark.parametrize("text", ["»CONFIRM«", "« CONFIRM »", "“CONFIRM”", "- CONFIRM", "* CONFIRM", "• CONFIRM",
                                  "1) CONFIRM", "✓ CONFIRM", "CONFIRM\n\n» old\n| older"])  # fmt: skip
def test_other_marks_are_the_author_s(text: str) -> None:
    assert reply(text).intent is Intent.CONFIRM


def test_a_subject_asks_but_never_decides() -> None:
    assert reply("", subject="HELP").intent is Intent.HELP
    assert reply("", subject="CONFIRM").intent is Intent.UNKNOWN
    assert reply("", subject="CONFIRM").code == "in_subject"


@pytest.mark.parametrize("text", ["CONFIRM?", "confirm or cancel", "", "hello", "not confirmed"])
def test_every_unknown_has_a_reason(text: str) -> None:
    found = reply(text)
    assert found.intent is Intent.UNKNOWN
    assert found.why
    assert found.code


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Please create the account for our customer", "en"),
        ("Por favor, cree la cuenta para nuestro cliente", "es"),
        ("Não temos uma conta para o cliente", "pt"),
        ("Je confirme la demande pour le client", "fr"),
        ("Ich bestätige den Antrag für den Kunden", "de"),
        ("Sí", "es"), ("Oui", "fr"), ("Ja", "de"), ("Sim", "pt"), ("Confirmo", ""), ("", ""), ("4711", ""), ("ann@acme.example", ""),
    ],
)  # fmt: skip
def test_languages(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("text", "part", "code"),
    [
        ("CONFIRM?", "partner", "asked"),
        ("I confirm. When will it be ready?", "partner", "question"),
        ("Is the domain right?", "partner", "question"),
        ("Hola, ¿quién es usted?", "approver", "question"),
        ("please do not CONFIRM yet", "partner", "negation"),
        ("Please do not confirm yet, I still have to ask them", "partner", "negation"),
        ("No confirmen todavía, por favor", "partner", "unclear"),
        ("Por favor, não confirmem ainda", "partner", "unclear"),
        ("¿CONFIRMAR?", "partner", "asked"),
        ("Ainda não confirmo", "partner", "negation"),
        ("Do not cancel", "partner", "negation"),
        ("Confirmo recepción", "partner", "receipt"),
        ("Recebido, obrigado", "approver", "receipt"),
        ("CONFIRM if the domain is right", "partner", "condition"),
        ("Confirmo si el dominio es correcto", "partner", "condition"),
        ("Aceito se for grátis", "approver", "condition"),
        ("Cancel it if it is too late", "partner", "condition"),
        ("Confirmo mañana", "partner", "later"),
        ("I will accept next week", "approver", "later"),
        ("I confirm, but without Carlos", "partner", "unclear"),
        ("hello there", "partner", "unclear"),
    ],
)
def test_what_is_unclear_about_it_is_named(text: str, part: str, code: str) -> None:
    found = reply(text, part)
    assert (found.intent, found.code) == (Intent.UNKNOWN, code)
