"""Mails that are signed, and a DNS that is a dictionary, for the tests of sender authentication."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mailflow.authenticate import Authenticator, DnsError
from mailflow.authenticate.canon import body as canonical_body
from mailflow.authenticate.canon import field as canonical_field
from mailflow.config.settings import TrustSettings
from mailflow.core.message import Message, read
from mailflow.core.verdict import Verdict

NOW = 4_102_444_800.0  # 2100-01-01, the wall clock here: after any t= that dkimpy writes
SIGNED = (b"from", b"to", b"subject", b"date", b"message-id")


class Clock:
    """A monotonic clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Zone:
    """DNS as a dictionary: (kind, name) → values, or "trouble". Counts and times each question."""

    clock: Clock = field(default_factory=Clock)
    records: dict[tuple[str, str], list | str] = field(default_factory=dict)
    delay: float = 0.0
    ttl: int = 300
    asked: list[tuple[str, str]] = field(default_factory=list)
    respects_deadline: bool = True

    def put(self, kind: str, name: str, *values: object) -> Zone:
        self.records[kind, name] = list(values)
        return self

    def break_(self, kind: str, name: str) -> Zone:
        self.records[kind, name] = "trouble"
        return self

    def _answer(self, kind: str, name: str, deadline: float) -> tuple[list, int]:
        self.asked.append((kind, name))
        end = self.clock.now + self.delay
        if self.respects_deadline and end > deadline:
            self.clock.now = deadline
            raise DnsError("time-out")
        self.clock.now = end
        found = self.records.get((kind, name.lower()), [])
        if found == "trouble":
            raise DnsError("SERVFAIL")
        return list(found), self.ttl

    def txt(self, name, deadline):
        return self._answer("txt", name, deadline)

    def a(self, name, deadline):
        return self._answer("a", name, deadline)

    def aaaa(self, name, deadline):
        return self._answer("aaaa", name, deadline)

    def mx(self, name, deadline):
        return self._answer("mx", name, deadline)


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> tuple[bytes, bytes]:
    """(private key as PEM, DKIM record); made once per session for each size and number."""
    key = rsa.generate_private_key(65537, bits)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@cache
def ed_key() -> tuple[ed25519.Ed25519PrivateKey, bytes]:
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return key, b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public)


def mail(
    sender: str = "Pat Partner <pat@partner.example>",
    subject: str = "New account",
    body: str = "Account name: Acme\r\nCustomer email: jan@acme.example\r\n",
    head: str = "",
) -> bytes:
    """A plain mail in CRLF; `head` is put before everything else."""
    return (
        f"{head}From: {sender}\r\nTo: requests@licensing.vendor.example\r\n"
        f"Subject: {subject}\r\nDate: Mon, 21 Sep 2026 10:00:00 +0000\r\n"
        f"Message-ID: <1@partner.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}"
    ).encode()


def signed(
    raw: bytes,
    domain: str = "partner.example",
    selector: str = "s1",
    *,
    key: bytes | None = None,
    headers: tuple[bytes, ...] = SIGNED,
    forms: tuple[bytes, bytes] = (b"relaxed", b"relaxed"),
    identity: str | None = None,
    length: bool = False,
) -> bytes:
    """The mail with an RSA signature of dkimpy on top."""
    found = dkim.sign(
        raw,
        selector.encode(),
        domain.encode(),
        key or rsa_key()[0],
        identity=identity.encode() if identity else None,
        canonicalize=forms,
        include_headers=headers,
        length=length,
    )
    return found + raw


def signed_by_hand(raw: bytes, tags: str, key: ed25519.Ed25519PrivateKey) -> bytes:
    """A relaxed/relaxed Ed25519 signature with these tags (dkimpy needs another library)."""
    head, _, rest = raw.partition(b"\r\n\r\n")
    fields = [line.partition(b":")[::2] for line in head.split(b"\r\n")]
    digest = base64.b64encode(hashlib.sha256(canonical_body(rest, relaxed=True)).digest())
    value = b" a=ed25519-sha256; c=relaxed/relaxed; h=from:to:subject:date; bh=" + digest
    value += b"; " + tags.encode() + b"; b="
    hashed = hashlib.sha256()
    for name in (b"from", b"to", b"subject", b"date"):
        found = [(n, v + b"\r\n") for n, v in fields if n.lower() == name]
        hashed.update(canonical_field(*found[-1], relaxed=True))
    hashed.update(canonical_field(b"dkim-signature", value, relaxed=True).removesuffix(b"\r\n"))
    return b"DKIM-Signature:" + value + base64.b64encode(key.sign(hashed.digest())) + b"\r\n" + raw


def verdict(
    raw: bytes,
    trust: TrustSettings,
    zone: Zone | None = None,
    *,
    mail_from: str | None = None,
    peer: str = "127.0.0.1",
    source: str = "smtp",
) -> Verdict:
    """What the authenticator says of a mail that came in just now."""
    zone = zone or Zone()
    message = read(raw)
    if not isinstance(message, Message):
        return Verdict("none", f"unreadable: {message.reason}")
    auth = Authenticator(trust, zone, zone.clock, lambda: NOW)
    return auth.verdict(raw, message, mail_from, peer, source)
