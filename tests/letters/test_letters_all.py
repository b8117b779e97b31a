"""What must hold for every letter, in every language and situation."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from mailflow.core.footers import OUR_OWN
from mailflow.core.letter import ANSWER_MARK, Audience, Kind
from mailflow.letters import Letters
from mailflow.letters.words import WORDS
from tests.letters.samples import (
    LANGUAGES,
    NOW,
    OURS,
    PENDING,
    SAMPLES,
    SERVICE,
    TOKEN,
    Sample,
    envelope,
    parts,
    read,
    words,
    write,
)

each = pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])


def spoken(sample: Sample, language: str) -> str:
    """ENGLISH answers in English, whatever the reader's language."""
    return "en" if sample.kind is Kind.ENGLISH else language


def test_every_kind_has_a_sample() -> None:
    assert {sample.kind for sample in SAMPLES} == set(Kind)


@each
def test_both_parts_say_the_same_words_in_the_same_order(letters: Letters, sample: Sample) -> None:
    for language in LANGUAGES:
        mail = read(letters, sample, language)
        assert words(mail.shown) == words(mail.text), language


@each
def test_the_bytes_are_safe_on_every_way(letters: Letters, sample: Sample) -> None:
    for language in LANGUAGES:
        mail = read(letters, sample, language)
        raw = mail.raw
        assert raw.isascii()
        assert len(raw) <= 100_000
        assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        head, _, _ = raw.partition(b"\r\n\r\n")
        assert max(map(len, head.split(b"\r\n"))) <= 90
        assert not mail.mail.defects


@each
def test_headers_say_what_it_is(letters: Letters, sample: Sample) -> None:
    for language in LANGUAGES:
        read_mail = read(letters, sample, language)
        mail = read_mail.mail
        assert mail["From"] == f"Vendor Licensing <{SERVICE.address}>"
        assert mail["To"] == "reader@reader.example"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Auto-Response-Suppress"] == "All"
        assert mail["Content-Language"] == spoken(sample, language)
        assert mail["Message-ID"] == "<0123456789abcdef@licensing.vendor.example>"
        assert mail["In-Reply-To"] == "<question@partner.example>"
        assert mail["References"].split() == [
            "<first@partner.example>", "<question@partner.example>",
        ]  # fmt: skip
        assert write(letters, sample, language).subject == mail["Subject"]
        assert mail["Reply-To"] == envelope(sample).reply_to
        assert "List-Unsubscribe" not in mail
        if sample.request:
            assert read_mail.subject.startswith(f"[{sample.request.reference}] ")


@each
def test_it_can_be_told_from_what_a_person_writes(letters: Letters, sample: Sample) -> None:
    """Also where a server on the way has taken every header off it: loops end by this."""
    for language in LANGUAGES:
        mail = read(letters, sample, language)
        for part in (mail.text, mail.shown):
            assert OUR_OWN.search(" ".join(part.split())), language


@each
def test_nothing_is_left_unfilled(letters: Letters, sample: Sample) -> None:
    holes = re.compile(r"%\(|\{\{|\{%|\bNone\b|Undefined|Markup\(|<object|\(\)|\[\]|\x1e")
    for language in LANGUAGES:
        mail = read(letters, sample, language)
        for part in (mail.text, mail.shown, mail.subject):
            assert not holes.search(part), language


@each
def test_links_are_only_ours_and_lead_somewhere(letters: Letters, sample: Sample) -> None:
    foreign = "img, script, iframe, form, link, base, object, [src], [background]"
    for language in LANGUAGES:
        mail = read(letters, sample, language)
        assert all(link.startswith(OURS) for link in mail.links())
        assert not mail.tree.css(foreign)
        assert all(url.startswith(OURS) for url in re.findall(r"https?://\S+", mail.text))


@each
def test_who_can_answer_is_offered_words_of_his_language(letters: Letters, sample: Sample) -> None:
    """Who cannot is offered nothing; a link in a word leads to the secret address."""
    secret = envelope(sample).reply_to != SERVICE.address
    newcomer = sample.request is None and sample.audience in (Audience.STRANGER, Audience.PARTNER)
    for language in LANGUAGES:
        mail = read(letters, sample, language)
        offered = [link for link in mail.links() if link.startswith("mailto:")]
        heard = sample.kind is Kind.ACCESS  # without a secret: a person reads what he answers
        assert mail.text.startswith(ANSWER_MARK) == (secret or newcomer or heard)
        if not secret and not newcomer:
            assert not offered
        known = {word.split()[0] for word in WORDS[spoken(sample, language)].values()}
        for node in mail.tree.css("a.word, td.button a"):
            assert node.text().split()[0] in known
            assert not secret or TOKEN in (node.attributes.get("href") or "")


@each
def test_the_footer_tells_of_translation_and_help(letters: Letters, sample: Sample) -> None:
    original = {"en": "", "es": "original en inglés", "pt": "original em inglês"}
    for language in LANGUAGES:
        text = " ".join(read(letters, sample, language).text.split())
        if sample.audience is Audience.OPERATOR:
            assert SERVICE.feedback_url not in text
            continue
        assert SERVICE.support_url in text
        assert SERVICE.feedback_url in text
        assert original[spoken(sample, language)] in text
        assert spoken(sample, language) != "en" or "translated" not in text


def test_a_letter_is_the_same_each_time(letters: Letters) -> None:
    """A retry sends the same bytes (I4)."""
    for sample in SAMPLES[:30]:
        assert write(letters, sample).raw == write(letters, sample).raw


def test_the_deadline_is_a_date_in_words_in_the_zone_of_the_service() -> None:
    far = SERVICE.model_copy(update={"time_zone": "America/Bogota"})
    sample = Sample(Kind.ACTIVATION, "", Audience.APPROVER, PENDING)
    text = parts(write(Letters(far), sample, "es").raw).text
    assert "22 de febrero de 2027, 04:00 -05" in " ".join(text.split())
    assert (NOW + timedelta(days=90)).isoformat() not in text
