"""A backup under traffic is one moment of the database; an export holds all of it, and no secret."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from mailflow.core.request import Person
from mailflow.store import directory, export, history, inbox, mailboxes, migrate, queries, requests
from mailflow.store.backup import CannotBackUp, backup
from mailflow.store.db import Database
from mailflow.store.tables import Forgotten
from tests.store.make import NOON, incoming, pending, posted, request, stored

SECRET = "abcdefgh234567abcdefgh234567abcd"


def test_a_backup_under_writes_is_one_moment(sqlite_db: Database, tmp_path: Path) -> None:
    stop, begun = threading.Event(), threading.Event()
    written = [0]

    def writing() -> None:
        while not stop.is_set():
            inbox.put_many(sqlite_db, [incoming(b"%d " % written[0] * 2000)])
            written[0] += 1
            if written[0] >= 30:
                begun.set()

    writer = threading.Thread(target=writing)
    writer.start()
    try:
        assert begun.wait(60)
        before = written[0]
        size = backup(sqlite_db, tmp_path / "copy.db")
        after = written[0]
    finally:
        stop.set()
        writer.join()
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    assert size == (tmp_path / "copy.db").stat().st_size
    assert migrate.state(copy) == "current"
    with copy.reading() as session:
        account = queries.conservation(session)
    assert before <= account.accepted <= after + 1
    assert account.difference == 0
    copy.close()
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_sign_in_is_in_the_backup_and_in_no_export(sqlite_db: Database, tmp_path: Path) -> None:
    filled(sqlite_db)
    mailboxes.keep_refresh_token(sqlite_db, "requests", f"0.{SECRET}")
    backup(sqlite_db, tmp_path / "copy.db")
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    assert mailboxes.refresh_token(copy, "requests")[0] == f"0.{SECRET}"
    copy.close()
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    with sqlite_db.reading() as session:
        assert SECRET not in repr(list(export.rows(session)))


def test_nothing_is_overwritten(sqlite_db: Database, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(CannotBackUp, match="is there already"):
        backup(sqlite_db, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"
    with pytest.raises(CannotBackUp, match="No such file"):
        backup(sqlite_db, tmp_path / "no" / "copy.db")


def test_postgresql_is_told_its_own_way(postgres_db: Database, tmp_path: Path) -> None:
    with pytest.raises(CannotBackUp, match="pg_dump"):
        backup(postgres_db, tmp_path / "copy.db")


def filled(db: Database) -> int:
    """One of each kind of row, and a second request; the id of the first."""
    first = stored(db, pending("R-1"))
    stored(db, request("R-2"))
    with db.transaction() as session:
        directory.upsert_people(session, [Person("ana@partner.example", "Ana")], NOON)
        requests.account_create(session, first, "pending", NOON)
        history.add_event(session, history.NewEvent(request_id=first.id, at=NOON, name="opened"))
        history.add_remark(
            session, kind="case", address="ana@partner.example", remark="Help", at=NOON,
            request_id=first.id, inbox_id=None,
        )  # fmt: skip
        history.add_check(session, first.id, NOON, True, ())
    tagged = f"requests+{SECRET}@vendor.example"
    inbox.put_many(db, [incoming(b"a mail with words", recipients=(tagged,))])
    posted(db, request_id=first.id, mail_from=f"bounce+{SECRET}@vendor.example")
    with db.transaction() as session:
        line = Forgotten(day=NOON.date(), fate="ignored", mails=2, copies=3, letters=0)
        session.connection().execute(Forgotten.__table__.insert().values(**line.model_dump()))  # type: ignore[attr-defined]
    return first.id


def test_an_export_holds_one_line_for_each_row_and_no_secret(db: Database) -> None:
    first = filled(db)
    with db.reading() as session:
        rows = list(export.rows(session))
        assert export.count(session) == len(rows)
        own = list(export.rows(session, first))
    kinds = [row["table"] for row in rows]
    assert sorted(set(kinds)) == sorted(export.KINDS)
    assert kinds.count("request") == 2
    said = repr(rows)
    assert SECRET not in said
    assert "a mail with words" not in said
    assert {row["table"] for row in own} == set(export.KINDS) - {
        "person",
        "mail_in",
        "mail_forgotten",
    }
    assert all(row.get("request_id", first) in (first, None) for row in own)


def test_an_export_goes_on_beyond_its_page(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 3)
    for number in range(7):
        stored(sqlite_db, request(f"R-{number}"))
    with sqlite_db.reading() as session:
        found = [row["reference"] for row in export.rows(session)]
    assert found == [f"R-{number}" for number in range(7)]
