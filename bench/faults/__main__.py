"""Kill runs: traffic, SIGKILL at random moments, restart, accounting.

python -m bench.faults --kills 1000 --messages 20000 --db postgres --workers 4 --freezes 30
python -m bench.faults --calls fsync,fdatasync,pwrite64,sendto --upto 50 --db sqlite

The second form kills at the n-th system call of a kind, n = 1, 2, …, with strace's fault
injection, and plays two conversations for each.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.faults.calls import at_calls
from bench.faults.runs import random_kills
from tests import postgres


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A fresh database's address."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'mailflow.db'}"
        return
    with postgres.server() as server:
        yield server.create()


def main() -> int:
    """Print one line of figures; 0 if every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--freezes", type=int, default=0)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument(
        "--minutes", type=float, default=1e9, help="strike no more after so many, and finish"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", default="", help="system calls to die at, with strace")
    parser.add_argument("--upto", type=int, default=20)
    given = parser.parse_args()
    os.nice(5)
    with tempfile.TemporaryDirectory(prefix="mailflow-faults-") as name:
        folder = Path(name)
        with database(given.db, folder) as url:
            if given.calls:
                return at_calls(folder, url, given.calls.split(","), given.upto)
            began = time.monotonic()
            outcome = random_kills(
                folder, url, kills=given.kills, freezes=given.freezes, messages=given.messages,
                workers=given.workers, seed=given.seed, minutes=given.minutes,
            )  # fmt: skip
            took = time.monotonic() - began
    print(
        f"{given.db}, {given.workers} worker(s): {outcome.kills} kills, {outcome.freezes} freezes"
        f" in {took:.0f} s; {outcome.account.row()}"
    )
    for fault in outcome.faults():
        print(" ", fault)
    return 0 if outcome.clean else 1


if __name__ == "__main__":
    sys.exit(main())
