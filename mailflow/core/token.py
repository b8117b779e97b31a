"""Secret addresses: who holds the token of a letter may answer it (DESIGN.md §2.4, I23).

A token is 160 random bits in lower-case base32: 32 characters, which fit beside a 31-character
local part, and which survive mail systems that fold case. Only its SHA-256 is stored.
"""

from __future__ import annotations

import base64
import hashlib
import re

BITS = 160
_TOKEN = re.compile(r"[a-z2-7]{32}\Z")


def make(chance: bytes) -> str:
    """The token made of `chance`, 20 fresh random bytes.

    >>> make(bytes(20))
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
    """
    if len(chance) * 8 != BITS:
        raise ValueError(f"a token needs {BITS} bits, not {len(chance) * 8}")
    return base64.b32encode(chance).decode("ascii").lower()


def digest(token: str) -> str:
    """What is stored of a token: hexadecimal SHA-256 of its lower-case form."""
    return hashlib.sha256(token.lower().encode("ascii", "replace")).hexdigest()


def tagged(address: str, token: str) -> str:
    """The secret form of one of our addresses: requests@x → requests+TOKEN@x."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def of_address(address: str, ours: str) -> str:
    """The token in `address`, if it is `ours` with a well-formed tag; else "".

    >>> of_address("Requests+" + "A" * 32 + "@Vendor.example", "requests@vendor.example")
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
    """
    local, _, domain = address.lower().rpartition("@")
    base, _, tag = local.partition("+")
    if f"{base}@{domain}" != ours.lower() or not _TOKEN.match(tag):
        return ""
    return tag


def is_ours(address: str, *ours: str) -> bool:
    """Whether `address` is one of `ours`, with any tag or none: the door is no oracle."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" in {own.lower() for own in ours}
