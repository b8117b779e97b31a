"""Translations: complete, sound, and in the words that the reading understands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailflow.core.labels import label_of
from mailflow.core.letter import ANSWER_MARK, Audience, Kind, Letter
from mailflow.core.message import Message
from mailflow.core.message import read as read_message
from mailflow.core.newtext import own_text
from mailflow.core.quotes import ABOVE
from mailflow.core.reply import read_reply
from mailflow.core.request import FIELD_NAMES
from mailflow.letters import LetterError, Letters, lint
from mailflow.letters.catalogue import Speech, best, languages, load, placeholders, read_catalogue
from mailflow.letters.folders import find_locales
from mailflow.letters.words import WORDS, word
from tests.letters.samples import LANGUAGES, SAMPLES, SERVICE, Sample, envelope, parts, read, write

TRANSLATED = ("es", "pt")


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    assert lint.faults(language) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_are_not_the_english_ones(language: str) -> None:
    same = [
        entry.id
        for entry in read_catalogue(language, find_locales())
        if isinstance(entry.id, str) and entry.id and entry.id == entry.string
    ]
    assert same == []


def test_the_sources_say_each_sentence_without_markup() -> None:
    for message in lint.messages():
        for sentence in (message,) if isinstance(message, str) else message:
            assert not re.search(r"<\w|&\w+;", sentence)
            assert "%" not in re.sub(r"%\(\w+\)s", "", sentence)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('#, fuzzy\nmsgid "Reference"\nmsgstr "Referencia"\n', "only a guess"),
        ('msgid "Reference"\nmsgstr ""\n', "not translated: 'Reference'"),
        ('msgid "Reference"\nmsgstr "<b>Referencia</b>"\n', "markup"),
        ('msgid "Reference"\nmsgstr "100 % Referencia"\n', "stray percent"),
        ('msgid "outside %(domain)s"\nmsgstr "fuera de %(dominio)s"\n', "values differ"),
        ('msgid "Long gone"\nmsgstr "Ya no"\n', "nothing says this any more"),
    ],
)
def test_the_lint_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str, fault: str
) -> None:
    path = tmp_path / "xx" / "LC_MESSAGES" / "letters.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n' + entry, "utf-8"
    )
    monkeypatch.setattr(lint, "find_locales", lambda: [tmp_path])
    monkeypatch.setattr(lint, "read_catalogue", lambda _, folders: _read(folders))
    assert any(fault in found for found in lint.faults("xx"))


def _read(folders: list[Path]) -> object:
    from babel.messages.pofile import read_po

    with (folders[0] / "xx" / "LC_MESSAGES" / "letters.po").open("rb") as file:
        return read_po(file, locale="es")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_is_written_as_it_is_read(letters: Letters, language: str) -> None:
    """What somebody copies from the help mail is understood by `core.form`."""
    sample = next(s for s in SAMPLES if s.kind is Kind.HELP)
    text = parts(write(letters, sample, language).raw).text
    found = [label_of(line[:-1]) for line in text.splitlines() if line.endswith(":")]
    assert [name for name in found if name] == list(FIELD_NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("meaning", sorted(WORDS["en"]))
def test_the_words_offered_are_understood(language: str, meaning: str) -> None:
    part = (
        "approver" if meaning in ("accept", "decline", "nominate", "not_me", "ready") else "partner"
    )
    said = word(meaning, language) + (" ben@alimentos.example" if meaning == "nominate" else "")
    wanted = "language" if meaning in ("spanish", "portuguese") else meaning
    assert str(_answer(said, part)) == wanted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["review", "activation", "completion", "reminder_customer"])
def test_an_answer_above_our_whole_letter_is_read_alone(
    letters: Letters, language: str, name: str
) -> None:
    """Some mail programs quote without any mark: the line above which to write must do."""
    sample = next(s for s in SAMPLES if s.name == name)
    part = "approver" if sample.audience is Audience.APPROVER else "partner"
    meaning = "decline" if part == "approver" else "cancel"
    quoted = read(letters, sample, language).text
    assert str(_answer(f"{word(meaning, language)}\n\n{quoted}", part)) == meaning
    assert str(_answer(f"\n\n{quoted}", part)) == "unknown"


def _answer(text: str, part: str) -> str:
    """What our own reading makes of an answer."""
    head = "From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    message = read_message((head + text.replace("\r\n", "\n").replace("\n", "\r\n")).encode())
    assert isinstance(message, Message)
    return str(read_reply(own_text(message), part).intent)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mark_is_known_to_the_reading(letters: Letters, language: str) -> None:
    sample = next(s for s in SAMPLES if s.name == "review")
    first = read(letters, sample, language).text.splitlines()[0]
    assert first.startswith(ANSWER_MARK)
    assert ABOVE.search(first)


def test_words_are_the_same_meanings_in_every_language() -> None:
    assert {frozenset(words) for words in WORDS.values()} == {frozenset(WORDS["en"])}
    assert word("confirm", "xx") == "CONFIRM"


@pytest.mark.parametrize(
    ("wanted", "written"),
    [("es", "es"), ("es-MX", "es"), ("pt_BR", "pt"), ("PT", "pt"), ("fr", "en"), ("", "en"),
     ("../../x", "en")],
)  # fmt: skip
def test_a_language_we_do_not_write_falls_back(letters: Letters, wanted: str, written: str) -> None:
    sample = next(s for s in SAMPLES if s.name == "review")
    letter = Letter(
        sample.kind, "a@b.example", wanted, sample.audience, sample.request, sample.data
    )
    mail = parts(letters.finish(letter, envelope(sample)).raw).mail
    assert mail["Content-Language"] == written
    assert best(wanted, LANGUAGES, "en") == written


def test_the_english_original_is_the_same_letter_in_english(letters: Letters) -> None:
    asked = next(s for s in SAMPLES if s.kind is Kind.ENGLISH)
    plain = Sample(Kind.ACTIVATION, "", asked.audience, asked.request, {"again": True})
    intro = "Here is the English original you asked for.\r\n\r\n"
    assert (
        read(letters, asked, "es").text.replace(intro, "") == parts(write(letters, plain).raw).text
    )


def test_a_service_may_write_in_fewer_languages() -> None:
    small = Letters(SERVICE.model_copy(update={"languages": ("es",), "default_language": "es"}))
    sample = next(s for s in SAMPLES if s.name == "review")
    assert parts(write(small, sample, "pt").raw).mail["Content-Language"] == "es"
    assert parts(write(small, sample, "en").raw).mail["Content-Language"] == "en"


def test_a_language_without_catalogue_is_refused_at_start() -> None:
    with pytest.raises(LetterError, match="no catalogue"):
        Letters(SERVICE.model_copy(update={"languages": ("en", "fr")}))
    assert {"en", "es", "pt"} <= languages(find_locales())


def test_sentences_refuse_holes_and_escape_in_the_right_order() -> None:
    speech = Speech(load("en", []), {"term": "A & B"}, escaped=True)
    said = speech.gettext("<%(term)s> & %(name)s", name="<b>")
    assert said == "&lt;A &amp; B&gt; &amp; &lt;b&gt;"
    assert placeholders("%(a)s %(b)s 5 %") == ["a", "b"]
    for empty in ("", None):
        with pytest.raises(LetterError, match="empty placeholder"):
            speech.gettext("Dear %(name)s", name=empty)
    with pytest.raises(LetterError, match="empty placeholder"):
        speech.gettext("Dear %(name)s")
