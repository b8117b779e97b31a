"""What every room's tests share: databases, and how hard hypothesis looks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from mailflow.store import migrate
from mailflow.store.db import Database
from tests import postgres

# No deadline: the machine is shared, and a slow example is not a wrong one. The same examples each
# time by default, so that a failure is the change's and not the day's; `make test-long` looks for
# new ones.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "long", settings.get_profile("default"), derandomize=False, max_examples=3000, print_blob=True
)
settings.load_profile("long" if os.environ.get("MAILFLOW_TEST_LONG") else "default")

#: Rings in the order in which they begin: what waits for processes comes first, what only computes
#: fills the gaps and the end.
RINGS = ("daemon", "browser", "store", "edges", "stories", "letters", "core")
#: Modules that share what is dear to start, and so stay on one worker.
TOGETHER = {
    "daemon/test_environment.py": "services",
    "daemon/test_imap_kills.py": "services",
    "browser/test_activation.py": "pages",
    "browser/test_console.py": "pages",
    "browser/test_letters.py": "pages",
    "browser/test_mailbox.py": "pages",
    "browser/test_print.py": "pages",
}


def _piece(nodeid: str) -> tuple[int, str]:
    """Where a test comes in the order, and the piece of work it belongs to."""
    path = nodeid.partition("::")[0].partition("tests/")[2]
    ring = path.partition("/")[0]
    return RINGS.index(ring) if ring in RINGS else len(RINGS), TOGETHER.get(path, path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadscope` (`make test`) a module, or several together, is one piece of work.

    Marks for `--dist loadgroup` would say the same, but pytest-xdist 3.8 puts them into an
    attribute that pytest 9.2 does not read.
    """
    if config.getoption("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Pieces(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _piece(nodeid)[1]

    return Pieces(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several workers each has the same order."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: _piece(item.nodeid))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server, or a skip that says how to get one; see `tests/postgres.py`."""
    with postgres.server() as server:
        yield server


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file; copying it is quicker than migrating one for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite:///{path}")
    migrate.upgrade(db)
    db.close()
    return path


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: postgres.Server) -> Iterator[str]:
    """A migrated database, of which each test gets a copy."""
    url = postgres_server.create(name=postgres_server.template)
    db = Database(url)
    migrate.upgrade(db)
    db.close()
    yield postgres_server.template
    postgres_server.drop(url)


@pytest.fixture
def sqlite_db(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "mailflow.db"
    shutil.copyfile(_sqlite_template, path)
    db = Database(f"sqlite:///{path}")
    yield db
    db.close()


@pytest.fixture(scope="session")
def _postgres_copies() -> dict[str, str]:
    """Copies that are empty again, as (address, shape)."""
    return {}


@pytest.fixture
def postgres_url(
    postgres_server: postgres.Server, _postgres_template: str, _postgres_copies: dict[str, str]
) -> Iterator[str]:
    """The address of a migrated PostgreSQL database without a row: a copy of the template, or one
    that is empty again and otherwise like the template still."""
    if _postgres_copies:
        url, shape = _postgres_copies.popitem()
    else:
        url = postgres_server.create(template=_postgres_template)
        shape = postgres_server.shape(url)
    yield url
    if postgres_server.emptied(url, shape):
        _postgres_copies[url] = shape
    else:
        postgres_server.drop(url)


@pytest.fixture
def postgres_db(postgres_url: str) -> Iterator[Database]:
    """A fresh, migrated PostgreSQL database."""
    db = Database(postgres_url)
    yield db
    db.close()


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest) -> Database:
    """A fresh, migrated database of either kind."""
    found: Database = request.getfixturevalue(f"{request.param}_db")
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def empty_db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of either kind without any table."""
    if request.param == "sqlite":
        db = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield db
        db.close()
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    url = server.create()
    db = Database(url)
    yield db
    db.close()
    server.drop(url)
