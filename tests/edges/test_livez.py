"""`/livez` tells a loop that hangs from one that works or waits."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from mailflow import daemon as module
from mailflow.daemon import Daemon
from mailflow.demo.stage import configuration, free_port
from mailflow.ingress import smtp
from mailflow.store import migrate
from mailflow.store.db import Database
from mailflow.web.heart import Heart


class Clock:
    """Steady seconds that pass when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_look_at_the_stop_event_is_a_beat() -> None:
    stop, clock = threading.Event(), Clock()
    heart = Heart(stop, 60.0, clock)
    clock.now = 60.0
    assert heart.silent_s() == 0.0
    clock.now = 61.0
    assert heart.silent_s() == 61.0
    assert not heart.is_set()
    assert heart.silent_s() == 0.0
    clock.now = 200.0
    assert not heart.wait(0.0)
    assert heart.silent_s() == 0.0


def test_the_heart_stops_with_the_process() -> None:
    stop = threading.Event()
    heart = Heart(stop)
    stop.set()
    assert heart.is_set()
    assert heart.wait(10.0)


def asked(port: int) -> tuple[int, dict[str, str]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=10) as answer:
            return answer.status, json.load(answer)["checks"]
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)["checks"]


def test_a_loop_and_a_door_that_hang_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configuration(tmp_path)
    config.web.__dict__["admin_listen"] = f"127.0.0.1:{free_port(0)}"
    db = Database(config.database.url)
    migrate.upgrade(db)
    daemon, hold, begun = Daemon(config, db=db), threading.Event(), threading.Event()
    stuck = threading.Event()
    loop = daemon._loops["timers"]

    def hangs(stop: threading.Event) -> None:
        begun.set()
        hold.wait()
        loop(stop)

    daemon._loops["timers"] = hangs
    monkeypatch.setattr(module, "HUNG_S", 3600.0)
    daemon.start()
    try:
        port = daemon.side_ports["health"]
        assert begun.wait(10)
        assert asked(port) == (200, {"loops": "ok", "door": "ok"})
        heart = daemon._hearts["timers"]
        heart._beat -= 3601.0
        status, checks = asked(port)
        assert status == 503
        assert checks["loops"].startswith("timers has not moved for 36")
        hold.set()
        deadline = time.monotonic() + 10
        while heart.silent_s() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert asked(port)[0] == 200
        monkeypatch.setattr(smtp, "PING_S", 0.2)
        daemon._door._loop.call_soon_threadsafe(stuck.wait)
        assert asked(port) == (503, {"loops": "ok", "door": "has not answered for 0 s"})
        stuck.set()
    finally:
        hold.set()
        stuck.set()
        daemon.stop()
        db.close()
