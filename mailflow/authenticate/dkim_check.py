"""DKIM (RFC 6376) as proof of the author's domain: only signatures that could prove it are tried.

RSA and Ed25519 are verified by `cryptography`; dkimpy does RSA in Python itself, several times
slower, and needs a further library for Ed25519 (bench/dkim.py has the figures).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from mailflow.authenticate import canon, signature
from mailflow.authenticate.dns import DnsError
from mailflow.authenticate.lookup import Lookup
from mailflow.core import retyped
from mailflow.core.alignment import aligned

_PADDING, _HASH = PKCS1v15(), Prehashed(SHA256())
MOST = 3  # signatures tried per message (PROMISES.md I28)


@dataclass(frozen=True, slots=True)
class Proof:
    """What DKIM or SPF says: "pass" for `domain`, "none" or "temporary", and why.

    `id_proven`: it covers the Message-ID too, or whoever handed the mail in.
    """

    result: str
    domain: str
    why: str
    id_proven: bool = True


class Signed:
    """One message taken apart for its signatures. Body hashes are computed once per form."""

    def __init__(self, fields: list[tuple[bytes, bytes]], body: bytes) -> None:
        self._fields: dict[str, list[tuple[bytes, bytes]]] = {}
        for name, value in fields:
            self._fields.setdefault(name.lower().decode("ascii"), []).append((name, value))
        self._body = body
        self._hashes: dict[bool, bytes] = {}

    def all(self, name: str) -> list[tuple[bytes, bytes]]:
        """Fields of that name (lower case), topmost first: name as sent, value with its CRLF."""
        return self._fields.get(name, [])

    def body_hash(self, *, relaxed: bool) -> bytes:
        """SHA-256 of the canonical body."""
        if relaxed not in self._hashes:
            data = canon.body(self._body, relaxed=relaxed)
            self._hashes[relaxed] = hashlib.sha256(data).digest()
        return self._hashes[relaxed]

    def retyped(self, signed: Collection[str]) -> str:
        """Why the body may have been signed as something else than it is read as now, or "".

        Args:
            signed: Names of the fields that a signature covers, lower case.
        """
        names = ("content-type", "content-transfer-encoding")
        if names[0] in signed and (names[1] in signed or not self.all(names[1])):
            return ""
        kind, encoding = (
            next((value.decode("latin-1") for _, value in self.all(name)), "") for name in names
        )
        return retyped.doubt(kind, encoding, self._body)

    def header_hash(self, found: signature.Signature, own: tuple[bytes, bytes]) -> bytes:
        """SHA-256 of the signed fields and of the signature field itself (RFC 6376 s3.7)."""
        relaxed = found.relaxed_header
        taken: list[bytes] = []
        # Each mention in h= takes the next instance from the bottom; one too many takes nothing
        # (RFC 6376 s5.4.2), which is how signers forbid a second From.
        used: dict[str, int] = {}
        for name in found.signed:
            instances = self._fields.get(name, ())
            used[name] = number = used.get(name, 0) + 1
            if number <= len(instances):
                taken.append(canon.field(*instances[-number], relaxed=relaxed))
        taken.append(canon.signature_field(*own, relaxed=relaxed))
        return hashlib.sha256(b"".join(taken)).digest()


def check(message: Signed, author: str, lookup: Lookup, now: float) -> list[Proof]:
    """Try the signatures that could stand for the author, until one of the same name passes.

    Args:
        message: The message taken apart.
        author: Domain of the single From address, ASCII lower case.
        lookup: The DNS of this message.
        now: When it was received, in seconds since 1970.

    Returns:
        One proof for each signature tried (3 at most), empty if none could stand for the author.
    """
    able = [own for own in message.all("dkim-signature") if may_prove(own[1], author)]
    proofs: list[Proof] = []
    for own in able[:MOST]:
        proofs.append(_try(message, own, lookup, now))
        if proofs[-1].result == "pass":
            break
    return proofs


def left_open(raw: bytes, author: str) -> str:
    """Why a mail that somebody else verified may be read as another one than was signed, or "".

    Which signature it was is not known, and anybody can add one that counts for nothing: so each
    that could stand for the author is asked whether it covers Content-Type.
    """
    taken = canon.split(raw)
    if taken is None:
        return ""
    message = Signed(*taken)
    for _, value in message.all("dkim-signature"):
        if may_prove(value, author):
            covered = signature.covers(value)
            if doubt := message.retyped(covered):
                return f"no Content-Type is signed, and there is {doubt}"
    return ""


def may_prove(value: bytes, author: str) -> bool:
    """Whether a DKIM-Signature is of a domain that could stand for the author's."""
    domain = signature.signer(value)
    return domain is not None and aligned(author, domain)


def _try(message: Signed, own: tuple[bytes, bytes], lookup: Lookup, now: float) -> Proof:
    found = signature.read(own[1], now)
    if isinstance(found, str):
        return Proof("none", "", found)
    # The hash of the body costs no question to anybody, so it comes before the key.
    if not hmac.compare_digest(message.body_hash(relaxed=found.relaxed_body), found.body_hash):
        return Proof("none", "", f"body does not match the signature of {found.domain}")
    try:
        records = lookup.txt(found.key_name)
    except DnsError as trouble:
        return Proof("temporary", "", f"key of {found.domain}: {trouble}")
    if len(records) != 1:
        count = "no key" if not records else "more than one key"
        return Proof("none", "", f"{count} at {found.key_name}")
    key = signature.read_key(records[0], found)
    if isinstance(key, str):
        return Proof("none", "", f"{key} ({found.key_name})")
    digest = message.header_hash(found, own)
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(found.value, digest)  # RFC 8463 s3: over the hash, not over the fields
        else:
            key.verify(found.value, digest, _PADDING, _HASH)
    except InvalidSignature:
        return Proof("none", "", f"header does not match the signature of {found.domain}")
    if doubt := message.retyped(found.signed):
        return Proof("none", "", f"{found.domain} signed no Content-Type, and there is {doubt}")
    return Proof(
        "pass", found.domain, f"dkim=pass for {found.domain}", "message-id" in found.signed
    )
