"""The database: reachable, writable, of this version, with room, and what waits in it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mailflow.cli.check.finding import Finding, fault, ok, warning
from mailflow.cli.common import SCHEMA, sqlite_file
from mailflow.cli.outage import explain
from mailflow.config import Config

if TYPE_CHECKING:
    from mailflow.store.db import Database

#: Below this much room, in bytes, mail would soon have to be refused.
LITTLE_ROOM, NO_ROOM = 1_000_000_000, 100_000_000
#: A database clock further from ours than this, in seconds, makes two machines disagree.
CLOCK_S = 5.0


def examine(config: Config) -> Iterator[Finding]:
    """The place of the database, then the database."""
    from mailflow.store import migrate
    from mailflow.store.db import Database, Unavailable

    file = sqlite_file(config)
    if file is not None:
        yield from (findings := list(_place(file)))
        if any(finding.code in {"database-folder", "database-rights"} for finding in findings):
            return
        if not file.exists():
            yield fault("schema-empty", f"{file}: is not there yet", "mailflow migrate")
            return
    db = Database(config.database.url)
    try:
        state = migrate.state(db)
        if state != "current":
            what, mend = SCHEMA[state]
            yield fault(f"schema-{state}", what, mend)
            return
        yield ok("database", "the database answers, and its schema is of this version")
        yield from _contents(db)
    except Unavailable as trouble:
        outage = explain(str(trouble))
        yield fault("database-away", outage.what, outage.mend)
    finally:
        db.close()


def _place(file: Path) -> Iterator[Finding]:
    import os

    folder = file.parent
    if not folder.is_dir():
        yield fault("database-folder", f"{folder}: there is no such folder", f"mkdir -p {folder}")
        return
    target = folder if not file.exists() or not os.access(folder, os.W_OK) else file
    if not os.access(target, os.W_OK):
        yield fault(
            "database-rights",
            f"{target}: this user may not write there (SQLite also writes beside its file)",
            f"chown -R USER {folder}, with the user of the service",
        )
    room = shutil.disk_usage(folder).free
    if room < LITTLE_ROOM:
        make = fault if room < NO_ROOM else warning
        yield make("disk", f"{folder}: only {room // 1_000_000} MB are free", "make room")
    if file.exists() and file.stat().st_mode & stat.S_IROTH:
        yield warning(
            "database-readable",
            f"{file}: everybody on this machine can read it, and it holds mail",
            f"chmod o-rwx {file}*",
        )


def _contents(db: Database) -> Iterator[Finding]:
    from mailflow.store import directory, queries

    with db.reading() as session:
        anybody = directory.anybody(session)
        counts = queries.counts(session)
        account = queries.conservation(session)
        apart = (db.machine_now(session) - datetime.now(UTC)).total_seconds()
    if abs(apart) > CLOCK_S:
        yield fault(
            "clock",
            f"the clocks of database and machine are {abs(apart):.0f} s apart",
            "set both by NTP; deadlines count by the database's",
        )
    if not anybody:
        yield warning(
            "nobody",
            "nobody is registered, so every request will be refused",
            "mailflow people import FILE.csv",
        )
    for box, numbers in (("inbox", counts.inbox), ("outbox", counts.outbox)):
        if failed := numbers.get("failed", 0):
            yield warning(
                f"{box}-failed",
                f"{box}: {failed} failed",
                f"mailflow {box} list --state failed, then mailflow {box} retry",
            )
    if account.difference:
        yield fault(
            "conservation",
            f"{account.difference} accepted mails are not accounted for",
            "keep the database as it is, and report it",
        )
