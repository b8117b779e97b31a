"""A DKIM-Signature field and a DKIM key record as values (RFC 6376 s3.5, s3.6.1; RFC 8463).

Stricter than the RFC where its freedom has been used to forge: `l=` is refused, and From, Subject
and Date must be signed. To and Message-ID need not be: large senders leave them out.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailflow.core.alignment import domain_name

MUST_SIGN = ("from", "subject", "date")
ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}  # RFC 8301: no rsa-sha1
SHORTEST_RSA = 1024  # bits, RFC 8301 s3.2
LONGEST_RSA = 8192  # bits; RFC 8301 asks for 4096, more than this costs time and nobody uses it

PublicKey = RSAPublicKey | Ed25519PublicKey

_FOLDS = dict.fromkeys(map(ord, " \t\r\n"))
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature that is worth a look at its key."""

    algorithm: str
    domain: str  # d=, ASCII lower case
    identity: str  # domain of i=, ASCII lower case
    selector: str
    signed: tuple[str, ...]  # h=, lower case
    relaxed_header: bool
    relaxed_body: bool
    body_hash: bytes
    value: bytes

    @property
    def key_name(self) -> str:
        """Where its key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


@lru_cache(maxsize=256)  # a signature is looked at for its domain first, and then as a whole
def tags(text: str) -> Mapping[str, str] | None:
    """A tag list, blanks around values cut off; None if a tag is broken or stands twice."""
    found: dict[str, str] = {}
    for piece in text.split(";"):
        if not piece.strip():
            continue
        name, equals, value = piece.partition("=")
        name = name.strip()
        # RFC 6376 s3.2: an ASCII letter, then letters, digits and "_".
        if not equals or not (name.isascii() and name.isidentifier()) or name in found:
            return None
        if name[0] == "_":
            return None
        found[name] = value.strip()
    return found


def signer(field: bytes) -> str | None:
    """The signing domain that a DKIM-Signature claims, without judging the rest."""
    found = tags(field.strip().decode("latin-1"))
    return domain_name(found.get("d", "")) if found else None


def key_name(field: bytes) -> str:
    """Where the key of a DKIM-Signature is published, "" if it does not say."""
    found = tags(field.strip().decode("latin-1")) or {}
    domain, selector = domain_name(found.get("d", "")), found.get("s", "")
    return f"{selector}._domainkey.{domain}" if domain and _SELECTOR.fullmatch(selector) else ""


def covers(field: bytes) -> tuple[str, ...]:
    """Names of the fields in h=, lower case, without judging the rest."""
    found = tags(field.strip().decode("latin-1")) or {}
    return tuple(name.strip().lower() for name in _unfold(found.get("h", "")).split(":"))


def read(field: bytes, now: float) -> Signature | str:
    """The signature in a DKIM-Signature value, or why it does not count.

    Args:
        field: The value as received, folded.
        now: When the mail was received, in seconds since 1970; decides whether x= has passed.
    """
    found = tags(field.strip().decode("latin-1"))
    if found is None:
        return "signature cannot be read"
    if found.get("v") != "1":
        return "signature has no v=1"
    algorithm = found.get("a", "").lower()
    if algorithm not in ALGORITHMS:
        return "signature has an algorithm that is not accepted"
    if "l" in found:
        return "signature leaves part of the body open (l=)"
    domain, selector = domain_name(found.get("d", "")), found.get("s", "")
    if domain is None or not _SELECTOR.fullmatch(selector):
        return "signature has no usable d= or s="
    identity = found.get("i", "@" + domain).rpartition("@")[2].lower()
    if identity != domain and not identity.endswith("." + domain):
        return "signature has an i= outside of its d="
    signed = tuple(name.strip().lower() for name in _unfold(found.get("h", "")).split(":"))
    missing = [name for name in MUST_SIGN if name not in signed]
    if missing:
        return f"signature leaves out {', '.join(missing)}"
    forms = found.get("c", "simple/simple").lower().split("/")
    forms += ["simple"] if len(forms) == 1 else []
    if len(forms) != 2 or any(form not in ("simple", "relaxed") for form in forms):
        return "signature has an unknown c="
    if "dns/txt" not in _unfold(found.get("q", "dns/txt")).lower().split(":"):
        return "signature has an unknown q="
    if fault := _times(found, now):
        return fault
    value, body_hash = _base64(found.get("b", "")), _base64(found.get("bh", ""))
    if not value or body_hash is None or len(body_hash) != 32:
        return "signature has no usable b= or bh="
    return Signature(
        algorithm=algorithm,
        domain=domain,
        identity=identity,
        selector=selector,
        signed=signed,
        relaxed_header=forms[0] == "relaxed",
        relaxed_body=forms[1] == "relaxed",
        body_hash=body_hash,
        value=value,
    )


def read_key(record: bytes, signature: Signature) -> PublicKey | str:
    """The public key in a DNS record for that signature, or why it cannot be used."""
    below = signature.identity != signature.domain
    return _read_key(record, signature.algorithm, below)


@lru_cache(maxsize=256)
def _read_key(record: bytes, algorithm: str, below: bool) -> PublicKey | str:
    """The same few keys sign most mail, and taking one apart costs time."""
    found = tags(record.decode("latin-1"))
    if found is None or found.get("v", "DKIM1") != "DKIM1":
        return "key record cannot be read"
    kind = found.get("k", "rsa").lower()
    if kind != ALGORITHMS[algorithm]:
        return "key is of another kind than the signature"
    if "sha256" not in _listed(found.get("h", "sha256")):
        return "key is not for sha256"
    if not {"*", "email"} & set(_listed(found.get("s", "*"))):
        return "key is not for mail"
    if "s" in _listed(found.get("t", "")) and below:
        return "key allows no subdomain in i="
    if not _unfold(found.get("p", "")):
        return "key is revoked"
    key = _load(kind, _unfold(found["p"]))
    if key is None:
        return "key cannot be read"
    if isinstance(key, RSAPublicKey) and not SHORTEST_RSA <= key.key_size <= LONGEST_RSA:
        return f"key of {key.key_size} bits is not accepted"
    return key


def _load(kind: str, text: str) -> PublicKey | None:
    """A key from its base64."""
    data = _base64(text)
    try:
        if data is None:
            return None
        if kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(data)
        key = load_der_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _times(found: Mapping[str, str], now: float) -> str:
    """What is wrong with t= and x=, or "". A t= ahead of us is a wrong clock, no attack."""
    made, ends = found.get("t", ""), found.get("x", "")
    for text in (made, ends):
        if text and not (text.isascii() and text.isdigit() and len(text) <= 12):
            return "signature has a broken t= or x="
    if ends and int(ends) < now:
        return "signature has expired"
    if made and ends and int(ends) < int(made):
        return "signature ends before it begins"
    return ""


def _listed(text: str) -> list[str]:
    return [item.strip().lower() for item in text.split(":")]


def _unfold(text: str) -> str:
    folded = " " in text or "\n" in text or "\t" in text or "\r" in text
    return text.translate(_FOLDS) if folded else text


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(_unfold(text), validate=True)
    except (binascii.Error, ValueError):
        return None
