"""Plays mails from files, in the order of their dates, and then lets days pass.

The clock begins at the Date of the first mail and goes on with the others; it never goes back. A
mail that says it is an answer (In-Reply-To, References, "Re:") goes to the secret address of the
newest letter to its sender, as his mail program would send it; every other goes to the intake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from mailflow.core import message as messages
from mailflow.core.message import Message
from mailflow.rehearsal.service import Rehearsal, Written
from mailflow.store import queries
from mailflow.web.mailview import opened

_DAY = timedelta(days=1)
#: What mail programs put before the subject of an answer.
_ANSWER = re.compile(r"\s*(?:re|aw|rv|res|ref|sv|antw|tr|r)\s*:", re.I)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, and the letters that would go out. `what` is in words."""

    at: datetime
    what: str
    outcome: str = ""
    why: str = ""
    letters: tuple[Written, ...] = ()
    faults: tuple[str, ...] = ()


def play_mails(
    service: Rehearsal,
    mails: Iterable[tuple[str, bytes]],
    on_sender: Callable[[str], None] = lambda _sender: None,
) -> Iterator[Happening]:
    """Each mail, given as (name, bytes with CRLF). `on_sender` is told who writes, beforehand."""
    known: list[Written] = []
    for number, (name, raw) in enumerate(mails):
        read = messages.read(raw)
        if isinstance(read, Message):
            yield from _until(service, _date(read), jump=number == 0)
            on_sender(read.sender)
        to = _recipient(service, read, known)
        row = service.put(raw, mail_from=_mail_from(read), recipients=(to,))
        letters = tuple(service.letters())
        known += letters
        with service.db.reading() as session:
            (line,) = queries.inbox_rows(session, ids=[row])
        yield Happening(
            service.now(), f"{name} from {line.sender or 'nobody known'}",
            line.outcome or line.state, line.reason, letters,
        )  # fmt: skip


def in_order(mails: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Mails in the order of their dates; those of one moment as they were given.

    One without a date comes with the one before it.
    """
    dated: list[tuple[datetime, tuple[str, bytes]]] = []
    last = datetime.min.replace(tzinfo=UTC)
    for name, raw in mails:
        read = messages.read(raw)
        last = (_date(read) if isinstance(read, Message) else None) or last
        dated.append((last, (name, raw)))
    return [mail for _, mail in sorted(dated, key=lambda one: one[0])]


def let_pass(service: Rehearsal, days: int) -> Iterator[Happening]:
    """Day after day; yields those on which a letter would go out."""
    for _ in range(days):
        yield from _pass(service, _DAY)


def _pass(service: Rehearsal, span: timedelta) -> Iterator[Happening]:
    service.pass_time(span)
    if letters := tuple(service.letters()):
        yield Happening(service.now(), "the clock", letters=letters)


def _until(service: Rehearsal, moment: datetime | None, *, jump: bool) -> Iterator[Happening]:
    """Move the clock to the date of a mail: at once to that of the first, then day by day."""
    if moment is None:
        return
    if jump:
        service.db.clock_offset += moment - service.now()
        return
    while (left := moment - service.now()) > timedelta():
        yield from _pass(service, min(left, _DAY))


def _date(read: Message) -> datetime | None:
    """The Date of a mail, where it is one that a mail can have."""
    try:
        moment = parsedate_to_datetime(read.date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if 2000 <= moment.year < 2100 else None


def _mail_from(read: object) -> str | None:
    """The envelope sender: Return-Path where the file has one, else the author."""
    if not isinstance(read, Message):
        return None
    path = read.header("return-path").strip()
    return path.strip("<>").lower() if path else read.sender


def _recipient(service: Rehearsal, read: object, known: Sequence[Written]) -> str:
    intake = service.config.service.address
    if not isinstance(read, Message):
        return intake
    if not (read.in_reply_to or read.references or _ANSWER.match(read.subject)):
        return intake
    for letter in reversed(known):
        if letter.recipient == read.sender and (reply_to := opened(letter.raw).reply_to):
            return reply_to
    return intake
