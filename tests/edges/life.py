"""One life of a service for the model check: steps that can race, and letters without templates."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import SQLModel

from mailflow.core import commands as c
from mailflow.core.letter import Letter
from mailflow.core.request import Person
from mailflow.flow import Flow
from mailflow.letters import Envelope
from mailflow.letters.finish import Finished
from mailflow.processor import Processor
from mailflow.rehearsal import machines
from mailflow.rehearsal.trusting import Trusting
from mailflow.store import directory, inbox, outbox, tables
from mailflow.store.db import Database, run
from mailflow.timers import sweep
from tests.house import INTAKE, config

ALBA = Person("alba@cobalt.example", "Alba Vidal", "Cobalt Partners", language="en")
BRUNO = Person("bruno@rival.example", "Bruno Sá", "Rival Partners", language="pt")
PARTNERS = (ALBA, BRUNO)
USERS = ("ann@harbour.example", "bo@dockyard.example")
PAGE = "https://accounts.vendor.example/a/"
_LEASE = timedelta(minutes=5)

Work = Callable[[], object]


class PlainLetters:
    """Writes letters with their heads and secrets alone: the rules decide, not the templates."""

    def finish(self, letter: Letter, envelope: Envelope) -> Finished:
        lines = (
            f"From: {envelope.sender}", f"To: {letter.to}", f"Subject: {letter.kind}",
            f"Message-ID: {envelope.message_id}", f"Reply-To: {envelope.reply_to}", "",
            envelope.page_url, "",
        )  # fmt: skip
        return Finished("\r\n".join(lines).encode(), str(letter.kind))


@dataclass(frozen=True, slots=True)
class Got:
    """A letter in somebody's mailbox, with the secrets that only he has."""

    kind: str
    audience: str
    recipient: str
    message_id: str
    reply_to: str
    return_path: str
    page: str
    request_id: int | None


class Life:
    """A service on an emptied database. `act` lets things happen, alone or at once."""

    def __init__(self, db: Database) -> None:
        self.db = db
        db.clock_offset = timedelta()
        with db.transaction() as session:
            for table in reversed(SQLModel.metadata.sorted_tables):
                run(session, delete(table))
            directory.upsert_people(session, PARTNERS, db.now(session))
        self.flow = Flow(db, PlainLetters(), config())  # type: ignore[arg-type]
        self.processor = Processor(self.flow, Trusting())
        self.sent: list[tuple[bytes, str, str]] = []
        self.letters: list[Got] = []
        self._seen = 0
        self._ids = itertools.count(1)

    # -- what can happen -----------------------------------------------------------------------

    def mail(self, sender: str, body: str, to: str = INTAKE, answers: str = "") -> Work:
        """A mail comes in; the work is to take one mail from the inbox and let it have its effect."""
        number = next(self._ids)
        head = [
            f"From: {sender}", f"To: {to}", f"Subject: {'Re: letter' if answers else 'Request'}",
            f"Message-ID: <{number}@model.example>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit",
        ]  # fmt: skip
        if answers:
            head.append(f"In-Reply-To: {answers}")
        raw = "\r\n".join([*head, "", *body.split("\n"), ""]).encode()
        self.sent.append((raw, sender, to))
        return self.arrival(raw, sender, to)

    def reply(self, letter: Got, words: str) -> Work:
        """The addressee answers a letter."""
        return self.mail(letter.recipient, words, letter.reply_to, letter.message_id)

    def arrival(self, raw: bytes, mail_from: str, to: str) -> Work:
        """These bytes come in."""
        inbox.put_many(self.db, [inbox.Incoming(raw, mail_from, (to,), "127.0.0.1", "smtp")])
        return self.processor.round

    def bounce(self, letter: Got) -> Work:
        """The letter comes back."""
        raw = machines.report(
            letter.recipient, letter.return_path, "550 5.1.1 user unknown", failed=True,
            now=self.now(), message_id=f"<{next(self._ids)}@model.example>",
        )  # fmt: skip
        return self.arrival(raw, "", letter.return_path)

    def absence(self, letter: Got) -> Work:
        """The addressee's mailbox says that he is away."""
        raw = machines.absence(
            letter.recipient, letter.return_path, "3 December 2030",
            now=self.now(), message_id=f"<{next(self._ids)}@model.example>",
        )  # fmt: skip
        return self.arrival(raw, "", letter.return_path)

    def click(self, letter: Got, command: c.Command) -> Work:
        """The addressee presses a button on his page."""
        return lambda: self.flow.click(letter.page, command)

    def operate(self, request_id: int, command: c.Command) -> Work:
        """The operator says a word."""
        return lambda: self.flow.apply(command, request_id, c.Actor("operator"))

    def tick(self) -> object:
        """The clock looks."""
        return sweep(self.flow)

    def bar(self, email: str, active: bool) -> None:
        """The directory changes its mind about a partner."""
        with self.db.transaction() as session:
            now = self.db.now(session)
            if active:
                directory.upsert_people(session, PARTNERS, now)
            else:
                directory.deactivate(session, email, now)

    # -- letting it happen ---------------------------------------------------------------------

    def act(self, works: Sequence[Work]) -> None:
        """Do it, all at once when it is more than one; then work on what is left."""
        if len(works) == 1:
            works[0]()
        else:
            gate = threading.Barrier(len(works))

            def go(work: Work) -> object:
                gate.wait()
                return work()

            with ThreadPoolExecutor(len(works)) as pool:
                for done in [pool.submit(go, work) for work in works]:
                    done.result()
        while self.processor.round():
            pass

    def send(self) -> None:
        """The sender takes what is due; what was written so far is in people's mailboxes."""
        while claimed := outbox.claim(self.db, 100, _LEASE):
            for mail in claimed:
                outbox.mark(self.db, mail.id, mail.fence, "captured", "kept")

    def collect(self) -> None:
        """Note the letters written since the last time, sent or not."""
        letters, raws = tables.Outbox.__table__, tables.OutboxRaw.__table__  # type: ignore[attr-defined]
        statement = (
            select(letters, raws.c.raw)
            .join(raws, raws.c.outbox_id == letters.c.id)
            .where(letters.c.id > self._seen)
            .order_by(letters.c.id)
        )
        for row in self.rows(statement):
            self._seen = row.id
            text = row.raw.decode()
            self.letters.append(
                Got(
                    row.kind, row.audience, row.recipient, row.message_id,
                    text.partition("Reply-To: ")[2].partition("\r\n")[0], row.mail_from,
                    text.partition(PAGE)[2].strip(), row.request_id,
                )
            )  # fmt: skip

    def rows(self, statement: Any) -> list[Any]:
        """Rows of the database as it stands."""
        (found,) = self.tables(statement)
        return found

    def tables(self, *statements: Any) -> list[list[Any]]:
        """Rows for each statement, all of one moment."""
        with self.db.reading() as session:
            return [list(run(session, statement)) for statement in statements]

    def now(self) -> datetime:
        """Business time."""
        with self.db.reading() as session:
            return self.db.now(session)
