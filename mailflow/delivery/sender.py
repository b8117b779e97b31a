"""The way out: take what is due, hand it to the relay, mark how it ended.

    look ──► claim (attempt counted, lease, COMMIT) ──► crew: carrier.talk ──► settle (COMMIT)
      ▲                                                                            │
      └── bell, or time ◄──────────────────────────────────────────────────────────┘

One thread, `run`, speaks to the database and, by the crew, over all connections to the relay at
once. So a slow destination holds up nobody else (I7), and results that come in during a commit
share the next one. While there is a place left, good news waits a little for more of it (`crew`),
so that the disk is not busy with marks when the answer to a letter comes in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from mailflow import failpoints, maillog
from mailflow.core.retry import Backoff
from mailflow.delivery.crew import Crew, Result
from mailflow.delivery.note import note
from mailflow.delivery.outcome import Deferred
from mailflow.delivery.talk import Carrier
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
#: While the relay is out of reach one mail is tried after the first wait, which doubles to the
#: last. Short, because a try costs nothing and people wait.
PAUSE_S = (1.0, 8.0)
#: How often `on_failed` may fail before the mail is marked without it.
TELLINGS = 3
#: What a stop leaves to mails in the middle of being sent, in seconds.
GRACE_S = 6.0


class Sender:
    """Sends what the outbox holds.

    `make_carrier` makes one carrier for each of `carriers` connections. `on_failed(mail, reason)`
    is told of a mail that is refused for good or given up, before it is marked so: when we die in
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
        crew = [make_carrier() for _ in range(carriers)]
        longest = max(carrier.longest_s for carrier in crew)
        self._lease_s = failpoints.lease_s(longest + MARGIN_S)
        self._most = AHEAD * carriers
        self._crew = Crew(crew, metrics)
        self._backoff = backoff
        self._on_failed = on_failed
        self._chance = chance
        self._metrics = metrics
        self._results: list[Result] = []  # brought, not marked
        self._verdicts: list[Verdict] = []  # on these
        self._told: set[int] = set()  # of those, whose failure was told
        self._in_hand: set[int] = set()  # claimed, not marked
        self._unsure = False  # whether a claim may have gone through without our knowing
        self._pause_s = 0.0  # > 0 while the relay is out of reach
        self._paused_until = 0.0

    def ring(self) -> None:
        """There may be something to send. From any thread; returns at once."""
        self._crew.ring()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set (and rung); then finish what is begun, give back the rest."""
        while not stop.is_set():
            self._crew.work(self._look())
        self._finish()
        self._crew.close()

    def _look(self) -> float:
        """One round; returns the seconds until the next, unless the bell rings."""
        try:
            self._settle()
            self._claim()
        except Unavailable as error:
            maillog.trouble(loop="sender", error=error)
            return TROUBLE_S
        if self._pause_s and not self._in_hand:
            return max(0.0, min(LOOK_S, self._paused_until - time.monotonic()))
        return LOOK_S

    # Claiming

    def _claim(self) -> None:
        """Give the carriers new work, if they have little left."""
        left = self._most - len(self._in_hand)
        room = left if left >= self._most // 2 else 0
        if self._pause_s:  # one mail tries the door
            waiting = self._in_hand or time.monotonic() < self._paused_until
            room = 0 if waiting else 1
        if not room:
            return
        not_after = time.monotonic() + min(MARGIN_S, self._lease_s) / 2
        if self._unsure:
            outbox.give_back_own(self._db, self._in_hand)
        self._unsure = True
        mails = outbox.claim(self._db, room, timedelta(seconds=self._lease_s), self._in_hand)
        self._unsure = False
        if mails:
            failpoints.reach("outbox.after_claim")
        for mail in mails:
            self._in_hand.add(mail.id)
            self._crew.give(mail, not_after)

    # Settling

    def _settle(self) -> None:
        """Mark what the carriers brought, in one transaction.

        On `Unavailable` the verdicts are kept for the next round; nothing is claimed before.
        """
        if self._crew.has_results():
            self._judge(self._machine_now())
        if not self._verdicts:
            return
        for n, verdict in enumerate(self._verdicts):
            if verdict.mark.state == "failed" and verdict.mail.id not in self._told:
                self._verdicts[n] = self._tell(verdict)
                self._told.add(verdict.mail.id)
        held = outbox.mark_many(self._db, [verdict.mark for verdict in self._verdicts])
        failpoints.reach("outbox.after_mark")
        for result in self._results:
            result.marked()
        self._in_hand -= {verdict.mail.id for verdict in self._verdicts}
        for verdict, ours in zip(self._verdicts, held, strict=True):
            note(verdict, ours, self._metrics)
        self._results.clear()
        self._verdicts.clear()
        self._told.clear()

    def _judge(self, now: datetime) -> None:
        """Verdicts on all results, and on the relay."""
        results = self._crew.results()
        self._results += results
        self._verdicts += [
            judge(result.mail, result.outcome, self._backoff, now, self._chance())
            for result in results
        ]
        tried = [result.outcome for result in results if result.outcome is not None]
        if not tried:
            return
        away = all(isinstance(outcome, Deferred) and outcome.relay for outcome in tried)
        self._metrics.relay_up.set(int(not away))
        if away:
            first, last = PAUSE_S
            self._pause_s = min(max(first, 2 * self._pause_s), last)
            self._paused_until = time.monotonic() + self._pause_s
        else:
            self._pause_s = 0.0

    def _tell(self, verdict: Verdict) -> Verdict:
        """Say that a mail failed for good; the verdict that is to be marked."""
        failpoints.reach("sender.before_told")
        try:
            self._on_failed(verdict.mail, verdict.mark.answer)
        except Unavailable:
            raise
        except Exception as error:  # a bug of ours must not hold up the others (I8)
            maillog.trouble(loop="sender", error=error)
            if verdict.mail.attempts < TELLINGS:
                return again(verdict, self._backoff, self._machine_now(), self._chance())
        failpoints.reach("sender.after_told")
        return verdict

    def _machine_now(self) -> datetime:
        with self._db.reading() as session:
            return self._db.machine_now(session)

    # Stopping

    def _finish(self) -> None:
        """Give back what is not begun, wait a little for what is, mark it, and end."""
        self._crew.send_home()
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline:
            try:
                self._settle()
            except Unavailable as error:
                maillog.trouble(loop="sender", error=error)
            if not self._in_hand and self._crew.is_home():
                return
            self._crew.work(0.05)
        # What is left runs into the end of its lease.
