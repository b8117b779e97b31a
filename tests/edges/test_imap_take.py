"""Taking what is in a folder, without a network: crashes at every step, random trouble, size."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from mailflow.ingress.imap_errors import Broken, Refused
from mailflow.ingress.imap_fetch import BATCH_BYTES, MAX_TRIES, Fetcher
from mailflow.ingress.imap_mail import incoming
from mailflow.ingress.imap_said import Facts, Folder
from mailflow.ingress.imap_take import WINDOW, Taker
from mailflow.store import inbox, mailboxes
from mailflow.store.db import Database, Unavailable
from mailflow.store.inbox import Incoming, Stored, Unstorable
from tests.edges.imap_house import OURS, settings

_LEASE = timedelta(microseconds=1)


class Shelf:
    """A folder without a server. `before` is called with the name of each command."""

    def __init__(self, raws: Sequence[bytes] = (), *, uidvalidity: int = 1) -> None:
        self.mails = dict(enumerate(raws, 1))
        self.done: list[bytes] = []
        self.aside: list[bytes] = []
        self.uidvalidity = uidvalidity
        self.uidnext = len(raws) + 1
        self.before: Callable[[str], None] = lambda name: None
        self.said: Counter[str] = Counter()
        self.largest = 0  # bytes in one answer
        self.longest = 0  # UIDs in one answer

    def _command(self, name: str) -> None:
        self.said[name] += 1
        self.before(name)

    def select(self) -> Folder:
        self._command("select")
        return Folder(self.uidvalidity, self.uidnext, len(self.mails), keeps_flag=True)

    def uids(self, low: int, high: int, *, without_flag: bool = False) -> list[int]:
        self._command("uids")
        found = [uid for uid in self.mails if low <= uid <= high]
        self.longest = max(self.longest, len(found))
        return found

    def facts(self, uids: Sequence[int]) -> dict[int, Facts]:
        self._command("facts")
        return {uid: Facts(len(self.mails[uid]), None) for uid in uids if uid in self.mails}

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        self._command("bodies")
        found = {uid: self.mails[uid] for uid in uids if uid in self.mails}
        self.largest = max(self.largest, sum(map(len, found.values())))
        return found

    def clear(self, uids: Sequence[int], *, refused: bool = False) -> None:
        self._command("clear")
        for uid in uids:
            if uid in self.mails:
                (self.aside if refused else self.done).append(self.mails.pop(uid))
        self._command("cleared")

    def add(self, raw: bytes) -> int:
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        self.mails[uid] = raw
        return uid


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A taker and what it tells."""

    def __init__(self, db: Database, **values: Any) -> None:
        self.db = db
        self.clock = Clock()
        self.refused: list[tuple[int, str]] = []
        self.box = settings(1, **values)
        self.submit: Callable[[Incoming], Future[Stored]] = self.store
        self.new()

    def new(self) -> None:
        """As after a restart of the program."""
        self.taker = Taker(
            "sales", self.box, self.db, lambda item: self.submit(item),
            read=lambda raw, at: incoming(
                raw, mailbox="sales", ours=OURS, recipient_headers=("To",), received_at=at
            ),
            on_stored=lambda item, stored: None,
            on_refused=lambda uid, reason: self.refused.append((uid, reason)),
            clock=self.clock,
        )  # fmt: skip

    def store(self, item: Incoming) -> Future[Stored]:
        future: Future[Stored] = Future()
        future.set_result(inbox.put_many(self.db, [item])[0])
        return future

    def rows(self) -> Counter[bytes]:
        return Counter(one.raw for one in inbox.claim(self.db, 10_000, _LEASE))


def raws(count: int) -> list[bytes]:
    return [f"Subject: {n}\r\n\r\nmail {n}\r\n".encode() for n in range(count)]


class Died(Exception):  # noqa: N818
    """The process ends here."""


STEPS = ["select", "uids", "facts", "bodies", "clear", "cleared", "stored", "note", "on record"]


@pytest.mark.parametrize("step", STEPS)
def test_dying_at_any_step(step: str, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then everything begins anew, with nothing in memory: each mail once, and once moved."""
    bench, shelf = Bench(sqlite_db), Shelf(raws(7))
    died = threading.Event()

    def die(name: str) -> None:
        if name == step and not died.is_set():
            died.set()
            raise Died

    shelf.before = die
    plain_note, plain_cleared = mailboxes.note, mailboxes.cleared

    def submit(item: Incoming) -> Future[Stored]:
        future = bench.store(item)
        die("stored")
        return future

    def note(*arguments: Any) -> None:
        die("note")
        plain_note(*arguments)

    def cleared(*arguments: Any) -> None:
        die("on record")
        plain_cleared(*arguments)

    bench.submit = submit
    monkeypatch.setattr(mailboxes, "note", note)
    monkeypatch.setattr(mailboxes, "cleared", cleared)
    with pytest.raises(Died):
        bench.taker.look(shelf)
    bench.new()
    assert bench.taker.look(shelf).left == 0
    assert bench.rows() == Counter(raws(7))
    assert Counter(shelf.done) == Counter(raws(7))
    assert shelf.mails == {}


@pytest.mark.parametrize("seed", range(8))
def test_random_trouble(seed: int, sqlite_db: Database) -> None:
    """Commands fail, before or after they had their effect; mail comes and goes meanwhile."""
    chance = random.Random(seed)
    bench, shelf = Bench(sqlite_db, after=chance.choice(["move", "flag"])), Shelf()
    expected: list[bytes] = []
    moved = bench.box.after == "move"

    def trouble(name: str) -> None:
        if chance.random() < 0.15:
            raise chance.choice([Broken("cut"), Refused("no"), Broken("silence")])

    if not moved:
        shelf.clear = lambda uids, refused=False: shelf._command("clear")  # type: ignore[method-assign]
    for number in range(60):
        shelf.before = trouble
        for _ in range(chance.randrange(3)):
            raw = f"Subject: {seed} {number} {chance.random()}\r\n\r\n".encode()
            shelf.add(raw)
            expected.append(raw)
        if chance.random() < 0.05:  # numbered anew
            shelf.uidvalidity += 1
            mails = list(shelf.mails.values())
            chance.shuffle(mails)
            shelf.mails, shelf.uidnext = {}, chance.randrange(1, 10_000)
            for raw in mails:
                shelf.add(raw)
        if chance.random() < 0.1:
            bench.new()
        try:
            bench.taker.look(shelf)
        except (Broken, Refused):
            bench.taker.connected()
    shelf.before = lambda name: None
    for _ in range(MAX_TRIES):
        bench.clock.now += 4000
        bench.taker.look(shelf)
    taken = bench.rows()
    refused = Counter(shelf.aside)
    assert taken + refused == Counter(expected)
    assert sum(refused.values()) == 0 or moved


def test_the_database_is_away(sqlite_db: Database) -> None:
    """Nothing is moved, and nothing is refused, however long it takes."""
    bench, shelf = Bench(sqlite_db), Shelf(raws(5))

    def away(item: Incoming) -> Future[Stored]:
        future: Future[Stored] = Future()
        future.set_exception(Unavailable("away"))
        return future

    bench.submit = away
    for _ in range(3 * MAX_TRIES):
        with pytest.raises(Unavailable):
            bench.taker.look(shelf)
    assert len(shelf.mails) == 5
    bench.submit = bench.store
    assert bench.taker.look(shelf).taken == 5
    assert Counter(shelf.done) == Counter(raws(5))


def test_a_mail_that_the_database_never_takes(sqlite_db: Database) -> None:
    bench, shelf = Bench(sqlite_db), Shelf(raws(5))

    def picky(item: Incoming) -> Future[Stored]:
        if b"mail 3" not in item.raw:
            return bench.store(item)
        future: Future[Stored] = Future()
        future.set_exception(Unstorable([None]))
        return future

    bench.submit = picky
    looks = [bench.taker.look(shelf) for _ in range(MAX_TRIES + 1)]
    assert [looked.left for looked in looks] == [1] * MAX_TRIES + [0]
    assert shelf.aside == [raws(5)[3]]
    assert bench.refused == [(4, "the database does not take it")]


def test_what_cannot_be_moved_stays_and_is_not_fetched_again(sqlite_db: Database) -> None:
    bench, shelf = Bench(sqlite_db), Shelf(raws(5))

    def no(name: str) -> None:
        if name == "clear":
            raise Refused("over quota")

    shelf.before = no
    for _ in range(4):
        assert bench.taker.look(shelf).left == 0
        bench.clock.now += 4000
    assert shelf.said["bodies"] == 1
    shelf.before = lambda name: None
    bench.clock.now += 4000
    bench.taker.look(shelf)
    assert (len(shelf.done), shelf.said["bodies"]) == (5, 1)


def test_a_stop_is_heard_between_batches(sqlite_db: Database) -> None:
    bench, shelf = Bench(sqlite_db), Shelf(raws(500))
    looked = bench.taker.look(shelf, stopping=lambda: len(shelf.done) >= 100)
    assert 100 <= looked.taken < 200
    assert looked.left > 0
    bench.taker.look(shelf)
    assert Counter(shelf.done) == Counter(raws(500))


def test_memory_is_bounded(sqlite_db: Database) -> None:
    """Mails of all sizes; never more than a batch at once, or one mail that is larger."""
    large = [bytes(900_000) + str(n).encode() for n in range(15)]
    bench, shelf = Bench(sqlite_db), Shelf([*large, bytes(9_000_000), *raws(300)])
    bench.taker.look(shelf)
    assert shelf.largest <= 9_000_000
    assert not shelf.mails
    fetcher = Fetcher(10**7)
    facts = {uid: Facts(900_000, None) for uid in range(100)} | {50: Facts(None, None)}
    batches = list(fetcher.batches(range(100), facts))
    assert max(sum(facts[uid].size or BATCH_BYTES for uid in batch) for batch in batches) <= (
        BATCH_BYTES
    )
    assert [50] in batches
    assert list(chain(*batches)) == list(range(100))


def test_a_huge_folder(sqlite_db: Database) -> None:
    """10⁵ mails that stay: a restart compares all of them, a look in between only what is new."""
    count = 100_000
    bench, shelf = Bench(sqlite_db, after="flag"), Shelf()
    shelf.mails = dict.fromkeys(range(1, count + 1), b"Subject: old\r\n\r\n")
    shelf.uidnext = count + 1
    mailboxes.begin(sqlite_db, "sales", "127.0.0.1 requests INBOX", 1)
    mailboxes.note(sqlite_db, "sales", 1, range(1, count + 1))
    for low in range(1, count, 20_000):
        mailboxes.cleared(sqlite_db, "sales", 1, range(low, low + 20_000))
    shelf.clear = lambda uids, refused=False: None  # type: ignore[method-assign]
    new = shelf.add(b"Subject: new\r\n\r\n")
    bench.taker.look(shelf)
    assert shelf.longest <= WINDOW
    assert bench.rows() == {b"Subject: new\r\n\r\n": 1}
    assert shelf.said["uids"] <= 2 * (count // WINDOW + 1)
    assert shelf.said["bodies"] == 1
    shelf.said.clear()
    bench.taker.look(shelf)
    assert shelf.said == {"select": 1, "uids": 1}
    assert new in shelf.mails
