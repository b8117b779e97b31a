"""DKIM by the letter: the example of RFC 8463, and dkimpy as a second opinion on canonical forms."""

from __future__ import annotations

import base64
import random
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.authenticate import canon, signature
from mailflow.config.settings import TrustSettings
from tests.edges.signed_mail import NOW, SIGNED, Zone, mail, rsa_key, signed, verdict

OWN = TrustSettings(mode="own_check")

# RFC 8463 appendix A, one message with two signatures.
RFC_8463 = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")
RFC_8463_KEYS = {
    "brisbane": b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "test": b"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a"
    b"5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hst"
    b"T5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
}


@pytest.mark.parametrize("selector", RFC_8463_KEYS)
def test_the_example_of_rfc_8463(selector: str) -> None:
    zone = Zone().put("txt", f"{selector}._domainkey.football.example.com", RFC_8463_KEYS[selector])
    assert verdict(RFC_8463, OWN, zone).proven
    assert not verdict(RFC_8463.replace(b"dinner", b"supper"), OWN, zone).proven
    assert not verdict(RFC_8463.replace(b"game", b"match"), OWN, zone).proven


_PIECES = st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"b c", b"\xc3\xa9", b"=", b";", b"b=x"])


@settings(max_examples=600, deadline=None)
@given(st.lists(_PIECES, max_size=30).map(b"".join))
def test_bodies_have_the_form_that_dkimpy_gives_them(body: bytes) -> None:
    body += b"\r\n"  # mail by SMTP ends so; without it dkimpy keeps the last blanks
    assert canon.body(body, relaxed=True) == Relaxed.canonicalize_body(body)
    assert canon.body(body, relaxed=False) == Simple.canonicalize_body(body)


@settings(max_examples=600, deadline=None)
@given(st.lists(_PIECES, max_size=12).map(b"".join))
def test_fields_have_the_form_that_dkimpy_gives_them(value: bytes) -> None:
    value = value.replace(b"\r\n", b"\r\n ") + b"\r\n"
    name, expected = Relaxed.canonicalize_headers([(b"X-Some-Name", value)])[0]
    assert canon.field(b"X-Some-Name", value, relaxed=True) == name + b":" + expected
    assert canon.field(b"X-Some-Name", value, relaxed=False) == b"X-Some-Name:" + value


def test_empty_bodies() -> None:
    for body in (b"", b"\r\n", b"\r\n\r\n", b" \r\n\t\r\n"):
        assert canon.body(body, relaxed=True) == b""
    for body in (b"", b"\r\n", b"\r\n\r\n"):
        assert canon.body(body, relaxed=False) == b"\r\n"
    assert canon.body(b"a \t", relaxed=True) == b"a\r\n"


@pytest.mark.parametrize("forms", [(a, b) for a in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")])  # fmt: skip
def test_what_dkimpy_signs_we_verify_and_nothing_else(forms: tuple[bytes, bytes]) -> None:
    chance = random.Random(8463)
    zone = Zone().put("txt", "s1._domainkey.partner.example", rsa_key()[1])
    for _ in range(40):
        signs = "ab \t;=é\n"
        text = "".join(chance.choices(signs, k=chance.randrange(120))).replace("\n", "\r\n")
        subject = "".join(chance.choices("ab \t;=", k=chance.randrange(1, 60))) + "x"
        names = list(SIGNED)
        chance.shuffle(names)
        raw = signed(mail(subject=subject, body=text + "\r\n"), forms=forms, headers=tuple(names))
        assert verdict(raw, OWN, zone).proven, raw
        spoilt = bytearray(raw)
        at = chance.randrange(raw.index(b"Subject: ") + 9, raw.index(b"\r\nDate:"))
        if spoilt[at] not in b" \t\r\n":
            spoilt[at] = ord("z")
            assert not verdict(bytes(spoilt), OWN, zone).proven


@pytest.mark.parametrize(
    "body",
    [
        b" " * 4_000_000,
        b"\t " * 2_000_000 + b"x\r\n",
        b" \r\n" * 1_000_000,
        b"\r\n" * 2_000_000 + b"x\r\n",
        b"a b" * 1_000_000,
    ],
    ids=["blanks", "tabs and blanks", "blank lines", "empty lines", "words"],
)
def test_the_canonical_body_takes_linear_time(body: bytes) -> None:
    begun = time.process_time()
    canon.body(body, relaxed=True)
    canon.body(body, relaxed=False)
    assert time.process_time() - begun < 2  # dkimpy's pattern takes hours for the first


def test_hostile_signature_fields_take_little_time() -> None:
    fields = [
        b" v=1; h=" + b"from:" * 18_000,
        b";" * 90_000,
        b" b" * 45_000 + b"=",
        b" v=1; s=" + b"a." * 45_000,
        b" v=1; d=" + b"a." * 45_000,
        (b" ;" + b" " * 200) * 400,
        b" v=1; bh=" + b"A" * 90_000,
    ]
    begun = time.process_time()
    for value in fields:
        assert isinstance(signature.read(value + b"\r\n", NOW), str)
        canon.signature_field(b"DKIM-Signature", value + b"\r\n", relaxed=True)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("bits", [512, 768, 1016])
def test_short_keys_are_refused(bits: int) -> None:
    # A modulus of that length is enough: the length is judged before anything is verified.
    numbers = rsa.RSAPublicNumbers(65537, (1 << bits) - 1)
    public = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    found = signature.read(signed(mail()).partition(b":")[2].partition(b"\r\nFrom")[0], NOW)
    assert isinstance(found, signature.Signature)
    record = b"v=DKIM1; p=" + base64.b64encode(public)
    assert signature.read_key(record, found) == f"key of {bits} bits is not accepted"


def test_a_bare_rsa_key_is_read_too() -> None:
    # RFC 6376 s3.6.1 means this form by "RSAPublicKey"; some publishers use it.
    numbers = rsa.RSAPublicNumbers(65537, (1 << 2047) + 1)
    public = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    found = signature.read(signed(mail()).partition(b":")[2].partition(b"\r\nFrom")[0], NOW)
    assert isinstance(found, signature.Signature)
    assert not isinstance(signature.read_key(b"p=" + base64.b64encode(public), found), str)
