"""`mailflow run --processes`: several processes of one machine that come, work and go together."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailflow.cli.processes import parts_of
from mailflow.cli.service import ROLES
from tests.daemon.harness import PATIENCE_S, Service, Smarthost, running
from tests.daemon.test_daemon import conserved, request
from tests.house import ALBA, INTAKE, TOM

EVERYTHING = frozenset(ROLES)


@contextmanager
def three(folder: Path, url: str) -> Iterator[tuple[Service, Smarthost, list[int]]]:
    """Three processes at work; none of them is left afterwards."""
    with running(folder, url, arguments=("--processes", "3")) as (service, smarthost):
        children = children_of(service)
        yield service, smarthost, children
    gone(children)


def children_of(service: Service) -> list[int]:
    assert service.process is not None
    pid = service.process.pid
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(found) == 3
    return [int(child) for child in found]


def gone(pids: list[int]) -> None:
    """Wait until none of them runs any more."""
    deadline = time.monotonic() + PATIENCE_S
    while any(Path(f"/proc/{pid}/cmdline").exists() and _runs(pid) for pid in pids):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_conversation_and_its_figures(
    db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with three(tmp_path, db_url) as (service, smarthost, children):
        service.send(ALBA.email, INTAKE, request())
        answer = smarthost.letter(ALBA.email, "confirm").answer("CONFIRM")
        service.send(answer.mail_from, answer.recipient, answer.raw)
        answer = smarthost.letter(TOM, "decide").answer("ACTIVATE")
        service.send(answer.mail_from, answer.recipient, answer.raw)
        smarthost.letter(TOM, "Active")
        # The door counts in one process, the reading in another; they are told together.
        address = f"http://127.0.0.1:{service.admin_port}/metrics"
        with urllib.request.urlopen(address, timeout=10) as answered:
            told = answered.read().decode()
        assert 'mailflow_received_total{source="smtp"} 3.0' in told
        lines = [line for line in told.splitlines() if line.startswith("mailflow_processed_total")]
        assert sum(float(line.rpartition(" ")[2]) for line in lines) == 3
        assert 'mailflow_connections{source="smtp"} 0.0' in told
        service.signal(signal.SIGTERM)
        assert service.wait() == 0
        gone(children)
        assert not list(tmp_path.glob("mailflow-metrics-*"))
        assert conserved(service)


def test_when_one_dies_all_end_for_the_supervisor_to_start_them_again(tmp_path: Path) -> None:
    with three(tmp_path, f"sqlite:///{tmp_path / 'one.db'}") as (service, _, children):
        os.kill(children[1], signal.SIGKILL)
        assert service.wait() == 1
        gone(children)


def test_when_the_parent_is_gone_nobody_is_left_behind(tmp_path: Path) -> None:
    with three(tmp_path, f"sqlite:///{tmp_path / 'one.db'}") as (service, _, children):
        service.signal(signal.SIGKILL)
        service.wait()
        gone(children)


def test_what_each_of_them_does() -> None:
    front = EVERYTHING - {"processor", "timers"}
    assert parts_of(EVERYTHING, 1) == [EVERYTHING]
    assert parts_of(EVERYTHING, 2) == [front, {"processor", "timers"}]
    assert parts_of(EVERYTHING, 4)[2:] == [{"processor"}, {"processor"}]
    assert parts_of(frozenset({"processor"}), 2) == [{"processor"}, {"processor"}]
    assert parts_of(frozenset({"smtp", "web"}), 4) == [{"smtp", "web"}]


def test_a_start_that_fails_is_said_once(tmp_path: Path) -> None:
    one = Service(tmp_path, f"sqlite:///{tmp_path / 'new.db'}", 1)
    with pytest.raises(AssertionError, match="mailflow migrate"):
        one.start("--processes", "3")
    assert one.wait() == 78
    assert one.log.read_text().count("mailflow migrate") == 1
    assert "Traceback" not in one.log.read_text()
