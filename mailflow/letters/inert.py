"""Foreign words in our letters: shown, never obeyed, never clickable (S14, PROMISES.md I18).

Mail programs turn anything that looks like an address into a link, also in plain text and also
where we wrote none. So the dots, colons and at signs that make one are put in brackets, as
security people write them: `evil[.]example`. Signs of no width would be invisible, but get lost
or show as boxes, and make a copied word another word.
"""

from __future__ import annotations

import re

from mailflow.core.hygiene import clean_line, clean_text

MAX_LINES = 40  # a note may have 1000 characters; 40 lines keep a screenful
MAX_TEXT = 2000  # characters of a quotation; twice the longest note
MAX_MARKS = 3  # accents on one letter; more is a tower that covers our own lines

_SCHEME = re.compile(r"(?<=[A-Za-z0-9])[:：](?=[/\\／])")
_BARE = re.compile(
    r"\b(www|ftp|https?|mailto|tel|sms|callto|sip|javascript|vbscript|data|file)([.:])(?=\S)",
    re.IGNORECASE,
)
_DOT = re.compile(r"(?<=[\w\]])[.。．｡](?=[^\W\d_]{2}|\d+[^\W\d_])")  # "S.A." is no domain
_IP = re.compile(r"(?<=\d)\.(?=\d{1,3}(?:\.\d{1,3}|[/:]))")
_AT = re.compile(r"(?<=\S)[@＠](?=\S)")
_MARKS = 3  # accents on one letter; more is a tower that covers our own lines

_COLON = re.compile(r"(?<=[A-Za-z])[:：](?=[^\s])")
_DOT = re.compile(r"(?<=[\w\]])[.。．｡](?=[^\W\d_]{2}|\d+[^\W\d_])")  # "S.A." is no domain
_IP = re.compile(r"(?<=\d)\.(?=\d{1,3}\.\d{1,3}\.\d{1,3}\b|\d{1,3}\.\d{1,3}\b|\d{1,3}(?=[/:]))")
_SCHEME = re.compile(r"(?<=[A-Za-z])[:：](?=[/\\／]{2}|//)", re.IGNORECASE)
_BARE = re.compile(r"\b(www|ftp|mailto|tel|sms|javascript|data|file)(\.|:)(?=\S)", re.IGNORECASE)
_MARKS = re.compile("([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})"
                    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # fmt: skip


def line(text: str) -> str:
    """A value of one line without controls, direction marks or signs of no width."""
    return _calm(clean_line(text))


def lines(text: str) -> list[str]:
    """A longer text as cleaned lines, cut to what a letter can bear."""
    kept = [_calm(" ".join(piece.split())) for piece in clean_text(text[:MAX_TEXT]).split("\n")]
    while kept and not kept[-1]:
        kept.pop()
    more = len(text) > MAX_TEXT or len(kept) > MAX_LINES
    return [*kept[:MAX_LINES], "[…]"] if more else kept


def unlink(text: str) -> str:
    """Break everything a mail program could make a link of: for words a stranger will read.

    >>> unlink("see https://evil.example/x or mail me@evil.example")
    'see https[:]//evil[.]example/x or mail me[@]evil[.]example'
    """
    text = _AT.sub("[@]", _IP.sub("[.]", _DOT.sub("[.]", unlink_url(text))))
    return text.replace("\\\\", "\\ \\")


def unlink_url(text: str) -> str:
    """Break only what is a link for certain: for somebody's own words, shown back to him.

    >>> unlink_url("Acme.com, https://acme.example")
    'Acme.com, https[:]//acme.example'
    """
    return _BARE.sub(r"\1[\2]", _SCHEME.sub("[:]", text))


def _calm(text: str) -> str:
    return text if text.isascii() else _MARKS.sub(r"\1", text)
