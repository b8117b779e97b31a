"""The inbox loop: claim, read, gather facts, authenticate, understand, apply (DESIGN.md §2.3–2.6).

One bad mail stays in its own round: a fault is counted on its row, and after three it is set
aside as failed, visible and re-injectable (I8). The loop itself never ends by an input.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from mailflow import failpoints, maillog
from mailflow.core import classify, message
from mailflow.core.message import Message, Unreadable
from mailflow.core.verdict import Verdict
from mailflow.flow import Applied, Flow, Mail
from mailflow.store import inbox
from mailflow.store.db import Unavailable

#: Longer than any honest work on one batch; a frozen worker's claim is free again after it.
LEASE = timedelta(minutes=5)
#: The loop looks by itself this often; the bell only makes it sooner.
LOOK_EVERY_S = 1.0
BATCH = 32
#: Checks that could not be made for now (DNS) are made again this often, then count as "none".
TEMPORARY_TRIES = 5


class Deadly(Exception):  # noqa: N818
    """A mail that its workers died of, or hung on, too often; it is not begun again (I8)."""


class Authenticator(Protocol):
    """Tells who really sent a mail; never raises."""

    def verdict(
        self,
        raw: bytes,
        message: Message,
        mail_from: str | None,
        peer: str,
        source: str,
        *,
        received_at: datetime | None = None,
    ) -> Verdict: ...


class Processor:
    """Works through the inbox until told to stop.

    Args:
        flow: The door for every effect.
        authenticator: Judges the sender.
        on_outcome: Told of each finished mail, for metrics: (kind, outcome).
    """

    def __init__(
        self,
        flow: Flow,
        authenticator: Authenticator,
        on_outcome: Callable[[str, str], None] = lambda _kind, _outcome: None,
    ) -> None:
        self._flow = flow
        self._db = flow.db
        self._authenticator = authenticator
        self._on_outcome = on_outcome
        self._bell = threading.Event()
        self._lease = timedelta(seconds=failpoints.lease_s(LEASE.total_seconds()))

    def ring(self) -> None:
        """There may be mail."""
        self._bell.set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what is claimed but not begun then is given back."""
        while not stop.is_set():
            self._bell.clear()
            try:
                worked = self.round(stop)
            except Unavailable as trouble:
                maillog.trouble(loop="processor", error=trouble)
                worked = 0
                stop.wait(LOOK_EVERY_S)
            if not worked and not stop.is_set():
                self._bell.wait(LOOK_EVERY_S)

    def round(self, stop: threading.Event | None = None) -> int:
        """Claim one batch and work on it; returns how many mails it took up."""
        claimed = inbox.claim(self._db, BATCH, self._lease)
        if claimed:
            failpoints.reach("inbox.after_claim")
        for position, mail in enumerate(claimed):
            if stop is not None and stop.is_set():
                inbox.give_back(self._db, [(m.id, m.fence) for m in claimed[position:]])
                return position
            self._work(mail)
        return len(claimed)

    def _work(self, claimed: inbox.Claimed) -> None:
        try:
            self._attempt(claimed)
        except inbox.LeaseLost as late:
            maillog.trouble(loop="processor", error=late)
        except Unavailable:
            raise
        except Exception as fault:
            self._fault(claimed, fault)

    def _attempt(self, claimed: inbox.Claimed) -> None:
        if claimed.attempts > max(TEMPORARY_TRIES, self._flow.policy.max_faults):
            raise Deadly(f"work on it began {claimed.attempts - 1} times and never ended")
        read = message.read(claimed.raw)
        facts = self._flow.gather(read, claimed.recipients)
        verdict = self._verdict(claimed, read)
        if verdict.result == "temporary":
            if claimed.attempts < TEMPORARY_TRIES:
                pause = timedelta(seconds=30 * 2**claimed.attempts)
                inbox.fault(
                    self._db, claimed.id, claimed.fence, verdict.rule, TEMPORARY_TRIES, pause
                )
                maillog.postponed(inbox=claimed.id, reason=verdict.rule)
                return
            verdict = Verdict("none", f"given up: {verdict.rule}")
        reading = classify.read(read, claimed.mail_from, facts, verdict, self._flow.policy)
        applied = self._flow.mail(Mail(claimed, read, reading, facts, verdict))
        sender = read.sender if isinstance(read, Message) else ""
        self._tell(claimed, reading, applied, sender)

    def _verdict(self, claimed: inbox.Claimed, read: Message | Unreadable) -> Verdict:
        if isinstance(read, Unreadable):
            return Verdict("none", "cannot be read")
        if claimed.vouched_by:
            return Verdict("pass", f"vouched for by the operator {claimed.vouched_by}")
        return self._authenticator.verdict(
            claimed.raw, read, claimed.mail_from, claimed.peer, claimed.source,
            received_at=claimed.received_at,
        )  # fmt: skip

    def _tell(
        self, claimed: inbox.Claimed, reading: classify.Reading, applied: Applied, sender: str
    ) -> None:
        self._on_outcome(reading.kind, applied.outcome)
        if applied.outcome == "quarantine":
            maillog.quarantined(inbox=claimed.id, reason=applied.reason, sender=sender)
        elif applied.outcome == "ignore":
            maillog.ignored(inbox=claimed.id, reason=applied.reason)
        else:
            request = applied.request
            maillog.applied(
                request=request.id if request else None,
                inbox=claimed.id,
                outcome=applied.outcome,
                state=str(request.state) if request else "",
                letters=applied.letters,
                reason=applied.reason,
            )

    def _fault(self, claimed: inbox.Claimed, error: Exception) -> None:
        """Our own fault: count it, try again later, set aside after three (I8)."""
        reason = maillog.describe(error)
        pause = timedelta(seconds=5 * 4**claimed.attempts)
        try:
            state = inbox.fault(
                self._db, claimed.id, claimed.fence, reason, self._flow.policy.max_faults, pause
            )
        except inbox.LeaseLost as late:
            maillog.trouble(loop="processor", error=late)
            return
        if state == "failed":
            maillog.failed(inbox=claimed.id, reason=reason)
        else:
            maillog.fault(inbox=claimed.id, attempt=claimed.attempts, error=error)
        self._on_outcome("fault", state)
