"""Fixtures of the daemon ring: a database for a process of its own, and the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults.fleet import new_zygote
from bench.faults.zygote import Zygote
from tests.daemon.harness import Service
from tests.daemon.shell import Shell


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """What services are forked from; any configuration will do to load it."""
    folder = tmp_path_factory.mktemp("zygote")
    one = new_zygote(Service(folder, f"sqlite:///{folder}/none.db", 1).config)
    yield one
    one.close()


@pytest.fixture(params=["sqlite", "postgres"])
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of either kind; its tables are made by `Service.prepare`."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mailflow.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """The command line, in an empty folder with a mailflow.toml."""
    for name in [name for name in os.environ if name.startswith("MAILFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)
