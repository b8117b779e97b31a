"""How a mailbox stands, for people: on record, in the log, in the metrics, and as an alarm.

A mailbox that could not be read for some time raises an alarm by `watch`, which is called from
another thread: so a reader that hangs is noticed as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from mailflow import maillog
from mailflow.metrics import Metrics
from mailflow.store import mailboxes
from mailflow.store.db import Database, Unavailable

#: An alarm that nobody has answered is repeated.
ALARM_EVERY_S = 3600.0


class Standing:
    """Of one mailbox, as this worker knows it.

    Args:
        name: Its name in the configuration.
        alarm_minutes: So long it may go unread.
        db: Where it is on record.
        metrics: Where machines look.
        clock: Monotonic, in seconds.
        wall: Seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        alarm_minutes: float,
        db: Database,
        metrics: Metrics,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._name = name
        self._alarm_minutes = alarm_minutes
        self._db = db
        self._metrics = metrics
        self._clock = clock
        self._wall = wall
        self.trouble = "not read yet"
        self._elsewhere = False
        self.good_at = clock()  # the last success, or the start
        self.alarm_at: float | None = None

    def succeeded(self) -> None:
        """All there was is taken. Raises `Unavailable`."""
        mailboxes.looked(self._db, self._name)
        self.good_at = self._clock()
        self._metrics.mailbox_up.labels(self._name).set(1)
        self._metrics.mailbox_success.labels(self._name).set(self._wall())
        if self.trouble:
            maillog.mailbox_up(mailbox=self._name)
        self.trouble, self._elsewhere = "", False

    def failed(self, reason: str, retry_in: float) -> None:
        """It cannot be read; the next try is `retry_in` seconds away."""
        self.trouble, self._elsewhere = reason, False
        self._metrics.mailbox_up.labels(self._name).set(0)
        with suppress(Unavailable):
            mailboxes.looked(self._db, self._name, trouble=reason)
        maillog.mailbox_trouble(mailbox=self._name, reason=reason, retry_in=retry_in)

    def elsewhere(self) -> bool:
        """Another worker reads it; returns whether he succeeds. Raises `Unavailable`.

        What counts is what he has on record: where no machine can read it, all of them say so.
        """
        last = mailboxes.last_look(self._db, self._name)
        if last.seconds_ago is not None:
            self.good_at = max(self.good_at, self._clock() - last.seconds_ago)
            self._metrics.mailbox_success.labels(self._name).set(self._wall() - last.seconds_ago)
        self._metrics.mailbox_up.labels(self._name).set(0 if last.trouble else 1)
        if not self._elsewhere:
            maillog.mailbox_elsewhere(mailbox=self._name)
        self.trouble, self._elsewhere = last.trouble or "another machine reads it", True
        return not last.trouble

    def silent_minutes(self) -> float:
        """Minutes since the last success, or since the start."""
        return (self._clock() - self.good_at) / 60

    def health(self) -> str:
        """ "" when the mailbox is read, else what is wrong."""
        minutes = self.silent_minutes()
        if minutes < self._alarm_minutes:
            return ""
        return f"{self._name}: not read for {int(minutes)} minutes"

    def watch(self) -> None:
        """Raise or repeat the alarm if it is time."""
        if not self.health():
            self.alarm_at = None
        elif self.alarm_at is None or self._clock() >= self.alarm_at:
            self.alarm_at = self._clock() + ALARM_EVERY_S
            maillog.mailbox_silent(
                mailbox=self._name,
                minutes=int(self.silent_minutes()),
                reason=self.trouble or "it hangs",
            )
