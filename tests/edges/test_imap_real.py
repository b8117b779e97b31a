"""Mailboxes on servers of other people: pymap, and Dovecot where it is installed (I12)."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from imapclient import IMAPClient
from sqlalchemy import text

from mailflow.store.db import Database
from mailflow.store.mailboxes import Mailbox, mailboxes
from tests.edges import imap_real
from tests.edges.imap_house import PATIENCE, House, running, settings
from tests.edges.imap_server import mails

_numbers = itertools.count(1)
#: So long that only IDLE can have told of a mail.
NEVER_POLL = 1680


@pytest.fixture(scope="module", params=["pymap", "dovecot"])
def real(request: pytest.FixtureRequest) -> Iterator[imap_real.Real]:
    with getattr(imap_real, request.param)() as server:
        yield server


@dataclass
class Place:
    """A folder of its own for each test, and somebody else's mail program in it."""

    server: imap_real.Real
    client: IMAPClient
    folder: str
    done: str
    quarantine: str

    def settings(self, **values: Any) -> Any:
        names = {
            "folder": self.folder, "done_folder": self.done, "quarantine_folder": self.quarantine
        }  # fmt: skip
        return settings(self.server.port, timeout_s=20, **(names | values))

    def deliver(self, *raws: bytes, at: datetime | None = None) -> None:
        for raw in raws:
            self.client.append(self.folder, raw, msg_time=at)

    def found(self, folder: str) -> dict[int, dict[bytes, Any]]:
        """What is in a folder, as the other program sees it."""
        if not self.client.folder_exists(folder):
            return {}
        self.client.select_folder(folder)
        uids = self.client.search()
        items = ["RFC822.SIZE", "FLAGS", "BODY.PEEK[]"]
        return self.client.fetch(uids, items) if uids else {}

    def wait_for(self, folder: str, count: int) -> dict[int, dict[bytes, Any]]:
        """Wait until so many mails are in a folder; the server tells when it changes."""
        pause = threading.Event()
        for _ in range(int(PATIENCE / 0.05)):
            if len(found := self.found(folder)) == count:
                return found
            pause.wait(0.05)
        raise AssertionError(f"{len(found)} mails in {folder} instead of {count}")


@pytest.fixture
def place(real: imap_real.Real) -> Iterator[Place]:
    number = next(_numbers)
    with real.client() as client:
        made = Place(real, client, f"In{number}", f"Done{number}", f"Odd{number}")
        client.create_folder(made.folder)
        yield made


def when(house: House, true: Callable[[Mailbox], bool]) -> Mailbox:
    """Wait until what is on record about the mailbox is so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        with house.db.reading() as session:
            states = mailboxes(session)
        if states and true(states[0]):
            return states[0]
        pause.wait(0.05)
    raise AssertionError(states)


def received(house: House) -> list[datetime]:
    with house.db.reading() as session:
        rows = session.connection().execute(text("SELECT received_at FROM inbox ORDER BY id"))
        return [datetime.fromisoformat(str(at)).replace(tzinfo=UTC) for (at,) in rows]


def test_mail_is_taken_byte_for_byte_and_moved_unread(place: Place, sqlite_db: Database) -> None:
    raws = mails(30)
    place.deliver(*raws)
    with running(sqlite_db, place.settings()) as house:
        found = house.wait_for(30)
        moved = place.wait_for(place.done, 30)
    assert Counter(raw for raw, _ in found) == Counter(raws)
    assert sorted(len(raw) for raw, _ in found) == sorted(m[b"RFC822.SIZE"] for m in moved.values())
    assert place.found(place.folder) == {}
    assert not any(b"\\Seen" in mail[b"FLAGS"] for mail in moved.values())


def test_idle_tells_of_new_mail(place: Place, sqlite_db: Database) -> None:
    with running(sqlite_db, place.settings(poll_s=NEVER_POLL)) as house:
        for number, raw in enumerate(mails(3), 1):
            place.deliver(raw)
            assert len(house.wait_for(number)) == number
            place.wait_for(place.done, number)


def test_the_time_of_receipt_is_the_servers(place: Place, sqlite_db: Database) -> None:
    """In its zone, whatever zone this machine is in; and never later than the fetch."""
    sent = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    ahead = datetime.now(UTC) + timedelta(days=400)
    first, second = mails(2)
    place.deliver(first, at=sent)
    place.deliver(second, at=ahead)
    with running(sqlite_db, place.settings()) as house:
        house.wait_for(2)
    times = received(house)
    assert times[0] == datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    assert times[1] <= datetime.now(UTC)


def test_mail_that_stays_is_taken_once(place: Place, sqlite_db: Database) -> None:
    """Also over restarts, and where the server keeps no flag of ours (pymap)."""
    raws = mails(20)
    place.deliver(*raws[:10])
    with running(sqlite_db, place.settings(after="flag")) as house:
        house.wait_for(10)
    place.deliver(*raws[10:])
    with running(sqlite_db, place.settings(after="flag")) as house:
        found = house.wait_for(20)
    assert Counter(raw for raw, _ in found) == Counter(raws)
    assert {copies for _, copies in found} == {1}
    left = place.found(place.folder)
    assert len(left) == 20
    if place.server.name == "dovecot":
        assert {mail[b"FLAGS"] for mail in left.values()} == {(b"$MailflowDone",)}


def test_others_deliver_move_and_delete_at_the_same_time(place: Place, sqlite_db: Database) -> None:
    """Several programs work in the folder; every mail they leave to us comes in once."""
    batches = [mails(15, subject) for subject in ("a", "b", "c")]
    ours = Counter(raw for batch in batches for raw in batch)

    def work(batch: list[bytes]) -> None:
        with place.server.client() as client:
            for raw in batch:
                client.append(place.folder, raw)
            client.select_folder(place.folder)
            if uids := client.search():  # out and back: new UIDs, the same mail
                client.copy(uids[-2:], place.folder)

    with running(sqlite_db, place.settings()) as house:
        threads = [threading.Thread(target=work, args=(batch,)) for batch in batches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        found = house.wait_for(45)
        place.wait_for(place.folder, 0)
    assert Counter(raw for raw, _ in house.rows()) == ours
    assert len(found) == 45


def test_a_folder_made_anew(place: Place, sqlite_db: Database) -> None:
    raws = mails(12)
    place.deliver(*raws)
    with running(sqlite_db, place.settings(after="flag")) as house:
        house.wait_for(12)
    place.client.delete_folder(place.folder)
    place.client.create_folder(place.folder)
    place.deliver(*reversed(raws), b"Subject: late\r\n\r\n")
    with running(sqlite_db, place.settings(after="flag")) as house:
        found = house.wait_for(13)
    assert Counter(raw for raw, _ in found) == Counter([*raws, b"Subject: late\r\n\r\n"])


def test_the_same_mailbox_in_another_folder(place: Place, sqlite_db: Database) -> None:
    """Its UIDs begin at 1 again; with some servers UIDVALIDITY is the same as well."""
    other = f"Other{place.folder}"
    place.client.create_folder(other)
    first, second = mails(3, "first"), mails(3, "second")
    place.deliver(*first)
    for raw in second:
        place.client.append(other, raw)
    for folder, count in ((place.folder, 3), (other, 6)):
        with running(sqlite_db, place.settings(after="flag", folder=folder)) as house:
            found = house.wait_for(count)
    assert Counter(raw for raw, _ in found) == Counter(first + second)


def test_a_mail_that_is_too_large_is_put_aside(place: Place, sqlite_db: Database) -> None:
    large = b"Subject: large\r\n\r\n" + b"x" * 70_000 + b"\r\n"
    place.deliver(large, *mails(2))
    with running(sqlite_db, place.settings(max_message_bytes=65_536)) as house:
        house.wait_for(2)
        place.wait_for(place.done, 2)
        [aside] = place.wait_for(place.quarantine, 1).values()
        assert aside[b"BODY[]"] == large
        state = when(house, lambda state: state.looked_at is not None)
    assert (state.refused, state.uncleared, state.trouble) == (1, 0, "")


def test_folders_with_names_of_any_language(place: Place, sqlite_db: Database) -> None:
    done = f"Erledigt & größer {place.done}"
    place.deliver(*mails(2))
    with running(sqlite_db, place.settings(done_folder=done)) as house:
        house.wait_for(2)
        place.wait_for(done, 2)


def test_a_wrong_password_is_said(place: Place, sqlite_db: Database) -> None:
    with running(sqlite_db, place.settings(password="wrong")) as house:
        state = when(house, lambda state: state.trouble != "")
    assert state.looked_at is None
    assert state.trouble != "not read yet"
