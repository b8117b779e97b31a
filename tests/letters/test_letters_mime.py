"""The bytes: headers that cannot be broken out of, and encodings that survive every way."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from mailflow.core.letter import Audience, Kind, Letter
from mailflow.letters import LetterError, Letters, mime
from mailflow.letters.brand import MAX_LOGO, load_logo
from tests.letters.samples import PENDING, SAMPLES, SERVICE, P, Sample, envelope, parts, write

#: The smallest PNG there is: one transparent point.
DOT = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
COMPLETION = Sample(Kind.COMPLETION, "", P, PENDING)


@pytest.mark.parametrize(
    "value",
    [
        "plain", "Señora Núñez", "日本語の件名" * 20, "a" * 300, "é" * 300, "=?utf-8?Q?x?=", "", "x " * 200,
        "mixed ä and long " + "w" * 120, "😀" * 60, '"quotes" \\ and, commas; (comments) <angles>',
    ],
)  # fmt: skip
def test_subjects_come_back_as_they_were(value: str) -> None:
    written = mime.unstructured(value, "Subject")
    assert written.isascii()
    lines = written.split("\r\n")
    assert all(line.startswith(" ") for line in lines[1:])
    assert max(map(len, lines)) <= 78
    unfolded = written.replace("\r\n ", " ")
    assert str(make_header(decode_header(unfolded))) == " ".join(value.split())


@pytest.mark.parametrize(
    "name",
    ["Vendor", "Vendor, Inc.", 'The "Vendor"', "Güell & Söhne", "a" * 120, "日本" * 40, "=?x?=", "a\\b"],
)  # fmt: skip
def test_names_beside_an_address_come_back_as_they_were(name: str) -> None:
    raw = f"From: {mime.mailbox(name, 'requests@vendor.example')}\r\n\r\n".encode("ascii")
    assert max(map(len, raw.split(b"\r\n"))) <= 90
    (address,) = message_from_bytes(raw, policy=policy.default)["From"].addresses
    assert address.addr_spec == "requests@vendor.example"
    field = message_from_bytes(raw, policy=policy.compat32)["From"].replace("\r\n ", " ")
    phrase, _, rest = field.rpartition(" <")
    assert rest == "requests@vendor.example>"
    if phrase.startswith('"'):
        assert phrase[1:-1].replace("\\\\", "\\").replace('\\"', '"') == name
    else:
        assert str(make_header(decode_header(phrase))) == name


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00"])
def test_no_value_starts_another_header(break_: str) -> None:
    value = f"x{break_}Bcc: victim@evil.example"
    for written in (mime.unstructured(value, "Subject"), mime.mailbox(value, "a@b.example")):
        assert all(line.startswith(" ") for line in written.split("\r\n")[1:])
        assert "\n" not in written.replace("\r\n", "")


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@b.example", "a@", "a@b@c.example", "a b@c.example", "a@b.example,c@d.example",
        "a@b.example\r\nBcc: c@d.example", "a@b.example\n", "<a@b.example>", "a@b.example>", "a@b;c",
        '"a b"@c.example', "a(b)@c.example", "a@[127.0.0.1]", "a:b@c.example", "a\\b@c.example",
        "a\x00@b.example", "a\u202e@b.example", "a\u2028@b.example", "x" * 330 + "@b.example",
    ],
)  # fmt: skip
def test_doubtful_addresses_are_refused(letters: Letters, address: str) -> None:
    with pytest.raises(ValueError, match="not a plain address"):
        mime.spec(address)
    letter = Letter(Kind.COMPLETION, address, "en", Audience.PARTNER, PENDING)
    with pytest.raises(ValueError, match="not a plain address"):
        letters.finish(letter, envelope(COMPLETION))


def test_references_are_checked_and_bounded() -> None:
    ids = [f"<{n}@x.example>" for n in range(50)]
    kept = mime.message_ids([*ids, *ids]).split("\r\n ")
    assert kept == [ids[0], *ids[31:]]
    foreign = ["<a@b>\r\nBcc: x@y.example", "no brackets", "<>", "<@>", "<a b@c>", "<ä@b>", "<a@b>"]
    assert mime.message_ids(foreign) == "<a@b>"
    assert mime.message_ids([f"<{'x' * 900}@y.example>"]) == ""


def test_hostile_threading_of_the_answered_mail_is_dropped(letters: Letters) -> None:
    wild = replace(
        envelope(COMPLETION), in_reply_to="<a@b>\nBcc: x@y.example", references=("<x\r\n@y>",)
    )
    letter = Letter(Kind.COMPLETION, "a@b.example", "en", Audience.PARTNER, PENDING)
    mail = parts(letters.finish(letter, wild).raw).mail
    assert mail["In-Reply-To"] is None
    assert mail["References"] is None
    assert mail["Bcc"] is None


def test_a_letter_without_a_proper_message_id_is_refused(letters: Letters) -> None:
    letter = Letter(Kind.COMPLETION, "a@b.example", "en", Audience.PARTNER, PENDING)
    with pytest.raises(ValueError, match="Message-ID"):
        letters.finish(letter, replace(envelope(COMPLETION), message_id="x\r\ny"))


def test_an_answer_says_that_it_is_one(letters: Letters) -> None:
    letter = Letter(Kind.COMPLETION, "a@b.example", "en", Audience.PARTNER, PENDING, answers=True)
    raw = letters.finish(letter, envelope(COMPLETION)).raw
    assert parts(raw).mail["Auto-Submitted"] == "auto-replied"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"), ("señor\n" * 20, "quoted-printable"), ("日本語\n" * 20, "base64"),
        ("w" * 1200 + "\n", "quoted-printable"), ("one\nFrom two\n", "quoted-printable"),
        ("x \n.\n", "7bit"),
    ],
)  # fmt: skip
def test_text_takes_the_lightest_safe_encoding(text: str, encoding: str) -> None:
    raw = mime.message([("Subject", "x")], text, f"<p>{text}</p>", None, "<seed@x>")
    mail = message_from_bytes(raw, policy=policy.default)
    plain, html = mail.iter_parts()
    assert plain["Content-Transfer-Encoding"] == encoding
    assert plain.get_content() == text.replace("\n", "\r\n") or plain.get_content() == text
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert html.get_content_type() == "text/html"


def test_the_logo_travels_in_the_mail(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(DOT)
    brand = SERVICE.brand.model_copy(update={"logo_file": str(logo), "name": "Vendor Licensing"})
    branded = Letters(SERVICE.model_copy(update={"brand": brand}))
    mail = parts(write(branded, COMPLETION).raw)
    (image,) = [part for part in mail.mail.walk() if part.get_content_type() == "image/png"]
    assert image.get_content() == DOT
    (shown,) = mail.tree.css("img")
    assert shown.attributes["src"] == "cid:" + str(image["Content-ID"]).strip("<>")
    assert shown.attributes["alt"] == "Vendor Licensing"
    kinds = [part.get_content_type() for part in mail.mail.walk()]
    assert kinds == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    largest = max(len(write(branded, sample).raw) for sample in SAMPLES)
    assert largest + MAX_LOGO * 4 // 3 <= 100_000


@pytest.mark.parametrize("content", [None, b"", b"GIF89a", b"<svg/>", DOT + bytes(MAX_LOGO)])
def test_a_logo_that_cannot_travel_is_refused_at_start(
    tmp_path: Path, content: bytes | None
) -> None:
    logo = tmp_path / "logo.png"
    if content is not None:
        logo.write_bytes(content)
    with pytest.raises(LetterError, match=r"brand\.logo_file"):
        load_logo(logo)
