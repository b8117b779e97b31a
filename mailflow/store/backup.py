"""A copy of a SQLite database, made while the service runs."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from mailflow.store.db import Database


class CannotBackUp(Exception):  # noqa: N818
    """There is no copy; the message says why, and what to do."""


def backup(db: Database, target: Path) -> int:
    """Copy the database to `target`, which must not exist; returns its size in bytes.

    The copy is of one moment (a reader under WAL holds up no writer), is checked, synced, and
    readable by its owner only, before it has its name: a file that is there is whole. Raises
    `CannotBackUp`.
    """
    if db.dialect != "sqlite":
        raise CannotBackUp("PostgreSQL has its own tool: pg_dump --format=custom --file=FILE …")
    if target.exists():
        raise CannotBackUp(f"{target}: is there already; choose another name")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _copy(db.file, unfinished)
        _sync(unfinished)
        unfinished.rename(target)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise CannotBackUp(f"{target}: {why}") from error
    return target.stat().st_size


def _copy(source: Path, target: Path) -> None:
    """All pages in one step: between steps a busy writer would make it begin anew each time."""
    with (
        contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        (verdict,) = new.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {verdict}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
