"""Services that start in a tenth of a second: one process imports everything once, and forks.

A kill run starts a service a thousand times, and most of a start is importing and loading
templates. Each service is still a process of its own with its own sockets and connections; only
what is read before anything happens is shared: modules, templates, and whatever the first
conversation of a process makes and keeps (compiled statements and patterns), for which one is
played in memory beforehand.

Run by `Zygote` as `python -m bench.faults.zygote CONFIG`. Lines of JSON in: {"config", "log",
"failpoint", "roles", "env"}; out: {"pid"} after each start, {"pid", "status"} after each end.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from mailflow.config import Config
from mailflow.store import migrate
from mailflow.store.db import Database
from tests.house import House

PATIENCE_S = 30.0
#: To import everything, on a machine that is busy with other things.
FIRST_PATIENCE_S = 120.0


class Zygote:
    """The other process, from the outside."""

    def __init__(self, config: Path, env: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.faults.zygote", str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
        self._news = threading.Condition()
        self._born: list[int] = []
        self._ended: dict[int, int] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def start(
        self, config: Path, log: Path, failpoint: str = "", roles: str = "",
        env: dict[str, str] | None = None,
    ) -> int:  # fmt: skip
        """Start a service, with all roles or some, in an environment with `env` besides; its
        process id."""
        line = json.dumps(
            {"config": str(config), "log": str(log), "failpoint": failpoint, "roles": roles,
             "env": env or {}}
        )  # fmt: skip
        assert self._process.stdin is not None
        with self._news:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
            assert self._news.wait_for(lambda: self._born, FIRST_PATIENCE_S)
            return self._born.pop()

    def wait(self, pid: int, timeout: float = PATIENCE_S) -> int | None:
        """How a service ended: exit code, or minus the signal; None if it did not."""
        with self._news:
            if not self._news.wait_for(lambda: pid in self._ended, timeout):
                return None
            return os.waitstatus_to_exitcode(self._ended[pid])

    def has_ended(self, pid: int) -> bool:
        """Whether a service is gone."""
        with self._news:
            return pid in self._ended

    def close(self) -> None:
        """End it, and every service it has started."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            news = json.loads(line)
            with self._news:
                if "status" in news:
                    self._ended[news["pid"]] = news["status"]
                else:
                    self._ended.pop(news["pid"], None)  # numbers of processes come again
                    self._born.append(news["pid"])
                self._news.notify_all()


def main(config: str) -> None:
    """Read orders until standard input ends; then kill what is left."""
    from mailflow import daemon
    from mailflow.config import load

    settings = load(Path(config), os.environ)
    letters = daemon._letters(settings)
    daemon._letters = lambda _config: letters  # templates are loaded once, too
    _warm(settings)
    gc.collect()
    gc.freeze()  # or each child would copy all of it at its first collection
    living: set[int] = set()
    rest = b""
    try:
        while True:
            if select.select([0], [], [], 0.01)[0]:
                chunk = os.read(0, 65536)
                if not chunk:
                    break
                *orders, rest = (rest + chunk).split(b"\n")
                for order in orders:
                    pid = _fork(daemon, load, json.loads(order))
                    living.add(pid)
                    _say(pid=pid)
            _reap(living)
    finally:
        for pid in living:
            os.kill(pid, signal.SIGKILL)


def _warm(settings: Config) -> None:
    """Play a conversation in this process, with a database of its own that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/warm.db")
        migrate.upgrade(db)
        house = House(db, settings)
        _completion, activation = house.pending()
        house.answer(activation, "ACCEPT")
        db.close()


def _fork(daemon: Any, load: Any, order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        null, log = os.open(os.devnull, os.O_RDWR), os.open(order["log"], os.O_WRONLY | os.O_APPEND)
        for fd, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(fd, target)
        if order["failpoint"]:
            from mailflow import failpoints

            failpoints.reach = failpoints.armed(order["failpoint"])
        os.environ |= order["env"]
        roles = frozenset(order["roles"].split(",")) if order["roles"] else daemon.ROLES
        os._exit(daemon.run(load(Path(order["config"]), os.environ), roles))
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(99)


def _reap(living: set[int]) -> None:
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        living.discard(pid)
        _say(pid=pid, status=status)


def _say(**news: int) -> None:
    os.write(1, json.dumps(news).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
