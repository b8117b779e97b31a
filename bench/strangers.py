"""Strangers write: how much the database grows, and whether real mail is still served (I20).

python -m bench.strangers --mails 100000

Unproven mails of 20 kB come in by the store, as fast as they are taken; a processor sets them
aside, and the quarantine is limited as the timers do it, every ten seconds. At the end a
real request arrives behind them, and the time until its letter is written is taken.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from mailflow.store import inbox, migrate, queries, retention
from mailflow.store.db import Database
from mailflow.store.inbox import Incoming
from tests.house import ALBA, INTAKE, REQUEST, House, config

QUOTA = 20_000_000
GROUP = 100
LIMIT_S = 10
BODY = b"words of a stranger " * 1000


def stranger(number: int) -> Incoming:
    head = (
        f"From: <s{number}@stranger.example>\r\nTo: <{INTAKE}>\r\nSubject: hello\r\n"
        f"Message-ID: <{number}@stranger.example>\r\n\r\n"
    )
    raw = head.encode() + b"\r\n".join(BODY[n : n + 800] for n in range(0, len(BODY), 800))
    return Incoming(raw, f"s{number}@stranger.example", (INTAKE,), "192.0.2.9", "smtp")


def main() -> int:
    """Print the figures; 0 if the database stayed within its limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.strangers", description=__doc__)
    parser.add_argument("--mails", type=int, default=100_000)
    mails = parser.parse_args().mails
    with tempfile.TemporaryDirectory(prefix="mailflow-strangers-") as name:
        db = Database(f"sqlite:///{name}/mailflow.db")
        migrate.upgrade(db)
        house = House(db, config(policy={"max_quarantine_bytes": QUOTA}))
        house.service.work()
        before = _size(name), _memory()
        limit_at, began = time.monotonic() + LIMIT_S, time.monotonic()
        for start in range(0, mails, GROUP):
            inbox.put_many(db, [stranger(n) for n in range(start, min(start + GROUP, mails))])
            house.service.work()
            if time.monotonic() > limit_at:
                retention.limit_quarantine(db, QUOTA)
                limit_at = time.monotonic() + LIMIT_S
        took = time.monotonic() - began
        retention.limit_quarantine(db, QUOTA)
        text = (
            f"From: <{ALBA.email}>\r\nTo: <{INTAKE}>\r\nMessage-ID: <a@b.example>\r\n\r\n{REQUEST}"
        )
        began = time.monotonic()
        inbox.put_many(db, [Incoming(text.encode(), ALBA.email, (INTAKE,), "127.0.0.1", "smtp")])
        house.service.work()
        served = time.monotonic() - began
        letters = house.service.letters()
        with db.reading() as session:
            account = queries.conservation(session)
        rows = account.accepted * 2000  # what a row and its keys may take
        grown = _size(name) - before[0]
        print(
            f"{mails} mails of strangers in {took:.0f} s: database + {grown / 1e6:.0f} MB"
            f" (bytes kept {QUOTA / 1e6:.0f} MB, {grown / mails:.0f} B a mail), memory"
            f" + {(_memory() - before[1]) / 1e6:.0f} MB; {account.quarantined} set aside,"
            f" difference {account.difference}; a real mail's letter after {served:.2f} s"
            f" ({len(letters)})"
        )
        db.close()
    between = LIMIT_S * mails / took * 20_000  # what comes in between two looks
    return 0 if grown < QUOTA + between + rows and account.difference == 0 else 1


def _size(folder: str) -> int:
    return sum(file.stat().st_size for file in Path(folder).glob("mailflow.db*") if file.is_file())


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main())
