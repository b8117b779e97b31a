"""Tables that people send us as CSV: every fault with its line, nothing guessed. Pure."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
#: Of a heading that is none of ours, so many columns and characters of each are looked at.
MAX_COLUMNS, MAX_COLUMN = 100, 60
#: So many faults are enough to see what is wrong with a file.
MAX_SHOWN = 50


class Wrong(ValueError):  # noqa: N818
    """One value of a line is wrong; the message says which and how to mend it."""


class SheetError(ValueError):
    """The table cannot be used. `faults` say where and what, `mend` what to do about it."""

    def __init__(self, faults: Sequence[str], mend: str) -> None:
        self.faults, self.mend = tuple(faults), mend
        super().__init__("\n".join(faults))


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number (the heading is 1), and its values by column."""

    number: int
    values: Mapping[str, str]


def read(
    text: str,
    name: str,
    columns: Sequence[str],
    required: Sequence[str],
    convert: Callable[[Mapping[str, str]], T],
    key: Callable[[T], str],
) -> list[T]:
    """Read a whole table. Raises SheetError with everything that is wrong with it.

    Args:
        text: "," or ";" between values; a heading line.
        name: of the file, for what is said about it.
        columns: the columns there may be, in any order.
        required: those that must be there.
        convert: makes a value of a line, or raises `Wrong`.
        key: what may occur only once.
    """
    found: list[T] = []
    faults: list[str] = []
    first_seen: dict[str, int] = {}
    for line in _lines(text, name, columns, required):
        try:
            item = convert(line.values)
            its_key = key(item)
            if its_key in first_seen:
                number = first_seen[its_key]
                raise Wrong(f"{its_key} stands in line {number} already; keep one of them")
        except Wrong as wrong:
            faults.append(f"{name}, line {line.number}: {wrong}")
            continue
        first_seen[its_key] = line.number
        found.append(item)
    if faults:
        more = len(faults) - MAX_SHOWN
        shown = faults[:MAX_SHOWN] + ([f"… and {more} more"] if more > 0 else [])
        raise SheetError(shown, "mend these lines; nothing was imported")
    return found


def _lines(text: str, name: str, columns: Sequence[str], required: Sequence[str]) -> Iterator[Line]:
    head = text.split("\n", 1)[0]
    separator = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [one.strip().lower() for one in next(reader, [])]
        _check_heading(name, names, columns, required)
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if len(values) > len(names):
                where = f"{name}, line {reader.line_num}"
                raise SheetError(
                    [f"{where}: has {len(values)} values for {len(names)} columns"],
                    'put a value that contains the separator in quotes: "Vendor, Networks"',
                )
            padded = [*values, *[""] * (len(names) - len(values))]
            pairs = zip(names, (value.strip() for value in padded), strict=True)
            yield Line(reader.line_num, dict(pairs))
    except csv.Error as error:
        raise SheetError(
            [f"{name}, line {reader.line_num}: is not CSV: {error}"],
            "close the quotes, and double those inside a value",
        ) from None


def _check_heading(
    name: str, names: Sequence[str], columns: Sequence[str], required: Sequence[str]
) -> None:
    faults = []
    for column in names[:MAX_COLUMNS]:
        column = column[:MAX_COLUMN]  # what is no heading at all may be one endless line
        if column not in columns:
            near = difflib.get_close_matches(column, columns, n=1)
            guess = f"; did you mean {near[0]}?" if near else ""
            faults.append(f"{name}, line 1: there is no column {column!r}{guess}")
        elif names.count(column) > 1:
            faults.append(f"{name}, line 1: column {column!r} stands there twice")
    faults += [f"{name}, line 1: column {n!r} is missing" for n in required if n not in names]
    if faults:
        raise SheetError(
            list(dict.fromkeys(faults)), f"the first line names the columns: {','.join(columns)}"
        )
