"""What of a mail is looked at to tell whether a machine wrote it.

Not the quotation, and not what we or the form put there: an account may be called "Out of Office
Supplies", and whoever answers a letter about it has that in his subject, or in his signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailflow.core import quotes
from mailflow.core.hygiene import fold
from mailflow.core.labels import label_of
from mailflow.core.machinewords import AUTO_SUBJECT, AWAY
from mailflow.core.message import Message

_HTML_QUOTE = re.compile(r"<blockquote|gmail_quote|divRplyFwdMsg|appendonsend|yahoo_quoted", re.I)
_ANY_TAG = re.compile(r"<[^<>]{0,500}>")
_WROTE = re.compile(r"(?:wrote|escribió|escreveu|a écrit|schrieb .{1,100})\s?:\s*$")
_LABEL_AT_MOST = 60  # characters


@dataclass(frozen=True, slots=True)
class View:
    """Subject and head of the new text, folded, without our own words."""

    subject: str
    text: str


def view(message: Message, ours: Sequence[str] = ()) -> View:
    """Look at a mail.

    Args:
        message: The mail as read.
        ours: Of the letter it answers: its subject, and the name of its account.
    """
    lines, names = _lines(message)
    own = [words for name in (*ours, *names) if (words := _plain(name)) and not _says_so(words)]
    text = " ".join(fold("\n".join(lines)[:1500]).split())
    return View(_without(_plain(message.subject), own), _without(text, own))


def _without(text: str, own: list[str]) -> str:
    for words in own:
        text = text.replace(words, " … ")
    return " ".join(text.split())


def _plain(text: str) -> str:
    return " ".join(fold(text).split())


def _says_so(words: str) -> bool:
    """A name that is nothing but what machines write is left standing: in doubt it was one."""
    return bool(AWAY.fullmatch(words) or AUTO_SUBJECT.fullmatch(words))


def _wrote(line: str) -> bool:
    return line.rstrip().endswith(":") and _WROTE.search(line) is not None


def _lines(message: Message) -> tuple[list[str], list[str]]:
    """The lines of the new text, and the account names that some of them give.

    A quoted letter of ours must not make its reader a machine. A rough cut by marks alone;
    `own_text` does it well, and costs more than most mails need here.
    """
    if message.plain and message.plain.strip():
        text = message.plain[:3000]
    else:
        html = message.html or ""
        start = max(html.find("<body"), html.find("<BODY"), 0)
        text = html[start : start + 12_000]
        if quote := _HTML_QUOTE.search(text):
            text = text[: quote.start()]
        text = _ANY_TAG.sub(" ", text)
    lines: list[str] = []
    names: list[str] = []
    for line in text.split("\n"):
        if line.startswith(">"):
            continue
        if quotes.FROM_LABEL.begins(line) or quotes.ruled(line) or _wrote(line):
            break
        label, colon, value = line.partition(":")
        if colon and len(label) <= _LABEL_AT_MOST and label_of(label, exact=True) == "account_name":
            names.append(value)
            continue
        lines.append(line)
    return lines, names
