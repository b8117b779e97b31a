"""A run that is killed leaves no PostgreSQL server behind, and takes nobody else's away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests import left_behind, postgres

#: Starts a server, tells where, and waits to be killed.
RUN = """
import sys
from tests import postgres
with postgres.server() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""
PATIENCE_S = 20


def test_a_killed_run_takes_its_server_with_it() -> None:
    if postgres._programs() is None or os.environ.get("MAILFLOW_TEST_POSTGRES"):
        pytest.skip(postgres.MEND)
    run = subprocess.Popen(
        [sys.executable, "-c", RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[1], start_new_session=True,
    )  # fmt: skip
    assert run.stdin is not None
    assert run.stdout is not None
    try:
        url = run.stdout.readline().strip()
        folder = Path(str(make_url(url).query["host"]))
        first = left_behind._server(folder)
        assert first is not None
        assert folder not in left_behind.remove()  # it is in use
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    never = threading.Event()
    for _ in range(PATIENCE_S * 20):
        if not folder.exists() and not Path(f"/proc/{first}").exists():
            return
        never.wait(0.05)
    pytest.fail(f"{folder}: still there, or its server {first}")


def folder_in(parent: Path, name: str, age_s: float, *, lock: bool) -> Path:
    folder = parent / f"{left_behind.START}{name}"
    folder.mkdir()
    paths = [folder]
    if lock:
        (folder / left_behind._LOCK).touch()
        paths.append(folder / left_behind._LOCK)
    for path in paths:
        then = path.stat().st_mtime - age_s
        os.utime(path, (then, then))
    return folder


def test_only_what_nobody_holds_is_removed(tmp_path: Path) -> None:
    left = folder_in(tmp_path, "left", 120, lock=True)
    ancient = folder_in(tmp_path, "ancient", 7 * 3600, lock=False)
    fresh = folder_in(tmp_path, "fresh", 0, lock=True)
    unknown = folder_in(tmp_path, "unknown", 3600, lock=False)
    held = folder_in(tmp_path, "held", 120, lock=True)
    other = tmp_path / "another's"
    other.mkdir()
    with left_behind.guarded(held):
        assert left_behind.remove(tmp_path) == [ancient, left]
        assert fresh.exists()
        assert unknown.exists()
        assert held.exists()
    assert not held.exists()
    assert other.exists()
