"""`mailflow run --processes`: the service as several processes on one machine, so that it uses more
than one core.

They are forked from one that has loaded everything, so that they share what they do not change,
and meet in the database only, as several machines would. The first holds doors, mailboxes, pages
and the way to the relay; the others read and decide. All of them run, or none: when one ends, the
others are told to end, and a supervisor starts them again.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile
import time

#: Of all roles these think, and take the most of the CPU; the rest fits into one process.
THINKING = frozenset({"processor", "timers"})
#: A process that was told to end has this long, in seconds. It needs nine at most.
END_WITHIN_S = 15.0


def parts_of(roles: frozenset[str], processes: int) -> list[frozenset[str]]:
    """What each of so many processes does; fewer where there is nothing to share.

    >>> [sorted(part) for part in parts_of(frozenset({"smtp", "processor", "timers"}), 3)]
    [['smtp'], ['processor', 'timers'], ['processor']]
    """
    front, thinking = roles - THINKING, roles & THINKING
    others = processes - bool(front)
    if processes < 2 or "processor" not in roles:
        return [roles]
    helpers = [frozenset({"processor"})] * (others - 1)
    return [part for part in (front, thinking, *helpers) if part]


def share_figures() -> None:
    """Let the metrics of this process and of those it forks be counted together.

    To be called before anything has loaded `prometheus_client`. They meet in files, in a folder
    that goes with this process.
    """
    folder = tempfile.mkdtemp(prefix="mailflow-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    atexit.register(_remove, folder, os.getpid())


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def fork(count: int) -> tuple[int, int]:
    """Go on as so many processes. Returns in those: which of them it is, from 0, and its leash.

    The leash is a file descriptor that comes to its end when the process is to end: because TERM or
    INT came, because another one has ended, or because their parent is gone. That one stays here
    until all have ended, and raises SystemExit with the first code that is not 0. A
    second TERM or INT ends it at once; the others still finish what they do.
    """
    leash, held = os.pipe()
    gc.collect()
    gc.freeze()  # a page that the collector does not touch stays shared
    running: list[int] = []
    for place in range(count):
        pid = os.fork()
        if not pid:
            os.close(held)
            return place, leash
        running.append(pid)
    os.close(leash)
    raise SystemExit(_watch(running, held))


def _watch(running: list[int], held: int) -> int:
    """Wait until one of them ends, let go of the others, and wait for them."""
    holds = [held]

    def let_go(number: int = 0, _frame: object = None) -> None:
        if holds:
            os.close(holds.pop())
        elif number:
            os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, let_go)
    pid, status = os.wait()
    let_go()
    codes = [_code(status)]
    running.remove(pid)
    deadline = time.monotonic() + END_WITHIN_S
    for pid in running:
        while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        codes.append(_code(ended[1]))
    return next(filter(None, codes), 0)


def _code(status: int) -> int:
    """The exit code; 1 for one that was killed."""
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1
