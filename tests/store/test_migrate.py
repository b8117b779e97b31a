"""Migrations: a migrated database is the one the tables describe, and a kill leaves old or new."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from mailflow.store import inbox, migrate, queries
from mailflow.store.db import Database
from mailflow.store.tables import metadata
from tests.store.make import MINUTE, in_threads, incoming

# Everything that tells two schemas apart, as the database itself has it: names, types, defaults,
# CHECKs, unique keys, foreign keys, and the predicates of partial indexes. Alembic's own comparison
# sees neither CHECKs nor predicates.
SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'"
POSTGRES = [
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace""",
    """SELECT table_name, ordinal_position, column_name, data_type, character_maximum_length,
              is_nullable, column_default
       FROM information_schema.columns WHERE table_schema = 'public'""",
]


def schema(connection: Connection) -> set[tuple[object, ...]]:
    statements = [SQLITE] if connection.dialect.name == "sqlite" else POSTGRES
    return {
        tuple(_plain(value) for value in row)
        for statement in statements
        for row in connection.execute(text(statement))
        if not str(row[0]).startswith("alembic")
    }


def _plain(value: object) -> object:
    """A statement without its layout, and the constraints of a table in one order."""
    if not isinstance(value, str):
        return value
    # SQLite writes a column that was added later on the line of the last one.
    value = re.sub(r", (?=\w+ [A-Z]+ DEFAULT )", ",\n", value)
    lines = [line.strip().rstrip(",") for line in value.splitlines()]
    constraints = [line for line in lines if line.startswith("CONSTRAINT")]
    return (*(line for line in lines if line not in constraints), *sorted(constraints))


def test_a_migrated_database_is_the_one_that_the_tables_describe(empty_db: Database) -> None:
    with empty_db.migrating() as connection:
        metadata.create_all(connection)
        created = schema(connection)
        metadata.drop_all(connection)
    migrate.upgrade(empty_db)
    with empty_db.migrating() as connection:
        migrated = schema(connection)
    assert migrated - created == set()
    assert created - migrated == set()
    assert len(migrated) > 40


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ck_inbox_state", "a CHECK"),
        ("uq_account_domain_taken", "the predicate of a partial index"),
    ],
)
def test_the_comparison_sees_what_alembic_does_not(
    postgres_db: Database, name: str, change: str
) -> None:
    with postgres_db.migrating() as connection:
        before = schema(connection)
        if change == "a CHECK":
            connection.execute(text(f"ALTER TABLE inbox DROP CONSTRAINT {name}"))
            connection.execute(text(f"ALTER TABLE inbox ADD CONSTRAINT {name} CHECK (state <> '')"))
        else:
            connection.execute(text(f"DROP INDEX {name}"))
            connection.execute(
                text(f"CREATE UNIQUE INDEX {name} ON account (domain) WHERE state = 'active'")
            )
        assert schema(connection) != before


def test_an_upgrade_is_harmless_when_it_is_not_needed(empty_db: Database) -> None:
    assert migrate.state(empty_db) == "empty"
    migrate.upgrade(empty_db)
    assert migrate.state(empty_db) == "current"
    inbox.put_many(empty_db, [incoming()])
    migrate.upgrade(empty_db)
    assert migrate.state(empty_db) == "current"
    assert len(inbox.claim(empty_db, 9, MINUTE)) == 1


def test_a_schema_of_a_later_version_is_left_alone(db: Database) -> None:
    with db.transaction() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert migrate.state(db) == "newer"
    with pytest.raises(migrate.NotOurs, match="later version"):
        migrate.upgrade(db)


def test_a_strangers_database_is_left_alone(empty_db: Database) -> None:
    with empty_db.migrating() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    assert migrate.state(empty_db) == "unknown"
    with pytest.raises(migrate.NotOurs, match="did not make"):
        migrate.upgrade(empty_db)


def test_programs_that_start_together_take_turns(empty_db: Database) -> None:
    in_threads(*[lambda: migrate.upgrade(empty_db)] * 3)
    assert migrate.state(empty_db) == "current"


def test_a_failed_upgrade_changes_nothing(
    empty_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_way(connection: Connection) -> None:
        run(connection)
        raise ZeroDivisionError

    run = migrate._run
    monkeypatch.setattr(migrate, "_run", half_way)
    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(empty_db)
    assert migrate.state(empty_db) == "empty"


def test_an_upgrade_that_breaks_references_is_undone(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Foreign keys are off during an upgrade of SQLite, so they are checked at its end."""

    def careless(config: object, target: str) -> None:
        connection: Connection = config.attributes["connection"]  # type: ignore[attr-defined]
        connection.execute(text("INSERT INTO inbox_raw VALUES (4711, x'00')"))

    monkeypatch.setattr("alembic.command.upgrade", careless)
    monkeypatch.setattr(migrate, "_state", lambda connection: "old")
    with pytest.raises(migrate.NotOurs, match="break 1 reference"):
        migrate.upgrade(sqlite_db)
    with sqlite_db.migrating() as connection:
        assert connection.execute(text("SELECT count(*) FROM inbox_raw")).scalar_one() == 0


def test_foreign_keys_are_on_again_after_an_upgrade(sqlite_db: Database) -> None:
    migrate.upgrade(sqlite_db)
    with sqlite_db.transaction() as session:
        assert session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


# A child that upgrades a database, and is killed by itself after the n-th statement.
CHILD = """
import os, signal, sys
from sqlalchemy import event
from mailflow.store import migrate
from mailflow.store.db import Database
left = int(sys.argv[2])
db = Database(sys.argv[1])
def count(*_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(db._writer, "after_cursor_execute", count)
migrate.upgrade(db)
"""


@pytest.mark.parametrize("after", [1, 3, 8, 20, 45])
def test_a_kill_in_the_middle_of_an_upgrade_leaves_the_old_schema(
    empty_db: Database, after: int
) -> None:
    url = empty_db._writer.url.render_as_string(hide_password=False)
    root = Path(__file__).parents[2]
    child = subprocess.run(
        [sys.executable, "-c", CHILD, url, str(after)],
        env=os.environ | {"PYTHONPATH": str(root)},
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    assert migrate.state(empty_db) == "empty"
    migrate.upgrade(empty_db)
    assert migrate.state(empty_db) == "current"


FOLDER = Path(migrate.__file__).parent / "migrations"


# A version to come, in the way that is hardest on SQLite: a table full of mail is copied.
NEXT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "LAST", None, None
def upgrade():
    with op.batch_alter_table("quota") as table:
        table.add_column(sa.Column("note", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("inbox_raw") as table:
        table.add_column(sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE inbox_raw SET note = 'upgraded'")
    op.create_index("ix_inbox_raw_note", "inbox_raw", ["note"])
"""


@pytest.mark.parametrize("after", [1, 3, 5, 7, 9])
def test_a_kill_in_an_upgrade_with_mail_leaves_all_of_it_as_it_was(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate._FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "v9999_next.py").write_text(
        NEXT.replace("LAST", migrate.revisions()[-1])
    )
    stored = inbox.put_many(db, [incoming(b"%d" % n) for n in range(20)])
    with db.migrating() as connection:
        before = schema(connection)
    url = db._writer.url.render_as_string(hide_password=False)
    root = Path(__file__).parents[2]
    child = subprocess.run(
        [sys.executable, "-c", CHILD.replace("left = int", f"{TURN}\nleft = int"), url,
         str(after), str(folder)],
        env=os.environ | {"PYTHONPATH": str(root)}, timeout=60, check=False,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL
    monkeypatch.setattr(migrate, "_FOLDER", folder)
    assert migrate.state(db) == "old"
    with db.migrating() as connection:
        assert schema(connection) == before
    migrate.upgrade(db)
    assert migrate.state(db) == "current"
    with db.reading() as session:
        found = session.connection().execute(text("SELECT note FROM inbox_raw")).scalars().all()
    assert found == ["upgraded"] * len(stored)


#: Lets the child find the version to come.
TURN = "from pathlib import Path; migrate._FOLDER = Path(sys.argv[3])"


@pytest.mark.parametrize("killed", [False, True], ids=["whole", "killed and again"])
def test_each_earlier_version_is_brought_up_to_date_with_its_mail(
    empty_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    """From 0001, the first version that kept mail for anybody."""
    older = tmp_path / "migrations"
    shutil.copytree(migrate._FOLDER, older, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (older / "versions").glob("v*.py"):
        if not path.name.startswith("v0001"):
            path.unlink()
    with monkeypatch.context() as then:
        then.setattr(migrate, "_FOLDER", older)
        migrate.upgrade(empty_db)
        assert migrate.state(empty_db) == "current"
    assert migrate.state(empty_db) == "old"
    stored = inbox.put_many(empty_db, [incoming(b"%d" % n) for n in range(3)])
    if killed:
        url = empty_db._writer.url.render_as_string(hide_password=False)
        child = subprocess.run(
            [sys.executable, "-c", CHILD, url, "6"],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, timeout=60,
            check=False,
        )  # fmt: skip
        assert child.returncode == -signal.SIGKILL
        assert migrate.state(empty_db) == "old"
    migrate.upgrade(empty_db)
    assert migrate.state(empty_db) == "current"
    assert len(inbox.claim(empty_db, 9, MINUTE)) == len(stored)
    with empty_db.reading() as session:
        account = queries.conservation(session)
    assert (account.accepted, account.waiting, account.difference) == (3, 3, 0)


def test_the_migrations_are_in_the_package() -> None:
    assert (FOLDER / "env.py").exists()
    assert list((FOLDER / "versions").glob("v0001_*.py"))


def test_the_names_of_the_files_are_the_revisions_in_their_order() -> None:
    scripts = ScriptDirectory(str(FOLDER))
    assert migrate.revisions() == [s.revision for s in scripts.walk_revisions()][::-1]
    assert scripts.get_heads() == [migrate.revisions()[-1]]
