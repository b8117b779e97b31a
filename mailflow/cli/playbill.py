"""How a rehearsal is printed: who would get what, when, in which language."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from mailflow.cli.output import as_json, cell, console, fits, listing, note
from mailflow.rehearsal.folder import Happening

COLUMNS = ("when", "what_happened", "outcome", "letter", "to", "language", "subject")
_LONG = 48


def print_table(title: str, happenings: Sequence[Happening]) -> None:
    """A line for each letter, and one for what brings none; where that is too wide, a few lines."""
    if title:
        sys.stdout.write(f"\n{title}\n")
    rows = [row for happening in happenings for row in _rows(happening)]
    if fits(rows, COLUMNS):
        listing(rows, COLUMNS, as_lines=False, empty="nothing would happen")
    else:
        _print_narrow(happenings)
    for happening in happenings:
        for fault in happening.faults:
            note(fault)


def _print_narrow(happenings: Sequence[Happening]) -> None:
    """Each thing that happened, and below it its letters, for a terminal too narrow for a table."""
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    for happening in happenings:
        outcome = f" → {happening.outcome}" if happening.outcome else ""
        line = f"{cell(happening.at)}  {cell(happening.what)}{cell(outcome)}"
        out.print(Text(line, style="bold", overflow="fold"))
        for letter in happening.letters:
            line = f"{letter.kind} to {letter.recipient} ({letter.language})"
            if cell(letter.at) != cell(happening.at):  # days passed, and this is of one of them
                line = f"{cell(letter.at)}  {line}"
            for text, left in ((line, 4), (letter.subject, 6)):
                out.print(Padding(Text(cell(text), overflow="fold"), (0, 0, 0, left)))


def print_json(title: str, happening: Happening) -> None:
    """One object for each thing that happened."""
    line: dict[str, Any] = {
        "story": title,
        "at": happening.at,
        "what": happening.what,
        "outcome": happening.outcome,
        "why": happening.why,
        "letters": [
            {
                "at": letter.at,
                "kind": letter.kind,
                "to": letter.recipient,
                "audience": letter.audience,
                "language": letter.language,
                "subject": letter.subject,
            }
            for letter in happening.letters
        ],
        "faults": happening.faults,
    }
    sys.stdout.write(as_json(line) + "\n")


def _rows(happening: Happening) -> Iterator[dict[str, Any]]:
    """What happened stands beside its first letter only."""
    what = " ".join(happening.what.split())
    what = what if len(what) <= _LONG else f"{what[: _LONG - 1]}…"
    if not happening.letters:
        yield {"when": happening.at, "what_happened": what, "outcome": happening.outcome}
    for number, letter in enumerate(happening.letters):
        yield {
            "when": letter.at,
            "what_happened": what if number == 0 else "",
            "outcome": happening.outcome if number == 0 else "",
            "letter": letter.kind,
            "to": letter.recipient,
            "language": letter.language,
            "subject": letter.subject,
        }
