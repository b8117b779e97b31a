"""The answers a letter offers: a word, and the link that opens a mail which says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from mailflow.letters.folders import LetterError
from mailflow.letters.words import word

MAX_BODY = 1500  # Windows hands at most 2048 characters of a link to the mail program


@dataclass(frozen=True, slots=True)
class Word:
    """A word to answer with, and the mailto link that prefills it."""

    text: str
    href: str


class Answers:
    """What the reader of one letter can answer; both parts of the letter share the links.

    `to` is the address that answers go to, "" when this reader cannot answer: offering him a word
    would be a dead link and raises LetterError.
    """

    def __init__(self, to: str, subject: str, language: str) -> None:
        self._language = language
        self._start = _start(to, "Re: " + subject) if to else ""
        self._said: dict[tuple[str, str], Word] = {}

    def say(self, name: str, extra: str = "", *, whole: bool = False) -> Word:
        """The word for a meaning. `extra` stands for what the reader adds himself; it is shown,
        not prefilled: ("nominate", "name@customer.example"). `whole`: it is prefilled too.
        """
        if whole:
            text = f"{word(name, self._language)} {extra}".strip()
            return Word(text, self.reply_with([text]))
        known = self._said.get((name, extra))
        if known is None:
            said = word(name, self._language)
            shown, prefilled = (f"{said} {extra}", f"{said} ") if extra else (said, said)
            known = self._said[name, extra] = Word(shown, self.reply_with([prefilled]))
        return known

    def reply_with(self, rows: Sequence[str]) -> str:
        """A link that opens an answer with these lines in it."""
        if not self._start:
            raise LetterError("the letter offers an answer to somebody who cannot answer")
        return self._start + _body(rows)


def mailto(to: str, subject: str, rows: Sequence[str]) -> str:
    """A mailto link (RFC 6068).

    >>> mailto("a+b@c.example", "Re: x", ["one", "two"])
    'mailto:a+b@c.example?subject=Re%3A%20x&body=one%0D%0Atwo'
    """
    return _start(to, subject) + _body(rows)


def _start(to: str, subject: str) -> str:
    return f"mailto:{quote(to, safe='@+')}?subject={quote(subject, safe='')}"


def _body(rows: Sequence[str]) -> str:
    """The prefilled text, or nothing where it would be longer than mail programs take."""
    body = quote("\r\n".join(str(row) for row in rows), safe="")
    return f"&body={body}" if len(body) <= MAX_BODY else ""
