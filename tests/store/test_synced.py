"""A claim in a SQLite file need not wait for the disk; everything else does (I1)."""

from __future__ import annotations

from mailflow.store.db import Database
from mailflow.store.session import driver_of


def test_only_what_is_void_without_us_is_not_synced(db: Database) -> None:
    sqlite = db.dialect == "sqlite"
    ask = "PRAGMA synchronous" if sqlite else "SHOW synchronous_commit"
    levels = []
    for synced in (True, False, True, False, True):  # on one connection, in turns
        with db.transaction(synced=synced) as session:
            levels.append(driver_of(session.connection()).execute(ask).fetchone()[0])
    full, normal = 2, 1
    assert levels == ([full, normal, full, normal, full] if sqlite else ["on"] * 5)
