"""Who a mail says it is from: exactly one From field with exactly one address, or nobody (I13).

The grammar is our own. A value that two programs could read as two different mailboxes has no
sender at all.
"""

from __future__ import annotations

import re

from mailflow.core import mime
from mailflow.core.address import parse, readable_domain
from mailflow.core.charset import decode_words


def read_sender(fields: list[bytes]) -> tuple[str, str, str]:
    """(address, display name, fault) of the From fields, by our own grammar."""
    if len(fields) != 1:
        return "", "", "no From field" if not fields else "more than one From field"
    text = mime.latin(fields[0])
    scanned = _scan(text)
    if scanned is None:
        return "", "", "From field cannot be read without doubt"
    phrase, route, comment = scanned
    if route is None:
        route, phrase = phrase.strip(), ""
    address = parse(route.strip())
    if address is None:
        return "", "", "From field has no single plain address"
    if not route.isascii() and not _spelled(route, address):
        return "", "", "From address is not what it looks like"
    return address, decode_words(phrase.strip() or comment), ""


def _spelled(route: str, address: str) -> bool:
    """Whether a domain beyond ASCII is written letter by letter as IDNA 2008 has it.

    What is only mapped to another name (full width, other full stops) is not that name (I13).
    """
    written = route.strip().rpartition("@")[2].lower()
    return written == readable_domain(address.rpartition("@")[2])


def _scan(text: str) -> tuple[str, str | None, str] | None:
    """(what is outside, what is in angle brackets or None, first comment) of a From value.

    None where the value could be read as more than one mailbox: a comma, semicolon, colon, second
    bracket or stray `@` outside of quotation marks, or anything behind the closing bracket.
    """
    outside: list[str] = []
    inside: str | None = None
    comment = ""
    at, end = 0, len(text)
    while at < end:
        sign = text[at]
        if sign == '"':
            close = at + 1
            while close < end and text[close] != '"':
                close += 2 if text[close] == "\\" else 1
            if close >= end or inside is not None:
                return None
            outside.append(re.sub(r"\\(.)", r"\1", text[at + 1 : close]).replace("@", "\x01"))
            at = close
        elif sign == "(":
            depth, close = 1, at + 1
            while close < end and depth:
                step = text[close]
                depth += (step == "(") - (step == ")")
                close += 2 if step == "\\" else 1
            if depth:
                return None
            comment = comment or text[at + 1 : close - 1]
            at = close - 1
        elif sign == "<":
            close = text.find(">", at)
            if close < 0 or inside is not None:
                return None
            inside = text[at + 1 : close]
            at = close
        elif sign in ",;:>\\)[]" or (inside is not None and not sign.isspace()):
            return None
        else:
            outside.append(sign)
        at += 1
    phrase = "".join(outside)
    if inside is not None and "@" in phrase:
        return None
    return phrase.replace("\x01", "@"), inside, comment
