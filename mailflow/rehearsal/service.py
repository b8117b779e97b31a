"""The rooms between the doors, wired as in the daemon, worked by hand."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailflow.config import Config
from mailflow.core.policy import Policy
from mailflow.flow import Flow
from mailflow.letters import Letters
from mailflow.processor import Authenticator, Processor
from mailflow.store import inbox, outbox, queries
from mailflow.store.db import Database
from mailflow.store.inbox import Incoming
from mailflow.timers import sweep

_MANY = 1_000_000
_LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Written:
    """A letter that would go out."""

    id: int
    at: datetime
    kind: str
    recipient: str
    audience: str
    language: str
    subject: str
    message_id: str
    state: str
    raw: bytes


class Rehearsal:
    """A whole service, one mail or one span of time after the other.

    Args:
        config: Addresses, languages, policy.
        db: Its own database, migrated; its business clock is moved.
        authenticator: Judges who sent a mail.
        letters: Already loaded ones; else they are loaded for `config`.
        chance: Gives n random bytes.
        captures: Whether letters are taken from the outbox, as the sender would do at once; else
            they stay there.
    """

    def __init__(
        self,
        config: Config,
        db: Database,
        authenticator: Authenticator,
        *,
        letters: Letters | None = None,
        chance: Callable[[int], bytes] = secrets.token_bytes,
        captures: bool = False,
    ) -> None:
        self.config = config
        self.db = db
        folder = config.service.templates
        letters = letters or Letters(config.service, Path(folder) if folder else None)
        self.flow = Flow(db, letters, config, chance=chance)
        self._processor = Processor(self.flow, authenticator)
        self._captures = captures
        self._seen = 0
        #: Return path of each captured letter, with its secret: where its bounce goes.
        self.return_paths: dict[int, str] = {}

    @property
    def policy(self) -> Policy:
        """The deadlines and limits in force."""
        return self.flow.policy

    def now(self) -> datetime:
        """Business time."""
        with self.db.reading() as session:
            return self.db.now(session)

    def put(
        self,
        raw: bytes,
        *,
        mail_from: str | None,
        recipients: tuple[str, ...],
        peer: str = "127.0.0.1",
    ) -> int:
        """A mail arrives and is worked on; returns its inbox id."""
        (stored,) = inbox.put_many(self.db, [Incoming(raw, mail_from, recipients, peer, "smtp")])
        self.work()
        return stored.id

    def work(self) -> None:
        """Work on all that waits."""
        while self._processor.round():
            pass
        self.capture()

    def pass_time(self, span: timedelta) -> None:
        """Let time pass in steps of a day at most, doing what becomes due on the way."""
        while span > timedelta():
            step = min(span, timedelta(days=1))
            self.db.clock_offset += step
            span -= step
            sweep(self.flow)
            self.capture()

    def capture(self) -> None:
        """Take what is due from the outbox, where this rehearsal captures."""
        while self._captures and (claimed := outbox.claim(self.db, 100, _LEASE)):
            for mail in claimed:
                self.return_paths[mail.id] = mail.mail_from
                outbox.mark(self.db, mail.id, mail.fence, "captured", "captured, not sent")

    def letters(self) -> list[Written]:
        """The letters written since the last call, oldest first."""
        with self.db.reading() as session:
            lines = queries.outbox_rows(session, limit=_MANY)
            fresh = sorted((line for line in lines if line.id > self._seen), key=lambda x: x.id)
            bodies = {line.id: queries.outbox_raw(session, line.id) or b"" for line in fresh}
        if fresh:
            self._seen = fresh[-1].id
        return [
            Written(
                line.id, line.created_at, line.kind, line.recipient, line.audience, line.language,
                line.subject, line.message_id, line.state, bodies[line.id],
            )
            for line in fresh
        ]  # fmt: skip
