"""References: the name of a request that people read, write down and type again."""

from __future__ import annotations

import re

#: No 0/O, 1/I/L, 5/S, 8/B, U/V: what is read aloud or copied by hand comes back right.
_SIGNS = "ACDEFGHJKMNPQRTWXY234679"
_LENGTH = 7
_PATTERN = re.compile(rf"(?<![A-Z0-9])R-[{_SIGNS}]{{{_LENGTH}}}(?![A-Z0-9])")


def make(chance: bytes) -> str:
    """A reference made of at least 8 random bytes: "R-" and seven signs (4.6 · 10⁹ of them).

    >>> make(bytes(8))
    'R-AAAAAAA'
    """
    number = int.from_bytes(chance[:8], "big")
    signs = []
    for _ in range(_LENGTH):
        number, rest = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[rest])
    return "R-" + "".join(signs)


def find(subject: str) -> str:
    """The reference in a subject line, or "" where there is none or more than one."""
    found = set(_PATTERN.findall(subject.upper()))
    return found.pop() if len(found) == 1 else ""
