"""A database that is away: one line in the log when it goes, one when it is back."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from mailflow.config import LogSettings
from mailflow.maillog import configure
from mailflow.store import migrate
from mailflow.store.db import Database, Unavailable
from mailflow.timers import Timers
from mailflow.web.vitals import ready


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The lines of this process from the level info on; its logging is left as it was."""
    root, ours = logging.getLogger(), logging.getLogger("mailflow")
    before = root.handlers[:], root.level, ours.level
    out = io.StringIO()
    configure(LogSettings(), out)
    yield out
    root.handlers[:], root.level = before[0], before[1]
    ours.setLevel(before[2])


def said(log: io.StringIO) -> list[str]:
    return [json.loads(line)["event"] for line in log.getvalue().splitlines()]


def test_a_file_that_cannot_be_opened_is_told_once(tmp_path: Path, log: io.StringIO) -> None:
    folder = tmp_path / "not" / "there"
    db = Database(f"sqlite:///{folder / 'mailflow.db'}")
    job = Timers._safely("sweep", lambda: migrate.state(db))
    for _ in range(3):
        job()
    assert said(log) == ["database_away"]
    assert {check() for check in ready(db).values()} == {"no connection to the database"}
    folder.mkdir(parents=True)
    job()
    migrate.upgrade(db)
    for check in ready(db).values():
        assert check() == ""
    assert said(log) == ["database_away", "database_back"]
    assert json.loads(log.getvalue().splitlines()[-1])["tries"] == 7
    db.close()


def test_connections_that_are_cut_are_an_outage(
    postgres_db: Database, postgres_url: str, log: io.StringIO
) -> None:
    def look() -> None:
        with postgres_db.reading() as session:
            session.connection().execute(text("SELECT 1"))

    look()
    other = Database(postgres_url)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with other.transaction() as session:
        session.connection().execute(text(f"{cut} AND datname = current_database()"))
    other.close()
    with pytest.raises(Unavailable) as cut_off:
        look()
    assert cut_off.value.told
    look()
    assert said(log) == ["database_away", "database_back"]


def test_a_line_of_ones_own_is_refused_in_the_same_words(tmp_path: Path) -> None:
    db = Database(f"postgresql://mailflow@/postgres?host={tmp_path}")  # nobody listens there
    with pytest.raises(Unavailable) as away:
        db.own_connection()
    assert away.value.told


def test_a_busy_file_is_no_outage(sqlite_db: Database, log: io.StringIO) -> None:
    holder = Database(f"sqlite:///{sqlite_db.file}")
    driver = holder._writer.raw_connection().driver_connection
    assert driver is not None
    driver.execute("BEGIN IMMEDIATE")
    line = sqlite_db._writer.raw_connection()
    line.driver_connection.execute("PRAGMA busy_timeout = 1")
    line.close()
    with pytest.raises(Unavailable) as busy, sqlite_db.transaction():
        pass
    assert not busy.value.told
    assert said(log) == []
    driver.execute("ROLLBACK")
    holder.close()
