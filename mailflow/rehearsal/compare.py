"""What followed a step against what the story expects: each letter once, and none besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage

from mailflow.rehearsal.script import Expected, Step
from mailflow.rehearsal.service import Written


def compare(
    step: Step, letters: Sequence[Written], address_of: Callable[[str, int], str]
) -> Iterator[str]:
    """Every difference, in words. `address_of(name, line)` is the address behind a name."""
    left = list(letters)
    for expected in step.expected:
        to = address_of(expected.to, expected.line)
        found = next((x for x in left if (x.kind, x.recipient) == (expected.kind, to)), None)
        if found is None:
            seen = ", ".join(f"{x.kind} to {x.recipient}" for x in left) or "nothing"
            yield f"line {expected.line}: no {expected.kind} to {expected.to}, but {seen}"
            continue
        left.remove(found)
        yield from _read(expected, found)
    for letter in left:
        yield f"line {step.line}: {letter.kind} to {letter.recipient} came unexpectedly"


def text_of(letter: Written) -> str:
    """The text part of a letter."""
    message = message_from_bytes(letter.raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    return str(part.get_content()) if part else ""


def _read(expected: Expected, letter: Written) -> Iterator[str]:
    """Where the letter does not read as expected. Line breaks do not count."""
    line = f"line {expected.line}: {letter.kind} to {expected.to}"
    if expected.language and letter.language != expected.language:
        yield f"{line} is in {letter.language}, not {expected.language}"
    if expected.subject not in letter.subject:
        yield f"{line} has the subject {letter.subject!r}, without {expected.subject!r}"
    text = " ".join(text_of(letter).split())
    for words in expected.says:
        if " ".join(words.split()) not in text:
            yield f"{line} does not say {words!r}: {text}"
    for words in expected.never:
        if " ".join(words.split()) in text:
            yield f"{line} says {words!r}"
