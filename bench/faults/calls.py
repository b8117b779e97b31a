"""Kills at the n-th system call of a kind, with strace's fault injection."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.faults.account import account
from bench.faults.fleet import Fleet
from bench.faults.traffic import Traffic

#: How long we wait for the n-th call; some are never made that often.
PATIENCE_S = 60.0
#: How long we wait in the end. A mail that was in work at several deaths is suspected of them, and
#: rests for up to 320 s before it is tried again.
FINISH_S = 900.0


def at_calls(folder: Path, url: str, calls: list[str], upto: int) -> int:
    """Kill at the 1st to `upto`-th call of each kind (by thread), under n conversations each.

    The threads that sync share their work, so one of them makes no n-th call in much less.
    """
    if shutil.which("strace") is None:
        print("strace is not installed: apt-get install strace")
        return 1
    traffic = Traffic([], 0)
    fleet = Fleet(folder, url, traffic.smarthost.port)
    traffic.ports = fleet.ports
    traffic.start()
    killed: dict[str, int] = {}
    try:
        for call in calls:
            for n in range(1, upto + 1):
                killed[call] = killed.get(call, 0) + _once(fleet, traffic, call, n)
            print(f"  {call}: killed {killed[call]} of {upto} times", file=sys.stderr)
        fleet.start()
        finished = traffic.wait(FINISH_S) and fleet.drain()
        codes = fleet.terminate()
    finally:
        fleet.close()
        traffic.stop()
    result = account(url, traffic, fleet.faults)
    print(f"kills at system calls: {killed}; {result.row()}")
    for what in (result.lost, result.duplicated, result.unexpected, result.bad_copies):
        print(*what[:10], sep="\n", end="")
    return 0 if result.clean and finished and not any(codes) else 1


def _once(fleet: Fleet, traffic: Traffic, call: str, n: int) -> bool:
    """Whether the service died of it. Calls are counted from the start of its work."""
    fleet.start()
    pid = fleet.pids[0]
    strace = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
         "-e", f"inject={call}:signal=SIGKILL:when={n}", "-p", str(pid)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    traffic.more(3 * max(2, n))
    deadline = time.monotonic() + PATIENCE_S
    while not fleet.has_ended() and time.monotonic() < deadline and not traffic.wait(0):
        time.sleep(0.02)
    died = fleet.has_ended()
    if died:
        fleet.faults.append(time.monotonic())
    else:  # the call is not made that often: the service dies all the same
        strace.terminate()
        fleet.kill()
    strace.wait(20)
    return died
