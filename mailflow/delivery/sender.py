"""The way out: take what is due, hand it to the relay, mark how it ended.

    look ──► claim (attempt counted, lease, COMMIT) ──► carriers: relay.send ──► settle (COMMIT)
      ▲                                                                            │
      └── bell, or time ◄──────────────────────────────────────────────────────────┘

One thread, `run`, speaks to the database; the carriers, one thread each, speak to the relay. So a
carrier that waits for a slow destination holds up nobody else (I7), and results that come in
during a commit share the next one. A mail that the relay took is marked at once, before anything
new is claimed: if we die in between it goes out a second time (I4).
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflow import maillog
from mailflow.core.retry import Backoff
from mailflow.delivery.note import note
from mailflow.delivery.outcome import Carrier, Deferred, Outcome
from mailflow.delivery.verdict import Verdict, again, judge
from mailflow.metrics import Metrics
from mailflow.store import outbox
from mailflow.store.db import Database, Unavailable
from mailflow.store.outbox import ClaimedMail

#: The bell is a hint; we look by ourselves this often, in seconds.
LOOK_S = 2.0
#: Wait after the database could not be used, in seconds.
TROUBLE_S = 1.0
#: Mails in hand per carrier. More than one, so that carriers need not wait for the next claim.
AHEAD = 4
#: What a lease is longer than a carrier's longest try: time in the queue, and name look-ups.
MARGIN_S = 60.0
#: Seconds without work after which a carrier lets its connection go.
REST_S = 20.0
#: While the relay is out of reach one mail is tried after the first wait, which doubles to the
#: last. Short, because a try costs nothing and people wait.
PAUSE_S = (1.0, 8.0)
#: How often `on_failed` may fail before the mail is marked without it.
TELLINGS = 3
#: What a stop leaves to mails in the middle of being sent, in seconds.
GRACE_S = 6.0


@dataclass(frozen=True, slots=True)
class _Job:
    """A mail on its way to a carrier; not to be begun after `not_after` (monotonic)."""

    mail: ClaimedMail
    not_after: float


@dataclass(frozen=True, slots=True)
class _Result:
    """How a try ended; None = it was not begun."""

    mail: ClaimedMail
    outcome: Outcome | None


class Sender:
    """Sends what the outbox holds.

    `make_carrier` makes one carrier per thread, `carriers` of them. `on_failed(mail, reason)` is
    told of a mail that is refused for good or given up, before it is marked so: when we die in
    between, the mail is tried once more and it is told again, so telling twice must be harmless.
    It may do the marking itself, in its own transaction. `chance` gives numbers in [0, 1).
    """

    def __init__(
        self,
        db: Database,
        make_carrier: Callable[[], Carrier],
        backoff: Backoff,
        *,
        carriers: int,
        on_failed: Callable[[ClaimedMail, str], None],
        chance: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._db = db
        self._carriers = [make_carrier() for _ in range(carriers)]
        self._backoff = backoff
        self._on_failed = on_failed
        self._chance = chance
        self._metrics = metrics
        self._lease_s = max(c.longest_s for c in self._carriers) + MARGIN_S
        self._bell = threading.Event()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()  # None = go home
        self._results: queue.SimpleQueue[_Result] = queue.SimpleQueue()
        self._unmarked: list[Verdict] = []
        self._told: set[int] = set()  # of those, whose failure was told
        self._in_hand = 0  # claimed, not marked
        self._pause_s = 0.0  # > 0 while the relay is out of reach
        self._paused_until = 0.0

    def ring(self) -> None:
        """There may be something to send. From any thread; returns at once."""
        self._bell.set()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set (and rung); then finish what is begun, give back the rest."""
        crew = [
            threading.Thread(target=self._carry, args=(c,), name=f"carrier-{n}", daemon=True)
            for n, c in enumerate(self._carriers, 1)
        ]
        for thread in crew:
            thread.start()
        while not stop.is_set():
            self._bell.wait(self._look())
            self._bell.clear()
        self._finish(crew)

    def _look(self) -> float:
        """One round; returns the seconds until the next, unless the bell rings."""
        try:
            self._settle()
            self._claim()
        except Unavailable as error:
            maillog.trouble(loop="sender", error=error)
            return TROUBLE_S
        if self._pause_s:
            return max(0.0, min(LOOK_S, self._paused_until - time.monotonic()))
        return LOOK_S

    # Claiming

    def _claim(self) -> None:
        """Give the carriers new work, if they have little left."""
        most = AHEAD * len(self._carriers)
        room = most - self._in_hand if self._in_hand <= most // 2 else 0
        if self._pause_s:  # one mail tries the door
            waiting = self._in_hand or time.monotonic() < self._paused_until
            room = 0 if waiting else 1
        if not room:
            return
        not_after = time.monotonic() + MARGIN_S / 2
        for mail in outbox.claim(self._db, room, timedelta(seconds=self._lease_s)):
            self._in_hand += 1
            self._jobs.put(_Job(mail, not_after))

    # Carrying: the only part that runs in the carriers' threads

    def _carry(self, carrier: Carrier) -> None:
        """One carrier: mail after mail, until it is sent home."""
        while True:
            try:
                job = self._jobs.get(timeout=REST_S)
            except queue.Empty:
                carrier.rest()
                continue
            if job is None:
                carrier.rest()
                return
            self._results.put(_Result(job.mail, self._send(carrier, job)))
            self._bell.set()

    def _send(self, carrier: Carrier, job: _Job) -> Outcome | None:
        if time.monotonic() > job.not_after:
            return None  # so long in the queue that the lease might end while we send
        mail = job.mail
        try:
            with self._metrics.send_seconds.time():
                return carrier.send(mail.mail_from, mail.recipient, mail.raw)
        except Exception as error:  # a bug of ours; one mail must not end the carrier (I8)
            maillog.trouble(loop="carrier", error=error)
            return Deferred("a fault of ours, see the log")

    # Settling

    def _settle(self) -> None:
        """Mark what the carriers brought, in one transaction.

        On `Unavailable` the verdicts are kept for the next round; nothing is claimed before.
        """
        if not self._results.empty():
            self._judge(self._machine_now())
        if not self._unmarked:
            return
        for n, verdict in enumerate(self._unmarked):
            if verdict.mark.state == "failed" and verdict.mail.id not in self._told:
                self._unmarked[n] = self._tell(verdict)
                self._told.add(verdict.mail.id)
        held = outbox.mark_many(self._db, [verdict.mark for verdict in self._unmarked])
        self._in_hand -= len(held)
        for verdict, ours in zip(self._unmarked, held, strict=True):
            note(verdict, ours, self._metrics)
        self._unmarked.clear()
        self._told.clear()

    def _judge(self, now: datetime) -> None:
        """Verdicts on all results, and on the relay."""
        reached = False
        away = False
        while not self._results.empty():
            result = self._results.get_nowait()
            if isinstance(result.outcome, Deferred) and result.outcome.relay:
                away = True
            elif result.outcome is not None:
                reached = True
            self._unmarked.append(
                judge(result.mail, result.outcome, self._backoff, now, self._chance())
            )
        if reached:
            self._pause_s = 0.0
        elif away:
            first, last = PAUSE_S
            self._pause_s = min(max(first, 2 * self._pause_s), last)
            self._paused_until = time.monotonic() + self._pause_s
        if reached or away:
            self._metrics.relay_up.set(int(reached))

    def _tell(self, verdict: Verdict) -> Verdict:
        """Say that a mail failed for good; the verdict that is to be marked."""
        try:
            self._on_failed(verdict.mail, verdict.mark.answer)
        except Unavailable:
            raise
        except Exception as error:  # a bug of ours must not hold up the others (I8)
            maillog.trouble(loop="sender", error=error)
            if verdict.mail.attempts < TELLINGS:
                return again(verdict, self._backoff, self._machine_now(), self._chance())
        return verdict

    def _machine_now(self) -> datetime:
        with self._db.reading() as session:
            return self._db.machine_now(session)

    # Stopping

    def _finish(self, crew: list[threading.Thread]) -> None:
        """Give back what is not begun, wait a little for what is, mark it, and end."""
        while not self._jobs.empty():
            job = self._take_back()
            if job is not None:
                self._results.put(_Result(job.mail, None))
        for _ in crew:
            self._jobs.put(None)
        deadline = time.monotonic() + GRACE_S
        while True:
            crew = [thread for thread in crew if thread.is_alive()]
            try:
                self._settle()
            except Unavailable as error:
                maillog.trouble(loop="sender", error=error)
            late = time.monotonic() > deadline
            if late or not (crew or self._unmarked or not self._results.empty()):
                return  # what is left runs into the end of its lease
            self._bell.wait(0.05)
            self._bell.clear()

    def _take_back(self) -> _Job | None:
        try:
            return self._jobs.get_nowait()
        except queue.Empty:  # a carrier was quicker
            return None
