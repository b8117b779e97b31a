"""An acceptance that names another company than its letter: "ACTIVATE for Heron Works"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailflow.core.clear import is_name
from mailflow.core.hygiene import fold
from mailflow.core.newtext import OwnText
from mailflow.core.sentences import split
from mailflow.core.words import ACCEPT, AFTER, BEFORE, word_set

_WORD = re.compile(r"[^\W_]{3,}")
#: Legal forms and the like: two companies may share them.
_COMMON = word_set(
    "ltd inc llc gmbh corp company group grupo holding limited the and de del los las"
)
#: Words that are no name, wherever they stand beside the word.
_USUAL = AFTER | BEFORE | _COMMON


def names_another(own: OwnText, known: Iterable[str]) -> str:
    """The name in a sentence that accepts, where none of its words is one of the account's.

    Args:
        own: The author's new text.
        known: Where the account's words stand: its name, its domain, our subject, addresses.

    Returns:
        The words of the name, "" where none is named, or this one.
    """
    ours = {word for text in known for word in _WORD.findall(fold(text))} | own.names
    ours -= _COMMON
    for sentence in split(own.text, own.names):
        if ACCEPT.isdisjoint(sentence.tokens) or sentence.greeting or sentence.signature:
            continue
        name = [
            token
            for number, token in enumerate(sentence.tokens)
            if token not in ACCEPT
            and token not in _USUAL
            and len(token) > 2
            and is_name(sentence, number)
        ]
        if name and not any(token in one or one in token for token in name for one in ours):
            return " ".join(name)
    return ""
