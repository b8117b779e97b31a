"""CSV files: read whole, or refused with everything that is wrong with them (exit code 65)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mailflow.cli.exits import Exit, Failure
from mailflow.core.sheet import SheetError

T = TypeVar("T")
#: A file of people or accounts is a few megabytes at most; more is a wrong file.
MAX_BYTES = 50_000_000


def read(path: Path, convert: Callable[[str, str], list[T]]) -> list[T]:
    """What `convert(text, name)` makes of a file: UTF-8, with or without byte-order mark."""
    text = _text(path)
    try:
        return convert(text, str(path))
    except SheetError as wrong:
        raise Failure("\n".join(wrong.faults), wrong.mend, Exit.DATA) from None


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
