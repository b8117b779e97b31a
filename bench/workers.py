"""What more processes bring on one PostgreSQL: 1, 2 and 4 workers at the same full inbox.

    python -m bench scale --workers 1 2 4 [--mails 800] [--rounds 3]

Signed requests lie in the inbox; so many `mailflow run --role processor,sender` wait. Then all
requests fall due at once, and the clock runs until each is answered and its letter captured.
Numbers of workers take turns in each round. PostgreSQL syncs as in earnest. While that goes on the
database is asked again and again which of its connections wait for another's lock.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.figures import quantile
from bench.mails import INTAKE, Signer, addressed, script
from bench.names import serve_in_thread
from bench.postgres import in_earnest
from bench.process import Group, cpu_of_tree, free_port, wait_for_port
from bench.service import ROOT, Service
from mailflow.store import inbox
from mailflow.store.db import Database

PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. CPU in ms for each mail; `cores`: how many all of them kept busy on average;
    `waiting`: share of looks at which some worker waited for another's lock."""

    rate: float
    workers_ms: float
    database_ms: float
    cores: float
    waiting: float


class Site:
    """One PostgreSQL, one DNS, and the configuration of the workers."""

    def __init__(self, stack: ExitStack) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mf-workers-")))
        self.signer = Signer()
        self.url = stack.enter_context(in_earnest()).create()
        names_port = stack.enter_context(serve_in_thread(self.signer.record))
        service = Service(self.folder, relay=1, names=names_port, url=self.url)
        self._settings = service.config.read_text().replace(
            'host = "127.0.0.1"\n            port = 1\n            security = "none"',
            'mode = "capture"',
        )
        self.db = Database(self.url)
        stack.callback(self.db.close)
        self._line = stack.enter_context(psycopg.connect(self.url, autocommit=True))
        backend = Path(f"/proc/{self._value('SELECT pg_backend_pid()')}/stat").read_text()
        self.postmaster = int(backend.rpartition(")")[2].split()[1])

    def start(self, number: int) -> list[Group]:
        """So many workers, ready to work."""
        groups, ports = [], []
        for n in range(number):
            port = free_port()
            head, _, rest = self._settings.partition("admin_listen = ")
            config = self.folder / f"worker-{n}.toml"
            config.write_text(
                f'{head}admin_listen = "127.0.0.1:{port}"\n' + rest.partition("\n")[2]
            )
            command = [sys.executable, "-m", "mailflow", "run", "--role", "processor,sender"]
            groups.append(Group([*command, "--config", str(config)], self.folder / "log", cwd=ROOT))
            ports.append(port)
        for port in ports:
            wait_for_port(port)
        return groups

    def fill(self, run: str, mails: int) -> None:
        """Requests that are not due yet."""
        items = []
        for number in range(mails):
            one = script(self.signer, run, number)
            raw = addressed(one.request, INTAKE)
            items.append(
                inbox.Incoming(raw, one.partner, (INTAKE,), "127.0.0.1 mx.example", "smtp")
            )
        for first in range(0, mails, 100):
            inbox.put_many(self.db, items[first : first + 100])
        self._do(
            "UPDATE inbox SET next_attempt_at = now() + interval '1 day' WHERE state = 'waiting'"
        )

    def drain(self) -> tuple[float, float]:
        """Let everything fall due; seconds until all is done, and the share of looks with waits."""
        self._do("UPDATE inbox SET next_attempt_at = now() WHERE state = 'waiting'")
        begun = time.perf_counter()
        self._do("NOTIFY mailflow, 'inbox'")
        looks = waits = 0
        pause = threading.Event()
        while self._value(
            "SELECT (SELECT count(*) FROM inbox WHERE state IN ('waiting', 'claimed'))"
            " + (SELECT count(*) FROM outbox WHERE state IN ('due', 'claimed'))"
        ):
            looks += 1
            waits += bool(
                self._value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            )
            if time.perf_counter() - begun > PATIENCE_S:
                raise TimeoutError("the inbox does not become empty")
            pause.wait(0.05)
        return time.perf_counter() - begun, waits / max(1, looks)

    def faults(self, requests: int) -> list[str]:
        """What must not be: mails without their letter, or with two."""
        found = []
        done = self._value("SELECT count(*) FROM inbox WHERE state = 'done'")
        letters = self._value("SELECT count(*) FROM outbox WHERE state = 'captured'")
        if (done, letters) != (requests, requests):
            found.append(f"{requests} requests: {done} done, {letters} letters")
        return found

    def _do(self, statement: str) -> None:
        self._line.execute(statement.encode())

    def _value(self, statement: str) -> Any:
        row = self._line.execute(statement.encode()).fetchone()
        return row[0]


def measure(site: Site, run: str, number: int, mails: int) -> Measured:
    """One run with so many workers."""
    site.fill(run, mails)
    groups = site.start(number)
    try:
        before = sum(group.use().cpu_s for group in groups), cpu_of_tree(site.postmaster)
        seconds, waiting = site.drain()
        used = sum(group.use().cpu_s for group in groups) - before[0]
        database = cpu_of_tree(site.postmaster) - before[1]
    finally:
        for group in groups:
            group.end()
    return Measured(
        mails / seconds,
        used / mails * 1000,
        database / mails * 1000,
        (used + database) / seconds,
        waiting,
    )


def table(runs: dict[int, list[Measured]]) -> str:
    """Medians, with the least and the most."""
    lines = [
        "| workers | mails/s | of one | CPU a mail | of PostgreSQL | mails/CPU s | cores | waits |",
        "|-:|-:|-:|-:|-:|-:|-:|-:|",
    ]
    one = quantile([run.rate for run in next(iter(runs.values()))], 0.5)
    for number, many in runs.items():
        rates = [run.rate for run in many]
        workers = [run.workers_ms for run in many]
        database = [run.database_ms for run in many]
        lines.append(
            f"| {number} | {_spread(rates, '.0f')} | {quantile(rates, 0.5) / one:.2f}"
            f" | {_spread(workers, '.1f')} ms | {_spread(database, '.1f')} ms"
            f" | {_spread([run.rate / run.cores for run in many], '.0f')}"
            f" | {quantile([run.cores for run in many], 0.5):.2f}"
            f" | {quantile([run.waiting for run in many], 0.5):.1%} |"
        )
    return "\n".join(lines)


def _spread(values: list[float], form: str) -> str:
    return f"{quantile(values, 0.5):{form}} ({min(values):{form}}–{max(values):{form}})"


def main(numbers: list[int], mails: int, rounds: int) -> int:
    """Measure, and print the table; 1 if a mail was lost or answered twice."""
    runs: dict[int, list[Measured]] = {number: [] for number in numbers}
    with ExitStack() as stack:
        site = Site(stack)
        for turn in range(rounds):
            for number in numbers:
                done = measure(site, f"w{turn}n{number}", number, mails)
                runs[number].append(done)
                print(
                    f"round {turn + 1}, {number} worker(s): {done.rate:6.1f}/s, CPU"
                    f" {done.workers_ms:.1f} + {done.database_ms:.1f} ms, {done.cores:.2f} cores,"
                    f" load {os.getloadavg()[0]:.0f}",
                    flush=True,
                )
        found = site.faults(len(numbers) * rounds * mails)
    print(table(runs), "; ".join(found) or "Nothing was lost, nothing came twice.", sep="\n\n")
    return 1 if found else 0
