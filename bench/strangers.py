"""Strangers write: how much the database grows, and whether real mail is still served (I20).

python -m bench.strangers --mails 100000 --kind unproven

Mails of 20 kB come in by the store, as fast as they are taken, each from another sender; a
processor works on them, letters are captured, and what strangers leave is limited as the timers do
it. The bytes on disk are looked at all along. At the end a real request arrives behind them, and
the time until its letter is written is taken.

The kinds: `unproven` mails are set aside; `automatic` ones (Auto-Submitted) are ignored; `proven`
ones are requests of people who are not registered, and each is answered with a refusal.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from mailflow.authenticate import Authenticator, resolver
from mailflow.rehearsal import Rehearsal
from mailflow.store import inbox, migrate, queries, strangers
from mailflow.store.db import Database
from mailflow.store.inbox import Incoming
from tests.house import ALBA, INTAKE, REQUEST, House, config

QUOTA = 20_000_000
GROUP = 100
#: Beyond the quota: what comes in between two looks, and who was answered lately.
BESIDE = 16_000_000
WORDS = b"words of a stranger " * 1000
BODY = b"\r\n".join(WORDS[n : n + 800] for n in range(0, len(WORDS), 800))
PROVEN, OTHER = "127.0.0.1", "192.0.2.9"


def stranger(number: int, kind: str) -> Incoming:
    """A mail of somebody nobody knows."""
    sender = f"s{number}@stranger.example"
    head = (
        f"From: <{sender}>\r\nTo: <{INTAKE}>\r\nSubject: hello\r\n"
        f"Message-ID: <{number}@stranger.example>\r\n"
    )
    if kind == "automatic":
        head += "Auto-Submitted: auto-replied\r\n"
    peer = PROVEN if kind == "proven" else OTHER
    return Incoming(head.encode() + b"\r\n" + BODY, sender, (INTAKE,), peer, "smtp")


def main() -> int:
    """Print the figures; 0 if the database stayed within its limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.strangers", description=__doc__)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--kind", choices=("unproven", "automatic", "proven"), default="unproven")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailflow-strangers-") as name:
        db = Database(f"sqlite:///{name}/mailflow.db")
        migrate.upgrade(db)
        house = House(db, config(policy={"max_quarantine_bytes": QUOTA}))
        service = Rehearsal(
            house.config, db, Authenticator(house.config.trust, resolver()), captures=True
        )
        watch = strangers.Watch(db, QUOTA)
        service.work()
        before, memory, most, log, gone = _size(name), _memory(), 0, 0, 0
        began, spent = time.monotonic(), time.process_time()
        for start in range(0, given.mails, GROUP):
            group = range(start, min(start + GROUP, given.mails))
            inbox.put_many(db, [stranger(n, given.kind) for n in group])
            service.work()
            gone += watch.look().forgotten
            most = max(most, _size(name) - before)
            log = max(log, _size(name, "-wal"))
        took, spent = time.monotonic() - began, time.process_time() - spent
        memory = _memory() - memory
        with db.reading() as session:
            newest = max((line.id for line in queries.outbox_rows(session, limit=1)), default=0)
        text = (
            f"From: <{ALBA.email}>\r\nTo: <{INTAKE}>\r\nMessage-ID: <a@b.example>\r\n\r\n{REQUEST}"
        )
        began = time.monotonic()
        inbox.put_many(db, [Incoming(text.encode(), ALBA.email, (INTAKE,), PROVEN, "smtp")])
        service.work()
        served = time.monotonic() - began
        with db.reading() as session:
            account, counts = queries.conservation(session), queries.counts(session)
            letters = [x for x in queries.outbox_rows(session, limit=9) if x.id > newest]
        print(
            f"{given.mails} {given.kind} mails in {took:.0f} s, {spent:.0f} s of CPU: database at"
            f" most + {most / 1e6:.1f} MB (quota {QUOTA / 1e6:.0f} MB), its log {log / 1e6:.1f} MB,"
            f" memory + {memory / 1e6:.0f} MB; rows kept {sum(counts.inbox.values())}, only counted"
            f" {gone}; difference {account.difference}; a real mail's letter after {served:.2f} s"
            f" ({', '.join(letter.kind for letter in letters)})"
        )
        kept = sum(counts.inbox.values()) + gone == given.mails + 1 == account.accepted
        db.close()
    fine = most < QUOTA + BESIDE and log < BESIDE and kept and not account.difference
    return 0 if fine and [letter.kind for letter in letters] == ["review"] else 1


def _size(folder: str, suffix: str = "") -> int:
    return (Path(folder) / f"mailflow.db{suffix}").stat().st_size


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main())
