"""A wish for another language is met, and is never anything else."""

from __future__ import annotations

import pytest

from mailflow.core.reply import Intent
from mailflow.letters.words import TONGUES, WORDS
from tests.core.test_reply import reply


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ESPAÑOL", "es"), ("Español.", "es"), ("En español, por favor", "es"), ("espanol", "es"),
        ("Spanish please", "es"), ("Could you send this in Spanish, please?", "es"),
        ("Hola:\n¿Me lo pueden enviar en castellano, por favor?\nGracias\nTom", "es"),
        ("No hablo inglés.", "es"), ("Lo siento, no entiendo inglés. En español por favor.", "es"),
        ("PORTUGUÊS", "pt"), ("Português por favor", "pt"), ("em português", "pt"),
        ("Olá,\nPoderiam enviar em português do Brasil?\nObrigado", "pt"),
        ("Não falo inglês", "pt"), ("in Portuguese", "pt"), ("ESPANHOL", "es"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", ["approver", "partner"])
def test_a_language_is_asked_for(text: str, language: str, part: str) -> None:
    found = reply(text, part)
    assert (found.intent, found.argument, found.language) == (Intent.LANGUAGE, language, language)


@pytest.mark.parametrize(
    "text",
    [
        "Español o portugués", "Not in Spanish", "Our Spanish office decides this",
        "We have no Spanish speakers here.", "Is Ana from the Spanish branch meant to have access?",
        "Spanish law applies to us.", "No hablo con desconocidos",
    ],
)  # fmt: skip
def test_a_language_that_is_only_mentioned_changes_nothing(text: str) -> None:
    assert reply(text, "approver").intent is Intent.UNKNOWN


@pytest.mark.parametrize("text", ["ACEPTO\nEn español, por favor", "I do not accept in Spanish"])
def test_a_wish_beside_a_decision_is_asked_about(text: str) -> None:
    assert reply(text, "approver").intent is Intent.UNKNOWN


def test_english_in_a_whole_sentence_is_the_original() -> None:
    assert reply("Could I have this in English, please?", "approver").intent is Intent.ENGLISH


@pytest.mark.parametrize("language", TONGUES)
def test_the_words_that_letters_name_are_understood(language: str) -> None:
    """Those of the foot, each in its own language, and those of the lists of words."""
    word = TONGUES[language].rstrip(".").split()[-1]
    name = {"en": "english", "es": "spanish", "pt": "portuguese"}[language]
    for said in {word, *(words[name] for words in WORDS.values())}:
        found = reply(said, "approver")
        assert found.intent is (Intent.ENGLISH if language == "en" else Intent.LANGUAGE), said
        assert language == "en" or found.argument == language
