"""Whole conversations through a started service, and the same load on what it is held against.

    python -m bench loop [--runs 3] [--count 640] [--write] [--peers] [--postgres]

Programs take turns within each run, so that whatever else the machine does meets all of them.
Those that are not measured just then are stopped. `--write` puts the table and the plot into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from bench import figures, mailman, names, wire
from bench.mails import INTAKE, Script, Signer, addressed, script
from bench.play import MAILS_IN, MAILS_OUT, Played, Taken, play
from bench.postgres import Server, in_earnest
from bench.process import Group, free_port, wait_for_port
from bench.service import ROOT, Service

PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "performance.svg"
OURS = "mailflow"
SPLIT = "mailflow, 2 processes"
ON_POSTGRES, SPLIT_ON_POSTGRES = "mailflow, PostgreSQL", "PostgreSQL, 2 processes"
LOADS = (1, 8, 32)
WARM = 64


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program under load. `mails` go in and out of it in one conversation."""

    name: str
    group: Group
    mails: int
    run: Callable[[str, int, int], Awaitable[Played]]  # name of the run, how many, in flight
    share: float = 1.0  # of the usual number of conversations: the slow ones play fewer


class Bench:
    """The driver's own side: signer, DNS and smarthost; and what has been measured."""

    def __init__(self, folder: Path, names_port: int, relay_port: int, signer: Signer) -> None:
        self.folder = folder
        self.names_port, self.relay_port = names_port, relay_port
        self.signer = signer
        self.runs = figures.collect()

    async def measure(self, one: Contestant, run: str, count: int, in_flight: int) -> None:
        """One run of one program."""
        one.group.go_on()
        try:
            before = one.group.use()
            played = await one.run(run, max(in_flight, int(count * one.share)), in_flight)
            figure = figures.figure(played, one.mails, before, one.group.use())
        finally:
            one.group.rest()
        self.runs[one.name, in_flight].append(figure)
        print(
            f"{run:>4} {one.name:18} {in_flight:>3} in flight: {figure.rate:7.1f}/s"
            f"  p50 {figure.p50:6.1f} ms  p99 {figure.p99:7.1f} ms  CPU {figure.cpu:6.2f} ms"
            f"  {figure.pss:5.0f} MB",
            flush=True,
        )

    def scripts(self, run: str, count: int) -> list[Script]:
        """Signed before the clock runs."""
        return [script(self.signer, run, number) for number in range(count)]


def ours(
    bench: Bench, taken: Taken, name: str = OURS, processes: int = 1, url: str = ""
) -> tuple[Contestant, Service]:
    """mailflow, started, as so many processes; on the database at `url`, else on SQLite."""
    folder = bench.folder / name
    folder.mkdir()
    service = Service(folder, relay=bench.relay_port, names=bench.names_port, url=url)
    group = service.start(processes)

    async def run(name: str, count: int, in_flight: int) -> Played:
        return await play(bench.scripts(name, count), in_flight, service.port, taken)

    return Contestant(name, group, MAILS_IN + MAILS_OUT, run), service


def listener(bench: Bench) -> Contestant:
    """A bare receiver with group commit: the three mails of a conversation come in, that is all."""
    port = free_port()
    command = [sys.executable, "-m", "bench.floor", "listener", str(port)]
    group = Group([*command, str(bench.folder / "floor.db")], bench.folder / "floor.log", cwd=ROOT)
    wait_for_port(port)

    async def run(name: str, count: int, in_flight: int) -> Played:
        scripts = iter(bench.scripts(name, count))
        steps: list[float] = []

        async def place(line: wire.Client) -> None:
            for one in scripts:
                for author, raw in (
                    (one.partner, one.request), (one.partner, one.confirm),
                    (one.approver, one.accept),
                ):  # fmt: skip
                    begun = time.perf_counter()
                    await line.mail(author, INTAKE, addressed(raw, INTAKE))
                    steps.append(time.perf_counter() - begun)

        lines = [await wire.Client.open(port) for _ in range(in_flight)]
        begun = time.perf_counter()
        await asyncio.gather(*(place(line) for line in lines))
        seconds = time.perf_counter() - begun
        for line in lines:
            line.close()
        return Played(count, seconds, steps)

    return Contestant("bare listener", group, MAILS_IN, run)


def echo(bench: Bench, taken: Taken) -> Contestant:
    """The driver against a service that does nothing: more than this it cannot measure."""
    port = free_port()
    group = Group(
        [sys.executable, "-m", "bench.floor", "echo", str(port), str(bench.relay_port)],
        bench.folder / "echo.log",
        cwd=ROOT,
    )
    wait_for_port(port)

    async def run(name: str, count: int, in_flight: int) -> Played:
        return await play(bench.scripts(name, count), in_flight, port, taken)

    return Contestant("driver alone", group, MAILS_IN + MAILS_OUT, run)


async def compete(
    options: argparse.Namespace, folder: Path, postgres: Server | None
) -> tuple[figures.Runs, list[str]]:
    """All programs, all loads, all runs; the figures, and what was lost or came twice."""
    signer = Signer()
    _, names_port = await names.serve(signer.record)
    taken, other = Taken(), Taken()
    _, relay_port = await wire.listen(taken.took)
    _, other_port = await wire.listen(other.took)
    bench = Bench(folder, names_port, relay_port, signer)
    beside = Bench(folder, names_port, other_port, signer)
    contestants: list[Contestant] = []
    try:
        mine = [ours(bench, taken), ours(bench, taken, SPLIT, 2)]
        if postgres:
            mine.append(ours(bench, taken, ON_POSTGRES, url=postgres.create()))
            mine.append(ours(bench, taken, SPLIT_ON_POSTGRES, 2, postgres.create()))
        contestants += [*(one for one, _ in mine), listener(bench), echo(beside, other)]
        if options.peers:
            peer = await mailman.start(folder, other_port, other)
            contestants.append(
                Contestant("GNU Mailman 3", peer.group, mailman.MAILS, peer.run, share=0.1)
            )
        for one in contestants:
            one.group.rest()
        for one, _ in mine:
            one.group.go_on()
            await one.run("warm", WARM, 8)
            one.group.rest()
        for run in range(1, options.runs + 1):
            for in_flight in options.loads:
                count = options.count if in_flight > 1 else options.count // 4
                for one in contestants:
                    await bench.measure(one, f"{run}x{in_flight}", count, in_flight)
        for one, _ in mine:
            one.group.go_on()
        await asyncio.sleep(1)  # for a copy that should not come, and the last marks
    finally:
        for one in contestants:
            one.group.end()
    played = WARM + sum(
        options.runs * (options.count if load > 1 else options.count // 4) for load in options.loads
    )
    return bench.runs, faults(taken, [service for _, service in mine], played)


def faults(taken: Taken, services: Sequence[Service], conversations: int) -> list[str]:
    """What must not be: letters lost, doubled or to nobody, and rows that are not finished.

    `conversations` were played with each of the services.
    """
    expected = len(services) * conversations * MAILS_OUT
    found = []
    if taken.letters != expected:
        found.append(f"{expected} letters expected, {taken.letters} came")
    if taken.copies or taken.strays:
        found.append(f"{taken.copies} letters came twice, {taken.strays} to nobody")
    left = [rest for service in services for rest in service.left_over().items()]
    return [*found, *(f"{n} rows left as {what}" for what, n in left)]


_BEGIN, _END = "<!-- loop: begin (written by `make bench ARGS=--write`) -->", "<!-- loop: end -->"


def write(runs: figures.Runs, verdict: str) -> None:
    """Put table and plot into the page."""
    PLOT.write_text(figures.plot(runs, "Conversations a second, by conversations in flight"))
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    parts = (
        _BEGIN, f"{machine}. Medians, and least to most.", figures.table(runs, OURS), verdict,
        f"![Conversations a second]({PLOT.name})", _END,
    )  # fmt: skip
    part = "\n\n".join(parts)
    page = PAGE.read_text(encoding="utf-8")
    pattern = f"{re.escape(_BEGIN)}.*{re.escape(_END)}"
    PAGE.write_text(re.sub(pattern, lambda _: part, page, flags=re.S), encoding="utf-8")


def main(argv: list[str]) -> int:
    """Measure, and print the table; 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench loop")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--count", type=int, default=640, help="conversations in one run")
    parser.add_argument("--loads", type=int, nargs="+", default=LOADS, help="in flight")
    parser.add_argument("--peers", action="store_true", help="with GNU Mailman 3 beside")
    parser.add_argument("--postgres", action="store_true", help="also on PostgreSQL")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory(prefix="mailflow-bench-") as name,
        in_earnest() if options.postgres else nullcontext() as postgres,
    ):
        runs, found = asyncio.run(compete(options, Path(name), postgres))
    verdict = "; ".join(found) or "Nothing was lost, nothing came twice."
    print(figures.table(runs, OURS), verdict, sep="\n\n")
    if options.write:
        write(runs, verdict)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
