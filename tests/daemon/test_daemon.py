"""The whole conversation against a started process, over real sockets, on both databases."""

from __future__ import annotations

import signal
import smtplib
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from mailflow.store import queries
from mailflow.store.db import Database
from tests.daemon.harness import Service, Smarthost, free_port, running
from tests.edges.console_door import PASSWORD, hashed
from tests.house import ALBA, INTAKE, REQUEST, TOM


@pytest.fixture
def pair(db_url: str, tmp_path: Path) -> Iterator[tuple[Service, Smarthost]]:
    with running(tmp_path, db_url) as both:
        yield both


def request(body: str = REQUEST, message_id: str = "<first@cobalt.example>") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = ALBA.email, INTAKE
    message["Subject"], message["Message-ID"] = "Account", message_id
    message["Date"] = "Mon, 02 Nov 2026 09:15:00 +0000"
    message.set_content(body)
    return message.as_bytes()


def conserved(service: Service) -> bool:
    db = Database(service.url)
    with db.reading() as session:
        difference = queries.conservation(session).difference
    db.close()
    return difference == 0


def test_from_request_to_active_by_reply(pair: tuple[Service, Smarthost]) -> None:
    service, smarthost = pair
    service.send(ALBA.email, INTAKE, request())
    review = smarthost.letter(ALBA.email, "confirm")
    answer = review.answer("CONFIRM")
    service.send(answer.mail_from, answer.recipient, answer.raw)
    activation = smarthost.letter(TOM, "decide")
    answer = activation.answer("ACTIVATE")
    service.send(answer.mail_from, answer.recipient, answer.raw)
    smarthost.letter(TOM, "Active")
    smarthost.letter(ALBA.email, "Active")
    smarthost.letter("ann@harbour.example", "access")
    assert all(taken.mail_from.startswith("bounce+") for taken in smarthost.taken)
    assert conserved(service)
    service.signal(signal.SIGTERM)
    began = time.monotonic()
    assert service.wait() == 0
    assert time.monotonic() - began < 10


def test_by_click_and_only_by_the_button(pair: tuple[Service, Smarthost]) -> None:
    service, smarthost = pair
    service.send(ALBA.email, INTAKE, request())
    answer = smarthost.letter(ALBA.email, "confirm").answer("CONFIRM")
    service.send(answer.mail_from, answer.recipient, answer.raw)
    page = smarthost.letter(TOM, "decide").page(service.web_port)
    with urllib.request.urlopen(page, timeout=10) as shown:
        assert shown.status == 200
    assert not any("Active" in taken.subject for taken in smarthost.taken)
    form = urllib.parse.urlencode({"do": "accept"}).encode()
    with urllib.request.urlopen(page, form, timeout=10) as acted:
        assert acted.status == 200
    smarthost.letter(TOM, "Active")


def test_lmtp_answers_for_each_recipient(pair: tuple[Service, Smarthost]) -> None:
    service, smarthost = pair
    with smtplib.LMTP("127.0.0.1", service.lmtp_port, timeout=10) as client:
        refused = client.sendmail(ALBA.email, [INTAKE, "other@elsewhere.example"], request())
    assert list(refused) == ["other@elsewhere.example"]
    assert smarthost.letter(ALBA.email, "confirm")


def test_what_was_answered_250_survives_a_kill(pair: tuple[Service, Smarthost]) -> None:
    service, smarthost = pair
    for number in range(20):
        body = REQUEST.replace("harbour", f"harbour{number}")
        service.send(ALBA.email, INTAKE, request(body, f"<{number}@cobalt.example>"))
    service.signal(signal.SIGKILL)
    service.wait()
    service.start()
    for number in range(20):
        taken = smarthost.wait(lambda t, n=number: f"harbour{n}.example" in t.message.as_string())  # type: ignore[misc]
        assert taken.recipient == ALBA.email
    db = Database(service.url)
    with db.reading() as session:
        assert len(queries.requests(session, limit=100)) == 20
    db.close()
    assert conserved(service)


def test_it_does_not_run_on_a_database_without_tables(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    service = Service(tmp_path, f"sqlite:///{tmp_path / 'new.db'}", 1)
    with pytest.raises(AssertionError, match="mailflow migrate"):
        service.start()
    assert service.wait() == 78
    assert "Traceback" not in service.log.read_text()
    assert capfd.readouterr().out == ""


def test_a_port_in_use_is_said_plainly(pair: tuple[Service, Smarthost], tmp_path: Path) -> None:
    service, _ = pair
    second = Service(tmp_path, service.url, 1)
    second.config.write_text(
        second.config.read_text().replace(str(second.smtp_port), str(service.smtp_port))
    )
    second.smtp_port = service.smtp_port
    second.start()
    assert second.wait() != 0
    assert "Traceback" not in second.log.read_text()
    second.stop()


def test_machines_are_told_how_it_goes(pair: tuple[Service, Smarthost]) -> None:
    service, smarthost = pair
    service.send(ALBA.email, INTAKE, request())
    smarthost.letter(ALBA.email, "confirm")
    base = f"http://127.0.0.1:{service.admin_port}"
    for path in ("/livez", "/readyz"):
        with urllib.request.urlopen(base + path, timeout=10) as answer:
            assert answer.status == 200
    with urllib.request.urlopen(f"{base}/metrics", timeout=10) as answer:
        figures = answer.read().decode()
    assert 'mailflow_received_total{source="smtp"} 1.0' in figures
    assert "mailflow_inbox_waiting 0.0" in figures
    assert ALBA.email not in figures


def test_an_operator_logs_in_to_the_running_service(tmp_path: Path) -> None:
    port = free_port()
    extra = f"""
            [console]
            enabled = true
            listen = "127.0.0.1:{port}"
            users = [{{ name = "ana", role = "act", password_hash = "{hashed()}" }}]
            """
    with running(tmp_path, f"sqlite:///{tmp_path / 'mailflow.db'}", extra) as (service, smarthost):
        service.send(ALBA.email, INTAKE, request())
        smarthost.letter(ALBA.email, "confirm")
        base = f"http://127.0.0.1:{port}"
        login = urllib.parse.urlencode({"name": "ana", "password": PASSWORD}).encode()
        opener = urllib.request.build_opener(_Stay())
        with opener.open(f"{base}/login", login, timeout=10) as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            assert answer.status == 303
        looking = urllib.request.Request(f"{base}/requests", headers={"Cookie": cookie})
        with urllib.request.urlopen(looking, timeout=10) as answer:
            assert "Harbour Logistics" in answer.read().decode()
        assert PASSWORD not in service.log.read_text()
        assert "console_login" in service.log.read_text()


class _Stay(urllib.request.HTTPRedirectHandler):
    """Shows a redirect instead of following it."""

    def http_error_303(self, _request: object, answer: object, *_: object) -> object:
        return answer
