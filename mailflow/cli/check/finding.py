"""What `mailflow check` finds: one value for each thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # works, but somebody should know
    FAULT = "fault"  # will not work, or is not safe


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    `code` names the kind of finding and stays the same from version to version; `what` says what
    is so, and where; `mend` what to do about it.
    """

    code: str
    level: Level
    what: str
    mend: str = ""


def ok(code: str, what: str) -> Finding:
    """It is as it should be."""
    return Finding(code, Level.OK, what)


def warning(code: str, what: str, mend: str) -> Finding:
    """It works, but somebody should know."""
    return Finding(code, Level.WARNING, what, mend)


def fault(code: str, what: str, mend: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(code, Level.FAULT, what, mend)
