"""How long one DKIM check takes: our own check of the sender, and dkimpy's `verify`.

Run from the checkout: `python -m bench.dkim`. Both get the same mails and the key from memory.
Ours includes reading the From field, the verdict and the rule; dkimpy's only the signature.
"""

from __future__ import annotations

import base64
import re
import statistics
import time
from collections.abc import Callable

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mailflow.authenticate import Authenticator
from mailflow.config.settings import TrustSettings
from mailflow.core.message import Message, read

ROUNDS = 7
HEAD = (
    "From: Pat <pat@partner.example>\r\nTo: requests@vendor.example\r\nSubject: New account\r\n"
    "Date: Mon, 21 Sep 2026 10:00:00 +0000\r\nMessage-ID: <1@partner.example>\r\n\r\n"
)
LINE = "Account name: Acme and Sons, a line of ordinary text in a mail.\r\n"
SIZES = {"1 kB": 1_000, "10 kB": 10_000, "100 kB": 100_000, "1 MB": 1_000_000}


class OneKey:
    """A resolver that has the key of the bench, and no other record."""

    def __init__(self, record: bytes) -> None:
        self._record = record

    def txt(self, name: str, _deadline: float) -> tuple[list[bytes], int]:
        return ([self._record] if "_domainkey" in name else []), 300

    def _nothing(self, _name: str, _deadline: float) -> tuple[list[str], int]:
        return [], 300

    a = aaaa = mx = _nothing


def milliseconds(work: Callable[[], bool]) -> float:
    """The median time of one call, in milliseconds, each round long enough to be measured."""
    assert work()
    rounds = []
    for _ in range(ROUNDS):
        calls, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < 0.1:
            work()
            calls += 1
        rounds.append((time.perf_counter() - begun) / calls * 1000)
    return statistics.median(rounds)


def main() -> None:
    """Print one line for each size of key and mail."""
    print(f"{'key':>9} {'mail':>7} {'ours':>10} {'dkimpy':>10} {'times':>6}")
    for bits in (1024, 2048, 4096):
        key = rsa.generate_private_key(65537, bits)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
        resolver = OneKey(record)
        auth = Authenticator(TrustSettings(mode="own_check"), resolver)
        for name, size in SIZES.items():
            raw = (HEAD + LINE * (size // len(LINE))).encode()
            raw = dkim.sign(raw, b"s", b"partner.example", pem,
                            canonicalize=(b"relaxed", b"relaxed")) + raw  # fmt: skip
            message = read(raw)
            assert isinstance(message, Message)
            ours = milliseconds(
                lambda raw=raw, message=message, auth=auth: (
                    auth.verdict(raw, message, None, "", "smtp").proven
                )
            )
            theirs = milliseconds(
                lambda raw=raw, record=record: dkim.verify(raw, dnsfunc=lambda *_, **__: record)
            )
            print(
                f"RSA {bits:>5} {name:>7} {ours:>7.3f} ms {theirs:>7.3f} ms {theirs / ours:>6.1f}"
            )
    blanks = b" " * 20_000
    begun = time.perf_counter()
    re.sub(rb"[\t ]+\r\n", b"\r\n", blanks)
    print(
        f"dkimpy's pattern on one line of {len(blanks)} blanks: {time.perf_counter() - begun:.1f} s"
    )


if __name__ == "__main__":
    main()
