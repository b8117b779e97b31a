"""Abuse hurts only the abuser (I21), seen from the side of an honest client."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from pathlib import Path

import pytest
import trustme

from mailflow.store.db import Database
from tests.edges.mail_door import INTAKE, PATIENCE, Client, House, open_house, until

MEBIBYTE = 1_048_576


def serve_honestly(house: House) -> float:
    """Seconds that a whole honest session takes."""
    begun = time.monotonic()
    with Client(house.smtp) as client:
        assert client.greet().mail(b"n: %d\r\n\r\n" % time.monotonic_ns()) == "250 2.0.0 Stored"
    return time.monotonic() - begun


def memory() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def open_files() -> int:
    """File descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_200_idlers_keep_nobody_out(sqlite_db: Database) -> None:
    with open_house(sqlite_db) as house:
        idlers = [Client(house.smtp, f"127.0.0.{2 + n // 50}") for n in range(200)]
        until(lambda: house.count("connections", source="smtp") == 200)
        until(lambda: serve_or_refuse(house))
        assert serve_honestly(house) < 1
        for idler in idlers:
            idler.close()


def serve_or_refuse(house: House) -> bool:
    """Whether somebody new is let in; an idler must have been quiet for a moment first."""
    with Client(house.smtp) as client:
        return client.reply().startswith("220")


def test_idlers_of_ones_own_address_keep_nobody_out(sqlite_db: Database) -> None:
    with open_house(sqlite_db, max_connections_per_address=5) as house:
        idlers = [Client(house.smtp).greet() for _ in range(5)]
        begun = time.monotonic()
        until(lambda: serve_or_refuse(house))
        assert time.monotonic() - begun < 1
        assert idlers[0].reply().startswith("421 4.7.0"), "the longest idle one had to go"
        for idler in idlers:
            idler.close()


def test_too_many_busy_connections_from_one_address(sqlite_db: Database) -> None:
    with open_house(sqlite_db, max_connections_per_address=3) as house:
        busy = [Client(house.smtp).greet().envelope() for _ in range(3)]
        with Client(house.smtp) as one_more:
            assert one_more.reply().startswith("421 4.7.0 Too many connections")
            assert one_more.reply() == ""
        with Client(house.smtp, "127.0.0.9") as elsewhere:
            assert elsewhere.reply().startswith("220")
        for client in busy:
            client.send(b"n: 1\r\n\r\n.\r\n")
            assert client.reply().startswith("250")
            client.close()
        until(lambda: house.count("connections", source="smtp") == 0)
        assert serve_honestly(house) < 1


def test_20_slow_clients_keep_nobody_waiting(sqlite_db: Database) -> None:
    with open_house(sqlite_db) as house:
        slow = [Client(house.smtp).greet().envelope() for _ in range(20)]
        for client in slow:
            client.send(b"Subject: on its way" + b"x" * 10_000)
        assert serve_honestly(house) < 1
        for client in slow:
            client.close()


def test_a_flood_of_connections_leaves_no_file_open(sqlite_db: Database) -> None:
    with open_house(sqlite_db, max_connections=50, max_connections_per_address=20) as house:
        serve_honestly(house)
        before = open_files()
        for _ in range(10):
            flood = [Client(house.smtp) for _ in range(40)]
            for n, client in enumerate(flood):
                if n % 3:
                    client.send(b"EHLO a\r\nMAIL FROM:<>\r\n")
                client.close()
        until(lambda: house.count("connections", source="smtp") == 0)
        until(lambda: open_files() <= before)
        until(lambda: serve_or_refuse(house))
        assert serve_honestly(house) < 1


def test_an_endless_line_costs_no_memory(sqlite_db: Database) -> None:
    with open_house(sqlite_db, max_message_bytes=MEBIBYTE) as house:
        serve_honestly(house)
        before = memory()
        block = b"x" * MEBIBYTE
        with Client(house.smtp) as client:
            client.greet().envelope()
            most = 0
            sent = 0
            with contextlib.suppress(OSError):
                for sent in range(64):  # noqa: B007
                    client.send(block)
                    most = max(most, memory())
        assert sent < 16, "it hung up on us"
        assert most - before < 16 * MEBIBYTE
        assert serve_honestly(house) < 1


def test_unfinished_mails_share_a_bounded_memory(sqlite_db: Database) -> None:
    size = 10 * MEBIBYTE
    block = b"0123456789abcde\r\n" * 1000
    with open_house(sqlite_db, max_connections_per_address=100) as house:
        before = memory()
        clients = [Client(house.smtp).greet().envelope() for _ in range(12)]
        for client in clients:  # 120 MB in all, and none of them ends
            for _ in range(size // len(block) - 1):
                client.send(block)
        until(lambda: house.count("in_flight_bytes") > 3 * size)
        assert house.count("in_flight_bytes") <= 64 * MEBIBYTE
        assert memory() - before < 130 * MEBIBYTE
        assert serve_honestly(house) < 1, "there is room kept for small mails"
        for client in clients:
            client.send(b".\r\n")
        answers = [client.reply() for client in clients]
        assert {answer[:9] for answer in answers} == {"250 2.0.0", "452 4.3.1"}
        for client in clients:
            client.close()
        until(lambda: house.count("in_flight_bytes") == 0)


def test_a_client_that_never_reads_is_cut_off(sqlite_db: Database) -> None:
    limits = {"idle_timeout_s": 0.3, "max_recipients": 1000, "max_errors": 100}
    with open_house(sqlite_db, **limits) as house, Client(house.smtp) as client:
        client.greet().sock.setblocking(False)
        with contextlib.suppress(OSError):  # nobody takes more from us
            for _ in range(1000):
                client.send(b"HELP\r\n" * 1000)
        until(lambda: house.count("connections", source="smtp") == 0)


def test_a_fault_of_the_handler_is_try_again(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_house(sqlite_db) as house:

        def broken(_address: str) -> bool:
            raise KeyError("SELECT secret FROM /var/lib/mailflow.db")

        monkeypatch.setattr(house.door._door, "is_ours", broken)
        with Client(house.smtp) as client:
            client.greet().say("MAIL FROM:<>")
            answer = client.say(f"RCPT TO:<{INTAKE}>")
            assert answer == "451 4.3.0 Something went wrong here, try again later"
            assert client.say("NOOP").startswith("250")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[trustme.CA, dict[str, str]]:
    """An authority, and settings with a certificate of it for 127.0.0.1."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    issued.private_key_pem.write_to_path(key)
    for part in issued.cert_chain_pems:
        part.write_to_path(chain, append=True)
    return authority, {"tls_cert_file": str(chain), "tls_key_file": str(key)}


def secure(client: Client, authority: trustme.CA) -> Client:
    """The client's side of the handshake."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    client._file.close()
    client.sock = context.wrap_socket(client.sock, server_hostname="127.0.0.1")
    client._file = client.sock.makefile("rb")
    return client


def test_starttls(sqlite_db: Database, certificate: tuple[trustme.CA, dict[str, str]]) -> None:
    authority, settings = certificate
    with open_house(sqlite_db, **settings) as house, Client(house.smtp) as client:
        assert "STARTTLS" in client.greet().say("EHLO a")
        assert client.say("STARTTLS").startswith("220")
        secure(client, authority)
        assert client.say("MAIL FROM:<>").startswith("503"), "the greeting in clear is forgotten"
        offered = client.say("EHLO a")
        assert "STARTTLS" not in offered
        assert "AUTH" not in offered
        assert client.mail(b"a: b\r\n\r\n").startswith("250")


def test_nothing_sent_in_clear_survives_starttls(
    sqlite_db: Database, certificate: tuple[trustme.CA, dict[str, str]]
) -> None:
    authority, settings = certificate
    with open_house(sqlite_db, **settings) as house, Client(house.smtp) as client:
        client.greet()
        assert client.say("MAIL FROM:<evil@attacker.example>").startswith("250")
        client.send(
            b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@attacker.example>\r\n"
            b"RCPT TO:<" + INTAKE.encode() + b">\r\nDATA\r\nx: y\r\n\r\n.\r\n"
        )
        assert client.reply().startswith("220")
        # The handshake may fail over the rubbish, or go on without it; never is it obeyed.
        try:
            secure(client, authority)
            assert client.say("NOOP").startswith("250")
            assert client.say("DATA").startswith("503")
        except (OSError, ssl.SSLError):
            pass
        assert house.mails() == []
        assert serve_honestly(house) < 1


def test_tls_can_be_required(
    sqlite_db: Database, certificate: tuple[trustme.CA, dict[str, str]]
) -> None:
    authority, settings = certificate
    with open_house(sqlite_db, **settings, require_tls=True) as house:
        with Client(house.smtp) as client:
            client.greet()
            assert client.say("MAIL FROM:<>").startswith("530 5.7.0")
            assert client.say("STARTTLS").startswith("220")
            secure(client, authority)
            client.say("EHLO a")
            assert client.mail(b"a: b\r\n\r\n").startswith("250")
        with Client(house.lmtp) as local:  # spoken inside the house only
            assert local.greet("LHLO").mail(b"a: c\r\n\r\n").startswith("250")


def test_a_failed_handshake_harms_nobody(
    sqlite_db: Database, certificate: tuple[trustme.CA, dict[str, str]]
) -> None:
    _authority, settings = certificate
    with open_house(sqlite_db, **settings) as house:
        for rubbish in (b"NOOP\r\n" * 50, b"\x16\x03\x01\x00\x02\xff\xff", b""):
            with Client(house.smtp) as client:
                client.greet().say("STARTTLS")
                client.send(rubbish)
        until(lambda: house.count("connections", source="smtp") == 0)
        assert serve_honestly(house) < PATIENCE
