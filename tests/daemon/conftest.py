"""Fixtures of the daemon ring: a database for a process of its own, and the command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.daemon.shell import Shell


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
