"""Waiting times when mails come as they will, not when the last one was answered; and a burst.

    python -m bench latency [--rate 15] [--seconds 30] [--burst 10000] [--processes 1]

Open loop: conversations begin at random moments (Poisson), `rate` in a second on average, whatever
becomes of those before. Take half of what `python -m bench loop` finds. Then `burst` requests at
once: how fast they are taken, how long the work on them lasts, and that each is answered once. A
bare listener (`bench.floor`) takes the same burst before: more than that nobody takes here.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import names, wire
from bench.figures import quantile
from bench.mails import INTAKE, PARTNERS, Script, Signer, addressed, script
from bench.play import Taken, converse
from bench.process import Group, free_port, wait_for_port
from bench.service import ROOT, Service
from bench.wire import Client

_LINES = 32
_QUIET_S = 60.0  # without a letter: the rest is lost


async def open_loop(service: Service, signer: Signer, taken: Taken, rate: float, s: float) -> str:
    """Conversations that begin at random moments for `s` seconds."""
    chance = random.Random(1)
    scripts = [script(signer, "open", n) for n in range(min(int(rate * s), PARTNERS))]
    steps: list[list[float]] = []

    async def one(it: Script) -> None:
        line = await Client.open(service.port)
        own: list[float] = []
        steps.append(own)
        await converse(line, it, taken, own)
        line.close()

    tasks = []
    for it in scripts:
        tasks.append(asyncio.create_task(one(it)))
        await asyncio.sleep(chance.expovariate(rate))
    await asyncio.gather(*tasks)
    first = [own[0] * 1000 for own in steps]
    return (
        f"open loop, {rate:g} conversations/s, {len(first)} of them: request → review"
        f" p50 {quantile(first, 0.5):.1f} ms, p99 {quantile(first, 0.99):.1f} ms"
    )


async def burst(port: int, scripts: Sequence[Script]) -> float:
    """These requests as fast as they are taken; how many in a second."""
    rest = iter(scripts)

    async def place(line: Client, mails: Iterable[Script]) -> None:
        for it in mails:
            await line.mail(it.partner, INTAKE, addressed(it.request, INTAKE))

    lines = [await Client.open(port) for _ in range(_LINES)]
    begun = time.perf_counter()
    await asyncio.gather(*(place(line, rest) for line in lines))
    seconds = time.perf_counter() - begun
    for line in lines:
        line.close()
    return len(scripts) / seconds


async def bare(folder: Path, scripts: Sequence[Script]) -> float:
    """The same burst at a bare listener of its own, which ends thereafter."""
    port = free_port()
    command = [sys.executable, "-m", "bench.floor", "listener", str(port)]
    group = Group([*command, str(folder / "floor.db")], folder / "floor.log", cwd=ROOT)
    try:
        wait_for_port(port)
        return await burst(port, scripts)
    finally:
        group.end()


async def _until_answered(taken: Taken, number: int) -> None:
    seen, since = -1, time.monotonic()
    while taken.letters < number and time.monotonic() - since < _QUIET_S:
        if taken.letters != seen:
            seen, since = taken.letters, time.monotonic()
        await asyncio.sleep(0.1)


async def measure(options: argparse.Namespace, folder: Path) -> int:
    """Both, one after the other; 1 if a letter was lost or came twice."""
    signer = Signer()
    _, names_port = await names.serve(signer.record)
    taken = Taken()
    _, relay = await wire.listen(taken.took)
    service = Service(folder, relay=relay, names=names_port)
    group = service.start(options.processes)
    try:
        print(await open_loop(service, signer, taken, options.rate, options.seconds))
        scripts = [script(signer, "burst", n) for n in range(options.burst)]
        group.rest()
        most = await bare(folder, scripts)
        group.go_on()
        before, begun = taken.letters, time.perf_counter()
        pace = await burst(service.port, scripts)
        print(
            f"burst of {options.burst}: taken at {pace:.0f} messages/s,"
            f" {pace / most:.2f} of what a bare listener takes ({most:.0f})"
        )
        await _until_answered(taken, before + options.burst)
        seconds = time.perf_counter() - begun
        came = taken.letters - before
        print(f"worked off in {seconds:.1f} s ({came / seconds:.0f}/s); {came} letters came")
        await asyncio.sleep(1)  # for a copy that should not come
    finally:
        group.end()
    faulty = taken.letters - before != options.burst or taken.copies or service.left_over()
    print(f"{taken.copies} came twice; left over: {service.left_over() or 'nothing'}")
    return int(bool(faulty))


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench latency")
    parser.add_argument("--rate", type=float, default=15.0, help="conversations/s, open loop")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--processes", type=int, default=1, help="of mailflow")
    parser.add_argument("--burst", type=int, default=10_000)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="mailflow-latency-") as name:
        return asyncio.run(measure(options, Path(name)))
