"""Signs that have no business in a value: controls, direction marks, signs of no width.

Names and notes travel into mails, pages, logs and the operator's screen. A right-to-left override
there lets `elpmaxe.live` be shown as something else, and a line break in a name would end a
header, so every value goes through here before anybody else sees it.
"""

from __future__ import annotations

import re
import unicodedata

# Cc (but tab and line break), Cf and friends by explicit range: soft hyphen, Arabic letter mark,
# zero-width signs, direction marks, embeddings, overrides, isolates, invisible operators,
# byte-order mark, interlinear notes, tags, Hangul fillers, variation selectors.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ASCII_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
#: Combining marks of the scripts that people write to us in.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_RULES = re.compile(
    r" \((?:DOMAIN\.md )?(?:[SI]|§)\d{1,2}(?:, (?:DOMAIN\.md )?(?:[SI]|§)\d{1,2})*\)"
)
_TAB = re.compile("\t")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def clean_text(text: str, *, tabs: bool = False) -> str:
    """Text of several lines: breaks become `\\n`, odd spaces plain ones, invisible signs go.

    `tabs`: keep them; in a mail they part a label from its value.
    """
    if text.isascii() and not _ASCII_ODD.search(text):
        return text
    text = _BREAKS.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = _SPACES.sub(" ", text)
    return text if tabs else _TAB.sub(" ", text)


def clean_line(text: str) -> str:
    """A value of one line: as `clean_text`, and runs of white space become one blank."""
    return " ".join(clean_text(text).split())


def plain_rule(text: str) -> str:
    """A reason without the numbers of our rules, which mean nothing outside of the code.

    >>> plain_rule("every required field is there and valid (S19); the sender is proven (I13, S07)")
    'every required field is there and valid; the sender is proven'
    """
    return _RULES.sub("", text)


def fold(text: str) -> str:
    """Lower-case letters without accents or width, for comparing words: "ＳÍ" → "si"."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
