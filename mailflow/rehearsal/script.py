"""A story as a text file: who does what, and which letters must follow. Parsed, not played.

    # The title, in a comment
    partner> Account name: Harbour Logistics
      Customer email: tom@harbour.example
    = review to partner in en
      subject: Please check
      says: Nothing has been created yet
    partner replies> CONFIRM
    = completion to partner
    = activation to customer
    is> pending

Lines that are indented belong to the line above. Every letter that follows a step must be listed,
none more; the whole language is described in docs/reference/stories.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

#: What the world does, as against what a person does (`NAME>`, `NAME replies>`, …).
WORLD = (
    "cast", "account", "directory", "clock", "outage", "operator", "check", "again",
    "bounce", "delay", "absent", "is", "outcome",
)  # fmt: skip
_HEAD = re.compile(
    r"(?P<forged>forged )?(?P<who>[a-z][a-z0-9_.@+-]*)"
    r"(?: (?P<deed>replies|clicks|sees)"
    r"(?: (?:to|on|at)(?: (?P<of>[a-z][a-z0-9_.@+-]*)'s)?(?P<first> first)? (?P<kind>[a-z_]+))?)?"
)
_LETTER = re.compile(r"(?P<kind>[a-z_]+) to (?P<to>\S+?)(?: in (?P<language>[a-z]{2}))?")
_SPAN = re.compile(r"(\d+) (day|hour|minute)s?")


class ScriptError(Exception):
    """The story cannot be read; the message names the line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")


@dataclass(frozen=True, slots=True)
class Expected:
    """A letter that must follow. `says` must stand in its text, `never` must not."""

    line: int
    kind: str
    to: str
    language: str = ""
    subject: str = ""
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens, and the letters that follow.

    `verb` is "writes", "replies", "clicks", "sees" or one of `WORLD`. `kind`, `of` and `first` say
    which letter is answered: of that kind, to whom it was written, and not the newest but the
    first; "" = the newest one of the person's own. `forged`: sent by somebody else in his name.
    """

    line: int
    verb: str
    who: str = ""
    text: str = ""
    kind: str = ""
    of: str = ""
    first: bool = False
    forged: bool = False
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A whole story."""

    title: str
    steps: tuple[Step, ...] = ()


@dataclass(slots=True)
class _Open:
    """The line that indented ones belong to, while its lines are collected."""

    line: int
    head: str
    text: str
    more: list[tuple[int, str]] = field(default_factory=list)


def parse(text: str) -> Script:
    """Read a story. Raises `ScriptError` for the first line that is not understood."""
    title, steps = "", list[Step]()
    for block in _blocks(text):
        if block.head == "#":
            title = title or block.text
        elif block.head == "=":
            if not steps:
                raise ScriptError(block.line, "a letter before anything happened")
            letter = _expected(block)
            if letter:
                steps[-1] = _with(steps[-1], letter)
        else:
            steps.append(_step(block))
    return Script(title, tuple(steps))


def span(text: str, line: int) -> timedelta:
    """ "89 days 23 hours" as a span of time."""
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).replace(",", "").strip():
        raise ScriptError(line, f"{text!r} is no span of time; write: 7 days 2 hours")
    return sum((timedelta(**{f"{unit}s": int(n)}) for n, unit in parts), timedelta())


def _blocks(text: str) -> list[_Open]:
    blocks: list[_Open] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.rstrip()
        if line.startswith("  ") or not line:
            if blocks:
                blocks[-1].more.append((number, line[2:] if line else ""))
            elif line:
                raise ScriptError(number, "an indented line belongs to one above it")
        elif line.startswith(("#", "=")):
            blocks.append(_Open(number, line[0], line[1:].strip()))
        elif ">" in line:
            head, _, rest = line.partition(">")
            blocks.append(_Open(number, head.strip(), rest.strip()))
        else:
            raise ScriptError(number, f"{line!r}: expected NAME>, =, # or an indented line")
    return blocks


def _step(block: _Open) -> Step:
    text = "\n".join([block.text, *(line for _, line in block.more)]).strip()
    if block.head in WORLD:
        return Step(block.line, block.head, text=text)
    match = _HEAD.fullmatch(block.head)
    if not match:
        raise ScriptError(block.line, f"{block.head!r}: who does what?")
    return Step(
        block.line, match["deed"] or "writes", match["who"], text,
        match["kind"] or "", match["of"] or "", bool(match["first"]), bool(match["forged"]),
    )  # fmt: skip


def _expected(block: _Open) -> Expected | None:
    """The letter of a line that begins with "="; None for "= nothing", which says just that."""
    if block.text == "nothing":
        return None
    match = _LETTER.fullmatch(block.text)
    if not match:
        raise ScriptError(block.line, f"{block.text!r}; write: KIND to NAME in LANGUAGE")
    subject, says, never = "", list[str](), list[str]()
    for number, line in block.more:
        name, _, value = line.strip().partition(":")
        if name == "subject":
            subject = value.strip()
        elif name in ("says", "never"):
            (says if name == "says" else never).append(value.strip())
        elif name:
            raise ScriptError(number, f"{name!r}; write subject:, says: or never:")
    return Expected(
        block.line, match["kind"], match["to"], match["language"] or "", subject,
        tuple(says), tuple(never),
    )  # fmt: skip


def _with(step: Step, letter: Expected) -> Step:
    return replace(step, expected=(*step.expected, letter))
