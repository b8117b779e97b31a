"""Many requests run out at once, on a started service, while mail goes on being answered.

    python -m bench expiry [--due 10000] [--rate 3] [--quiet 15]

The service is started on a database in which `due` requests have run out. Their notices go to the
smarthost of the bench; meanwhile requests come at random moments (Poisson), `rate` in a second,
and each is timed until its review is there. Afterwards the same for `quiet` seconds, with nothing
due, to be held against it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from bench import names, wire
from bench.figures import quantile
from bench.mails import INTAKE, Signer, addressed, script
from bench.play import Taken
from bench.process import Group
from bench.scale import House, fill
from bench.service import Service
from bench.wire import Client

_LONG_AGO = timedelta(days=91)
_LOOK_S = 0.5


class Asker:
    """Sends requests at random moments, and times each until its review has come."""

    def __init__(self, signer: Signer, port: int, taken: Taken, rate: float) -> None:
        self._signer = signer
        self._port = port
        self._taken = taken
        self._rate = rate
        self._numbers = iter(range(10_000_000))

    async def ask(self, goes_on: Callable[[], bool]) -> list[float]:
        """Ask as long as it goes on; the waiting times in milliseconds."""
        chance, times = random.Random(1), list[float]()
        async with asyncio.TaskGroup() as tasks:
            while goes_on():
                tasks.create_task(self._one(next(self._numbers), times))
                await asyncio.sleep(chance.expovariate(self._rate))
        return times

    async def _one(self, number: int, times: list[float]) -> None:
        it = script(self._signer, "expiry", number)
        self._taken.boxes.setdefault(it.partner, asyncio.Queue())
        line = await Client.open(self._port)
        begun = time.perf_counter()
        await line.mail(it.partner, INTAKE, addressed(it.request, INTAKE))
        while True:  # the notices go to partners as well
            letter = await self._taken.letter(it.partner)
            if f"<r{number}.expiry@".encode() in letter:  # In-Reply-To
                break
        times.append((time.perf_counter() - begun) * 1000)
        line.close()


class Watch:
    """Looks at the service and its database twice a second."""

    def __init__(self, service: Service, group: Group, due: int) -> None:
        self._file = service.folder / "mailflow.db"
        self._group = group
        self._due = due
        self.memory: list[float] = []
        self.expired = 0
        self.done_after = 0.0

    async def run(self) -> None:
        """Until all have expired."""
        begun = time.perf_counter()
        while self.expired < self._due:
            await asyncio.sleep(_LOOK_S)
            with sqlite3.connect(f"file:{self._file}?mode=ro", uri=True) as db:
                question = "SELECT count(*) FROM request WHERE state = 'expired'"
                [self.expired] = db.execute(question).fetchone()
            self.memory.append(self._group.use().pss_mb)
        self.done_after = time.perf_counter() - begun


def _told(name: str, times: list[float]) -> str:
    p50, p99 = quantile(times, 0.5), quantile(times, 0.99)
    return f"{name}: {len(times)} requests, review after p50 {p50:.0f} ms, p99 {p99:.0f} ms"


def _tenths(values: list[float]) -> Iterator[str]:
    for part in range(11):
        yield f"{values[part * (len(values) - 1) // 10]:.0f}"


async def measure(options: argparse.Namespace, folder: Path) -> int:
    """Fill, start, watch, print."""
    signer = Signer()
    _, names_port = await names.serve(signer.record)
    taken = Taken()
    _, relay = await wire.listen(taken.took)
    service = Service(folder, relay=relay, names=names_port)
    house = House(folder, signer)
    house.db.clock_offset -= _LONG_AGO
    fill(house, signer, options.due)
    house.db.close()
    group = service.start()
    try:
        asker = Asker(signer, service.port, taken, options.rate)
        watch = Watch(service, group, options.due)
        used = group.use().cpu_s
        looking = asyncio.create_task(watch.run())
        busy = await asker.ask(lambda: not looking.done())
        await looking
        used = group.use().cpu_s - used
        print(
            f"{watch.expired} expired in {watch.done_after:.1f} s:"
            f" {watch.expired / watch.done_after:.0f}/s, CPU {used / options.due * 1000:.2f} ms"
            f" each with all else, {taken.letters} letters sent meanwhile;"
            f" memory by tenths, MB: {' '.join(_tenths(watch.memory))}"
        )
        print(_told("meanwhile", busy))
        sent = -1
        while taken.letters != sent:
            sent = taken.letters
            await asyncio.sleep(2)
        end = time.monotonic() + options.quiet
        print(_told("afterwards", await asker.ask(lambda: time.monotonic() < end)))
    finally:
        group.end()
    print(f"{taken.copies} came twice; left over: {service.left_over() or 'nothing'}")
    return int(bool(taken.copies or service.left_over()))


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench expiry")
    parser.add_argument("--due", type=int, default=10_000, help="requests that have run out")
    parser.add_argument("--rate", type=float, default=3.0, help="requests/s, open loop")
    parser.add_argument("--quiet", type=float, default=15.0, help="seconds with nothing due")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="mailflow-expiry-") as name:
        return asyncio.run(measure(options, Path(name)))
