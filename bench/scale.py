"""What a mail costs with many requests stored, how fast requests expire, what more workers bring.

    python -m bench scale [--sizes 1000 100000] [--expire 20000]
    python -m bench scale --workers 1 2 4        (see `bench.workers`)

In one process, without doors: the inbox takes the mails, the processor works on them, the letters
are taken from the outbox, and the CPU of all that is counted. The store is filled by copying a
thousand requests that came about by mail, with their mails, events, accounts and secrets; the
bytes of copied mails are left out, as after `policy.keep_raw_days`.
"""

from __future__ import annotations

import argparse
import re
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

from bench.figures import quantile
from bench.mails import INTAKE, PARTNERS, Script, Signer, addressed, partner, script
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
#: Columns that must differ from row to row.
_UNIQUE = ("reference", "domain", "content_hash", "effect_key", "message_id", "hash")
#: Times of what has happened. What is still to come stays where it is.
_TIMES = (
    "opened_at", "changed_at", "created_at", "ended_at", "received_at", "finished_at", "at",
)  # fmt: skip
_TABLES = ("request", "inbox", "outbox", "event", "account", "token")


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

    def multiply(self, times: int, tables: Sequence[str] = _TABLES, days: int = 0) -> None:
        """Let each request be there so many times, with all that belongs to it in `tables`.

        With `days` the copies are spread over so many, the last of them being the newest.
        """
        with closing(sqlite3.connect(self.file, isolation_level=None)) as db:
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("PRAGMA cache_size = -2000000")
            most = {
                name: db.execute(f"SELECT coalesce(max(id), 0) FROM {name}").fetchone()[0]
                for name in ("request", "inbox", "outbox", "event", "account")
            }
            apart = days * 86_400 / times
            for table in tables:
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                numbers = {f"{name}_id": number for name, number in most.items()}
                numbers["id"] = most.get(table, 0)
                values = ", ".join(_copied(name, numbers, apart, times - 1) for name in columns)
                db.execute("BEGIN")
                db.execute(f"CREATE TEMP TABLE old AS SELECT * FROM {table}")
                db.execute(f"DELETE FROM {table}")
                # Copy by copy, the first being the old rows: numbers grow as they do in life.
                db.execute(
                    "WITH RECURSIVE copy(n) AS"
                    " (SELECT 0 UNION ALL SELECT n + 1 FROM copy WHERE n < ?)"
                    f" INSERT INTO {table} ({', '.join(columns)})"
                    f" SELECT {values} FROM copy CROSS JOIN old",
                    (times - 1,),
                )
                db.execute("DROP TABLE old")
                db.execute("COMMIT")
            db.execute("ANALYZE")


def _copied(column: str, numbers: Mapping[str, int], apart: float, last: int) -> str:
    """What stands in a column of copy `n`; copies are `apart` seconds, the last is not moved.

    `numbers`: how many numbers one copy takes, for columns with a number of a row.
    """
    if column in numbers:
        return f"old.{column} + copy.n * {numbers[column]}"
    if column in _UNIQUE:
        return f"CASE WHEN n > 0 THEN old.{column} || '.' || n ELSE old.{column} END"
    if column in _TIMES and apart:
        moved = (
            f"strftime('%Y-%m-%d %H:%M:%f', old.{column}, ((n - {last}) * {apart}) || ' seconds')"
        )
        return f"{moved} || '000'"
    if column == "document":
        return f"json_set(old.document, '$.reference', {_copied('reference', {}, 0, 0)})"
    return f"old.{column}"


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
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
    """Fill, measure, and print one line for each size; then expire."""
    parser = argparse.ArgumentParser(prog="python -m bench scale")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--groups", type=int, default=12, help="conversations by 32, for each")
    parser.add_argument("--expire", type=int, default=20_000, help="requests that run out")
    parser.add_argument("--workers", type=int, nargs="+", help="processes on one PostgreSQL")
    parser.add_argument("--mails", type=int, default=800, help="for each number of workers")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    if options.workers:
        from bench import workers

        return workers.main(options.workers, options.mails, options.rounds)
    signer = Signer()
    with ExitStack() as stack:
        houses = []
        for size in options.sizes:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="mailflow-scale-"))
            houses.append(House(Path(name), signer))
            fill(houses[-1], signer, size)
        times = costs(houses, signer, options.groups)
        for size, house, spent in zip(options.sizes, houses, times, strict=True):
            ratios = [own / first for own, first in zip(spent, times[0], strict=True)]
            print(
                f"{size:>9} requests, {house.file.stat().st_size / 1e6:7.0f} MB:"
                f" {quantile(spent, 0.5):6.2f} ms CPU a conversation (least {min(spent):.2f}),"
                f" {quantile(ratios, 0.5):.2f} times that of the first",
                flush=True,
            )
    if options.expire:
        with tempfile.TemporaryDirectory(prefix="mailflow-scale-") as name:
            house = House(Path(name), signer)
            fill(house, signer, options.expire)
            print("expiry:", expire(house, options.expire))
    return 0


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
