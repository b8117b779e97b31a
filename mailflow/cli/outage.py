"""What is wrong with a database that cannot be used, and how to mend it.

The drivers say it in words of their own, which hold no password. What will not pass by itself
(a wrong name, a file of somebody else) is a matter of configuration; the rest is "try again".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailflow.cli.exits import Exit


@dataclass(frozen=True, slots=True)
class Outage:
    """`what` is wrong, how to `mend` it, and the exit code."""

    what: str
    mend: str
    code: Exit


_OWN = "chown -R USER FOLDER, with the user of the service and the folder of the database"
#: What a driver says, by its words; the first that is found counts. Groups fill the sentences.
_KNOWN: tuple[tuple[str, str, str, Exit], ...] = (
    # PostgreSQL
    (
        r'password authentication failed for user "([^"]+)"',
        "PostgreSQL refuses the password of {0}",
        "look at [database] url or url_file; in the password write @ as %40 and / as %2F",
        Exit.CONFIG,
    ),
    (
        r'database "([^"]+)" does not exist',
        "PostgreSQL has no database {0}",
        "createdb -E UTF8 -T template0 -O USER {0}, or mend the name in [database] url",
        Exit.CONFIG,
    ),
    (
        r'role "([^"]+)" does not exist',
        "PostgreSQL knows no user {0}",
        "createuser -P {0}, or mend the user in [database] url",
        Exit.CONFIG,
    ),
    (
        r"no pg_hba\.conf entry|no password supplied|authentication failed",
        "PostgreSQL does not let us in: {whole}",
        "look at pg_hba.conf there, and at [database] url or url_file here",
        Exit.CONFIG,
    ),
    (
        r"could not translate host name|failed to resolve host|Name or service not known",
        "the host of the database is not known",
        "mend the host in [database] url; an @ in the password is written %40",
        Exit.CONFIG,
    ),
    (
        r"permission denied for",
        "PostgreSQL does not let our user do that: {whole}",
        "make our user the owner of the database: ALTER DATABASE … OWNER TO …",
        Exit.CONFIG,
    ),
    (
        r"Connection refused|No such file or directory",
        "nobody answers where the database should be: {whole}",
        "start PostgreSQL, or mend host and port in [database] url",
        Exit.TRY_AGAIN,
    ),
    # SQLite
    (
        r"file is not a database",
        "the file of the database is no SQLite database",
        "name another in [database] url, or put a backup in its place",
        Exit.CONFIG,
    ),
    (
        r"disk image is malformed",
        "the database is damaged",
        "stop mailflow, keep the file, and put the latest backup in its place",
        Exit.CONFIG,
    ),
    (
        r"unable to open database file",
        "the database cannot be opened: its folder is not there, or is not ours",
        f"mkdir -p FOLDER; {_OWN}",
        Exit.CONFIG,
    ),
    (
        r"readonly database",
        "the database is not ours to write: it, or its folder, belongs to another user",
        _OWN,
        Exit.PERMISSION,
    ),
    (
        r"disk is full",
        "the disk of the database is full",
        "make room there",
        Exit.TRY_AGAIN,
    ),
    (
        r"database is locked|database is busy",
        "another program holds the database",
        "try again in a minute",
        Exit.TRY_AGAIN,
    ),
)  # fmt: skip


def explain(reason: str) -> Outage:
    """What a driver's words mean.

    >>> explain('connection failed: FATAL:  database "nix" does not exist').what
    'PostgreSQL has no database nix'
    """
    whole = _line(reason)
    for pattern, what, mend, code in _KNOWN:
        if found := re.search(pattern, reason):
            groups = found.groups()
            return Outage(what.format(*groups, whole=whole), mend.format(*groups), code)
    told = f": {whole}" if whole else ""
    return Outage(
        f"the database cannot be used at the moment{told}",
        "try again; if it stays so: mailflow check",
        Exit.TRY_AGAIN,
    )


def _line(reason: str) -> str:
    """The first line of what was said, without what our terminal should not obey."""
    first = reason.strip().partition("\n")[0].strip()
    return "".join(sign for sign in first if sign.isprintable())[:200]
