"""Workers: a dead one's claims are given back at once, a slow one's are left alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailflow.store import inbox, outbox, queries, workers
from mailflow.store import watch as watching
from mailflow.store.db import Database
from mailflow.store.hasten import hasten
from mailflow.store.watch import Watch
from tests.store.make import MINUTE, finish, incoming, posted

PATIENCE_S = 15
# Claims all there is, says so, and lives until it is killed.
CLAIMER = """
import sys, time
from mailflow.store import inbox, outbox
from mailflow.store.db import Database
from mailflow.store.watch import Watch
from datetime import timedelta
db = Database(sys.argv[1])
Watch(db, "processor", lambda what: None).start()
inbox.claim(db, 10, timedelta(minutes=9)), outbox.claim(db, 10, timedelta(minutes=9))
print("claimed", flush=True)
time.sleep(600)
"""


@pytest.fixture
def claimer(db: Database) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has claimed three mails and two letters."""
    inbox.put_many(db, [incoming(bytes([n])) for n in range(3)])
    posted(db)
    posted(db)
    url = db._writer.url.set(drivername="sqlite" if db.dialect == "sqlite" else "postgresql")
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIMER, url.render_as_string(hide_password=False)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"claimed\n"
    yield process
    process.kill()
    process.communicate()


def claimable(db: Database) -> tuple[int, int]:
    return len(inbox.claim(db, 10, MINUTE)), len(outbox.claim(db, 10, MINUTE))


def test_what_a_killed_worker_had_claimed_is_given_back(
    db: Database, claimer: subprocess.Popen[bytes]
) -> None:
    rung = threading.Event()
    watch = Watch(db, "processor", lambda what: rung.set())
    watch.start()
    try:
        assert claimable(db) == (0, 0)
        claimer.kill()
        assert rung.wait(PATIENCE_S)
        again = inbox.claim(db, 10, MINUTE)
        # Fresh mails are worked on together: each of them may have killed it.
        assert [one.attempts for one in again] == [2, 2, 2]
        assert [one.attempts for one in outbox.claim(db, 10, MINUTE)] == [2, 2]
        with db.reading() as session:
            assert [one.id for one in workers.workers(session)] == [db.owner]
        if db.dialect == "sqlite":  # of the dead one, file and bell are gone
            beside = {path.name for path in Path(f"{db.file}.workers").iterdir()}
            assert beside == {f"{db.owner}", f"{db.owner}.bell"}
    finally:
        watch.stop()


def test_the_living_are_told_from_the_dead_who_are_still_listed(
    db: Database, claimer: subprocess.Popen[bytes]
) -> None:
    [one] = workers.living(db)
    assert (one.pid, one.roles) == (claimer.pid, "processor")
    claimer.kill()
    claimer.wait()
    never = threading.Event()
    deadline = time.monotonic() + PATIENCE_S  # PostgreSQL notices the end of a session shortly
    while workers.living(db) and time.monotonic() < deadline:
        never.wait(0.02)
    assert workers.living(db) == []
    with db.reading() as session:
        assert [dead.pid for dead in workers.workers(session)] == [claimer.pid]


def test_only_what_was_begun_can_have_killed_its_worker(db: Database) -> None:
    inbox.put_many(db, [incoming(b"%d\r\n\r\n" % n) for n in range(3)])

    def dies(begun: int | None = None) -> list[int]:
        db.owner = workers.new_id()
        taken = inbox.claim(db, 10, MINUTE)
        if begun is not None:
            inbox.begin(db, taken[begun].id, taken[begun].fence)
        workers.take_off_list(db, db.owner, dead=False)
        return [mail.attempts for mail in taken]

    assert dies() == [1, 1, 1]  # fresh ones are worked on together
    for _ in range(10):
        assert dies() == [2, 2, 2]
    assert dies(begun=1) == [2, 2, 2]
    assert dies() == [2, 2]  # it rests for a while
    hasten(db, timedelta())
    assert dies() == [2, 3, 2]


def test_a_claim_that_ran_out_unbegun_is_not_counted(db: Database) -> None:
    inbox.put_many(db, [incoming()])
    [mail] = inbox.claim(db, 1, -MINUTE)
    [mail] = inbox.claim(db, 1, -MINUTE)
    assert mail.attempts == 2  # fresh: it counted as begun
    [mail] = inbox.claim(db, 1, -MINUTE)
    assert mail.attempts == 2
    inbox.begin(db, mail.id, mail.fence)
    [again] = inbox.claim(db, 1, MINUTE)
    assert again.attempts == 3
    with pytest.raises(inbox.LeaseLost):
        inbox.begin(db, mail.id, mail.fence)


def test_a_frozen_worker_keeps_its_claims(
    db: Database, claimer: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SURE_S", 0.0)
    claimer.send_signal(signal.SIGSTOP)
    watch = Watch(db, "processor", lambda what: None)
    watch.start()
    try:
        watch._look()
        watch._look()
        assert claimable(db) == (0, 0)
        with db.reading() as session:
            assert len(workers.workers(session)) == 2
    finally:
        watch.stop()


def test_who_signs_off_leaves_nothing_behind(db: Database) -> None:
    inbox.put_many(db, [incoming()])
    watch = Watch(db, "processor", lambda what: None)
    watch.start()
    assert db.owner
    assert claimable(db) == (1, 0)
    watch.stop()
    watch.stop()
    assert db.owner == 0
    assert claimable(db) == (1, 0)
    with db.reading() as session:
        assert workers.workers(session) == []
    if db.dialect == "sqlite":
        assert list(Path(f"{db.file}.workers").iterdir()) == []


def test_a_recalled_letter_ends_with_its_sender(
    db: Database, claimer: subprocess.Popen[bytes]
) -> None:
    with db.transaction() as session:
        [first, _] = [line.id for line in queries.outbox_rows(session)][::-1]
        session.connection().exec_driver_sql(
            f"UPDATE outbox SET recalled = true WHERE id = {first}"
        )
        [worker] = [one.id for one in workers.workers(session)]
    claimer.kill()
    claimer.wait()
    back = workers.take_off_list(db, worker, dead=db.dialect == "sqlite")
    assert back == workers.GivenBack(3, 2)
    with db.reading() as session:
        states = {line.id: line.state for line in queries.outbox_rows(session)}
    assert sorted(states.values()) == ["due", "withdrawn"]
    assert states[first] == "withdrawn"


def test_a_lost_connection_does_not_cost_the_claims(postgres_db: Database) -> None:
    """The server cuts every connection; the worker takes its lock again, and is not robbed."""
    db = postgres_db
    rung = threading.Event()
    watch = Watch(db, "processor", lambda what: None)
    other = Database(db._writer.url.set(drivername="postgresql").render_as_string(False))
    neighbour = Watch(other, "sender", lambda what: rung.set() if what == "dead" else None)
    inbox.put_many(db, [incoming()])
    watch.start()
    neighbour.start()
    try:
        [mail] = inbox.claim(db, 10, MINUTE)
        old = watch._line
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = "
        with db.transaction() as session:
            session.connection().exec_driver_sql(f"{cut}{old.info.backend_pid}")
        again = threading.Event()
        for _ in range(200):
            if watch._line is not None and watch._line is not old:
                break
            again.wait(0.05)
        assert watch._line is not old
        assert not rung.wait(3 * watching.SURE_S)
        assert inbox.claim(db, 10, MINUTE) == []
        finish(db, mail)
    finally:
        watch.stop()
        neighbour.stop()
        other.close()


def test_a_bell_is_heard_by_the_others_only(db: Database) -> None:
    heard: dict[str, list[str]] = {"one": [], "two": []}
    rung = threading.Event()
    name = "postgresql" if db.dialect == "postgresql" else "sqlite"
    other = Database(db._writer.url.set(drivername=name).render_as_string(False))
    one = Watch(db, "smtp", heard["one"].append)
    two = Watch(other, "processor", lambda what: (heard["two"].append(what), rung.set())[0])
    one.start()
    two.start()
    try:
        one.ring("inbox")
        assert rung.wait(PATIENCE_S)
        assert heard == {"one": [], "two": ["inbox"]}
    finally:
        one.stop()
        two.stop()
        other.close()
