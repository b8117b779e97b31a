"""Text as both databases can hold it.

PostgreSQL refuses NUL in a text, and neither database takes half a surrogate pair, which is what
aiosmtpd makes of a byte that is no UTF-8. One such sign must not stop a mail (I8).
"""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: str, limit: int = 2000) -> str:
    """`value` with unstorable signs replaced by U+FFFD, and at most `limit` characters."""
    return _UNSTORABLE.sub("\ufffd", value[:limit])


def cut_tag(address: str) -> str:
    """`requests+SECRET@host` with no more than six characters of its tag, for every view (I29)."""
    local, at, domain = address.rpartition("@")
    name, plus, tag = local.partition("+")
    return f"{name}+{tag[:6]}…{at}{domain}" if plus and len(tag) > 6 else address
