"""Puts a record into sentences, in the order in which it happened. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailflow.chronicle.gather import Record
from mailflow.chronicle.words import DELIVERIES, EVENTS, KINDS, OUTCOMES, STATES
from mailflow.store.queries import EventLine, InboxLine, OutboxLine

_PARTS = {"clock": "The clock", "system": "The service"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: what, by which rule, on which evidence, and what followed.

    `at` is business time; of a mail, when it came in. `state` is the request's afterwards, "" when
    it did not change. `rule` and `proof` are "" where nothing had to be decided or proven.
    """

    at: datetime
    said: str
    state: str = ""
    rule: str = ""
    proof: str = ""
    mail: InboxLine | None = None
    letters: Sequence[OutboxLine] = ()


def tell(record: Record) -> list[Entry]:
    """The whole record, oldest first; every mail, event and letter in it is told once."""
    mails = {mail.id: mail for mail in record.mails}
    events: dict[object, list[EventLine]] = defaultdict(list)
    letters: dict[object, list[OutboxLine]] = defaultdict(list)
    for event in record.events:
        events[_key(event.inbox_id, event.at, mails)].append(event)
    for letter in record.letters:
        letters[_key(letter.inbox_id, letter.created_at, mails)].append(letter)
    keys = {*(mail.id for mail in record.mails), *events, *letters}
    entries = [_entry(mails.get(key), events[key], letters[key]) for key in keys]  # type: ignore[call-overload]  # a time is no id
    return sorted(entries, key=lambda entry: (entry.at, entry.mail.id if entry.mail else 0))


def _key(inbox_id: int | None, at: datetime, mails: Mapping[int, InboxLine]) -> object:
    """What belongs to one mail belongs together; else what happened in one transaction."""
    return inbox_id if inbox_id in mails else at


def _entry(
    mail: InboxLine | None, events: Sequence[EventLine], letters: Sequence[OutboxLine]
) -> Entry:
    told = [event for event in events if event.name in EVENTS]
    moved = next((e.to_state for e in told if e.to_state != e.from_state), "")
    rules = dict.fromkeys(event.reason for event in told if event.reason)
    if mail is None:
        at = events[0].at if events else letters[0].created_at
        said = " ".join(map(_event, told)) or _letters_alone(letters)
        proofs = dict.fromkeys(event.evidence for event in told if event.evidence)
        return Entry(at, said, moved, "; ".join(rules), "; ".join(proofs), None, letters)
    said = " ".join(_mail(mail, told))
    rule = mail.reason or "; ".join(rules)
    proof = mail.verdict
    if mail.vouched_by:
        proof += f"; released from quarantine by {mail.vouched_by}"
    return Entry(mail.received_at, said, moved, rule, proof, mail, letters)


def _mail(mail: InboxLine, events: Sequence[EventLine]) -> Iterator[str]:
    sender = mail.sender or mail.mail_from or "somebody who cannot be told"
    yield f"A mail of {sender} came in"[:400] + (
        f", and was read as {KINDS[mail.kind]}." if mail.kind in KINDS else "."
    )
    if mail.copies > 1:
        yield f"It came {mail.copies} times."
    if events:
        yield from map(_event, events)
    elif mail.state in STATES:
        yield STATES[mail.state]
    else:
        sentence = OUTCOMES.get(mail.outcome)
        yield sentence.format(who=sender) if sentence else f"Outcome: {mail.outcome}."


def _event(event: EventLine) -> str:
    """One line of the history as a sentence."""
    data: Mapping[str, Any] = event.data
    until = f" until {data['until']}" if data.get("until") else ""
    by = data.get("by") if event.part in ("operator", "system") else ""
    sentence = EVENTS[event.name].format(
        who=_who(event, str(by or "")),
        fields=", ".join(str(name).replace("_", " ") for name in data.get("fields", ())),
        way=data.get("way", "reply"),
        new=data.get("new", ""),
        old=data.get("old", ""),
        address=data.get("address", ""),
        day=data.get("day", ""),
        until=until,
    )
    for words in ("reason", "comment", "detail", "text"):
        if said := str(data.get(words) or "").strip():
            sentence += f" In these words: “{' '.join(said.split())}”"
    return sentence


def _who(event: EventLine, by: str) -> str:
    if event.part == "operator":
        name = event.address or by
        return f"The operator {name}" if name not in ("", "operator") else "The operator"
    return event.address or _PARTS.get(event.part, event.part)


def _letters_alone(letters: Sequence[OutboxLine]) -> str:
    return "A letter was written." if len(letters) == 1 else "Letters were written."


def letter_line(letter: OutboxLine) -> str:
    """ "completion to alba@cobalt.example (en): taken by the mail server at …"."""
    return f"{letter.kind} to {letter.recipient} ({letter.language}): {delivery(letter)}"


def delivery(letter: OutboxLine) -> str:
    """What became of a letter, with the words of the mail server."""
    said = DELIVERIES.get(letter.state, letter.state)
    if letter.finished_at and letter.state in ("sent", "failed"):
        said += f" at {letter.finished_at:%Y-%m-%d %H:%M} UTC"
    if letter.answer and letter.state not in ("captured", "withdrawn"):
        said += f" ({' '.join(letter.answer.split())})"
    if letter.bounced:
        said += f"; it came back: {' '.join(letter.bounced.split())}"
    return said
