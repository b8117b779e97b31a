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
#: Places of a way in that is built upon these.
RESERVED = {name for name in failpoints.FAILPOINTS if name.startswith("imap.")}


def test_every_place_of_the_list_is_in_the_program_once() -> None:
    found: list[str] = []
    for file in sorted(ROOT.rglob("*.py")):
        found += re.findall(r'failpoints\.reach\("([a-z0-9_.]+)"\)', file.read_text())
    assert sorted(set(found) - RESERVED) == sorted(set(failpoints.FAILPOINTS) - RESERVED)
    assert len(found) == len(set(found))


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
