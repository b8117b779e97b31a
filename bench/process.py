"""What is measured runs as processes of its own; this starts them and reads what they used."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A loopback port that nobody has just now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def wait_for_port(port: int) -> float:
    """Wait until somebody listens; the seconds it took."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < PATIENCE_S:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return time.perf_counter() - begun
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens on port {port}")


@dataclass(frozen=True, slots=True)
class Use:
    """What a group of processes has used so far, in seconds and megabytes."""

    cpu_s: float
    pss_mb: float


def cpu_of_tree(root: int) -> float:
    """CPU time in seconds of a process and its children, those included that have ended."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(folder.name) == root:
                    ticks += sum(int(field) for field in fields[11:15])  # children's as well
                elif int(fields[1]) == root:
                    ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


class Group:
    """A program with its children, as a session of its own. Its output goes to `log`."""

    def __init__(
        self, command: Sequence[str], log: Path, *, cwd: Path, env: dict[str, str] | None = None
    ) -> None:
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command, cwd=cwd, stdout=out, stderr=out, start_new_session=True,
                env={**os.environ, **(env or {})},
            )  # fmt: skip
        self.pid = self._process.pid

    def use(self) -> Use:
        """CPU time of all members, and their proportional memory."""
        ticks = pss = 0
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) != self.pid:  # the session
                    continue
                ticks += int(fields[11]) + int(fields[12])  # utime, stime
                found = re.search(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.M)
                pss += int(found[1]) if found else 0
        return Use(ticks / _TICKS, pss / 1024)

    def rest(self) -> None:
        """Stop its clock while others are measured."""
        os.killpg(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        os.killpg(self.pid, signal.SIGCONT)

    def end(self) -> None:
        """Ask all members to end, and see to it."""
        self.go_on()
        os.killpg(self.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
        deadline = time.monotonic() + 15
        with contextlib.suppress(ProcessLookupError):  # nobody is left
            while time.monotonic() < deadline:
                os.killpg(self.pid, 0)
                time.sleep(0.02)
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
