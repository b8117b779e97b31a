"""A server that misbehaves in every way we know: lost 0, duplicated 0, caught up soon (I12).

Each fault meets a folder with mail in it; half of the mail comes while the fault is at work. In
the end every mail is in the inbox once, byte for byte, and in the done folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from mailflow.core.retry import Backoff
from mailflow.ingress import imap_reader
from mailflow.store.db import Database
from tests.edges.imap_house import PATIENCE, running, settings
from tests.edges.imap_server import CAPABILITIES, Folder, Server, mails

MAILS = 14


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses themselves are held elsewhere."""
    none = Backoff(first=timedelta(milliseconds=10), longest=timedelta(milliseconds=10))
    for name in ("RECONNECT", "LOGIN_AGAIN", "LOOK_AGAIN"):
        monkeypatch.setattr(imap_reader, name, none)
    monkeypatch.setattr("mailflow.ingress.imap_take.FULL_EVERY_S", 0.5)
    monkeypatch.setattr("mailflow.ingress.imap_take.FULL_SOON_S", 0.1)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        yield made


#: Faults of single answers, each armed so often: name → times.
ARMED = {
    "drop after greeting": 2, "busy": 2, "silent greeting": 1,
    "no to authenticate": 2, "drop in authenticate": 1, "hang in authenticate": 1,
    "no to select": 1, "drop in select": 1, "bad to select": 1,
    "no uidvalidity": 1, "no uidnext": 2, "low uidnext": 3,
    "drop in search": 2, "bad to search": 1, "strange search": 2, "garbage in search": 1,
    "drop in fetch": 3, "no to fetch": 2, "garbage in fetch": 2, "hang in fetch": 1,
    "drop in body": 3, "hang in body": 1, "short body": 2, "body nil": 2, "leave one out": 2,
    "huge literal": 1, "senseless date": 3, "flags of others": 5, "expunge of others": 3,
    "drop in move": 2, "drop after the move": 2, "no to move": 2, "move lost": 2, "half a move": 2,
    "hang in move": 1,
    "chatty idle": 2, "bye in idle": 2, "drop in idle later": 2, "frozen in idle": 1,
    "deaf idle": 2, "no to idle": 2, "drop in idle": 2,
}  # fmt: skip


def deliver_and_check(server: Server, db: Database, **values: Any) -> None:
    """Half of the mail is there, half comes later; all of it arrives, once."""
    raws = mails(MAILS)
    server.deliver(*raws[: MAILS // 2])
    with running(db, settings(server.port, **values)) as house:
        house.wait_for(MAILS // 2)
        assert server.wait_for(lambda: "IDLE" in server.commands)
        server.deliver(*raws[MAILS // 2 :])
        found = house.wait_for(MAILS)
        assert Counter(raw for raw, _ in found) == Counter(raws)  # lost 0, duplicated 0
        assert server.wait_for(lambda: not server.raws("INBOX"), PATIENCE)
        # Where the server has moved and does not say so, nothing is moved twice.
        assert Counter(server.raws("Done")) == Counter(raws)
        assert house.reader.standing.health() == ""


@pytest.mark.parametrize("fault", ARMED)
def test_a_fault_loses_and_doubles_nothing(fault: str, server: Server, sqlite_db: Database) -> None:
    server.arm(fault, ARMED[fault])
    deliver_and_check(server, sqlite_db)
    assert server.happened[fault] >= 1


def test_all_faults_at_once(server: Server, sqlite_db: Database) -> None:
    for fault, times in ARMED.items():
        if "hang" not in fault and "silent" not in fault and "frozen" not in fault:
            server.arm(fault, times)
    deliver_and_check(server, sqlite_db)
    assert len(server.happened) > 15


def test_a_server_without_idle_move_or_plain(server: Server, sqlite_db: Database) -> None:
    server.capabilities = "IMAP4rev1"
    raws = mails(MAILS)
    server.deliver(*raws)
    with running(sqlite_db, settings(server.port)) as house:
        house.wait_for(MAILS)
        # Without UIDPLUS nothing is expunged: others' deleted mail would go with it.
        assert server.wait_for(
            lambda: all("\\Deleted" in mail.flags for mail in server.inbox.mails.values())
        )
        late = server.deliver(b"Subject: late\r\n\r\n")
        house.wait_for(MAILS + 1)
        assert late
    assert "LOGIN" in " ".join(server.commands)


def test_copies_are_expunged_by_number(server: Server, sqlite_db: Database) -> None:
    server.capabilities = CAPABILITIES.replace(" MOVE", "")
    server.deliver(b"Subject: somebody else's\r\n\r\n")
    server.inbox.mails[1].flags.add("\\Deleted")
    deliver_and_check_rest(server, sqlite_db)


def deliver_and_check_rest(server: Server, db: Database) -> None:
    raws = mails(MAILS)
    server.deliver(*raws)
    with running(db, settings(server.port)) as house:
        house.wait_for(MAILS + 1)
        assert server.wait_for(lambda: len(server.raws("Done")) == MAILS + 1)


@pytest.mark.parametrize("fault", ["drop after copy", "drop after store", "drop after expunge"])
def test_a_copy_cut_short(fault: str, server: Server, sqlite_db: Database) -> None:
    """The done folder may show a mail twice then; the inbox never does."""
    server.capabilities = CAPABILITIES.replace(" MOVE", "")
    server.arm(fault, 2)
    raws = mails(MAILS)
    server.deliver(*raws)
    with running(sqlite_db, settings(server.port)) as house:
        found = house.wait_for(MAILS)
        assert server.wait_for(lambda: not server.raws("INBOX"))
    assert Counter(raw for raw, _ in found) == Counter(raws)
    assert set(server.raws("Done")) == set(raws)


def test_the_folder_is_numbered_anew(server: Server, sqlite_db: Database) -> None:
    """All UIDs change while most of the mail is still in the folder."""
    raws = mails(MAILS)
    server.deliver(*raws)
    with running(sqlite_db, settings(server.port, after="flag")) as house:
        house.wait_for(MAILS)
        with server.changed:
            old = server.inbox
            server.folders["INBOX"] = new = Folder(uidvalidity=77, uidnext=500)
            for mail in reversed(old.mails.values()):
                mail.flags.clear()
                new.add(mail)
        for line in list(server.lines):
            line.shutdown(2)
        server.deliver(b"Subject: late\r\n\r\n")
        found = house.wait_for(MAILS + 1)
        assert server.wait_for(
            lambda: all("$MailflowDone" in mail.flags for mail in server.inbox.mails.values())
        )
    assert Counter(raw for raw, _ in house.rows()) == Counter([*raws, b"Subject: late\r\n\r\n"])
    assert len(found) == MAILS + 1
    assert sum(copies for _, copies in house.rows()) == 2 * MAILS + 1  # seen again, and known


def test_others_move_mail_out_and_back(server: Server, sqlite_db: Database) -> None:
    raws = mails(MAILS)
    server.deliver(*raws)
    with running(sqlite_db, settings(server.port)) as house:
        house.wait_for(MAILS)
        assert server.wait_for(lambda: len(server.raws("Done")) == MAILS)
        server.deliver(*raws)  # the same bytes under new UIDs
        assert server.wait_for(lambda: len(server.raws("Done")) == 2 * MAILS)
        assert Counter(raw for raw, _ in house.rows()) == Counter(raws)


def test_others_expunge_what_is_being_fetched(server: Server, sqlite_db: Database) -> None:
    """Mail that somebody deletes under our hands is his to delete; it stops nothing."""
    raws = mails(MAILS)
    uids = server.deliver(*raws)

    def expunge(line: str) -> None:
        if "BODY.PEEK" in line:
            with server.changed:
                for uid in uids[:5]:
                    server.inbox.mails.pop(uid, None)

    server.on_command = expunge
    with running(sqlite_db, settings(server.port)) as house:
        found = house.wait_for(MAILS - 5)
        assert Counter(raw for raw, _ in found) == Counter(raws[5:])
        assert server.wait_for(lambda: len(server.raws("Done")) == MAILS - 5)
        server.on_command = lambda line: None
        server.deliver(b"Subject: late\r\n\r\n")
        house.wait_for(MAILS - 4)
        assert house.reader.standing.health() == ""


def test_flags_that_get_lost(server: Server, sqlite_db: Database) -> None:
    server.arm("store lost", 3)
    raws = mails(MAILS)
    server.deliver(*raws)
    with running(sqlite_db, settings(server.port, after="flag")) as house:
        house.wait_for(MAILS)
        assert server.wait_for(
            lambda: all(mail.flags == {"$MailflowDone"} for mail in server.inbox.mails.values())
        )
    assert Counter(raw for raw, _ in house.rows()) == Counter(raws)
    assert all(copies == 1 for _, copies in house.rows())


def test_a_server_that_keeps_no_flag(server: Server, sqlite_db: Database) -> None:
    """Our own record is enough: nothing is fetched twice, also after a new connection."""
    server.permanent_flags = r"\Seen \Deleted"
    raws = mails(MAILS)
    server.deliver(*raws)
    for _ in range(2):
        with running(sqlite_db, settings(server.port, after="flag")) as house:
            found = house.wait_for(MAILS)
            server.deliver(b"Subject: late\r\n\r\n") if len(found) == MAILS else None
            found = house.wait_for(MAILS + 1)
    assert all(copies == 1 for _, copies in found)
    assert len(found) == MAILS + 1
    assert not any("STORE" in command for command in server.commands)


def test_a_poisoned_mail_stops_nobody(server: Server, sqlite_db: Database) -> None:
    server.arm("poisoned fetch", 10**6)
    raws = mails(MAILS)
    server.deliver(raws[0], b"Subject: poison\r\n\r\npoison", *raws[1:])
    with running(sqlite_db, settings(server.port)) as house:
        found = house.wait_for(MAILS)
        assert server.wait_for(lambda: len(server.raws("Quarantine")) == 1)
        assert server.raws("Quarantine") == [b"Subject: poison\r\n\r\npoison"]
        server.deliver(b"Subject: late\r\n\r\n")
        house.wait_for(MAILS + 1)
    assert Counter(raw for raw, _ in found) == Counter(raws)
    assert house.metrics.mailbox_refused.labels("sales")._value.get() == 1


def test_a_mail_over_which_the_connection_breaks(server: Server, sqlite_db: Database) -> None:
    raws = mails(MAILS)
    server.deliver(raws[0], b"Subject: poison\r\n\r\npoison", *raws[1:])

    def cut(line: str) -> None:
        alone = line == "UID FETCH 2 (BODY.PEEK[])"
        if alone or ("BODY.PEEK" in line and 2 in server.inbox.mails and ",2," in line):
            raise ConnectionResetError

    server.on_command = cut
    with running(sqlite_db, settings(server.port)) as house:
        found = house.wait_for(MAILS)
        assert server.wait_for(lambda: len(server.raws("Quarantine")) == 1)
    assert Counter(raw for raw, _ in found) == Counter(raws)


def test_a_server_that_never_gets_sizes_right(server: Server, sqlite_db: Database) -> None:
    """Some only estimate. The same bytes several times are all there is; and it is learned."""
    raws = mails(MAILS)
    server.deliver(*raws)
    for mail in server.inbox.mails.values():
        mail.size = len(mail.raw) + 7
    with running(sqlite_db, settings(server.port)) as house:
        found = house.wait_for(MAILS)
        assert server.wait_for(lambda: len(server.raws("Done")) == MAILS)
        server.commands.clear()
        [late] = server.deliver(b"Subject: late\r\n\r\n")
        server.inbox.mails[late].size = 999
        house.wait_for(MAILS + 1)
        assert len([command for command in server.commands if "BODY" in command]) == 1
    assert Counter(raw for raw, _ in found) == Counter(raws)


def test_a_mail_that_is_too_large(server: Server, sqlite_db: Database) -> None:
    large = b"Subject: large\r\n\r\n" + b"x" * 70_000
    server.deliver(b"Subject: one\r\n\r\n", large, b"Subject: two\r\n\r\n")
    lying = server.deliver(large + b"lying")
    server.inbox.mails[lying[0]].size = 100
    with running(sqlite_db, settings(server.port, max_message_bytes=65_536)) as house:
        house.wait_for(2)
        assert server.wait_for(lambda: len(server.raws("Quarantine")) == 2)
        assert server.wait_for(lambda: len(server.raws("Done")) == 2)
    assert set(server.raws("Quarantine")) == {large, large + b"lying"}
    assert not any("FETCH 2 (BODY" in command for command in server.commands)


def test_a_slow_drip_has_an_end(
    server: Server, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, all of them would take for ever."""
    monkeypatch.setattr("mailflow.ingress.imap_guard.COMMAND_TIMEOUTS", 0.2)
    raw = b"Subject: slow\r\n\r\n" + b"x" * 300_000
    server.arm("slow body")
    server.deliver(raw)
    with running(sqlite_db, settings(server.port)) as house:
        [(found, _)] = house.wait_for(1)
    assert found == raw
    assert server.happened["slow body"] == 1


def test_wrong_password_then_right(server: Server, sqlite_db: Database) -> None:
    server.password = "other"
    server.deliver(b"Subject: one\r\n\r\n")
    refused: list[Callable[[], None]] = []

    def note(line: str) -> None:
        if line.startswith("AUTHENTICATE"):
            refused.append(lambda: None)
            if len(refused) == 3:
                server.password = "secret"

    server.on_command = note
    with running(sqlite_db, settings(server.port)) as house:
        assert len(house.wait_for(1)) == 1
    assert len(refused) >= 3
