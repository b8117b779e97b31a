"""A started `mailflow run` as a process of its own, and the smarthost it hands mail to."""

from __future__ import annotations

import os
import random
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from mailflow.store import directory, migrate
from mailflow.store.db import Database
from mailflow.web import compose
from mailflow.web.mailview import Captured, opened
from tests.house import PEOPLE

PATIENCE_S = 20.0
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A loopback port that nobody has just now, and that no outgoing connection will be given.

    The system lends ports from 32768 up (Linux) to connections that go out; one that a test has
    chosen there may be gone before its server binds it. Each is given out once in a process.
    """
    while True:
        port = _CHANCE.randrange(10_000, 32_000)
        if port in _GIVEN:
            continue
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        _GIVEN.add(port)
        return port


_GIVEN: set[int] = set()
_CHANCE = random.SystemRandom()  # hypothesis seeds the common one, alike in every process


@dataclass(frozen=True)
class Taken:
    """A mail that the smarthost took, with its envelope."""

    mail_from: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def answer(self, words: str) -> compose.Outgoing:
        """The addressee's answer as Gmail writes it."""
        captured = Captured(
            0, self.recipient, "", "", "en", self.subject,
            self.message["Date"].datetime, self.raw,
        )  # fmt: skip
        return compose.answer(
            captured, words, name="", now=self.message["Date"].datetime,
            message_id=f"<{os.urandom(8).hex()}@{self.recipient.rpartition('@')[2]}>",
        )  # fmt: skip

    def page(self, port: int) -> str:
        """The page link, on the port where the pages are."""
        token = opened(self.raw).text.partition("/a/")[2].split()[0]
        return f"http://127.0.0.1:{port}/a/{token}"


class Smarthost:
    """A real SMTP server that keeps what it is handed."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self._news = threading.Condition()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def port(self) -> int:
        return int(self._controller.port)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        with self._news:
            for recipient in envelope.rcpt_tos:
                self.taken.append(Taken(envelope.mail_from or "", recipient, envelope.content))
            self._news.notify_all()
        return "250 2.0.0 taken"

    def wait(self, wanted: Callable[[Taken], bool], seconds: float = PATIENCE_S) -> Taken:
        """The first mail that fits; waits for it."""
        with self._news:
            found = self._news.wait_for(
                lambda: next((t for t in self.taken if wanted(t)), None), timeout=seconds
            )
        assert found, [(t.recipient, t.subject) for t in self.taken]
        return found

    def letter(self, recipient: str, words: str, seconds: float = PATIENCE_S) -> Taken:
        """The first mail to `recipient` with `words` in its subject."""
        return self.wait(lambda t: t.recipient == recipient and words in t.subject, seconds)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


class Service:
    """One `mailflow run`."""

    def __init__(self, folder: Path, url: str, relay_port: int, extra: str = "") -> None:
        self.smtp_port, self.lmtp_port, self.web_port = free_port(), free_port(), free_port()
        self.admin_port = free_port()
        self.url = url
        self.config = folder / "mailflow.toml"
        self.log = folder / "mailflow.log"
        self.config.write_text(
            f"""
            [service]
            organisation = "Example Vendor"
            address = "requests@vendor.example"
            public_url = "http://127.0.0.1:{self.web_port}"
            support_url = "https://vendor.example/case"
            feedback_url = "https://vendor.example/feedback"
            operator_address = "ops@vendor.example"
            internal_domains = ["vendor.example"]
            [database]
            url = "{url}"
            [ingress.smtp]
            listen = ["smtp://127.0.0.1:{self.smtp_port}", "lmtp://127.0.0.1:{self.lmtp_port}"]
            hostname = "vendor.example"
            [trust]
            mode = "trusted_peers"
            trusted_peers = ["127.0.0.1"]
            [delivery]
            host = "127.0.0.1"
            port = {relay_port}
            security = "none"
            first_retry_s = 0.2
            [web]
            listen = "127.0.0.1:{self.web_port}"
            admin_listen = "127.0.0.1:{self.admin_port}"
            {extra}
            """
        )
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Tables and people, as the operator makes them."""
        db = Database(self.url)
        migrate.upgrade(db)
        with db.transaction() as session:
            directory.upsert_people(session, PEOPLE, db.now(session))
        db.close()

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        """Start it and wait until its doors are open."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mailflow", "run", "--config", str(self.config), *arguments],
                cwd=ROOT, stderr=log, stdout=log, env={**os.environ, **(env or {})},
            )  # fmt: skip
        for port in (self.smtp_port, self.web_port):
            self._until_open(port)

    def _until_open(self, port: int) -> None:
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"port {port} did not open\n{self.log.read_text()}")

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, timeout: float = 15.0) -> int:
        """Its exit code."""
        assert self.process is not None
        return self.process.wait(timeout)

    def stop(self) -> None:
        """Make sure it is gone."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)

    def send(self, mail_from: str, recipient: str, raw: bytes) -> None:
        """Through the SMTP door."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=PATIENCE_S) as client:
            client.sendmail(mail_from, [recipient], raw)


@contextmanager
def running(
    folder: Path, url: str, extra: str = "", arguments: Sequence[str] = ()
) -> Iterator[tuple[Service, Smarthost]]:
    """A service and its smarthost, up and running; both are gone afterwards."""
    smarthost = Smarthost()
    smarthost.start()
    service = Service(folder, url, smarthost.port, extra)
    service.prepare()
    try:
        service.start(*arguments)
        yield service, smarthost
    finally:
        service.stop()
        smarthost.stop()
