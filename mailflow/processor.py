"""The inbox loop: claim, read, gather facts, authenticate, understand, apply (DESIGN.md §2.3–2.6).

One bad mail stays in its own round: a fault is counted on its row, and after three it is set
aside as failed, visible and re-injectable (I8). The loop itself never ends by an input.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable, Sequence
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
#: After several mails at once the loop lets so much time go by, so that the next ones come together
#: too: what is worked on together costs half of what it costs one by one. A mail by itself never
#: waits.
TOGETHER_S = 0.01
#: Checks that could not be made for now (DNS) are made again this often, then count as "none".
TEMPORARY_TRIES = 5
#: While no name server answers at all, this often and without end: that is not the mail's trouble.
CUT_OFF_PAUSE = timedelta(seconds=5)
#: What the machine may lack for a while: file descriptors, disk, memory of the kernel. The mail in
#: work when that is noticed is not at fault.
_LACKING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.ENOBUFS})


class Deadly(Exception):  # noqa: N818
    """A mail that its workers died of, or hung on, too often; it is not begun again (I8)."""


class Authenticator(Protocol):
    """Tells who really sent a mail; never raises."""

    def look_ahead(self, mails: Iterable[tuple[Message, str | None, str, str]]) -> None: ...

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
        cut_off: Whether no name server answers; asked when a sender could not be checked.
        let_in: Called between two full batches with what lets time pass; it may use that to give
            mail that is coming in the right of way (`ingress.rush`).
    """

    def __init__(
        self,
        flow: Flow,
        authenticator: Authenticator,
        on_outcome: Callable[[str, str], None] = lambda _kind, _outcome: None,
        cut_off: Callable[[], bool] = lambda: False,
        let_in: Callable[[Callable[[float], bool]], None] = lambda _wait: None,
    ) -> None:
        self._flow = flow
        self._db = flow.db
        self._authenticator = authenticator
        self._on_outcome = on_outcome
        self._cut_off = cut_off
        self._let_in = let_in
        self._bell = threading.Event()
        self._working = False
        self._troubled = False  # what is claimed is not being worked on
        self._lease = timedelta(seconds=failpoints.lease_s(LEASE.total_seconds()))

    def ring(self) -> None:
        """There may be mail."""
        self._bell.set()

    @property
    def busy(self) -> bool:
        """Whether there is mail in work, or some that has just been rung for."""
        return (self._working and not self._troubled) or self._bell.is_set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what is claimed but not begun then is given back."""
        while not stop.is_set():
            self._working = True
            self._bell.clear()
            try:
                if self._troubled:
                    inbox.give_back_own(self._db)
                    self._troubled = False
                worked = self.round(stop)
            except Unavailable as trouble:
                maillog.trouble(loop="processor", error=trouble)
                self._troubled = True
                worked = 0
                stop.wait(LOOK_EVERY_S)
            self._working = False
            if not worked and not stop.is_set():
                self._bell.wait(LOOK_EVERY_S)
            elif 1 < worked < BATCH:
                stop.wait(TOGETHER_S)
            elif worked >= BATCH:
                self._let_in(stop.wait)

    def round(self, stop: threading.Event | None = None) -> int:
        """Claim one batch and work on it; returns how many mails it took up."""
        stop = stop or threading.Event()
        claimed = inbox.claim(self._db, BATCH, self._lease)
        if claimed:
            failpoints.reach("inbox.after_claim")
        # What was begun before may be what killed its worker. It is worked on alone, and first:
        # so it cannot take others with it again, and it is known who it was (`store.workers`).
        alone = [mail for mail in claimed if mail.attempts > 1]
        fresh = [mail for mail in claimed if mail.attempts == 1]
        left = self._one_by_one(alone, stop)
        left += self._one_by_one(self._together(fresh, stop), stop)
        if left:
            inbox.give_back(self._db, [(mail.id, mail.fence) for mail in left])
        return len(claimed) - len(left)

    def _one_by_one(
        self, mails: Sequence[inbox.Claimed], stop: threading.Event
    ) -> list[inbox.Claimed]:
        """Work on each mail in a transaction of its own; returns those not begun when stopped."""
        for position, mail in enumerate(mails):
            if stop.is_set():
                return list(mails[position:])
            self._alone(mail)
        return []

    def _together(
        self, mails: Sequence[inbox.Claimed], stop: threading.Event
    ) -> list[inbox.Claimed]:
        """Work on mails in one transaction; returns those that are still to be worked on alone.

        Of several about one request or from one sender only the first is taken: what it does
        decides what the next one means. If anything goes wrong with any of them, nothing of it is
        kept, and all are worked on alone, so that only the one at fault is the worse for it.
        """
        if len(mails) < 2 or stop.is_set():
            return list(mails)
        try:
            understood, rest = self._understand(mails, stop)
            results = self._flow.mails(understood)
        except Exception as trouble:
            maillog.apart(number=len(mails), error=trouble)
            return list(mails)
        for mail, applied in zip(understood, results, strict=True):
            self._tell(mail, applied)
        return rest

    def _understand(
        self, mails: Sequence[inbox.Claimed], stop: threading.Event
    ) -> tuple[list[Mail], list[inbox.Claimed]]:
        """Mails that can have their effects together, and the rest."""
        read = [message.read(mail.raw) for mail in mails]
        known = self._flow.gather_all(
            (taken, mail.recipients) for taken, mail in zip(read, mails, strict=True)
        )
        if not stop.is_set():
            self._authenticator.look_ahead(
                (taken, mail.mail_from, mail.peer, mail.source)
                for taken, mail in zip(read, mails, strict=True)
                if isinstance(taken, Message) and not mail.vouched_by
            )
        understood, rest = [], []
        concerned: set[object] = set()
        for claimed, taken, facts in zip(mails, read, known, strict=True):
            concerns = _concerns(taken, facts)
            verdict = None
            if concerned.isdisjoint(concerns) and not stop.is_set():
                verdict = self._verdict(claimed, taken)
            concerned |= concerns
            if verdict is None or verdict.result == "temporary":
                if verdict:
                    self._cut_off()  # if so, the next ones need not wait to find out
                rest.append(claimed)
                continue
            reading = classify.read(taken, claimed.mail_from, facts, verdict, self._flow.policy)
            understood.append(Mail(claimed, taken, reading, facts, verdict))
        # In one order everywhere, so that two machines do not wait for each other's requests.
        return sorted(understood, key=lambda mail: mail.reading.request_id or 0), rest

    def _alone(self, claimed: inbox.Claimed) -> None:
        try:
            if claimed.attempts > 1:
                inbox.begin(self._db, claimed.id, claimed.fence)
            self._attempt(claimed)
        except inbox.LeaseLost as late:
            maillog.trouble(loop="processor", error=late)
        except Unavailable:
            raise
        except Exception as fault:
            if (lacking := _lacking(fault)) is not None:
                raise Unavailable(f"this machine has no room: {lacking.strerror}") from fault
            self._fault(claimed, fault)

    def _attempt(self, claimed: inbox.Claimed) -> None:
        if claimed.attempts > max(TEMPORARY_TRIES, self._flow.policy.max_faults):
            raise Deadly(f"work on it began {claimed.attempts - 1} times and never ended")
        read = message.read(claimed.raw)
        facts = self._flow.gather(read, claimed.recipients)
        verdict = self._verdict(claimed, read)
        if verdict.result == "temporary":
            if self._cut_off():
                inbox.put_off(self._db, claimed.id, claimed.fence, verdict.rule, CUT_OFF_PAUSE)
                return
            if claimed.attempts < TEMPORARY_TRIES:
                pause = timedelta(seconds=30 * 2**claimed.attempts)
                inbox.fault(
                    self._db, claimed.id, claimed.fence, verdict.rule, TEMPORARY_TRIES, pause
                )
                maillog.postponed(inbox=claimed.id, reason=verdict.rule)
                return
            verdict = Verdict("none", f"given up: {verdict.rule}")
        reading = classify.read(read, claimed.mail_from, facts, verdict, self._flow.policy)
        mail = Mail(claimed, read, reading, facts, verdict)
        self._tell(mail, self._flow.mail(mail))

    def _verdict(self, claimed: inbox.Claimed, read: Message | Unreadable) -> Verdict:
        if isinstance(read, Unreadable):
            return Verdict("none", "cannot be read")
        if claimed.vouched_by and read.sender:
            return Verdict("pass", f"vouched for by the operator {claimed.vouched_by}")
        return self._authenticator.verdict(
            claimed.raw, read, claimed.mail_from, claimed.peer, claimed.source,
            received_at=claimed.received_at,
        )  # fmt: skip

    def _tell(self, mail: Mail, applied: Applied) -> None:
        claimed = mail.claimed
        sender = mail.message.sender if isinstance(mail.message, Message) else ""
        self._on_outcome(mail.reading.kind, applied.outcome)
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


def _concerns(message: Message | Unreadable, facts: classify.Facts) -> set[object]:
    """What a mail is about, as far as two mails could meet in it: its requests and its sender."""
    found: set[object] = {
        letter.request_id for letter in (facts.letter, facts.returned) if letter is not None
    }
    if isinstance(message, Message) and message.sender:
        found.add(message.sender)
    return found


def _lacking(fault: BaseException) -> OSError | None:
    """What the machine lacks, if that is behind the fault."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _LACKING:
            return cause
        cause = cause.__cause__ or cause.__context__
    return None
