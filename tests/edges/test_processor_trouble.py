"""Trouble that is not the mail's: it is tried again at once, and nothing counts against it."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from mailflow import processor
from mailflow.authenticate import Authenticator, CachedResolver
from mailflow.authenticate.cache import TRY, TRY_EVERY
from mailflow.authenticate.lookup import BUDGET
from mailflow.config.settings import TrustSettings
from mailflow.core.request import Person
from mailflow.rehearsal.trusting import Trusting
from mailflow.store import directory, inbox, outbox, queries
from mailflow.store.db import Database, Unavailable
from mailflow.store.watch import Watch
from tests.edges.signed_mail import NOW, Zone, mail, rsa_key, signed
from tests.house import ALBA, INTAKE, REQUEST, House
from tests.store.make import MINUTE, posted

LONG = timedelta(hours=1)
MAILS = 4


@contextmanager
def working(house: House) -> Iterator[None]:
    """An enrolled processor at work, with a lease that no test waits for."""
    stop = threading.Event()
    watch = Watch(house.db, "processor", lambda what: None)
    watch.start()
    loop = threading.Thread(target=house.service._processor.run, args=(stop,))
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(10)
        watch.stop()


def requests(db: Database) -> None:
    for n in range(MAILS):
        text = (
            f"From: <{ALBA.email}>\r\nTo: <{INTAKE}>\r\nSubject: account {n}\r\n"
            f"Message-ID: <{n}@cobalt.example>\r\n\r\n" + REQUEST.replace("harbour", f"port{n}")
        )
        inbox.put_many(
            db, [inbox.Incoming(text.encode(), ALBA.email, (INTAKE,), "127.0.0.1", "smtp")]
        )


def done(db: Database) -> bool:
    with db.reading() as session:
        return queries.counts(session).inbox.get("done") == MAILS


@pytest.mark.parametrize(
    "trouble",
    [
        Unavailable("the connection is lost"),
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
    ids=["database", "descriptors", "disk"],
)
def test_claims_are_free_as_soon_as_the_trouble_is_over(
    db: Database, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "LEASE", LONG)
    monkeypatch.setattr(processor, "LOOK_EVERY_S", 0.05)
    house = House(db)
    requests(db)
    real, left = house.service.flow._post.write, [9]

    def failing(*args: object, **kwargs: object) -> object:
        if left[0]:
            left[0] -= 1
            raise RuntimeError("a letter cannot be written") from trouble
        return real(*args, **kwargs)  # type: ignore[arg-type]

    if isinstance(trouble, Unavailable):

        def failing_database(*args: object, **kwargs: object) -> object:
            if left[0]:
                left[0] -= 1
                raise trouble
            return real(*args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(house.service.flow._post, "write", failing_database)
    else:
        monkeypatch.setattr(house.service.flow._post, "write", failing)
    wait = threading.Event()
    with working(house):
        for _ in range(200):
            if done(db):
                break
            wait.wait(0.05)
    assert done(db)
    assert left == [0]
    with db.reading() as session:
        assert {line.attempts for line in queries.inbox_rows(session)} <= {1, 2}


def test_a_claim_whose_answer_was_lost_is_given_back(db: Database) -> None:
    """It went through, and nobody knows of it but the database."""
    watch = Watch(db, "processor,sender", lambda what: None)
    watch.start()
    try:
        requests(db)
        first, second = posted(db), posted(db)
        assert len(inbox.claim(db, 9, LONG)) == MAILS
        assert len(outbox.claim(db, 9, LONG)) == 2
        assert inbox.give_back_own(db) == MAILS
        assert outbox.give_back_own(db, [first]) == 1
        assert len(inbox.claim(db, 9, MINUTE)) == MAILS
        assert [mail.id for mail in outbox.claim(db, 9, MINUTE)] == [second]
    finally:
        watch.stop()


def test_a_processor_is_busy_while_mail_is_in_work(db: Database) -> None:
    """The clock gives way to it then."""
    stop, seen = threading.Event(), list[bool]()

    def on_outcome(_kind: str, _outcome: str) -> None:
        seen.append(worker.busy)
        stop.set()

    worker = processor.Processor(House(db).service.flow, Trusting(), on_outcome)
    assert not worker.busy
    requests(db)
    worker.ring()
    assert worker.busy
    worker.run(stop)
    assert seen
    assert all(seen)
    assert not worker.busy


@pytest.mark.parametrize("apart", [True, False], ids=["one", "many"])
def test_dead_name_servers_cost_no_mail_its_attempts(
    db: Database, monkeypatch: pytest.MonkeyPatch, *, apart: bool
) -> None:
    """However long they are away; and when they are back, the next round serves them all."""
    monkeypatch.setattr(processor, "CUT_OFF_PAUSE", timedelta())
    zone = Zone(delay=3600.0)
    dns = CachedResolver(zone, zone.clock, home="vendor.example")
    trust = TrustSettings(mode="own_check")
    worker = processor.Processor(
        House(db).service.flow, Authenticator(trust, dns, zone.clock, lambda: NOW),
        cut_off=dns.nobody_answers,
    )  # fmt: skip
    people = [f"p{n}@partner{n}.example" for n in range(1 if apart else 6)]
    with db.transaction() as session:
        directory.upsert_people(session, [Person(one, "Pat") for one in people], db.now(session))
    for n, sender in enumerate(people):
        zone.put("txt", f"s1._domainkey.partner{n}.example", rsa_key()[1])
        raw = signed(mail(f"<{sender}>"), f"partner{n}.example")
        inbox.put_many(db, [inbox.Incoming(raw, sender, (INTAKE,), "192.0.2.1", "smtp")])
    begun = zone.clock.now
    for _ in range(3 * processor.TEMPORARY_TRIES):
        assert worker.round() == len(people)
        zone.clock.now += TRY_EVERY
    assert zone.clock.now - begun < 15 * TRY_EVERY + BUDGET + 16 * TRY, "they hold up nobody"
    with db.reading() as session:
        assert queries.counts(session).inbox == {"waiting": len(people)}
        assert queries.conservation(session).difference == 0
    zone.delay = 0.0
    worker.round()
    with db.reading() as session:
        assert [line.state for line in queries.inbox_rows(session)] == ["done"] * len(people)
        assert {line.attempts for line in queries.inbox_rows(session)} == {1}
