"""Services under fault: start, kill, freeze, drain, stop."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from bench.faults.zygote import Zygote
from mailflow.store import queries
from mailflow.store.db import Database
from tests.daemon.harness import Service

#: How long leases last in a run (they are minutes otherwise), and how long a worker is frozen.
LEASE_S = 8.0
FREEZE_S = 11.0
DRAIN_S = 90.0


def new_zygote(config: Path, env: dict[str, str] | None = None) -> Zygote:
    """One whose services have short leases."""
    return Zygote(config, {"MAILFLOW_TEST_LEASE_S": str(LEASE_S), **(env or {})})


class Fleet:
    """`workers` processes on one database, all with every role. `faults` are moments (monotonic)
    of kills, freezes and thaws. A `zygote` that is given stays with its owner."""

    def __init__(
        self,
        folder: Path,
        url: str,
        relay_port: int,
        workers: int = 1,
        zygote: Zygote | None = None,
    ) -> None:
        self.url = url
        self.faults: list[float] = []
        self.services = []
        for n in range(workers):
            own = folder / str(n)
            own.mkdir()
            service = Service(own, url, relay_port, '[log]\nlevel = "warning"\n')
            service.log.touch()
            self.services.append(service)
        self.services[0].prepare()
        self._own = None if zygote else new_zygote(self.services[0].config)
        self.zygote = zygote or self._own
        self.pids = [0] * workers
        self._frozen: dict[int, float] = {}

    @property
    def ports(self) -> list[int]:
        return [service.smtp_port for service in self.services]

    def start(self, n: int = 0, failpoint: str = "", roles: str = "") -> None:
        """Start one; does not wait for its doors."""
        service = self.services[n]
        self.pids[n] = self.zygote.start(service.config, service.log, failpoint, roles)

    def start_all(self) -> None:
        for n in range(len(self.services)):
            self.start(n)

    def has_ended(self, n: int = 0) -> bool:
        return self.zygote.has_ended(self.pids[n])

    def kill(self, n: int = 0) -> None:
        """SIGKILL, and wait until it is gone."""
        self.faults.append(time.monotonic())
        os.kill(self.pids[n], signal.SIGKILL)
        self.zygote.wait(self.pids[n])
        self._frozen.pop(n, None)

    def freeze(self, n: int) -> None:
        """SIGSTOP for longer than a lease; `thaw_due` ends it."""
        self.faults.append(time.monotonic())
        os.kill(self.pids[n], signal.SIGSTOP)
        self._frozen[n] = time.monotonic() + FREEZE_S

    def is_frozen(self, n: int) -> bool:
        return n in self._frozen

    def thaw_due(self, *, all_of_them: bool = False) -> None:
        """SIGCONT to those whose time has come."""
        for n, until in list(self._frozen.items()):
            if all_of_them or time.monotonic() >= until:
                self.faults.append(time.monotonic())
                os.kill(self.pids[n], signal.SIGCONT)
                del self._frozen[n]

    def drain(self, seconds: float = DRAIN_S) -> bool:
        """Wait until nothing is left to do; whether that came about."""
        db = Database(self.url)
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                self.thaw_due()
                with db.reading() as session:
                    counts = queries.counts(session)
                still = [counts.inbox.get("waiting"), counts.inbox.get("claimed"),
                         counts.outbox.get("due"), counts.outbox.get("claimed")]  # fmt: skip
                if not any(still):
                    return True
                time.sleep(0.1)
        finally:
            db.close()
        return False

    def terminate(self) -> list[int | None]:
        """TERM to all; their exit codes."""
        self.thaw_due(all_of_them=True)
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return [self.zygote.wait(pid, 15) for pid in self.pids]

    def close(self) -> None:
        """Make sure all are gone."""
        for pid in self.pids:
            if pid and not self.zygote.has_ended(pid):
                os.kill(pid, signal.SIGKILL)
                self.zygote.wait(pid)
        if self._own:
            self._own.close()

    def said(self) -> str:
        """The last of the logs, for a failure's report."""
        return "\n".join(service.log.read_text()[-3000:] for service in self.services)
