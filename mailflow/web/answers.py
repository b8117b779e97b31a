"""Which words the demo's mailbox offers as buttons below a letter. Pure.

The words are those that the letter itself names; a word that wants something behind it (an
address, a reason, a corrected line) is put into the text instead of being sent at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailflow.core.letter import Kind
from mailflow.letters.words import WORDS

_BY_KIND: Mapping[str, tuple[str, ...]] = {
    Kind.QUESTION: ("cancel", "help"),
    Kind.REVIEW: ("confirm", "cancel"),
    Kind.REMINDER_PARTNER: ("confirm", "cancel"),
    Kind.COMPLETION: ("status", "resend", "cancel"),
    Kind.ACTIVATION: ("accept", "decline", "nominate", "not_me"),
    Kind.REMINDER_CUSTOMER: ("accept", "decline", "nominate", "not_me"),
    Kind.RELEASED_CUSTOMER: ("accept", "decline", "nominate", "not_me"),
    Kind.STILL_WAITING: ("status", "resend", "cancel"),
    Kind.ADDRESS_FAILED: ("status", "cancel"),
    Kind.ABSENT: ("status", "cancel"),
    Kind.DECLINED: ("renew", "case"),
    Kind.EXPIRY_NOTICE: ("renew",),
    Kind.EXPIRY_CUSTOMER: ("ready",),
    Kind.CUSTOMER_READY: ("renew",),
    Kind.CANCELLED: ("renew",),
    Kind.LAPSED: ("renew",),
    Kind.STATUS: ("status", "resend", "cancel"),
    Kind.UNKNOWN_REPLY: ("help", "case"),
    Kind.HELP: ("case",),
}
_WANTS_MORE = {"nominate", "decline", "case", "feedback"}
#: What every thread takes.
_ALWAYS = ("english",)


@dataclass(frozen=True, slots=True)
class Word:
    """One button. `main` is the letter's next step; `more` is true for a word to be completed."""

    text: str
    main: bool = False
    more: bool = False


def answers_to(kind: str, language: str) -> tuple[Word, ...]:
    """The buttons below a letter of this kind, in its language."""
    words = WORDS.get(language, WORDS["en"])
    meanings = _BY_KIND.get(kind, ("status", "help"))
    extra = _ALWAYS if language != "en" else ()
    return tuple(
        Word(words[meaning], main=index == 0, more=meaning in _WANTS_MORE)
        for index, meaning in enumerate((*meanings, *extra))
    )
