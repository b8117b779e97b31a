"""DMARC as plain values: what a policy record says, and which domains stand for one another.

RFC 7489; the organisational domain is found by the public suffix list, behind
`address.organisational_domain`, so that the tree walk of RFC 9989 can take its place there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mailflow.core.address import organisational_domain

# A name that can stand in DNS, as the protocols of this room write it: ASCII, no trailing dot.
# Labels may begin with an underscore: some signers use such names below their own domain.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+", re.ASCII)
_LONGEST = 253


@dataclass(frozen=True, slots=True)
class Policy:
    """A published DMARC record. Policies are "none", "quarantine" or "reject"."""

    policy: str
    subdomains: str
    strict_dkim: bool = False
    strict_spf: bool = False


def domain_name(text: str) -> str | None:
    """`text` in ASCII lower case if it is a domain name of two labels or more, else None."""
    return _domain_name(text.lower()) if text.isascii() and len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)  # one signature is asked for its domain several times
def _domain_name(lowered: str) -> str | None:
    return lowered if _NAME.fullmatch(lowered) else None


def aligned(author: str, proven: str, *, strict: bool = False) -> bool:
    """Whether a proven domain stands for the author's (RFC 7489 s3.1).

    Args:
        author: Domain of the single From address, ASCII lower case.
        proven: Domain of a valid signature (`d=`) or of an SPF pass, ASCII lower case.
        strict: The policy wants the very same name, not only the same organisation.

    Returns:
        True for one and the same name, or, unless strict, for one organisational domain. Two
        names below a public suffix never share an organisation.
    """
    if not author or not proven:
        return False
    if author == proven:
        return True
    return not strict and organisational_domain(author) == organisational_domain(proven)


def read_policy(records: Iterable[bytes]) -> Policy | None:
    """The one DMARC record among the TXT records of `_dmarc.DOMAIN`, or None.

    Several of them count as none (RFC 7489 s6.6.3). A record without a usable `p=` counts as
    "none" when it asks for reports, and else as no record.
    """
    found = [tags for tags in map(_tags, records) if tags is not None]
    if len(found) != 1:
        return None
    tags = found[0]
    policy = tags.get("p", "").lower()
    if policy not in ("none", "quarantine", "reject"):
        if "rua" not in tags:
            return None
        policy = "none"
    below = tags.get("sp", policy).lower()
    return Policy(
        policy=policy,
        subdomains=below if below in ("none", "quarantine", "reject") else policy,
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        strict_spf=tags.get("aspf", "r").lower() == "s",
    )


def _tags(record: bytes) -> dict[str, str] | None:
    """Tags of a record that begins with v=DMARC1, or None for any other TXT record."""
    pieces = record.decode("latin-1").split(";")
    name, equals, value = pieces[0].partition("=")
    if not equals or name.strip().lower() != "v" or value.strip() != "DMARC1":
        return None
    tags: dict[str, str] = {}
    for piece in pieces[1:]:
        name, equals, value = piece.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    return tags
