"""A whole service in one process for tests: people, mails and answers in a few words."""

from __future__ import annotations

import itertools
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime

from mailflow.authenticate import Authenticator, resolver
from mailflow.config import Config
from mailflow.core.request import Person, Request, Role
from mailflow.letters import Letters
from mailflow.rehearsal import Rehearsal, Written
from mailflow.store import directory, queries
from mailflow.store.db import Database
from mailflow.web import compose
from mailflow.web.mailview import Captured

ALBA = Person("alba@cobalt.example", "Alba Vidal", "Cobalt Partners", language="en")
BRUNO = Person("bruno@rival.example", "Bruno Sá", "Rival Partners", language="en")
LUCIA = Person("lucia@socios.example", "Lucía Prado", "Socios", language="es")
GONE = Person("gone@cobalt.example", "Gone", "Cobalt Partners", active=False)
SAM = Person("sam@vendor.example", "Sam", "Vendor", Role.SUPPORT)
PEOPLE = (ALBA, BRUNO, LUCIA, GONE, SAM)
TOM = "tom@harbour.example"
INTAKE = "requests@vendor.example"
DAY = timedelta(days=1)

REQUEST = f"""\
Account name: Harbour Logistics
Customer email: {TOM}
Account domain: harbour.example
User emails: ann@harbour.example
"""


def config(**tables: dict[str, object]) -> Config:
    """A complete configuration; `tables` override single settings."""
    values: dict[str, dict[str, object]] = {
        "service": {
            "organisation": "Example Vendor",
            "address": INTAKE,
            "public_url": "https://accounts.vendor.example",
            "support_url": "https://vendor.example/case",
            "feedback_url": "https://vendor.example/feedback",
            "operator_address": "ops@vendor.example",
            "internal_domains": ["vendor.example"],
        },
        "trust": {"mode": "trusted_peers", "trusted_peers": ["127.0.0.1"]},
        "delivery": {"mode": "capture"},
    }
    for table, settings in tables.items():
        values.setdefault(table, {}).update(settings)
    return Config.model_validate(values)


def letters_of(settings: Config) -> Letters:
    """Letters take half a second to load: once for all tests that speak of the same service."""
    key = settings.service.model_dump_json()
    if key not in _LETTERS:
        _LETTERS[key] = Letters(settings.service)
    return _LETTERS[key]


_LETTERS: dict[str, Letters] = {}


class House:
    """The rooms between the doors, with people in the directory."""

    def __init__(self, db: Database, settings: Config | None = None) -> None:
        self.db = db
        self.config = settings or config()
        self.service = Rehearsal(
            self.config, db, Authenticator(self.config.trust, resolver()),
            letters=letters_of(self.config),
        )  # fmt: skip
        self._ids = itertools.count(1)
        with db.transaction() as session:
            directory.upsert_people(session, PEOPLE, db.now(session))

    def write(
        self,
        sender: str,
        body: str,
        *,
        subject: str = "Account request",
        to: str = INTAKE,
        peer: str = "127.0.0.1",
        message_id: str = "",
        headers: dict[str, str] | None = None,
        mail_from: str | None = None,
    ) -> list[Written]:
        """A mail arrives; returns the letters that follow."""
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = format_datetime(self.service.now())
        message["Message-ID"] = message_id or f"<mail-{next(self._ids)}@test.example>"
        for name, value in (headers or {}).items():
            message[name] = value
        message.set_content(body)
        return self.deliver(
            message.as_bytes(), mail_from=sender if mail_from is None else mail_from, to=to,
            peer=peer,
        )  # fmt: skip

    def deliver(
        self, raw: bytes, *, mail_from: str | None, to: str, peer: str = "127.0.0.1"
    ) -> list[Written]:
        """Bytes arrive; returns the letters that follow."""
        self.service.put(raw, mail_from=mail_from, recipients=(to,), peer=peer)
        return self.service.letters()

    def reply(self, letter: Written, words: str, sender: str = "") -> tuple[bytes, str]:
        """The bytes of an answer as Gmail writes it, quotation included, and where it goes."""
        captured = Captured(
            letter.id, letter.recipient, letter.kind, letter.audience, letter.language,
            letter.subject, letter.at, letter.raw,
        )  # fmt: skip
        answer = compose.answer(
            captured, words, name="", now=self.service.now(),
            message_id=f"<mail-{next(self._ids)}@test.example>",
        )  # fmt: skip
        raw = answer.raw
        if sender:
            raw = raw.replace(f"From: {letter.recipient}".encode(), f"From: {sender}".encode(), 1)
        return raw, answer.recipient

    def answer(
        self, letter: Written, words: str, *, sender: str = "", peer: str = "127.0.0.1"
    ) -> list[Written]:
        """Somebody answers a letter; returns the letters that follow."""
        raw, to = self.reply(letter, words, sender)
        return self.deliver(raw, mail_from=sender or letter.recipient, to=to, peer=peer)

    def review(self, body: str = REQUEST, sender: str = ALBA.email) -> Written:
        """A request comes in; its review."""
        return one(self.write(sender, body), "review")

    def pending(self, body: str = REQUEST, sender: str = ALBA.email) -> tuple[Written, Written]:
        """A request is confirmed; completion notice and activation mail."""
        letters = self.answer(self.review(body, sender), "CONFIRM")
        return one(letters, "completion"), one(letters, "activation")

    def request(self, reference: str = "") -> Request:
        """The request with this reference, or the only one there is."""
        with self.db.reading() as session:
            if reference:
                found = queries.request_by_reference(session, reference)
            else:
                (line,) = queries.requests(session)
                found = queries.request(session, line.id)
        assert found is not None
        return found

    def outcomes(self) -> list[tuple[str, str, str]]:
        """(state, kind, outcome) of every accepted mail, oldest first."""
        with self.db.reading() as session:
            lines = queries.inbox_rows(session, limit=10_000)
        return [(x.state, x.kind, x.outcome) for x in sorted(lines, key=lambda x: x.id)]


def one(letters: list[Written], kind: str) -> Written:
    """The one letter of this kind."""
    found = [letter for letter in letters if letter.kind == kind]
    assert len(found) == 1, [letter.kind for letter in letters]
    return found[0]


def kinds(letters: list[Written]) -> list[tuple[str, str]]:
    """(kind, recipient) of each letter."""
    return [(letter.kind, letter.recipient) for letter in letters]


def text_of(letter: Written) -> str:
    """The text part."""
    part = message_from_bytes(letter.raw, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def page_token(letter: Written) -> str:
    """The secret of the page link in a letter."""
    return text_of(letter).partition("/a/")[2].split()[0]
