"""Handing one mail to a relay that may misbehave at every step."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from mailflow.config import DeliverySettings
from mailflow.delivery import relay as module
from mailflow.delivery.capture import Capture, Redirect
from mailflow.delivery.outcome import Captured, Deferred, Failed, Outcome, Sent
from mailflow.delivery.relay import Relay
from tests.edges.sink import DROP, HANG, Answer, Drip, Sink, Taken, open_sink

FROM = "bounce+abc@licensing.vendor.example"
TO = "anna@customer.example"
RAW = b"Message-ID: <1@licensing.vendor.example>\r\n\r\nHello\r\n.dot\r\n..\r\n"


def relay_to(port: int, **settings: Any) -> Relay:
    quick = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_s": 5.0}
    # Not validated: a second is the least that the configuration takes, and too long for a test.
    return Relay(DeliverySettings().model_copy(update=quick | settings), "mail.vendor.example")


def send(sink: Sink, **settings: Any) -> Outcome:
    relay = relay_to(sink.port, **settings)
    outcome = relay.send(FROM, TO, RAW)
    relay.rest()
    return outcome


def test_a_mail_arrives_as_it_is() -> None:
    with open_sink() as sink:
        assert send(sink) == Sent("250 taken")
        assert sink.mails == [Taken(FROM, TO, RAW)]
        assert sink.said == [
            "ehlo mail.vendor.example",
            f"MAIL FROM:<{FROM}> SIZE={len(RAW)}",
            f"RCPT TO:<{TO}>",
            "DATA",
            "QUIT",
        ]


@pytest.mark.parametrize(
    "raw", [b".\r\n", b"a: b\r\n\r\n.\r\n..\r\n.x", b"a: b\r\n\r\nno end", b"\r\n"]
)
def test_dots_and_ends(raw: bytes) -> None:
    with open_sink() as sink:
        relay = relay_to(sink.port)
        assert isinstance(relay.send(FROM, TO, raw), Sent)
        relay.rest()
        assert sink.mails[0].raw == (raw if raw.endswith(b"\r\n") else raw + b"\r\n")


def _name(value: object) -> str:
    """Of a case, by the step and the answer."""
    if not isinstance(value, dict):
        return getattr(value, "__name__", str(value))
    return "+".join(f"{step} {str(answers[0])[:20]}" for step, answers in value.items())


# What the relay answers; what the mail's fate is; whether the relay as a whole is to blame.
VERDICTS: list[tuple[dict[str, list[Answer]], type[Outcome], bool]] = [
    ({"banner": ["421 too busy"]}, Deferred, True),
    ({"banner": ["554 go away"]}, Deferred, True),
    ({"banner": [DROP]}, Deferred, True),
    ({"banner": [b"\x16\x03\x01 no SMTP\r\n"]}, Deferred, True),
    ({"EHLO": ["421 no"], "HELO": ["421 no"]}, Deferred, True),
    ({"EHLO": ["550 no"], "HELO": ["550 no"]}, Deferred, True),
    ({"EHLO": [DROP]}, Deferred, True),
    ({"EHLO": ["502 never heard of it"]}, Sent, False),  # HELO will do
    ({"MAIL": ["451 later"]}, Deferred, False),
    ({"MAIL": ["550 5.1.8 bad sender"]}, Failed, False),
    ({"MAIL": ["552 too big"]}, Failed, False),
    ({"MAIL": ["530 5.7.0 log in first"]}, Deferred, True),
    ({"MAIL": ["503 out of step"]}, Deferred, False),
    ({"MAIL": [DROP]}, Deferred, False),
    ({"RCPT": ["450 4.2.0 greylisted"]}, Deferred, False),
    ({"RCPT": ["550 5.1.1 no such user"]}, Failed, False),
    ({"RCPT": ["554 5.7.1 no relaying"]}, Failed, False),
    ({"RCPT": ["251 will forward"]}, Sent, False),
    ({"RCPT": ["421 closing"]}, Deferred, False),
    ({"RCPT": ["nonsense"]}, Deferred, False),
    ({"RCPT": [DROP]}, Deferred, False),
    ({"DATA": ["451 not now"]}, Deferred, False),
    ({"DATA": ["554 no valid recipients"]}, Failed, False),
    ({"DATA": ["250 what?"]}, Deferred, False),
    ({"DATA": [DROP]}, Deferred, False),
    ({"text": ["250-two\r\n250 lines"]}, Sent, False),
    ({"text": ["252 as you like"]}, Sent, False),
    ({"text": ["451 disk full"]}, Deferred, False),
    ({"text": ["421 shutting down"]}, Deferred, False),
    ({"text": ["550 5.7.1 looks like spam"]}, Failed, False),
    ({"text": ["354 more, please"]}, Deferred, False),
    ({"text": ["150 wait"]}, Deferred, False),
    ({"text": ["yes"]}, Deferred, False),
    ({"text": [DROP]}, Deferred, False),
    ({"text": [b"25"]}, Deferred, False),
    ({"text": [b"250" + b"x" * 100_000 + b"\r\n"]}, Deferred, False),
    ({"text": [b"250-more\r\n" * 20_000]}, Deferred, False),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "expected", "relay_to_blame"), VERDICTS, ids=_name)
def test_verdicts(
    answers: Mapping[str, Sequence[Answer]], expected: type[Outcome], relay_to_blame: bool
) -> None:
    with open_sink(answers) as sink:
        relay = relay_to(sink.port, timeout_s=0.5)
        outcome = relay.send(FROM, TO, RAW)
        assert isinstance(outcome, expected), outcome
        assert getattr(outcome, "relay", False) == relay_to_blame
        assert len(sink.mails) == int(expected is Sent)
        if isinstance(outcome, Deferred | Failed):
            assert outcome.reason.isprintable()
            assert "Error" not in outcome.reason
        # Whatever it was, the next mail of the same carrier goes well.
        assert isinstance(relay.send(FROM, "bob@customer.example", RAW), Sent)
        relay.rest()
        assert sink.mails[-1].recipient == "bob@customer.example"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    outcome = relay_to(port).send(FROM, TO, RAW)
    assert outcome == Deferred("Connection refused", relay=True)


@pytest.mark.parametrize("step", ["banner", "EHLO", "MAIL", "RCPT", "DATA", "text"])
@pytest.mark.parametrize("way", [HANG, Drip("250 " + "x" * 100, 0.02)])
def test_a_relay_that_keeps_us_waiting(step: str, way: Answer) -> None:
    with open_sink({step: [way, way]}) as sink:
        relay = relay_to(sink.port, timeout_s=0.2)
        begun = time.monotonic()
        outcome = relay.send(FROM, TO, RAW)
        assert time.monotonic() - begun < relay.longest_s + 1
        assert isinstance(outcome, Deferred)
        assert sink.mails == [] or way is not HANG


def test_the_final_reply_may_take_longer_than_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TALK_S", 0.3)
    with open_sink({"text": [Drip("250 ok", 0.08)]}) as sink:
        assert send(sink) == Sent("250 ok")


def test_one_connection_for_many_mails() -> None:
    with open_sink({"RCPT": ["550 no", None, "450 later"]}) as sink:
        relay = relay_to(sink.port)
        outcomes = [type(relay.send(FROM, TO, RAW)) for _ in range(5)]
        relay.rest()
        assert outcomes == [Failed, Sent, Deferred, Sent, Sent]
        assert (sink.connections, len(sink.mails)) == (1, 3)


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_no_text_for_a_relay_that_refuses_and_wants_one_nevertheless(step: str) -> None:
    with open_sink({step: ["550 no"], "DATA": ["354 go on"]}) as sink:
        relay = relay_to(sink.port)
        assert relay.send(FROM, TO, RAW) == Failed(f"{step}: 550 no")
        assert isinstance(relay.send(FROM, "bob@customer.example", RAW), Sent)
        relay.rest()
        assert [mail.recipient for mail in sink.mails] == ["bob@customer.example"]
        assert sink.connections == 2


def test_a_relay_without_pipelining_hears_one_command_at_a_time() -> None:
    with open_sink({"RCPT": ["550 no"]}, extensions=("8BITMIME",)) as sink:
        relay = relay_to(sink.port)
        assert isinstance(relay.send(FROM, TO, RAW), Failed)
        assert sink.said[-1] == "RSET", "and no DATA"
        assert isinstance(relay.send(FROM, TO, RAW), Sent)
        relay.rest()


def test_a_new_connection_after_many_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAILS", 2)
    with open_sink() as sink:
        relay = relay_to(sink.port)
        for _ in range(5):
            assert isinstance(relay.send(FROM, TO, RAW), Sent)
        relay.rest()
        assert (sink.connections, len(sink.mails)) == (3, 5)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("way", [DROP, "421 4.4.2 idle for too long"])
def test_a_kept_connection_that_is_gone_is_replaced_at_once(step: str, way: Answer) -> None:
    with open_sink({step: [None, way]}) as sink:
        relay = relay_to(sink.port)
        assert isinstance(relay.send(FROM, TO, RAW), Sent)
        assert isinstance(relay.send(FROM, "bob@customer.example", RAW), Sent)
        relay.rest()
        assert [mail.recipient for mail in sink.mails] == [TO, "bob@customer.example"]
        assert sink.connections == 2


def test_after_the_text_nothing_is_repeated_at_once() -> None:
    with open_sink({"text": [None, DROP]}) as sink:
        relay = relay_to(sink.port)
        assert isinstance(relay.send(FROM, TO, RAW), Sent)
        outcome = relay.send(FROM, TO, RAW)
        assert isinstance(outcome, Deferred)
        assert outcome.reason.startswith("no answer after the text: ")
        assert sink.connections == 1


def test_a_reply_too_many_does_not_put_us_out_of_step() -> None:
    with open_sink({"text": ["250 ok\r\n250 ok"]}) as sink:
        relay = relay_to(sink.port)
        outcomes = [relay.send(FROM, f"p{n}@customer.example", RAW) for n in range(4)]
        relay.rest()
        said_sent = [
            f"p{n}@customer.example" for n, o in enumerate(outcomes) if isinstance(o, Sent)
        ]
        assert not [o for o in outcomes if isinstance(o, Failed)]
        assert [mail.recipient for mail in sink.mails] == said_sent
        assert len(said_sent) == 4


@pytest.mark.parametrize(
    "address",
    [
        "", "anna", "anna@", "@customer.example", "a@b@customer.example",
        "anna@customer.example>\r\nRCPT TO:<evil@attacker.example",
        "anna@customer.example\r\nDATA", "anna@customer.example\n", "anna\0@customer.example",
        "anna@customer.example, evil@attacker.example", "anna@customer.example> SIZE=1",
        "Anna <anna@customer.example>", "<anna@customer.example>", "anna b@customer.example",
        '"anna b"@customer.example', "anna@customer.example (x)", "an\u2028na@customer.example",
        "anna\udcff@customer.example", "anna@[127.0.0.1]", "anna..b@customer.example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_never_said(address: str) -> None:
    with open_sink() as sink:
        relay = relay_to(sink.port)
        assert isinstance(relay.send(FROM, address, RAW), Failed)
        if address:  # the null return path is one we may send with
            assert isinstance(relay.send(address, TO, RAW), Failed)
        assert (sink.said, sink.mails) == ([], [])


@pytest.mark.parametrize(
    "raw", [b"a: b\n\nx", b"a: b\r\n\r\nx\ry\r\n", b"a\0b\r\n", b"x\n.\nMAIL\r\n"]
)
def test_text_that_two_servers_could_read_in_two_ways_is_never_sent(raw: bytes) -> None:
    with open_sink() as sink:
        assert isinstance(relay_to(sink.port).send(FROM, TO, raw), Failed)
        assert sink.said == []


def test_the_null_return_path() -> None:
    with open_sink() as sink:
        relay = relay_to(sink.port)
        assert isinstance(relay.send("", TO, RAW), Sent)
        relay.rest()
        assert sink.mails[0].mail_from == ""


def test_addresses_beyond_ascii() -> None:
    with open_sink() as sink:
        relay = relay_to(sink.port)
        outcome = relay.send(FROM, "josé@customer.example", RAW)
        assert outcome == Failed("the address needs SMTPUTF8, which the relay does not offer")
        assert isinstance(relay.send(FROM, "anna@bücher.example", RAW), Sent)
        relay.rest()
        assert sink.mails[0].recipient == "anna@xn--bcher-kva.example"
    with open_sink(extensions=("SMTPUTF8", "8BITMIME")) as sink:
        relay = relay_to(sink.port)
        assert isinstance(relay.send(FROM, "josé@customer.example", RAW + b"\xc3\xa9\r\n"), Sent)
        relay.rest()
        assert sink.mails[0].recipient == "josé@customer.example"
        assert f"MAIL FROM:<{FROM}> BODY=8BITMIME SMTPUTF8" in sink.said


def test_a_mail_too_big_for_the_relay_is_not_begun() -> None:
    with open_sink(extensions=("SIZE 20",)) as sink:
        assert isinstance(send(sink), Failed)
        assert not [line for line in sink.said if line.startswith("MAIL")]


# TLS and login, against a server that is not ours.


class Guard:
    """aiosmtpd's hooks: takes everything, and knows one password."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bool]] = []
        self.passwords: list[bytes] = []

    def login(
        self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any
    ) -> AuthResult:
        self.passwords.append(data.password)
        known = (data.login, data.password) == (b"mailflow", b"secret")
        return AuthResult(success=known, handled=False)

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.rcpt_tos[0], session.ssl is not None))
        return "250 taken"


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, str]:
    """An authority, and the file by which one trusts it."""
    made = trustme.CA()
    path = tmp_path / "ca.pem"
    made.cert_pem.write_to_path(path)
    return made, str(path)


@pytest.fixture
def guarded(authority: tuple[trustme.CA, str]) -> Iterator[tuple[Guard, int]]:
    """A server with STARTTLS that wants a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    guard = Guard()
    controller = Controller(
        guard,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=guard.login,
        auth_required=True,
    )
    controller.start()
    yield guard, controller.port
    controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


LOGIN = {"username": "mailflow", "password": "secret"}


def test_starttls_and_login(guarded: tuple[Guard, int], authority: tuple[trustme.CA, str]) -> None:
    guard, port = guarded
    relay = relay_to(port, security="starttls", ca_file=authority[1], **LOGIN)
    assert relay.probe() == ""
    assert relay.send(FROM, TO, RAW) == Sent("250 taken")
    assert isinstance(relay.send(FROM, TO, RAW), Sent)
    relay.rest()
    assert guard.mails == [(TO, True), (TO, True)]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"password": "guess"}, "535"),
        ({"username": ""}, "530"),
        ({"ca_file": ""}, "certificate verify failed"),
        ({"host": "localhost"}, "certificate verify failed"),
        ({"security": "none"}, "530|not supported"),
        ({"security": "tls"}, "wrong version|record layer"),
    ],
)
def test_wrong_settings_lose_no_mail(
    guarded: tuple[Guard, int], authority: tuple[trustme.CA, str], wrong: dict[str, str], why: str
) -> None:
    guard, port = guarded
    settings = {"security": "starttls", "ca_file": authority[1], **LOGIN, **wrong}
    relay = relay_to(port, **settings)
    outcome = relay.send(FROM, TO, RAW)
    relay.rest()
    assert isinstance(outcome, Deferred)
    assert outcome.relay
    assert any(part in outcome.reason.lower() for part in why.split("|")), outcome.reason
    assert "secret" not in outcome.reason
    assert guard.mails == []


def test_a_password_is_never_sent_in_clear_by_surprise() -> None:
    with open_sink(extensions=("AUTH PLAIN LOGIN",)) as sink:
        relay = relay_to(sink.port, security="starttls", **LOGIN)
        outcome = relay.send(FROM, TO, RAW)
        assert outcome == Deferred("STARTTLS extension not supported by server.", relay=True)
        assert not [line for line in sink.said if line.upper().startswith("AUTH")]


def test_tls_from_the_first_byte(authority: tuple[trustme.CA, str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    guard = Guard()
    controller = Controller(guard, hostname="127.0.0.1", port=_free_port(), ssl_context=context)
    controller.start()
    try:
        relay = relay_to(controller.port, security="tls", ca_file=authority[1])
        assert isinstance(relay.send(FROM, TO, RAW), Sent)
        relay.rest()
        assert [recipient for recipient, _ in guard.mails] == [TO]
    finally:
        controller.stop()


# Staging.


def test_the_capture_keeps_everything() -> None:
    assert isinstance(Capture().send(FROM, TO, RAW), Captured)


@pytest.mark.parametrize(
    ("to", "allow", "reaches"),
    [
        ("", ("anna@customer.example",), TO),
        ("", ("@Customer.Example",), TO),
        ("", ("@elsewhere.example", "bob@customer.example"), None),
        ("test@vendor.example", (), "test@vendor.example"),
        ("test@vendor.example", ("@elsewhere.example",), "test@vendor.example"),
        ("test@vendor.example", ("ANNA@customer.example",), TO),
        ("", ("@mer.example", "customer.example", "@"), None),
    ],
)
def test_staging_lets_out_only_what_it_may(
    to: str, allow: tuple[str, ...], reaches: str | None
) -> None:
    with open_sink() as sink:
        redirect = Redirect(relay_to(sink.port), to, allow)
        outcome = redirect.send(FROM, TO, RAW)
        redirect.rest()
        assert isinstance(outcome, Sent if reaches else Captured)
        assert [mail.recipient for mail in sink.mails] == ([reaches] if reaches else [])
