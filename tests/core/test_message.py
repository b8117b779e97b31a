"""From bytes to a message: identity, structure, character sets, limits."""

from __future__ import annotations

import base64

import pytest

from mailflow.core.gate import Limits, check
from mailflow.core.message import Message, Unreadable, read


def mail(
    headers: str = "", body: str | bytes = "hello\n", sender: str = "From: ann@acme.example\n"
) -> bytes:
    data = body if isinstance(body, bytes) else body.encode()
    return (sender + headers + "\n").encode("utf-8", "surrogateescape") + data


def message(*args: str, **kwargs: str) -> Message:
    found = read(mail(*args, **kwargs))
    assert isinstance(found, Message)
    return found


@pytest.mark.parametrize(
    ("field", "sender", "name"),
    [
        ("From: ann@acme.example\n", "ann@acme.example", ""),
        ("From: <Ann@ACME.example>\n", "ann@acme.example", ""),
        ('From: "Lee, Ann" <ann@acme.example>\n', "ann@acme.example", "Lee, Ann"),
        ("From: ann@acme.example (Ann Lee)\n", "ann@acme.example", "Ann Lee"),
        ("From: =?utf-8?q?Ann_L=C3=A9e?= <ann@acme.example>\n", "ann@acme.example", "Ann Lée"),
        ('From: "boss@acme.example" <ann@evil.example>\n', "ann@evil.example", "boss@acme.example"),
        ("From: Ann\n Lee\n <ann@acme.example>\n", "ann@acme.example", "Ann Lee"),
        ("from : ann@acme.example\n", "ann@acme.example", ""),
        ("From: Ann A. Lée <ann@acme.example>\n", "ann@acme.example", "Ann A. Lée"),
    ],
)
def test_one_sender(field: str, sender: str, name: str) -> None:
    found = message(sender=field)
    assert (found.sender, found.sender_name, found.sender_fault) == (sender, name, "")


@pytest.mark.parametrize(
    "field",
    [
        "", "From:\n", "From: ann\n", "From: ann@acme.example, bob@acme.example\n", "From: ann@acme.example\nFrom: bob@acme.example\n",
        "From: ann@acme.example\nFROM : bob@acme.example\n", "From: <ann@acme.example> <bob@acme.example>\n", "From: bob@acme.example <ann@evil.example>\n",
        "From: group: ann@acme.example;\n", "From: <@a.example:ann@acme.example>\n", 'From: "ann\n', "From: ann@acme.example <\n", "From: (a(b) ann@acme.example\n",
        "From: <ann@acme.example> x\n", "From: ann@[1.2.3.4]\n", "From: =?utf-8?q?ann=40acme.example?=\n", "From: ann@acme.example\\,bob@x.example\n",
    ],
)  # fmt: skip
def test_no_sender_where_there_is_any_doubt(field: str) -> None:
    found = message(sender=field)
    assert found.sender == ""
    assert found.sender_fault


def test_ids_and_threads() -> None:
    found = message(
        "Message-ID: <a@b>\nIn-Reply-To: <c@d>\nReferences: <e@f>\n <g@h>\nTo: Bo <bo@acme.example>\nCc: cy@acme.example\n"
    )
    assert found.message_id == "<a@b>"
    assert found.in_reply_to == ("<c@d>",)
    assert found.references == ("<e@f>", "<g@h>")
    assert found.to == ("bo@acme.example", "cy@acme.example")
    doubled = message("Message-ID: <a@b>\nMessage-ID: <c@d>\n")
    assert doubled.message_id == ""
    assert "duplicate:message-id" in doubled.faults


def test_header_values_hold_no_controls() -> None:
    found = message(
        "Subject: =?utf-8?b?"
        + base64.b64encode("a\r\nBcc: x\u202eb\x00".encode()).decode()
        + "?=\n"
    )
    assert found.subject == "a Bcc: xb"


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ("Content-Type: text/plain; charset=utf-8\n", "é".encode(), "é"),
        ("Content-Type: text/plain; charset=iso-8859-1\n", "é".encode(), "é"),  # UTF-8 under a Latin label
        ("Content-Type: text/plain; charset=utf-8\n", "é".encode("cp1252"), "é"),
        ("Content-Type: text/plain\n", "é".encode("cp1252"), "é"),
        ("Content-Type: text/plain; charset=us-ascii\n", "é".encode(), "é"),
        ("Content-Type: text/plain; charset=iso-8859-15\n", "€".encode("iso8859-15"), "€"),
        ("Content-Type: text/plain; charset=windows-1251\n", "Да".encode("cp1251"), "Да"),
        ("Content-Type: text/plain; charset=iso-2022-jp\n", "はい".encode("iso2022_jp"), "はい"),
        ("Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n", base64.b64encode("sí".encode("utf-16")), "sí"),
        ("Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n", base64.b64encode("sí".encode("utf-16-le")), "sí"),
        ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n", b"s=C3=AD", "sí"),
        ("Content-Type: text/plain; charset=utf-7\n", b"+AEM-", "+AEM-"),
        ("Content-Type: text/plain; charset=x-none\n", b"ok", "ok"),
        ("Content-Type: TEXT/PLAIN; CHARSET=\"UTF-8\"\n", "ñ".encode(), "ñ"),
        ("Content-Type: text/plain; charset*0=ut; charset*1=f-8\n", "ñ".encode(), "ñ"),
        ("Content-Transfer-Encoding: base64\n", b"!!!broken===", None),
    ],
)  # fmt: skip
def test_character_sets(headers: str, body: bytes, text: str | None) -> None:
    found = read(mail(headers, body))
    assert isinstance(found, Message)
    if text is not None:
        assert found.plain == text


def test_the_hash_outlives_another_transfer_encoding() -> None:
    text = "Sí, confirmo\n"
    ways = [
        mail(
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
            text.encode(),
        ),
        mail(
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n",
            base64.b64encode(text.encode()),
        ),
        mail("Content-Type: text/plain; charset=iso-8859-1\n", text.encode("latin-1")),
        mail("Content-Type: text/plain; charset=utf-8\n", text.encode()).replace(b"\n", b"\r\n"),
    ]
    hashes = {found.body_hash for raw in ways if isinstance(found := read(raw), Message)}
    assert len(hashes) == 1
    other = read(mail(body="No\n"))
    assert isinstance(other, Message)
    assert other.body_hash not in hashes


def test_attachments_are_listed_and_not_read() -> None:
    found = message(
        'Content-Type: multipart/mixed; boundary="x y"\n',
        body="--x y\n\nown\n--x y\nContent-Type: text/plain; name*=utf-8''a%C3%B1o.txt\n\nnot own\n--x y\nContent-Type: message/rfc822\n\nSubject: s\n\ninner\n--x y--\n",
    )
    assert found.plain == "own"
    assert [p.filename for p in found.parts] == ["", "año.txt", ""]
    assert found.attached == ("inner",)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"A: b\r\n" * 1001 + b"\r\n", "too_many_header_lines"),
        (b"A: " + b"x" * 10_241 + b"\n\nhi", "header_line_too_long"),
        ((b"A: " + b"x" * 1000 + b"\n") * 110 + b"\nhi", "header_too_large"),
        (b"From: a@b.example\r\nX: a\rb\r\n\r\nhi", "bare_cr_in_header"),
        (b"From: a@b.example\nX: a\r\n\r\nhi", "bare_lf_in_header"),
        (b"From: a\x00@b.example\r\n\r\nhi", "nul_in_header"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200, "too_many_parts"),
        (b"Content-Type: text/plain" + b"; a=b" * 40 + b"\n\nhi", "too_many_parameters"),
        (b"Content-Type: message/rfc822\n\n" * 30 + b"hi", "too_deep"),
    ],
)
def test_limits(raw: bytes, reason: str) -> None:
    found = read(raw)
    assert isinstance(found, Unreadable)
    assert found.reason == reason


def test_size_is_the_first_limit() -> None:
    assert check(b"A: b\n\n" + b"x" * 100, Limits(size=50)) is not None
    assert (
        check(b"A: b\r\n\r\nx\ny\rz\x00", Limits()) is None
    )  # odd bytes in a body spoil text only
