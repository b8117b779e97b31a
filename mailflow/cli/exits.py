"""How a command ends: exit codes, and the one exception that carries what went wrong."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; from 64 on those of sysexits.h. 130 and 143 mean INT and TERM."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    DATA = 65
    UNAVAILABLE = 69
    SOFTWARE = 70
    CANNOT_CREATE = 73
    TRY_AGAIN = 75
    PERMISSION = 77
    CONFIG = 78
    INTERRUPTED = 130
    TERMINATED = 143


#: What each code says; the page docs/reference/exit-codes.md is made from it.
MEANING: dict[Exit, str] = {
    Exit.OK: "Done. For `check`: nothing is wrong (warnings may be there).",
    Exit.FAILURE: "Not done, for a reason that the message says. For `check`: something is wrong.",
    Exit.USAGE: "The command line is wrong: unknown command or option, or a value is missing.",
    Exit.NOT_FOUND: "What was named does not exist: a request, a message, a person.",
    Exit.DATA: "The input is wrong, e.g. a line of a CSV file. Nothing was changed.",
    Exit.UNAVAILABLE: "Something we depend on is down, e.g. the mail server.",
    Exit.SOFTWARE: "A fault of mailflow itself. Nothing is lost; please report it.",
    Exit.CANNOT_CREATE: "A file cannot be written, or is already there.",
    Exit.TRY_AGAIN: "The database is busy or away for the moment: try again.",
    Exit.PERMISSION: "This user may not do that.",
    Exit.CONFIG: "The configuration is wrong, or the database does not fit this version.",
    Exit.INTERRUPTED: "Stopped by Ctrl-C (INT).",
    Exit.TERMINATED: "Stopped by TERM before it was done. `run` ends with 0 when it stops cleanly.",
}


class Failure(Exception):  # noqa: N818 - a plain word for what the user sees
    """A command cannot do what was asked.

    `what` says what is wrong and where; `mend` what to do about it, often the next command;
    `code` is the exit code. Shown to the user without a traceback.
    """

    def __init__(self, what: str, mend: str = "", code: Exit = Exit.FAILURE) -> None:
        self.what, self.mend, self.code = what, mend, code
        super().__init__(what)
