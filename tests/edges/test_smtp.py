"""Taking mail: what a client is told, and what lies in the inbox then."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Sequence

import pytest

from mailflow.ingress import session
from mailflow.store.db import Database, Unavailable
from mailflow.store.inbox import Incoming, Stored, Unstorable
from tests.edges.mail_door import BOUNCE, INTAKE, PATIENCE, Client, House, Put, open_house, until

RAW = b"From: Tom <tom@partner.example>\r\nSubject: Acme\r\n\r\nAccount name: Acme\r\n"


def smtp(house: House) -> smtplib.SMTP:
    return smtplib.SMTP(*house.smtp, local_hostname="mail.partner.example", timeout=PATIENCE)


def test_a_mail_is_stored_as_it_was_sent(sqlite_db: Database) -> None:
    raw = RAW + b".a dot\r\n..\r\n...\r\n\xc3\xa9\xff 8 bits\r\n" + b"x" * 40_000 + b"\r\n\r\n"
    with open_house(sqlite_db) as house:
        with smtp(house) as client:
            client.sendmail("tom@partner.example", [INTAKE, BOUNCE], raw)
        (mail,) = house.mails()
    assert mail.raw == raw
    assert mail.mail_from == "tom@partner.example"
    assert mail.recipients == (INTAKE, BOUNCE)
    assert mail.peer == "127.0.0.1 mail.partner.example"
    assert mail.source == "smtp"


def test_what_is_offered(sqlite_db: Database) -> None:
    with open_house(sqlite_db) as house, smtp(house) as client:
        client.ehlo()
        assert client.esmtp_features == {
            "size": "10485760",
            "8bitmime": "",
            "smtputf8": "",
            "pipelining": "",
            "enhancedstatuscodes": "",
        }


def test_many_mails_over_one_connection(sqlite_db: Database) -> None:
    with open_house(sqlite_db) as house:
        with smtp(house) as client:
            for n in range(300):  # more replies than an idler may have
                client.sendmail("tom@partner.example", [INTAKE], RAW + b"%d\r\n" % n)
        assert [mail.raw[len(RAW) :] for mail in house.mails()] == [
            b"%d\r\n" % n for n in range(300)
        ]
        assert house.count("received_total", source="smtp") == 300


def test_the_same_mail_again_is_one_row_and_gets_its_250(sqlite_db: Database) -> None:
    with open_house(sqlite_db) as house:
        for _ in range(3):
            with smtp(house) as client:
                assert client.sendmail("tom@partner.example", [INTAKE], RAW) == {}
        assert len(house.mails()) == 1
        assert house.count("copies_total") == 2


def test_a_repeated_recipient_is_kept_once(sqlite_db: Database) -> None:
    with open_house(sqlite_db) as house:
        with Client(house.smtp) as client:
            client.greet().mail(RAW, INTAKE, INTAKE.upper(), BOUNCE)
        (mail,) = house.mails()
    assert mail.recipients == (INTAKE, BOUNCE)


def test_lmtp_answers_for_each_recipient(sqlite_db: Database) -> None:
    with open_house(sqlite_db) as house:
        with smtplib.LMTP(*house.lmtp) as client:
            client.ehlo()
            client.mail("")
            assert client.rcpt(INTAKE)[0] == 250
            assert client.rcpt("nobody@licensing.vendor.example")[0] == 550
            assert client.rcpt(BOUNCE)[0] == 250
            assert client.data(RAW) == (250, b"2.0.0 Stored")
            assert client.getreply() == (250, b"2.0.0 Stored")
            assert client.noop()[0] == 250
        (mail,) = house.mails()
    assert (mail.source, mail.mail_from, mail.recipients) == ("lmtp", "", (INTAKE, BOUNCE))


@pytest.mark.parametrize(
    "fault", [Unavailable("database is locked /var/lib/x.db"), RuntimeError("SELECT * FROM inbox")]
)
def test_a_store_that_fails_is_try_again_and_tells_nothing(
    sqlite_db: Database, fault: Exception
) -> None:
    broken = threading.Event()
    broken.set()

    def put(_house: House, real: Put) -> Put:
        def failing(items: Sequence[Incoming]) -> Sequence[Stored]:
            if broken.is_set():
                raise fault
            return real(items)

        return failing

    with open_house(sqlite_db, put=put) as house, Client(house.smtp) as client:
        answer = client.greet().mail(RAW)
        assert answer == "451 4.3.0 Cannot store the message now, try again later"
        with Client(house.lmtp) as lmtp:
            lmtp.greet("LHLO")
            assert lmtp.mail(RAW, INTAKE, BOUNCE).startswith("451 4.3.0")
            assert lmtp.reply().startswith("451 4.3.0")
            assert lmtp.say("NOOP").startswith("250")
        assert house.mails() == []
        broken.clear()  # the same session goes on as if nothing had been
        assert client.mail(RAW) == "250 2.0.0 Stored"


def test_one_bad_mail_in_a_group_does_not_stop_the_others(sqlite_db: Database) -> None:
    gate = threading.Event()

    def put(_house: House, real: Put) -> Put:
        def picky(items: Sequence[Incoming]) -> Sequence[Stored]:
            gate.wait(PATIENCE)
            stored = [None if b"bad" in item.raw else real([item])[0] for item in items]
            if None in stored:
                raise Unstorable(stored)
            return real(items)

        return picky

    with open_house(sqlite_db, put=put) as house:
        clients = [Client(house.smtp).greet().envelope() for _ in range(3)]
        for client, word in zip(clients, (b"good", b"bad", b"fine"), strict=True):
            client.send(word + b"\r\n.\r\n")
        gate.set()
        assert [client.reply()[:3] for client in clients] == ["250", "451", "250"]
        for client in clients:
            client.close()


def test_a_hundred_clients_at_once_share_commits(sqlite_db: Database) -> None:
    first, gate = threading.Event(), threading.Event()

    def put(_house: House, real: Put) -> Put:
        def slow(items: Sequence[Incoming]) -> Sequence[Stored]:
            first.set()
            gate.wait(PATIENCE)
            return real(items)

        return slow

    with open_house(sqlite_db, put=put, max_connections_per_address=200) as house:
        clients = [Client(house.smtp).greet().envelope() for _ in range(101)]
        clients[0].send(b"n: 0\r\n\r\n.\r\n")
        assert first.wait(PATIENCE)  # its commit is under way, and the others gather behind it
        for n, client in enumerate(clients[1:], 1):
            client.send(b"n: %d\r\n\r\n.\r\n" % n)
        until(lambda: house.count("in_flight_bytes") >= 101 * len(b"n: 0\r\n\r\n.\r\n"))
        gate.set()
        assert {client.reply() for client in clients} == {"250 2.0.0 Stored"}
        for client in clients:
            client.close()
        assert house.groups[0] == 1
        assert sum(house.groups) == 101
        assert len(house.groups) <= 3, "one commit for the first, one or two for all the others"
        assert len(house.mails()) == 101


def test_a_client_that_hangs_up_during_the_commit_harms_nobody(sqlite_db: Database) -> None:
    begun, gate = threading.Event(), threading.Event()

    def put(_house: House, real: Put) -> Put:
        def slow(items: Sequence[Incoming]) -> Sequence[Stored]:
            begun.set()
            gate.wait(PATIENCE)
            return real(items)

        return slow

    with open_house(sqlite_db, put=put) as house:
        in_commit = Client(house.smtp).greet().envelope()
        in_commit.send(b"n: in commit\r\n\r\n.\r\n")
        assert begun.wait(PATIENCE)
        in_queue = Client(house.smtp).greet().envelope()
        in_queue.send(b"n: in queue\r\n\r\n.\r\n")
        faithful = Client(house.smtp).greet().envelope()
        faithful.send(b"n: faithful\r\n\r\n.\r\n")
        until(lambda: house.count("in_flight_bytes") > 45)
        in_commit.close()
        in_queue.close()
        until(lambda: house.count("connections", source="smtp") == 1)
        gate.set()
        assert faithful.reply() == "250 2.0.0 Stored"
        faithful.close()
        stored = [mail.raw for mail in house.mails()]
    # Nobody was told 250 for "in queue", so it was taken back before its commit had begun.
    assert stored == [b"n: in commit\r\n\r\n", b"n: faithful\r\n\r\n"]


def test_a_commit_that_takes_too_long_is_try_again(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "COMMIT_WAIT_S", 0.05)
    gate = threading.Event()

    def put(_house: House, real: Put) -> Put:
        def stuck(items: Sequence[Incoming]) -> Sequence[Stored]:
            gate.wait(PATIENCE)
            return real(items)

        return stuck

    with open_house(sqlite_db, put=put, idle_timeout_s=0.02) as house:
        with Client(house.smtp) as client:
            client.reply()
            client.send(
                f"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<{INTAKE}>\r\nDATA\r\n".encode()
                + RAW
                + b".\r\n"
            )
            replies = [client.reply()[:3] for _ in range(5)]
        gate.set()
    # Not 421 either, though the time-out for idlers is shorter: it is we who kept it waiting.
    assert replies == ["250", "250", "250", "354", "451"]


def test_stopping_lets_a_mail_in_progress_finish(sqlite_db: Database) -> None:
    begun, gate = threading.Event(), threading.Event()

    def put(_house: House, real: Put) -> Put:
        def slow(items: Sequence[Incoming]) -> Sequence[Stored]:
            begun.set()
            gate.wait(PATIENCE)
            return real(items)

        return slow

    with open_house(sqlite_db, put=put) as house:
        idler = Client(house.smtp).greet()
        busy = Client(house.smtp).greet().envelope()
        busy.send(RAW + b".\r\n")
        assert begun.wait(PATIENCE)
        stopping = threading.Thread(target=house.door.stop, args=(PATIENCE,))
        stopping.start()
        assert idler.reply().startswith("421 4.3.2")
        with pytest.raises(ConnectionRefusedError):
            Client(house.smtp)
        gate.set()
        assert busy.reply() == "250 2.0.0 Stored"
        assert busy.reply().startswith("421 4.3.2")
        stopping.join(PATIENCE)
        assert not stopping.is_alive()
        idler.close()
        busy.close()


def test_a_port_that_is_taken_is_an_error_at_once(sqlite_db: Database) -> None:
    with open_house(sqlite_db) as house:
        taken = f"smtp://127.0.0.1:{house.door.ports[0]}"
        with pytest.raises(OSError), open_house(sqlite_db, listen=(taken,)):
            pass
