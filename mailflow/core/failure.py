"""Why a mail came back, in one plain word that letters can explain (RFC 3463)."""

from __future__ import annotations

import re

#: First match wins: enhanced status codes before words, words of many mail servers after.
_REASONS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (word, re.compile(pattern, re.IGNORECASE))
    for word, pattern in (
        ("no_such_user", r"\b5\.1\.(?:1|3|6|10)\b|\b5\.2\.1\b"),
        ("domain_gone", r"\b5\.1\.2\b|\b5\.4\.4\b"),
        ("mailbox_full", r"\b[45]\.2\.2\b"),
        ("refused", r"\b5\.7\.\d+\b"),
        (
            "no_such_user",
            (
                r"(?:user|mailbox|recipient|address|account)\b.{0,40}?\b(?:unknown|not found|"
                r"invalid|"
                r"does not exist|doesn't exist|unavailable|disabled|no such|rejected)"
                r"|no such (?:user|mailbox|recipient|person)|unknown (?:user|recipient|local part)"
            ),
        ),
        (
            "domain_gone",
            r"(?:host|domain)\b.{0,40}?\b(?:not found|unknown|does not exist)|nxdomain",
        ),
        ("mailbox_full", r"(?:mailbox|quota).{0,30}?(?:full|exceeded)|over ?quota"),
        ("refused", r"spam|policy|blocked|denied|blacklist|not accepted|refused"),
    )
)


def plain_reason(detail: str) -> str:
    """One of no_such_user, domain_gone, mailbox_full, refused, other.

    `detail` is what a mail server said, untrusted and of any length; only its start is read.

    >>> plain_reason("550 5.1.1 <tom@x.example>: user unknown")
    'no_such_user'
    """
    start = detail[:500]
    return next((word for word, pattern in _REASONS if pattern.search(start)), "other")
