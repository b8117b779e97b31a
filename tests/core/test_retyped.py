"""A body under a Content-Type that nobody signed: does it show by itself what it is?"""

from __future__ import annotations

import pytest

from mailflow.core.retyped import doubt

PARTS = (
    b"--b1\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b1\r\nContent-Type: text/html\r\n\r\n"
    b"<p>Hi</p>\r\n--b1--\r\n"
)
PREAMBLE = b"This is a multi-part message in MIME format.\r\n"
MIXED = 'multipart/mixed; boundary="b1"'


@pytest.mark.parametrize(
    ("kind", "encoding", "body"),
    [
        ("", "", b"Account name: Acme\r\n"),
        ("text/plain; charset=utf-8", "8bit", b"Hi\r\n-- \r\nTom\r\n"),
        ("text/plain; charset=utf-8", "quoted-printable", b"Andr=C3=A9s=20\r\nsoft=\r\nline\r\n"),
        ("text/plain; charset=utf-8", "base64", b"SGkgVG9t\r\nQ09ORklSTQ==\r\n"),
        ("text/html", "", b"<div>Hi</div>"),
        ("text/html", "", b"\xef\xbb\xbf\r\n <!DOCTYPE html><p>Hi</p>"),
        ("TEXT/HTML; charset=utf-8", "", b"Hi,<br>please confirm<br>"),
        (MIXED, "", PARTS),
        (MIXED, "", b"\r\n" + PARTS + b"\r\n\r\n"),
        ("text", "", b"Account name: Acme\r\n"),
        ("text/plain charset=utf-8", "", b"Account name: Acme\r\n"),
        (MIXED, "", PREAMBLE + PARTS),
        (MIXED, "", b"This is a cryptographically signed message in MIME format.\r\n\r\n" + PARTS),
        (MIXED, "", b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)\r\n" + PARTS),
        (MIXED, "", PREAMBLE + b"\r\n" + PARTS),
        ("multipart/alternative; boundary=b1", "7bit", PARTS),
    ],
)
def test_what_large_senders_send_shows_what_it_is(kind: str, encoding: str, body: bytes) -> None:
    assert doubt(kind, encoding, body) == ""


REPLY = b"Hi Mallory, sure.\r\n\r\nMallory wrote:\r\n"


@pytest.mark.parametrize(
    ("kind", "encoding", "body"),
    [
        # What he was sent and quoted becomes the mail, what he wrote its preamble.
        (MIXED, "", REPLY + PARTS),
        (MIXED, "", b"--other\r\n\r\nx\r\n" + PARTS),
        (MIXED, "", PARTS + b"and something more\r\n"),
        (MIXED, "", PARTS.replace(b"--b1--", b"")),
        ("multipart/mixed", "", PARTS),
        ("message/rfc822", "", b"From: a@b.example\r\n\r\nx"),
        ("application/octet-stream", "", b"x"),
        ("text/html", "", REPLY + b"> <br>CONFIRM<br>"),
        ("text/html", "", b"> <br>CONFIRM<br>\r\n\r\nNo!"),
        ("text/plain", "", b"<html><!--\r\nCONFIRM\r\n--><p>No!</p></html>"),
        ("text/plain", "", PARTS),
        ("", "", PARTS),
        ("text/plain", "base64", b"Hi Mallory!\r\n\r\nQ09ORklSTQ==\r\n"),
        ("text/plain", "quoted-printable", b"> =0D=0ACONFIRM\r\n\r\nNo!\r\n"),
        ("text/plain; charset=utf-16le", "", b"C\0O\0"),
        ("text/plain; charset=hz-gb-2312", "", b"> ~\nCONFIRM"),
        ("text/plain" + ";a=b" * 60, "", b"x"),
    ],
)
def test_what_may_have_been_something_else_is_doubted(
    kind: str, encoding: str, body: bytes
) -> None:
    assert doubt(kind, encoding, body)


def test_it_takes_no_time_whatever_the_body() -> None:
    for body in (b"a" * 1_000_000, b"\r\n" * 500_000, b" " * 1_000_000, b"multipart " * 100_000):
        for kind in (MIXED, "text/plain", "text/html"):
            doubt(kind, "", body)
