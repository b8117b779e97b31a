"""Mailboxes that are read by IMAP: one thread each, which never ends by a fault (I12).

    connect → log in → look → look again while there is something → wait (IDLE or time) → look …
       ▲                                                                            │
       └── pause, longer each time ◄── whatever goes wrong, at any point ───────────┘

What the server says while it is in IDLE is only a hint; each look asks anew. A mailbox that could
not be read for some time raises an alarm by `watch`, from another thread: also a thread that hangs
is noticed.
"""

from __future__ import annotations

import random
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from functools import partial

from mailflow import maillog
from mailflow.config import ImapSettings
from mailflow.core.retry import Backoff, wait
from mailflow.ingress.arrived import arrived
from mailflow.ingress.imap_box import Box, Broken, LoginRefused, Refused
from mailflow.ingress.imap_login import Login, login_for
from mailflow.ingress.imap_mail import Addresses, incoming
from mailflow.ingress.imap_take import Taker
from mailflow.ingress.oauth import SignInFailed
from mailflow.metrics import Metrics
from mailflow.store import mailboxes
from mailflow.store.db import Database, Unavailable
from mailflow.store.inbox import Incoming, Stored

#: Between two tries to connect. A server that comes back is noticed within half a minute.
RECONNECT = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=30))
#: After a refused login: too many tries may lock the account.
LOGIN_AGAIN = Backoff(first=timedelta(seconds=15), longest=timedelta(minutes=5))
#: Between two looks while some mail could not be taken.
LOOK_AGAIN = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=15))
#: An alarm that nobody has answered is repeated.
ALARM_EVERY_S = 3600.0
WATCH_EVERY_S = 5.0
#: What a stop leaves to a thread in the middle of a look, before its connection is cut.
GRACE_S = 3.0


class MailboxReader:
    """Reads one mailbox. `run` is its thread; everything else may be called from others."""

    def __init__(
        self,
        name: str,
        settings: ImapSettings,
        taker: Taker,
        login: Login,
        db: Database,
        metrics: Metrics,
        *,
        has_room: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._settings = settings
        self._taker = taker
        self._login = login
        self._db = db
        self._metrics = metrics
        self._has_room = has_room
        self._clock = clock
        self._wall = wall
        self._chance = chance
        self._box: Box | None = None
        self._bell: socket.socket | None = None  # there while the thread runs
        self._ended = threading.Event()
        self._failures = 0
        self.trouble = "not read yet"
        self._good_at = clock()  # the last success, or the start
        self._alarm_at: float | None = None

    # -- its thread ----------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Read until told to stop."""
        bell, self._ear = socket.socketpair()
        bell.setblocking(False)
        self._ear.setblocking(False)
        self._bell = bell
        try:
            while not stop.is_set():
                try:
                    self._serve(stop)
                except (Broken, Refused, Unavailable, LoginRefused, SignInFailed) as error:
                    self._failed(error, str(error), stop)
                except Exception as error:  # a fault of ours must not end the reading
                    maillog.trouble(loop=f"imap:{self.name}", error=error)
                    self._failed(error, f"a fault of mailflow: {type(error).__name__}", stop)
        finally:
            self._ended.set()
            self._bell = None
            bell.close()
            self._ear.close()

    def _serve(self, stop: threading.Event) -> None:
        """One connection, from its opening to the fault that ends it."""
        enter = self._login()
        self._box = box = Box(self._settings, self._clock)
        try:
            box.open(enter)
            self._taker.connected()
            vain = 0
            while not stop.is_set():
                if not self._has_room():
                    raise Unavailable("the disk is nearly full, so no mail is taken")
                looked = self._taker.look(box, stop.is_set)
                if looked.left:
                    vain = 0 if looked.taken else vain + 1
                    self._pause(LOOK_AGAIN, vain + 1)
                    continue
                vain = 0
                self._succeeded()
                if not looked.taken and not stop.is_set():
                    box.wait(self._settings.poll_s, self._ear)
                    self._listen()
        finally:
            self._box = None
            box.close()

    def _succeeded(self) -> None:
        mailboxes.looked(self._db, self.name)
        self._good_at = self._clock()
        self._metrics.mailbox_up.labels(self.name).set(1)
        self._metrics.mailbox_success.labels(self.name).set(self._wall())
        if self.trouble:
            maillog.mailbox_up(mailbox=self.name)
        self.trouble, self._failures = "", 0

    def _failed(self, error: Exception, reason: str, stop: threading.Event) -> None:
        """Say what went wrong, and pause; when we stop, the cut connection is no trouble."""
        if stop.is_set():
            return
        self._failures += 1
        self.trouble = reason
        self._metrics.mailbox_up.labels(self.name).set(0)
        refused = isinstance(error, LoginRefused | SignInFailed)
        backoff = LOGIN_AGAIN if refused else RECONNECT
        with suppress(Unavailable):
            mailboxes.looked(self._db, self.name, trouble=reason)
        seconds = self._pause_of(backoff, self._failures)
        maillog.mailbox_trouble(mailbox=self.name, reason=reason, retry_in=seconds)
        self.sleep(seconds)

    def _pause_of(self, backoff: Backoff, attempts: int) -> float:
        return wait(backoff, attempts, self._chance()).total_seconds()

    def _pause(self, backoff: Backoff, attempts: int) -> None:
        self.sleep(self._pause_of(backoff, attempts))

    def sleep(self, seconds: float) -> None:
        """Wait for the bell, at most so long."""
        select.select([self._ear], [], [], seconds)
        self._listen()

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            while self._ear.recv(64):
                pass

    # -- from other threads --------------------------------------------------------------------

    def ring(self) -> None:
        """Wake it: there is something to do, or it shall stop."""
        bell = self._bell
        if bell is not None:
            with suppress(OSError):  # it is full, so it rings already; or the thread has ended
                bell.send(b"!")

    def finish(self, seconds: float) -> None:
        """After the stop was set: wait for it, and cut its connection if it takes too long."""
        if self._bell is None:
            return
        if not self._ended.wait(seconds) and (box := self._box) is not None:
            box.abort()

    def silent_minutes(self) -> float:
        """Minutes since the last success, or since the start."""
        return (self._clock() - self._good_at) / 60

    def health(self) -> str:
        """ "" when the mailbox is read, else what is wrong."""
        minutes = self.silent_minutes()
        if minutes < self._settings.alarm_minutes:
            return ""
        return f"{self.name}: not read for {int(minutes)} minutes"

    def watch(self) -> None:
        """Raise or repeat the alarm if it is time."""
        if not self.health():
            self._alarm_at = None
        elif self._alarm_at is None or self._clock() >= self._alarm_at:
            self._alarm_at = self._clock() + ALARM_EVERY_S
            maillog.mailbox_silent(
                mailbox=self.name,
                minutes=int(self.silent_minutes()),
                reason=self.trouble or "it hangs",
            )


class ImapIngress:
    """All mailboxes. Its `loops` are to be run in a thread each, until the event that they get."""

    def __init__(
        self,
        boxes: Mapping[str, ImapSettings],
        ours: Addresses,
        db: Database,
        submit: Callable[[Incoming], Future[Stored]],
        metrics: Metrics,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        """`has_room` says whether there is space for more mail; without, it stays where it is."""
        self.readers = [
            _reader(name, settings, ours, db, submit, metrics, has_room)
            for name, settings in sorted(boxes.items())
            if settings.enabled
        ]

    @property
    def loops(self) -> dict[str, Callable[[threading.Event], None]]:
        """The threads that it needs, by name; none without mailboxes."""
        loops: dict[str, Callable[[threading.Event], None]] = {
            f"imap:{reader.name}": reader.run for reader in self.readers
        }
        return loops | ({"imap-watch": self._watch} if loops else {})

    def _watch(self, stop: threading.Event) -> None:
        while not stop.wait(WATCH_EVERY_S):
            for reader in self.readers:
                reader.watch()

    def stop(self) -> None:
        """After the stop was set: let every look come to its end, or cut it. Harmless twice."""
        for reader in self.readers:
            reader.ring()
        deadline = time.monotonic() + GRACE_S
        for reader in self.readers:
            reader.finish(max(0.0, deadline - time.monotonic()))

    def health(self) -> str:
        """A check for `/readyz`: "" when all mailboxes are read."""
        return "; ".join(said for reader in self.readers if (said := reader.health()))


def _reader(
    name: str,
    settings: ImapSettings,
    ours: Addresses,
    db: Database,
    submit: Callable[[Incoming], Future[Stored]],
    metrics: Metrics,
    has_room: Callable[[], bool],
) -> MailboxReader:
    def refused(uid: int, reason: str) -> None:
        metrics.mailbox_refused.labels(name).inc()
        maillog.mailbox_refused(mailbox=name, uid=uid, reason=reason)

    taker = Taker(
        name,
        settings,
        db,
        submit,
        read=lambda raw, received_at: incoming(
            raw, mailbox=name, ours=ours, recipient_headers=settings.recipient_headers,
            received_at=received_at,
        ),
        on_stored=partial(arrived, metrics),
        on_refused=refused,
        clock=time.monotonic,
    )  # fmt: skip
    login = login_for(name, settings, db)
    return MailboxReader(name, settings, taker, login, db, metrics, has_room=has_room)
