"""Addresses in SMTP commands: `<local@domain>` read by a grammar of our own (RFC 5321 §4.1.2).

The stdlib's header parser, which aiosmtpd asks, reads comments and folding that no envelope may
have, and takes quadratic time. Ours is one linear pattern over at most a command line.
"""

from __future__ import annotations

import re

#: The null return path of bounces, as aiosmtpd hands it on.
NULL_PATH = "<>"

# Wider than the RFC on purpose: `a..b@` and `_` in a domain are wrong and yet in daily use by
# senders. What may stand in an address that we answer is judged later, by stricter rules.
_LOCAL = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\U0010ffff-]+|\"(?:[^\"\\]|\\.)*\")"
_DOMAIN = r"(?:[A-Za-z0-9._\u0080-\U0010ffff-]+|\[[A-Za-z0-9:.]+\])"
_ROUTE = r"(?:@[A-Za-z0-9.-]+(?:,@[A-Za-z0-9.-]+)*:)?"  # obsolete; accepted and ignored, RFC 5321 C
_PATH = re.compile(
    rf"(?:<{_ROUTE}(?P<inside>{_LOCAL}@{_DOMAIN})>|<>|(?P<plain>{_LOCAL}@{_DOMAIN}))"
    r"(?P<rest>(?: .*)?)",
    re.DOTALL,
)

MAX_LOCAL = 64  # RFC 5321 §4.5.3.1.1, octets
MAX_PATH = 254  # RFC 5321 §4.5.3.1.3, less the brackets


def split_path(text: str) -> tuple[str, str] | None:
    """The address and the parameters behind it, or None if this is no path.

    The null path comes back as `<>`. Refused are control characters, lone surrogates (aiosmtpd
    makes them of bytes that are not UTF-8, and no database takes them), spaces inside, and what
    is longer than the RFC's limits.
    """
    found = _PATH.fullmatch(text)
    if found is None:
        return None
    address = found["inside"] or found["plain"] or NULL_PATH
    if not address.isprintable():
        return None
    if address != NULL_PATH:
        octets = address.encode()
        if len(octets) > MAX_PATH or octets.rindex(b"@") > MAX_LOCAL:
            return None
    return address, found["rest"].strip()
