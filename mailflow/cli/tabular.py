"""Reading CSV files that people send us: every fault with its line, nothing guessed."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mailflow.cli.exits import Exit, Failure

T = TypeVar("T")
#: A file of people or accounts is a few megabytes at most; more is a wrong file.
MAX_BYTES = 50_000_000
#: So many faults are enough to see what is wrong with a file.
MAX_SHOWN = 50


class Wrong(ValueError):  # noqa: N818
    """One value of a line is wrong; the message says which and how to mend it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file: its number (the heading is 1), and its values by column."""

    number: int
    values: Mapping[str, str]


def read(
    path: Path,
    columns: Sequence[str],
    required: Sequence[str],
    convert: Callable[[Mapping[str, str]], T],
    key: Callable[[T], str],
) -> list[T]:
    """Read a whole file, or fail with everything that is wrong with it (exit code 65).

    Args:
        path: UTF-8, with or without byte-order mark; "," or ";" between values; a heading line.
        columns: the columns there may be, in any order.
        required: those that must be there.
        convert: makes a value of a line, or raises `Wrong`.
        key: what may occur only once.
    """
    found: list[T] = []
    faults: list[str] = []
    first_seen: dict[str, int] = {}
    for line in _lines(path, columns, required):
        try:
            item = convert(line.values)
            name = key(item)
            if name in first_seen:
                raise Wrong(f"{name} stands in line {first_seen[name]} already; keep one of them")
        except Wrong as wrong:
            faults.append(f"{path}, line {line.number}: {wrong}")
            continue
        first_seen[name] = line.number
        found.append(item)
    if faults:
        more = len(faults) - MAX_SHOWN
        shown = faults[:MAX_SHOWN] + ([f"… and {more} more"] if more > 0 else [])
        raise Failure("\n".join(shown), "mend these lines; nothing was imported", Exit.DATA)
    return found


def _lines(path: Path, columns: Sequence[str], required: Sequence[str]) -> Iterator[Line]:
    text = _text(path)
    head = text.split("\n", 1)[0]
    separator = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_heading(path, names, columns, required)
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if len(values) > len(names):
                raise Failure(
                    f"{path}, line {reader.line_num}: has {len(values)} values for"
                    f" {len(names)} columns",
                    'put a value that contains the separator in quotes: "Vendor, Networks"',
                    Exit.DATA,
                )
            padded = [*values, *[""] * (len(names) - len(values))]
            pairs = zip(names, (value.strip() for value in padded), strict=True)
            yield Line(reader.line_num, dict(pairs))
    except csv.Error as error:
        raise Failure(
            f"{path}, line {reader.line_num}: is not CSV: {error}",
            "close the quotes, and double those inside a value",
            Exit.DATA,
        ) from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Failure(f"{path}: is larger than {MAX_BYTES:,} bytes", "split it", Exit.DATA)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Failure(f"{path}: there is no such file", code=Exit.NOT_FOUND) from None
    except UnicodeDecodeError:
        raise Failure(f"{path}: is not UTF-8 text", "save it as CSV UTF-8", Exit.DATA) from None
    except IsADirectoryError:
        raise Failure(f"{path}: is a folder", "name a CSV file", Exit.DATA) from None


def _check_heading(
    path: Path, names: Sequence[str], columns: Sequence[str], required: Sequence[str]
) -> None:
    faults = []
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, n=1)
            guess = f"; did you mean {near[0]}?" if near else ""
            faults.append(f"{path}, line 1: there is no column {name!r}{guess}")
        elif names.count(name) > 1:
            faults.append(f"{path}, line 1: column {name!r} stands there twice")
    faults += [f"{path}, line 1: column {n!r} is missing" for n in required if n not in names]
    if faults:
        raise Failure(
            "\n".join(dict.fromkeys(faults)),
            f"the first line names the columns: {','.join(columns)}",
            Exit.DATA,
        )
