"""Failpoints: the list is the program's, and a place kills where and when it is told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mailflow import failpoints

ROOT = Path(failpoints.__file__).parent


def test_the_list_holds_every_place_of_the_program() -> None:
    found: set[str] = set()
    for file in sorted(ROOT.rglob("*.py")):
        found |= set(re.findall(r'failpoints\.reach\("([a-z0-9_.]+)"\)', file.read_text()))
    assert found == set(failpoints.FAILPOINTS)


@pytest.mark.parametrize(("setting", "printed"), [("flow.after_commit", 1), ("smtp.text:3", 2)])
def test_it_dies_there_at_the_nth_time(setting: str, printed: int) -> None:
    code = (
        "from mailflow import failpoints\n"
        "for n in range(9):\n"
        "    failpoints.reach('smtp.text')\n"
        "    print(n, flush=True)\n"
        "    if n: failpoints.reach('flow.after_commit')\n"
    )
    env = {**os.environ, "MAILFLOW_FAILPOINT": setting}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(done.stdout.split()) == printed + (setting == "flow.after_commit")


def test_a_place_there_is_not_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place"):
        failpoints.armed("flow.after_comit")


def test_without_the_variable_nothing_is_looked_at() -> None:
    assert failpoints.reach is failpoints._nothing
