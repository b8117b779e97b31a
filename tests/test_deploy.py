"""The files for systemd and containers say what the program does."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

from mailflow import daemon
from mailflow.cli.exits import Exit
from mailflow.cli.reference import every_command

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "examples" / "deploy"


def unit() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "mailflow.service", encoding="utf-8")
    return parser["Service"]


def test_the_unit_starts_a_command_that_there_is() -> None:
    program, command, option, _file = shlex.split(unit()["ExecStart"])
    assert program.endswith("/mailflow")
    options = {
        name for one in dict(every_command())[f"mailflow {command}"].params for name in one.opts
    }
    assert option in options


def test_the_unit_waits_for_a_clean_stop_and_not_for_a_wrong_configuration() -> None:
    assert int(unit()["TimeoutStopSec"]) > daemon.STOP_WITHIN_S
    assert int(unit()["RestartPreventExitStatus"]) == Exit.CONFIG


def test_the_container_is_built_from_what_is_there() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert (ROOT / "constraints.txt").exists()
    extras = re.findall(r"/src\[(\w+)\]", text)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert extras
    assert all(re.search(rf"^{extra} = ", project, re.M) for extra in extras)
    assert 'CMD ["run"]' in text
