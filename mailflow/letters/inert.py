"""Foreign words in our letters: shown, never obeyed, never clickable (S14, PROMISES.md I18).

Mail programs turn anything that looks like an address into a link, also in plain text and also
where we wrote none. So the dots, colons and at signs that make one are put in brackets, as
security people write them: `evil[.]example`. Signs of no width would be invisible, but get lost
or show as boxes, and make a copied word another word.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailflow.core.hygiene import clean_line, clean_text

MAX_LINE = 254  # characters of a one-line value: the longest address there can be
MAX_LINES = 40  # a note may have 1000 characters; 40 lines keep a screenful
MAX_TEXT = 2000  # characters of a quotation; twice the longest note

_RISKY = re.compile(r"[.@:/\\。．｡：＠]")  # without one of these nothing becomes a link
_SCHEME = re.compile(r"(?<=[A-Za-z0-9])[:：](?=[/\\／])")
_BARE = re.compile(
    r"\b(www|ftp|https?|mailto|tel|sms|callto|sip|javascript|vbscript|data|file)([.:])(?=\S)",
    re.IGNORECASE,
)
# "S.A." and "3.5" are no addresses: a top-level domain has two letters or more.
_DOT = re.compile(r"(?<=[\w\]])[.。．｡](?=[^\W\d_]{2}|\d+[^\W\d_])")
_IP = re.compile(r"\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b")
_AT = re.compile(r"(?<=\S)[@＠](?=\S)")
# More than three accents on one letter are a tower that covers the lines above.
_ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
_TOWER = re.compile(f"({_ACCENT}{{3}}){_ACCENT}+")


@lru_cache(maxsize=1024, typed=True)
def line(text: str) -> str:
    """A value of one line without controls, direction marks or signs of no width, cut if long.

    The letters of one request say the same few values, so the last ones are remembered.
    """
    value = _flat(clean_line(text))
    return value if len(value) <= MAX_LINE else value[:MAX_LINE] + "[…]"


def lines(text: str) -> list[str]:
    """A longer text as cleaned lines, cut to what a letter can bear."""
    kept = [_flat(" ".join(piece.split())) for piece in clean_text(text[:MAX_TEXT]).split("\n")]
    while kept and not kept[-1]:
        kept.pop()
    more = len(text) > MAX_TEXT or len(kept) > MAX_LINES
    return [*kept[:MAX_LINES], "[…]"] if more else kept


def text(value: str) -> str:
    """A text of several lines, cleaned but not cut."""
    return _flat(clean_text(value))


def unlink(value: str) -> str:
    """Break everything a mail program could make a link of: for words a stranger will read.

    >>> unlink("see https://evil.example/x or mail me@evil.example")
    'see https[:]//evil[.]example/x or mail me[@]evil[.]example'
    """
    if not _RISKY.search(value):
        return value
    value = _AT.sub("[@]", _IP.sub(r"\1[.]\2[.]\3[.]\4", _DOT.sub("[.]", unlink_url(value))))
    return value.replace("\\\\", "\\ \\")


def unlink_url(value: str) -> str:
    """Break only what is a link for certain: for somebody's own words, shown back to him.

    >>> unlink_url("Acme.com, https://acme.example")
    'Acme.com, https[:]//acme.example'
    """
    if not _RISKY.search(value):
        return value
    return _BARE.sub(r"\1[\2]", _SCHEME.sub("[:]", value))


def _flat(value: str) -> str:
    return value if value.isascii() else _TOWER.sub(r"\1", value)
