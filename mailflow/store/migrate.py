"""Bringing the database's schema up to date (I27).

An upgrade is one transaction on both databases: a kill in the middle leaves the old schema or the
new one. Two programs that start together take turns: SQLite has one writer, PostgreSQL a lock of
our own.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from mailflow import failpoints
from mailflow.store.db import Database
from mailflow.store.session import Session

_FOLDER = Path(__file__).parent / "migrations"
#: An arbitrary number that means "mailflow's schema" to pg_advisory_xact_lock.
_LOCK_NUMBER = 0x6D61696C


class NotOurs(Exception):  # noqa: N818
    """The database cannot be upgraded by this program; the message says why."""


def upgrade(db: Database) -> None:
    """Create the tables, or bring them up to date; harmless when they are.

    Raises `NotOurs` for a schema made by a later version of the program or by another one, and
    `Unavailable`.
    """
    with db.migrating() as connection:
        if db.dialect == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK_NUMBER})
        found = _state(connection)
        if found == "newer":
            raise NotOurs("the database was upgraded by a later version of mailflow; install that")
        if found == "encoding":
            raise NotOurs("the database is not kept in UTF-8; make one with: createdb -E UTF8")
        if found == "unknown":
            raise NotOurs("the database holds tables that mailflow did not make; use another one")
        if found != "current":
            _run(connection)
            failpoints.reach("migrate.before_commit")


def state(db: Database) -> str:
    """How the schema stands: "current", "empty", "old", "newer", "unknown" or "encoding".

    "old": `upgrade` is needed. "newer": made by a later version of the program. "unknown": tables
    that are not ours, or ours without their version. "encoding": the database is not kept in
    UTF-8, so a name might not fit into it. Raises `Unavailable`.
    """
    with db.reading() as session:
        return _state(_connection(session))


def _connection(session: Session) -> Connection:
    return session.connection()


def _state(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            return "encoding"
    tables = inspect(connection)
    found: set[str] = set()
    if tables.has_table("alembic_version"):
        found = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
    if not found:
        return "unknown" if tables.get_table_names() else "empty"
    known = revisions()
    if found == {known[-1]}:
        return "current"
    return "old" if found <= set(known) else "newer"


def revisions() -> list[str]:
    """The versions of the schema, oldest first, by the names of their files (`v0001_….py`)."""
    return sorted(path.name[1:5] for path in (_FOLDER / "versions").glob("v*.py"))


def _run(connection: Connection) -> None:
    # Here alone: it takes a tenth of the service's memory, which never upgrades anything.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        # Foreign keys were off; what was copied must still fit together.
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise NotOurs(f"the upgrade would break {len(broken)} references; nothing was changed")
