"""The threads that speak to the relay: each takes a mail, tries it once, and brings the outcome.

A carrier begins the next mail only when its last one is marked in the database. So at no moment
are there more mails that the relay may have and that we do not know of than there are carriers,
and a kill can double no more than those (I4).
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailflow import maillog
from mailflow.delivery.outcome import Carrier, Deferred, Outcome
from mailflow.metrics import Metrics
from mailflow.store.outbox import ClaimedMail

#: Seconds without work after which a carrier lets its connection go.
REST_S = 20.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a try ended; `outcome` None = it was not begun. `marked` lets its carrier go on."""

    mail: ClaimedMail
    outcome: Outcome | None
    marked: threading.Event


@dataclass(frozen=True, slots=True)
class _Job:
    mail: ClaimedMail
    not_after: float


class Crew:
    """One thread per carrier. `on_result` is the bell: called after each try, from any thread."""

    def __init__(
        self, carriers: Sequence[Carrier], on_result: Callable[[], None], metrics: Metrics
    ) -> None:
        self._on_result = on_result
        self._metrics = metrics
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()  # None = go home
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._carry, args=(c,), name=f"carrier-{n}", daemon=True)
            for n, c in enumerate(carriers, 1)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def give(self, mail: ClaimedMail, not_after: float) -> None:
        """A mail to be tried, but not to be begun after `not_after` (monotonic seconds)."""
        self._jobs.put(_Job(mail, not_after))

    def has_results(self) -> bool:
        """Whether `results` would bring something."""
        return not self._results.empty()

    def results(self) -> list[Result]:
        """What has been brought since. The caller sets `marked` of each in the end."""
        found = []
        while not self._results.empty():  # one thread reads
            found.append(self._results.get_nowait())
        return found

    def send_home(self) -> None:
        """Begin nothing more: mails still waiting come back as results that were not begun."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                self._results.put(Result(job.mail, None, threading.Event()))
        for _ in self._threads:
            self._jobs.put(None)

    def is_home(self) -> bool:
        """Whether every thread has ended."""
        return not any(thread.is_alive() for thread in self._threads)

    def _carry(self, carrier: Carrier) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=REST_S)
            except queue.Empty:
                carrier.rest()
                continue
            if job is None:
                carrier.rest()
                return
            result = Result(job.mail, self._send(carrier, job), threading.Event())
            self._results.put(result)
            self._on_result()
            result.marked.wait()

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
