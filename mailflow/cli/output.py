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
    rows: Iterable[Row],
    columns: Sequence[str],
    *,
    as_lines: bool,
    empty: str = "nothing",
    spare: Sequence[str] = (),
) -> None:
    """Print many rows.

    Args:
        rows: what to show.
        columns: the keys shown in a table, in order; "_" becomes a space in the heading.
        as_lines: print each whole row as one line of JSON instead.
        empty: what to say (on standard error) when there are no rows.
        spare: columns that a narrow terminal does without, the least needed first.
    """
    if as_lines:
        for row in rows:
            sys.stdout.write(as_json(dict(row)) + "\n")
        return
    shown = [[cell(row.get(column)) for column in columns] for row in rows]
    if not shown:
        note(empty)
        return
    _table(columns, shown, spare)


def fits(rows: Iterable[Row], columns: Sequence[str]) -> bool:
    """Whether `listing` would show these columns without folding or leaving out any."""
    out = console()
    shown = [[cell(row.get(column)) for column in columns] for row in rows]
    every = [[column.replace("_", " ") for column in columns], *shown]
    least = [_least([line[n] for line in every])[0] for n in range(len(columns))]
    return not out.is_terminal or _together(least) <= out.width


def record(values: Row, *, as_line: bool) -> None:
    """Print one thing: `name  value` for each, or one line of JSON."""
    if as_line:
        sys.stdout.write(as_json(dict(values)) + "\n")
        return
    out = console()
    shown = [(name.replace("_", " "), _lines(value)) for name, value in values.items()]
    if not out.is_terminal:
        width = max((len(name) for name, _ in shown), default=0) + 2
        for name, lines in shown:
            sys.stdout.write(f"{name.ljust(width)}{lines[0]}".rstrip() + "\n")
            sys.stdout.writelines(f"{' ' * width}{line}\n" for line in lines[1:])
        return
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, lines in shown:
        grid.add_row(Text(name), Text("\n".join(lines)))
    out.print(grid)


def _lines(value: Any) -> list[str]:
    """A value as lines, each of them harmless: a note may have several."""
    return [cell(line) for line in value.split("\n")] if isinstance(value, str) else [cell(value)]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], spare: Sequence[str]) -> None:
    out = console()
    headings = [column.replace("_", " ") for column in columns]
    if not out.is_terminal:
        _columns([headings, *rows])
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    least = [_least([headings[n], *(row[n] for row in rows)]) for n in range(len(columns))]
    kept = fitting(columns, [width for width, _ in least], spare, out.width)
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    tight = _together(least[n][0] for n in kept) > out.width
    for n in kept:
        width, whole = least[n]
        if tight and width > _SHORT:  # then even addresses are cut in two
            width, whole = _SHORT, False
        table.add_column(Text(headings[n]), overflow="fold", min_width=width, no_wrap=whole)
    for row in rows:
        table.add_row(*(Text(row[n]) for n in kept))
    out.print(table)
    if left_out := [heading for n, heading in enumerate(headings) if n not in kept]:
        note(f"no room here for: {', '.join(left_out)} (--json has all)")


#: A text is wrapped to this; a single word (an address) is cut in two only beyond the second, and
#: what is no longer than the third (a moment, a state) never.
_TEXT, _WORD, _SHORT = 24, 44, 16


def _least(cells: Sequence[str]) -> tuple[int, bool]:
    """How narrow a column of these cells may become, and whether that is its whole width."""
    from rich.cells import cell_len

    widest = max(cell_len(text) for text in cells)
    least = max(min(cell_len(text), _TEXT if " " in text else _WORD) for text in cells)
    return least, least == widest


def fitting(
    columns: Sequence[str], least: Sequence[int], spare: Sequence[str], width: int
) -> list[int]:
    """Which columns to show, by number: all that fit, without the spare ones that do not.

    >>> fitting(["id", "name", "note"], [4, 20, 24], ["note", "name"], 40)
    [0, 1]
    """
    kept = list(range(len(columns)))
    for name in spare:
        if _together(least[n] for n in kept) <= width:
            break
        kept.remove(columns.index(name))
    return kept


def _together(widths: Iterable[int]) -> int:
    """The width of a table with columns of these widths."""
    return sum(width + 3 for width in widths) - 3


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
        head = ("error: ", "bold red") if number == 0 else "       "
        out.print(Text.assemble(head, safe(line)), soft_wrap=True)
    if mend:
        out.print(Text.assemble(("mend:  ", "bold green"), safe(mend)), soft_wrap=True)
