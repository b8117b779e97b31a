"""What a mail costs with many requests stored, how fast requests expire, what more workers bring.

    python -m bench scale [--sizes 1000 100000 1000000] [--memory 100000] [--expire 20000]
    python -m bench scale --workers 1 2 4        (see `bench.workers`)

The stores are filled by copying a thousand requests that came about by mail, with their mails,
events, accounts and secrets; the bytes of copied mails are left out, as after
`policy.keep_raw_days`. A million requests take some 8 GB of a temporary folder.

Cost: in one process, without doors: the inbox takes the mails, the processor works on them, the
letters are taken from the outbox, and the CPU of all that is counted; the stores take turns, and
are in the machine's memory as far as that suffices.
Start and memory: a started service on each store, by SMTP (see `bench.standing`).
"""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from bench import names, standing, wire
from bench.copies import TABLES, multiply
from bench.figures import quantile
from bench.mails import INTAKE, PARTNERS, Script, Signer, addressed, partner, script
from bench.play import Taken
from bench.service import Service
from mailflow.authenticate import Authenticator
from mailflow.core.request import Person
from mailflow.flow import Flow
from mailflow.processor import Processor
from mailflow.store import directory, inbox, migrate, outbox
from mailflow.store.db import Database
from mailflow.timers import sweep
from tests.house import config, letters_of

_LEASE = timedelta(minutes=10)
_REPLY_TO = re.compile(rb"^Reply-To: <?([^\s>]+)", re.M)


class OneKey:
    """A resolver that has the key of the bench."""

    def __init__(self, record: bytes) -> None:
        self._record = record

    def txt(self, name: str, _deadline: float) -> tuple[list[bytes], int]:
        return ([self._record] if "_domainkey" in name else []), 3600

    def _nothing(self, _name: str, _deadline: float) -> tuple[list[str], int]:
        return [], 3600

    a = aaaa = mx = _nothing


class House:
    """The rooms between the doors, on a database in `folder`."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self.file = folder / "mailflow.db"
        self.db = Database(f"sqlite:///{self.file}")
        migrate.upgrade(self.db)
        with self.db.transaction() as session:
            people = [
                Person(partner(n), f"Pat {n}", "Partner Networks", language="en")
                for n in range(PARTNERS)
            ]
            directory.upsert_people(session, people, self.db.now(session))
        settings = config(trust={"mode": "own_check", "trusted_peers": []})
        self.flow = Flow(self.db, letters_of(settings), settings)
        own = Authenticator(settings.trust, OneKey(signer.record))
        self._processor = Processor(self.flow, own)

    def work(self, mails: list[tuple[str, str, bytes]]) -> dict[str, bytes]:
        """Take in mails (author, recipient, bytes), work on them; the newest letter to each."""
        items = [
            inbox.Incoming(raw, author, (to,), "127.0.0.1 mx.partner.example", "smtp")
            for author, to, raw in mails
        ]
        for first in range(0, len(items), 32):
            inbox.put_many(self.db, items[first : first + 32])
            while self._processor.round():
                pass
        return dict(self._letters())

    def _letters(self) -> Iterator[tuple[str, bytes]]:
        while mails := outbox.claim(self.db, 100, _LEASE):
            marks = [outbox.Mark(mail.id, mail.fence, "sent", "250 fine") for mail in mails]
            outbox.mark_many(self.db, marks)
            for mail in mails:
                yield mail.recipient, mail.raw

    def to_pending(self, scripts: list[Script]) -> dict[str, bytes]:
        """Request and CONFIRM of each; the letters to the customers."""
        reviews = self.work([(s.partner, INTAKE, addressed(s.request, INTAKE)) for s in scripts])
        return self.work([answer(s.partner, reviews[s.partner], s.confirm) for s in scripts])

    def converse(self, scripts: list[Script]) -> None:
        """Whole conversations."""
        letters = self.to_pending(scripts)
        self.work([answer(s.approver, letters[s.approver], s.accept) for s in scripts])

    def multiply(self, times: int, tables: Sequence[str] = TABLES, days: int = 0) -> None:
        """Let each request be there so many times, see `copies.multiply`.

        In a process of its own: it takes a gigabyte of memory, and we look at ours.
        """
        self.db.close()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
            aside.submit(multiply, self.file, times, tables, days).result()


def answer(author: str, letter: bytes, raw: bytes) -> tuple[str, str, bytes]:
    """The mail `raw` as an answer to a letter: (author, recipient, bytes)."""
    found = _REPLY_TO.search(letter)
    assert found is not None
    to = found[1].decode()
    return author, to, addressed(raw, to)


def costs(houses: Sequence[House], signer: Signer, groups: int) -> list[list[float]]:
    """CPU of one conversation in ms, in several groups of 32, for each house.

    The houses take turns, so that whatever else the machine does meets all of them.
    """
    times: list[list[float]] = [[] for _ in houses]
    for group in range(-2, groups):
        for house, spent in zip(houses, times, strict=True):
            scripts = [script(signer, f"x{group}", number) for number in range(32)]
            begun = time.process_time()
            house.converse(scripts)
            if group >= 0:  # the first ones only warm it
                spent.append((time.process_time() - begun) / 32 * 1000)
    return times


def memory_mb() -> float:
    """What this process holds just now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def expire(house: House, number: int) -> str:
    """Let everything pending run out, and say how fast that went."""
    days = timedelta(days=house.flow.policy.activation_days, hours=1)
    house.db.clock_offset += days
    before, begun, cpu = memory_mb(), time.perf_counter(), time.process_time()
    done = sweep(house.flow)
    seconds, used = time.perf_counter() - begun, time.process_time() - cpu
    house.db.clock_offset -= days
    return (
        f"{done} of {number} in {seconds:.1f} s: {done.get('expired', 0) / seconds:.0f}/s,"
        f" CPU {used / max(1, sum(done.values())) * 1000:.2f} ms each,"
        f" memory {before:.0f} → {memory_mb():.0f} MB"
    )


def main(argv: list[str]) -> int:
    """Fill, measure, and print one line for each size; then start, memory and expiry."""
    parser = argparse.ArgumentParser(prog="python -m bench scale")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
    parser.add_argument("--groups", type=int, default=12, help="conversations by 32, for each")
    parser.add_argument("--memory", type=int, default=100_000, help="mails to a started service")
    parser.add_argument("--expire", type=int, default=20_000, help="requests that run out")
    parser.add_argument("--workers", type=int, nargs="+", help="processes on one PostgreSQL")
    parser.add_argument("--mails", type=int, default=800, help="for each number of workers")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    if options.workers:
        from bench import workers

        return workers.main(options.workers, options.mails, options.rounds)
    return asyncio.run(measure(options))


async def measure(options: argparse.Namespace) -> int:
    """All but the workers; 1 if anything was lost."""
    signer, taken = Signer(), Taken()
    _, names_port = await names.serve(signer.record)
    _, relay = await wire.listen(taken.took)
    lost = False
    with ExitStack() as stack:
        houses, services = [], []
        for size in options.sizes:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mf-scale-")))
            services.append(Service(folder, relay=relay, names=names_port))
            houses.append(House(folder, signer))
            begun = time.perf_counter()
            fill(houses[-1], signer, size)
            say(f"{size:>9} requests stored, filled in {time.perf_counter() - begun:.0f} s")
        for house in houses:
            standing.remember(house.file.parent)
        times = costs(houses, signer, options.groups)
        for size, house, spent in zip(options.sizes, houses, times, strict=True):
            ratios = [own / first for own, first in zip(spent, times[0], strict=True)]
            say(
                f"{size:>9} requests, {house.file.stat().st_size / 1e6:7.0f} MB:"
                f" {quantile(spent, 0.5):6.2f} ms CPU a conversation (least {min(spent):.2f}),"
                f" {quantile(ratios, 0.5):.2f} times that of the first"
            )
            house.db.close()
        for size, service in zip(options.sizes, services, strict=True):
            standing.forget(service.folder)
            cold = await standing.start(service)
            warm = await standing.start(service)
            say(f"{size:>9} requests, start: {warm}; with nothing of it in memory: {cold}")
        if options.memory:
            say(await standing.memory(services[-1], signer, taken, options.memory))
            left = services[-1].left_over()
            say(f"{taken.copies} came twice; left over: {left or 'nothing'}")
            lost = bool(taken.copies or left)
    if options.expire:
        with tempfile.TemporaryDirectory(prefix="mf-scale-") as name:
            house = House(Path(name), signer)
            fill(house, signer, options.expire)
            say("expiry: " + expire(house, options.expire))
    return int(lost)


def say(line: str) -> None:
    """Print at once: the whole takes many minutes."""
    print(line, flush=True)


def fill(house: House, signer: Signer, size: int) -> None:
    """So many pending requests."""
    base = min(size, 1000)
    for first in range(0, base, PARTNERS):
        numbers = range(first, min(first + PARTNERS, base))
        letters = house.to_pending([script(signer, f"f{first}", number) for number in numbers])
        if len(letters) < len(numbers):
            raise RuntimeError(f"{len(numbers)} were confirmed, and {len(letters)} letters written")
    if size > base:
        house.multiply(size // base)
