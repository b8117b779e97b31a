"""The stage: the real service, on a temporary folder and loopback ports of its own."""

from __future__ import annotations

import smtplib
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from csv import DictReader
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from mailflow.config import Config
from mailflow.core.request import Account, Person, Role
from mailflow.daemon import Daemon
from mailflow.store import directory, migrate, queries
from mailflow.store.db import Database, Session
from mailflow.timers import sweep
from mailflow.web.mailview import Captured

#: Longest wait for an answer. The service answers within a few hundredths of a second.
PATIENCE_S = 10.0
_LOOK_S = 0.02
_PORT_TRIES = 5
_MANY = 1_000_000


class MissingError(Exception):
    """A mail that the script waits for did not come."""


class Stage:
    """What the script may do: send a mail, wait for letters, let days pass."""

    def __init__(self, daemon: Daemon, people: Sequence[Person]) -> None:
        self.daemon = daemon
        self.people = people
        self.names = {person.email: person.name for person in people}
        self._seen = 0
        self._kept: dict[int, Captured] = {}  # what was caught does not change

    @property
    def db(self) -> Database:
        """The service's database; the demo reads captured mail and moves its clock."""
        return self.daemon.db

    def now(self) -> datetime:
        """Business time: today, and the days that were let pass."""
        with self.db.reading() as session:
            return self.db.now(session)

    def send(self, mail_from: str, recipient: str, raw: bytes) -> str:
        """Through the SMTP port, as a mail server would; returns "" or the refusal."""
        try:
            with smtplib.SMTP("127.0.0.1", self.daemon.smtp_port, timeout=PATIENCE_S) as client:
                client.sendmail(mail_from, [recipient], raw)
        except (smtplib.SMTPException, OSError) as refusal:
            return str(refusal)
        return ""

    def mails(self) -> list[Captured]:
        """Every captured mail, newest first. The bytes of each are read only once."""
        with self.db.reading() as session:
            lines = queries.outbox_rows(session, states=["captured"], limit=_MANY)
            return [self._keep(session, line) for line in lines]

    def mail(self, mail_id: int) -> Captured | None:
        """One captured mail."""
        with self.db.reading() as session:
            lines = queries.outbox_rows(session, states=["captured"], ids=[mail_id])
            return self._keep(session, lines[0]) if lines else None

    def _keep(self, session: Session, line: queries.OutboxLine) -> Captured:
        if line.id not in self._kept:
            self._kept[line.id] = _mail(line, queries.outbox_raw(session, line.id) or b"")
        return self._kept[line.id]

    def letters(self, *wanted: tuple[str, str]) -> list[Captured]:
        """Wait for these letters, given as (kind, recipient), and return them in that order.

        Each call looks only at letters that no earlier call has waited for. Raises `MissingError`.
        """
        deadline = time.monotonic() + PATIENCE_S
        while True:
            fresh = self._captured(self._seen)
            found = [
                next((m for m in fresh if (m.kind, m.recipient) == want), None) for want in wanted
            ]
            if all(found) and len(fresh) >= len(wanted):
                self._seen = max(mail.id for mail in fresh)
                return [mail for mail in found if mail]
            if time.monotonic() > deadline:
                missing = [want for want, got in zip(wanted, found, strict=True) if not got]
                raise MissingError(f"not seen: {missing}; seen: {[m.kind for m in fresh]}")
            time.sleep(_LOOK_S)

    def pass_days(self, days: int) -> None:
        """Move the business clock and do what has become due on each of the days."""
        for _ in range(days):
            self.db.clock_offset += timedelta(days=1)
            sweep(self.daemon.flow)

    @staticmethod
    def message_id(sender: str) -> str:
        """A fresh Message-ID, as a mail program makes one."""
        return f"<{token_hex(12)}@{sender.rpartition('@')[2]}>"

    def _captured(self, after: int) -> list[Captured]:
        with self.db.reading() as session:
            rows = queries.captured(session, limit=_MANY, after_id=after)
        return [_mail(row.line, row.raw) for row in rows]


def _mail(line: queries.OutboxLine, raw: bytes) -> Captured:
    return Captured(
        line.id, line.recipient, line.kind, line.audience, line.language, line.subject,
        line.created_at, raw,
    )  # fmt: skip


@contextmanager
def stage(examples: Path) -> Iterator[Stage]:
    """Start the service on a temporary folder; it is stopped and the folder removed at the end."""
    with TemporaryDirectory(prefix="mailflow-demo-") as folder:
        config = configuration(Path(folder))
        db = Database(config.database.url)
        migrate.upgrade(db)
        people = read_people(examples / "people.csv")
        with db.transaction() as session:
            now = db.now(session)
            directory.upsert_people(session, people, now)
            directory.import_accounts(session, read_accounts(examples / "accounts.csv"), now)
        daemon = _started(config, db)
        try:
            yield Stage(daemon, people)
        finally:
            daemon.stop()
            db.close()


def _started(config: Config, db: Database) -> Daemon:
    """The service on ports that were free when looked for; somebody may take one in between."""
    for _ in range(_PORT_TRIES):
        daemon = Daemon(config, db=db)
        try:
            daemon.start()
        except OSError:  # somebody took a port in between
            config = _with_ports(config, free_port(0), free_port(0))
        else:
            return daemon
    raise OSError("no free ports on the loopback interface")


def free_port(preferred: int) -> int:
    """`preferred` where nobody has it, else any free port of the loopback interface."""
    for port in (preferred, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise OSError("no free port on the loopback interface")


def configuration(folder: Path) -> Config:
    """The embedded default: SQLite file, loopback ports, captured mail, loopback trusted."""
    plain = Config.model_validate(
        {
            "service": {
                "organisation": "Example Vendor",
                "address": "requests@vendor.example",
                "public_url": "http://127.0.0.1",
                "support_url": "https://support.vendor.example/case",
                "feedback_url": "https://vendor.example/feedback",
                "operator_address": "support@vendor.example",
                "internal_domains": ["vendor.example"],
            },
            "database": {"url": f"sqlite:///{folder / 'demo.db'}"},
            "ingress": {"smtp": {"hostname": "vendor.example"}},
            "trust": {"mode": "trusted_peers", "trusted_peers": ["127.0.0.1"]},
            "delivery": {"mode": "capture"},
        }
    )
    return _with_ports(plain, free_port(8080), free_port(8025))


def _with_ports(config: Config, web: int, smtp: int) -> Config:
    """The same service on these ports; the links in its letters lead there too."""
    values = config.model_dump()
    values["service"]["public_url"] = f"http://127.0.0.1:{web}"
    values["web"] |= {"listen": f"127.0.0.1:{web}", "admin_listen": ""}
    values["ingress"]["smtp"]["listen"] = [f"smtp://127.0.0.1:{smtp}"]
    return Config.model_validate(values)


def read_people(file: Path) -> list[Person]:
    """The people of the examples."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Person(
                row["email"], row["name"], row["company"], Role(row["role"]),
                row["status"] == "active", row["language"],
            )
            for row in DictReader(lines)
        ]  # fmt: skip


def read_accounts(file: Path) -> list[Account]:
    """The accounts of the examples."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Account(
                row["domain"], row["name"], row["status"],
                administrators=tuple(row["administrators"].split()),
            )
            for row in DictReader(lines)
        ]  # fmt: skip
