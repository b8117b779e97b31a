"""What commands print: tables for people, one JSON object a line for programs.

Values come from other people's mails. Control and direction characters are shown as escapes, so
that no mail can move the cursor, colour the screen or forge a line (PROMISES.md I17), and text
is never read as markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mailflow.core.hygiene import plain_rule

if TYPE_CHECKING:
    from rich.console import Console

Row = Mapping[str, Any]
#: Width for output that is not a terminal: nothing is cut or wrapped there.
UNLIMITED = 100_000


def safe(text: str) -> str:
    r"""`text` with every character that is not printable as `\n`, `\x1b`, `\u202e`, …"""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def console(*, stderr: bool = False) -> Console:
    """A console that obeys NO_COLOR, and neither cuts nor colours what goes into a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else UNLIMITED
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def as_json(value: Any) -> str:
    """`value` on one line: datetimes in UTC as ISO 8601, tuples as lists."""
    return json.dumps(value, ensure_ascii=False, default=_plain, separators=(", ", ": "))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def cell(value: Any) -> str:
    """`value` as shown in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple | set | frozenset):
        value = ", ".join(str(v) for v in value)
    return safe(plain_rule(" ".join(str(value).split("\n"))))


def listing(
    rows: Iterable[Row], columns: Sequence[str], *, as_lines: bool, empty: str = "nothing"
) -> None:
    """Print many rows.

    Args:
        rows: what to show.
        columns: the keys shown in a table, in order; "_" becomes a space in the heading.
        as_lines: print each whole row as one line of JSON instead.
        empty: what to say (on standard error) when there are no rows.
    """
    if as_lines:
        for row in rows:
            sys.stdout.write(as_json(dict(row)) + "\n")
        return
    shown = [[cell(row.get(column)) for column in columns] for row in rows]
    if not shown:
        note(empty)
        return
    _table([column.replace("_", " ") for column in columns], shown)


def record(values: Row, *, as_line: bool) -> None:
    """Print one thing: `name  value` for each, or one line of JSON."""
    if as_line:
        sys.stdout.write(as_json(dict(values)) + "\n")
        return
    from rich.text import Text

    out = console()
    width = max((len(name) for name in values), default=0) + 2
    for name, value in values.items():
        label = Text(name.replace("_", " ").ljust(width), style="bold")
        lines = value.split("\n") if isinstance(value, str) else [value]
        for number, line in enumerate(lines):
            out.print((label if number == 0 else Text(" " * width)) + Text(cell(line)))


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    out = console()
    if not out.is_terminal:
        _columns([headings, *rows])
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*(Text(value) for value in row))
    out.print(table)


def _columns(lines: Sequence[Sequence[str]]) -> None:
    """Plain columns for a pipe: as wide as they must be, two blanks between, none at the end."""
    from rich.cells import cell_len  # East Asian letters take two places

    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        padded = (
            value + " " * (width - cell_len(value))
            for value, width in zip(line, widths, strict=True)
        )
        sys.stdout.write("  ".join(padded).rstrip() + "\n")


def several(number: int, what: str) -> str:
    """`1 fault`, `2 faults`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def note(*lines: str) -> None:
    """Say something to the person, beside the data."""
    sys.stderr.write("".join(f"{safe(line)}\n" for line in lines))


def complain(what: str, mend: str = "") -> None:
    """Say what went wrong and how to mend it, on standard error."""
    from rich.text import Text

    out = console(stderr=True)
    for number, line in enumerate(what.splitlines() or [""]):
        head = Text("error: ", style="bold red") if number == 0 else Text("       ")
        out.print(head + Text(safe(line)))
    if mend:
        out.print(Text("mend:  ", style="bold green") + Text(safe(mend)))
