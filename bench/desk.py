"""How long an operator waits, at the console and at the terminal, with many requests stored.

    python -m bench desk [--size 1000000] [--folder FOLDER]

A thousand requests come about by mail; copies of them fill a SQLite file, spread over a year,
without the bytes of their mails (wiped after 30 days) and without secrets, which nobody looks at.
Then every page of the console and every command that looks is timed: in one process, several
times each. A folder that is named is filled once, kept, and used again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from bench.figures import quantile
from bench.mails import INTAKE, PARTNERS, Signer, addressed, partner, script
from bench.scale import House, answer
from mailflow.cli.app import run as command
from mailflow.config import passwords
from mailflow.core.request import Person
from mailflow.store import directory
from mailflow.web.console import console

BASE = 1000
PEOPLE = 50_000
DAYS = 365
TIMES = 5
TABLES = ("request", "inbox", "outbox", "event", "account")
PASSWORD = "correct horse battery"
#: One may wait so long for a page or a command, in ms.
LIMIT = 200.0


def fill(house: House, signer: Signer, size: int) -> None:
    """So many requests: two in three active, most others pending, one in twenty in review."""
    for first in range(0, BASE, PARTNERS):
        numbers = range(first, min(first + PARTNERS, BASE))
        scripts = [script(signer, f"f{first}", number) for number in numbers]
        reviews = house.work([(s.partner, INTAKE, addressed(s.request, INTAKE)) for s in scripts])
        going = [s for n, s in enumerate(scripts) if n % 20]
        letters = house.work([answer(s.partner, reviews[s.partner], s.confirm) for s in going])
        going = [s for n, s in enumerate(going) if n % 10 < 7]
        house.work([answer(s.approver, letters[s.approver], s.accept) for s in going])
    stranger = "eve@stranger.example"
    head = f"From: {stranger}\r\nSubject: account ".encode()
    house.work([(stranger, INTAKE, head + b"%d\r\n\r\nHello" % n) for n in range(50)])
    people = [
        Person(f"p{n}@company{n % 5000}.example", f"Somebody {n}", f"Company {n % 5000}")
        for n in range(PEOPLE)
    ]
    with house.db.transaction() as session:
        for first in range(0, PEOPLE, 1000):
            directory.upsert_people(session, people[first : first + 1000], house.db.now(session))
    house.multiply(size // BASE, TABLES, DAYS)


class Clock:
    """The console's steady seconds, and those that we let pass, after which it counts anew."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return time.perf_counter() + self.passed


def pages(house: House) -> dict[str, Callable[[], None]]:
    """Every page of the console, by what it is."""
    hashed = passwords.hash_password(PASSWORD, b"0123456789abcdef", cost=1024)
    users = [{"name": "ana", "role": "act", "password_hash": hashed}]
    config = house.flow.config.model_validate(
        {**house.flow.config.model_dump(), "console": {"enabled": True, "users": users}}
    )
    house.flow.config = config
    clock = Clock()
    browser = TestClient(
        console(house.flow, clock=clock), "https://console.vendor.example", follow_redirects=False
    )
    browser.post("/login", data={"name": "ana", "password": PASSWORD, "to": ""})
    reference, last = _newest(house.file)

    def get(path: str, passed: float = 0.0) -> Callable[[], None]:
        def look() -> None:
            clock.passed += passed
            answered = browser.get(path)
            assert answered.status_code == 200, (path, answered.status_code)

        return look

    return {
        "first page, figures counted anew": get("/", 16.0),
        "first page": get("/"),
        "requests": get("/requests"),
        "requests, further on": get("/requests?after=500000"),
        "requests, one state": get("/requests?state=review&after=500000"),
        "requests, a reference": get(f"/requests?q={reference}"),
        "requests, an address": get(f"/requests?q={partner(7)}"),
        "requests, an address and a state": get(f"/requests?q={partner(7)}&state=review"),
        "requests, part of a word": get("/requests?q=800-customer"),
        "requests, a word that nothing has": get("/requests?q=nowhere"),
        "one request": get(f"/requests/{reference}"),
        "quarantine": get("/quarantine"),
        "a mail in": get(f"/mail/in/{last['inbox']}"),
        "a mail out": get(f"/mail/out/{last['outbox']}"),
        "people": get("/people"),
        "people, a name": get("/people?q=Somebody+49999"),
        "accounts": get("/accounts"),
        "accounts, a domain": get("/accounts?q=c999"),
        "health": get("/health", 16.0),
        "log": get("/log"),
    }


def commands(house: House, folder: Path) -> dict[str, Callable[[], None]]:
    """Every command that looks."""
    service = house.flow.config.service
    file = folder / "mailflow.toml"
    lines = [
        f'{name} = "{getattr(service, name)}"'
        for name in (
            "organisation", "address", "public_url", "support_url", "feedback_url",
            "operator_address",
        )
    ]  # fmt: skip
    text = "[service]\n" + "\n".join(lines) + '\n[trust]\nmode = "own_check"\n'
    file.write_text(
        f'{text}[delivery]\nmode = "capture"\n[database]\nurl = "sqlite:///{house.file}"\n'
    )
    reference, last = _newest(house.file)

    def of(line: str) -> Callable[[], None]:
        def look() -> None:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()) as said,
            ):
                code = command(line.split())
            assert code == 0, (line, said.getvalue())

        return look

    os.environ["MAILFLOW_CONFIG"] = str(file)
    lines = [
        "status", "requests list", "requests list --state review",
        f"requests list --search {reference}", f"requests list --search {partner(7)}",
        f"requests list --search {partner(7)} --state review",
        "requests list --search 800-customer", "requests list --search nowhere",
        f"requests show {reference}", "requests checks", f"explain {reference}",
        "inbox list", "inbox list --state quarantined", f"inbox show {last['inbox']}",
        "quarantine list", "outbox list", "outbox list --state sent", "outbox list --state failed",
        f"outbox list --recipient {partner(7)}", f"outbox show {last['outbox']}",
        "people list --search 49999", "accounts list", "expire --dry-run", "purge --dry-run",
    ]  # fmt: skip
    return {line: of(line) for line in lines}


def _newest(file: Path) -> tuple[str, dict[str, int]]:
    with contextlib.closing(sqlite3.connect(file)) as db:
        newest = "SELECT reference FROM request ORDER BY id DESC LIMIT 1"
        (reference,) = db.execute(newest).fetchone()
        ids = {
            name: db.execute(f"SELECT max(id) FROM {name}").fetchone()[0]
            for name in ("inbox", "outbox")
        }
    return reference, ids


def timed(what: Callable[[], None]) -> tuple[float, float, float]:
    """Waited the first time, least waited of further times, and their median of CPU; in ms."""
    waited, used = [], []
    for _ in range(1 + TIMES):
        begun, cpu = time.perf_counter(), time.process_time()
        what()
        waited.append((time.perf_counter() - begun) * 1000)
        used.append((time.process_time() - cpu) * 1000)
    return waited[0], min(waited[1:]), quantile(used[1:], 0.5)


def main(argv: list[str]) -> int:
    """Fill, look, and print one line for each; 1 if any took too long."""
    parser = argparse.ArgumentParser(prog="python -m bench desk")
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="kept, and used again")
    parser.add_argument("--only", default="", help="part of the names of pages and commands")
    options = parser.parse_args(argv)
    slow = 0
    with tempfile.TemporaryDirectory(prefix="mailflow-desk-") as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        there = (folder / "mailflow.db").exists()
        house = House(folder, signer := Signer())
        if not there:
            fill(house, signer, options.size)
        print(f"{options.size} requests, {house.file.stat().st_size / 1e9:.1f} GB")
        print("ms: first time, least of five, median of CPU")
        for what, look in (pages(house) | commands(house, Path(name))).items():
            if options.only not in what:
                continue
            first, least, cpu = timed(look)
            slow += least > LIMIT
            print(f"{first:9.0f}  {least:9.0f}  {cpu:9.0f}  {what}", flush=True)
    return 1 if slow else 0
