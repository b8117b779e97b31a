"""Fixtures of the daemon ring."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.daemon.shell import Shell


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """The command line, in an empty folder with a mailflow.toml."""
    for name in [name for name in os.environ if name.startswith("MAILFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)
