"""A backup put in the place of the database: the conversations go on where it was made."""

from __future__ import annotations

import shutil
from pathlib import Path

from mailflow.core.request import State
from mailflow.store.backup import backup
from mailflow.store.db import Database
from tests.house import House


def test_conversations_go_on_after_a_restore(tmp_path: Path, sqlite_db: Database) -> None:
    house = House(sqlite_db)
    _completion, activation = house.pending()
    backup(sqlite_db, tmp_path / "copy.db")
    house.answer(activation, "ACCEPT")  # after the copy was made: to the copy it never happened
    assert house.request().state is State.ACTIVE
    sqlite_db.close()
    for rest in sqlite_db.file.parent.glob(f"{sqlite_db.file.name}-*"):
        rest.unlink()
    shutil.copy(tmp_path / "copy.db", sqlite_db.file)
    restored = Database(f"sqlite:///{sqlite_db.file}")
    house = House(restored)
    assert house.request().state is State.PENDING
    assert house.answer(activation, "ACCEPT")
    assert house.request().state is State.ACTIVE
    assert house.outcomes()[-1] == ("done", "reply", "accepted")
    restored.close()
