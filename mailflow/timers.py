"""What happens by the clock: reminders, lapse, expiry, housekeeping.

`schedule` only ticks. Each job asks the database what is due (UTC), is harmless when run twice or
on two machines, and may not raise. When the wall clock jumps, `schedule` would sleep through the
jump; so the loop watches the monotonic clock as well and registers the jobs anew.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import schedule

from mailflow import failpoints, maillog
from mailflow.flow import Flow, digest
from mailflow.store import queries, quota, retention, strangers
from mailflow.store.db import Unavailable
from mailflow.store.hasten import hasten

_PAGE = 200
#: Requests that share a transaction; mail that comes in meanwhile waits for its end. Deciding and
#: writing the letters comes before, so that is 0.3 ms for each request, and the sync.
_TOGETHER = 32
#: After each such transaction, so that mail which waits for the database gets it before the next:
#: who gives a lock back and asks for it in the same breath has it again before the others wake.
_BREATH_S = 0.002
#: Before each letter, for the same reason: other threads that want the interpreter would wait for
#: 5 ms each time, and a mail wants it anew after each of its statements and answers.
_SHORT_BREATH_S = 0.0002
#: While there is mail in work, a letter is put off, for so long at most: a sweep must get on even
#: if mail comes without end.
_GIVE_WAY_S, _LOOK_AGAIN_S = 0.01, 0.001
_JUMP_S = 5.0


def nobody() -> bool:
    """Nobody has mail in work."""
    return False


def sweep(
    flow: Flow, stop: threading.Event | None = None, busy: Callable[[], bool] = nobody
) -> dict[str, int]:
    """Do all that is due now; returns how often each outcome came ("expired", "reminded", …).

    A request that fails is logged and left for the next sweep; the others are not held up. With
    `stop` it lets others go first, above all whoever is `busy` with mail.
    """

    def pause() -> None:
        if stop is not None:
            give_way(stop, busy)

    done: Counter[str] = Counter()
    last: queries.Due | None = None
    while stop is None or not stop.is_set():
        with flow.db.reading() as session:
            page = queries.due_requests(session, flow.db.now(session), _PAGE, last)
        if not page:
            break
        last = page[-1]
        for first in range(0, len(page), _TOGETHER):
            if stop is not None and stop.is_set():
                break
            failpoints.reach("timers.before_tick")
            done.update(_ticks(flow, [due.id for due in page[first : first + _TOGETHER]], pause))
            failpoints.reach("timers.after_tick")
            if stop is not None:
                stop.wait(_BREATH_S)
    return dict(done)


def give_way(stop: threading.Event, busy: Callable[[], bool]) -> None:
    """Let others have the interpreter, and mail in work be worked on, but not for long."""
    until = time.monotonic() + _GIVE_WAY_S
    stopped = stop.wait(_SHORT_BREATH_S)
    while not stopped and busy() and time.monotonic() < until:
        stopped = stop.wait(_LOOK_AGAIN_S)


def _ticks(flow: Flow, group: Sequence[int], pause: Callable[[], None]) -> list[str]:
    """Do what is due for each of a group, together; one by one where something is in the way."""
    try:
        return [applied.outcome for applied in flow.ticks(group, pause)]
    except Exception as fault:
        maillog.apart(number=len(group), error=fault)
    return [_tick(flow, request_id) for request_id in group]


def _tick(flow: Flow, request_id: int) -> str:
    try:
        return flow.tick(request_id).outcome
    except Unavailable:
        raise
    except Exception as fault:
        maillog.trouble(loop=f"sweep, request {request_id}", error=fault)
        return "failed"


def check_all(flow: Flow, stop: threading.Event | None = None) -> dict[str, int]:
    """Security checks over every pending request not checked within a day (S25)."""
    done: dict[str, int] = {}
    after = 0
    while stop is None or not stop.is_set():
        with flow.db.reading() as session:
            since = flow.db.now(session) - timedelta(days=1)
            unchecked = queries.unchecked_requests(session, since, _PAGE, after)
        for request_id in unchecked:
            outcome = flow.check(request_id).outcome
            done[outcome] = done.get(outcome, 0) + 1
        if len(unchecked) < _PAGE:
            break
        after = unchecked[-1]
    return done


def tidy(flow: Flow) -> None:
    """Wipe the bytes of mail that was finished long ago, forget old quota windows."""
    retention.wipe_raw(flow.db, timedelta(days=flow.policy.keep_raw_days))
    with flow.db.transaction() as session:
        quota.forget(session, flow.db.now(session))
        quota.limit_strangers(session)


def mend(flow: Flow) -> None:
    """Make due what waits for longer than anything is meant to: the clock was wrong.

    Most such jumps are seen by the loop itself, but not one that was over between two of its looks,
    nor that of a database on another machine.
    """
    hasten(flow.db, 2 * timedelta(seconds=flow.config.delivery.max_retry_s))


class Timers:
    """Runs the jobs until told to stop; gives way to whoever is `busy` with mail."""

    def __init__(
        self, flow: Flow, sweep_every_s: int = 20, busy: Callable[[], bool] = nobody
    ) -> None:
        self._flow = flow
        self._busy = busy
        self._sweep_every_s = sweep_every_s
        self._scheduler = schedule.Scheduler()
        self._strangers = strangers.Watch(flow.db, flow.policy.max_quarantine_bytes)

    def run(self, stop: threading.Event) -> None:
        """Tick until `stop` is set."""
        self._register(stop)
        wall, steady = time.time(), time.monotonic()
        self._safely("sweep", lambda: sweep(self._flow, stop, self._busy))()
        self._safely("mend", lambda: mend(self._flow))()
        self._safely("tidy", lambda: tidy(self._flow))()
        while not stop.wait(1.0):
            jump = (time.time() - wall) - (time.monotonic() - steady)
            if abs(jump) > _JUMP_S:
                maillog.clock_jumped(by=jump)
                if jump < 0:
                    self._safely("hasten", lambda: hasten(self._flow.db, timedelta()))()
                self._scheduler.clear()
                self._register(stop)
            wall, steady = time.time(), time.monotonic()
            self._scheduler.run_pending()

    def _register(self, stop: threading.Event) -> None:
        every = self._scheduler.every
        every(self._sweep_every_s).seconds.do(
            self._safely("sweep", lambda: sweep(self._flow, stop, self._busy))
        )
        every(5).seconds.do(self._safely("mend", lambda: mend(self._flow)))
        every(1).seconds.do(self._safely("strangers", self._strangers.look))
        every(600).seconds.do(self._safely("checks", lambda: check_all(self._flow, stop)))
        every(300).seconds.do(self._safely("digest", lambda: digest(self._flow)))
        every(3600).seconds.do(self._safely("tidy", lambda: tidy(self._flow)))

    @staticmethod
    def _safely(job: str, work: Callable[[], object]) -> Callable[[], None]:
        """A job that raises would leave `run_pending` and fire again at once: never let it."""

        def run() -> None:
            try:
                work()
            except Unavailable as trouble:
                maillog.trouble(loop=job, error=trouble)
            except Exception as fault:
                maillog.trouble(loop=job, error=fault)

        return run
