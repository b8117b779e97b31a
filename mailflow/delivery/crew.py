"""The places that speak to the relay: each takes a mail, tries it once, and brings the outcome.

All of them live in one thread, which waits for whatever comes first: a reply on any connection,
the end of somebody's patience, or the bell. Only what can wait in no other way (names, connecting,
TLS, login) is done aside, in a thread of its own.

A place begins its next mail only when its last one is marked in the database. So at no moment are
there more mails that the relay may have and that we do not know of than there are places, and a
kill can double no more than those (I4).
"""

from __future__ import annotations

import contextlib
import math
import queue
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mailflow import maillog
from mailflow.delivery.outcome import Captured, Deferred, Outcome, Sent
from mailflow.delivery.talk import Aside, Carrier
from mailflow.delivery.wire import TOO_LONG, Wire
from mailflow.metrics import Metrics
from mailflow.store.outbox import ClaimedMail

#: Seconds without work after which a place lets its connection go.
REST_S = 20.0
#: Good news waits so long to be marked together with what other places bring, in seconds: where
#: every place is taken, and where there is one for the next mail, which then need not wait for the
#: disk. What is no good news is marked at once.
TOGETHER_S = 0.004
AT_LEISURE_S = 0.03
#: While one cannot wait for connections, they are looked at so often, in seconds.
LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Result:
    """How a try ended; `outcome` None = it was not begun. `marked` lets its place go on."""

    mail: ClaimedMail
    outcome: Outcome | None
    marked: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class _Job:
    mail: ClaimedMail
    not_after: float


class _Place:
    """One carrier and what it is doing."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.job: _Job | None = None  # being tried, or brought and not marked
        self.talk: Generator[Wire | Aside, Any, Outcome | None] | None = None
        self.waits: Wire | Aside | None = None
        self.begun = 0.0
        self.idle_since = 0.0
        self.rested = True

    def free(self) -> None:
        """What it has brought is marked."""
        self.job = None
        self.idle_since = time.monotonic()


class Crew:
    """Used by one thread, but for `ring`. `carriers`: one for each place."""

    def __init__(self, carriers: Sequence[Carrier], metrics: Metrics) -> None:
        self._places = [_Place(carrier) for carrier in carriers]
        self._metrics = metrics
        self._jobs: deque[_Job] = deque()
        self._results: list[Result] = []
        self._brought_at = 0.0  # the first of them
        self._all_is_well = True  # none of them tells of trouble
        self._aside: queue.SimpleQueue[tuple[_Place, Any, Exception | None]] = queue.SimpleQueue()
        self._home = False  # nothing more is begun
        self._rung = False
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.setblocking(False)
        self._wake_in.setblocking(False)

    def ring(self) -> None:
        """Make `work` come back. From any thread; returns at once."""
        if not self._rung:
            self._rung = True
            self._wake()

    def give(self, mail: ClaimedMail, not_after: float) -> None:
        """A mail to be tried, but not to be begun after `not_after` (monotonic seconds)."""
        self._jobs.append(_Job(mail, not_after))

    def has_results(self) -> bool:
        """Whether there are results, and it is time to mark them."""
        return bool(self._results) and self._ripe_at() <= time.monotonic()

    def results(self) -> list[Result]:
        """What has been brought since. The caller calls `marked` of each in the end."""
        found, self._results = self._results, []
        return found

    def send_home(self) -> None:
        """Begin nothing more: mails still waiting come back as results that were not begun."""
        self._home = True
        for job in self._jobs:
            self._bring(Result(job.mail, None))
        self._jobs.clear()

    def is_home(self) -> bool:
        """Whether every place has ended its work and let its connection go."""
        return self._home and all(
            p.job is None and p.talk is None and p.rested for p in self._places
        )

    def close(self) -> None:
        """Let go of the bell. The last call."""
        self._wake_out.close()
        self._wake_in.close()

    def work(self, seconds: float) -> None:
        """Go on with all that is begun until results are to be marked, or the bell, or so long."""
        until = time.monotonic() + seconds
        self._begin()
        while not self._rung:
            left = min(until, self._ripe_at()) - time.monotonic()
            if left <= 0:
                break
            self._wait(min([left, *self._patience()]))
            self._begin()
        self._rung = False

    def _ripe_at(self) -> float:
        """When the results are to be marked; they may share a commit until then."""
        if not self._results:
            return math.inf
        if self._home or not self._all_is_well:
            return 0.0
        if any(place.job is None for place in self._places):
            return self._brought_at + AT_LEISURE_S
        if any(isinstance(place.waits, Wire) for place in self._places):
            return self._brought_at + TOGETHER_S
        return 0.0

    def _bring(self, result: Result) -> None:
        if not self._results:
            self._brought_at, self._all_is_well = time.monotonic(), True
        if not isinstance(result.outcome, Sent | Captured):
            self._all_is_well = False
        self._results.append(result)

    # What each place does next

    def _begin(self) -> None:
        """Give the free places work, or let them rest."""
        for place in self._places:
            if place.job is not None or place.talk is not None:
                continue
            if self._jobs:
                self._take(place, self._jobs.popleft())
            elif not place.rested and (self._home or time.monotonic() >= place.idle_since + REST_S):
                place.rested = True
                place.talk = place.carrier.leave()
                self._go_on(place, partial(next, place.talk))

    def _take(self, place: _Place, job: _Job) -> None:
        if time.monotonic() > job.not_after:
            # so long in the queue that the lease might end while we send
            self._bring(Result(job.mail, None))
            return
        mail = job.mail
        place.job, place.begun, place.rested = job, time.monotonic(), False
        place.talk = place.carrier.talk(mail.mail_from, mail.recipient, mail.raw)
        self._go_on(place, partial(next, place.talk))

    def _go_on(self, place: _Place, move: Callable[[], Wire | Aside]) -> None:
        """Let a talk go on by `move`, as far as it gets without waiting."""
        try:
            while True:
                place.waits = waits = move()
                if isinstance(waits, Aside):
                    work = partial(self._call, place, waits)
                    threading.Thread(target=work, name="carrier", daemon=True).start()
                    return
                came = self._ask(place, waits)
                if came is None:
                    return
                move = came
        except StopIteration as end:
            self._ended(place, end.value)
        except Exception as error:  # a bug of ours; one mail must not end the carrier (I8)
            maillog.trouble(loop="carrier", error=error)
            self._ended(place, Deferred("a fault of ours, see the log"))

    def _ask(self, place: _Place, wire: Wire) -> Callable[[], Wire | Aside] | None:
        """What to do with what has come on the connection; None = wait."""
        assert place.talk is not None
        try:
            answer = wire.step()
            if answer is None:
                return None
        except Exception as error:  # the network's, for the talk to judge
            return partial(place.talk.throw, error)
        return partial(place.talk.send, answer)

    def _ended(self, place: _Place, outcome: Outcome | None) -> None:
        place.talk = place.waits = None
        job = place.job
        if job is None:  # it was a leave
            return
        assert outcome is not None
        self._metrics.send_seconds.observe(time.monotonic() - place.begun)
        self._bring(Result(job.mail, outcome, place.free))

    # Waiting

    def _patience(self) -> list[float]:
        """After how many seconds there is something to do though nothing comes."""
        seconds = []
        for place in self._places:
            if isinstance(place.waits, Wire):
                seconds.append(place.waits.remaining)
            elif place.job is None and place.talk is None and not place.rested:
                seconds.append(place.idle_since + REST_S - time.monotonic())
        return seconds

    def _wait(self, seconds: float) -> None:
        """Until something comes for a place, or the bell; then let those places go on."""
        poll = select.poll()
        poll.register(self._wake_out, select.POLLIN)
        speaking = {}
        for place in self._places:
            wire = place.waits
            if isinstance(wire, Wire):
                fd = wire.fileno()
                speaking[fd] = place
                poll.register(fd, select.POLLIN | (select.POLLOUT if wire.saying else 0))
        seconds = max(0.0, seconds)
        try:
            ready = {fd for fd, _ in poll.poll(seconds * 1000)}
        except OSError:  # the limit on descriptors was lowered below what we hold (poll(2): EINVAL)
            time.sleep(min(seconds, LOOK_AGAIN_S))
            ready = set(speaking)
        if self._wake_out.fileno() in ready:
            self._wake_out.recv(1024)
        while not self._aside.empty():
            place, value, error = self._aside.get_nowait()
            self._came(place, value, error)
        for fd, place in speaking.items():
            wire = place.waits
            assert isinstance(wire, Wire)
            assert place.talk is not None
            if fd in ready:
                if (move := self._ask(place, wire)) is not None:
                    self._go_on(place, move)
            elif wire.remaining <= 0:
                late = TimeoutError(TOO_LONG)
                self._go_on(place, partial(place.talk.throw, late))

    def _call(self, place: _Place, aside: Aside) -> None:
        """In a thread of its own."""
        try:
            value, error = aside.call(), None
        except Exception as fault:
            value, error = None, fault
        self._aside.put((place, value, error))
        self._wake()

    def _came(self, place: _Place, value: object, error: Exception | None) -> None:
        assert place.talk is not None
        if error is not None:
            self._go_on(place, partial(place.talk.throw, error))
        else:
            self._go_on(place, partial(place.talk.send, value))

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is being woken; closed: we are leaving
            self._wake_in.send(b".")
