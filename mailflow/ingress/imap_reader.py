"""Reads one mailbox in a thread of its own, which never ends by a fault (I12).

    our turn? ─► connect ─► log in ─► look ─► look again while there is something ─► wait ─► look …
       ▲                                                                                      │
       └──── pause, longer each time ◄──── whatever goes wrong, at any point ─────────────────┘

What the server says while it is in IDLE is only a hint; each look asks anew.
"""

from __future__ import annotations

import random
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from mailflow import maillog
from mailflow.config import ImapSettings
from mailflow.core.retry import Backoff, wait
from mailflow.ingress.imap_box import Box
from mailflow.ingress.imap_errors import Broken, LoginRefused, Refused
from mailflow.ingress.imap_login import Login
from mailflow.ingress.imap_standing import Standing
from mailflow.ingress.imap_take import Taker
from mailflow.ingress.imap_turn import Turn
from mailflow.ingress.oauth import SignInFailed
from mailflow.store.db import Unavailable

#: Between two tries to connect. A server that comes back is noticed within half a minute.
RECONNECT = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=30))
#: After a refused login: too many tries may lock the account.
LOGIN_AGAIN = Backoff(first=timedelta(seconds=15), longest=timedelta(minutes=5))
#: Between two looks while some mail could not be taken.
LOOK_AGAIN = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=15))
#: While another worker reads the mailbox.
STAND_BY_S = 5.0


class MailboxReader:
    """Reads one mailbox. `run` is its thread; everything else may be called from others."""

    def __init__(
        self,
        name: str,
        settings: ImapSettings,
        taker: Taker,
        login: Login,
        turn: Turn,
        standing: Standing,
        *,
        has_room: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.standing = standing
        self._settings = settings
        self._taker = taker
        self._login = login
        self._turn = turn
        self._has_room = has_room
        self._clock = clock
        self._chance = chance
        self._box: Box | None = None
        self._bell: socket.socket | None = None  # there while the thread runs
        self._ended = threading.Event()
        self._failures = 0

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
            self._turn.leave()
            self._ended.set()
            self._bell = None
            bell.close()
            self._ear.close()

    def _serve(self, stop: threading.Event) -> None:
        """One connection, from its opening to the fault that ends it, or to the end of our turn."""
        if not self._turn.take():
            if self.standing.elsewhere():
                self._failures = 0
            self.sleep(STAND_BY_S)
            return
        enter = self._login()
        self._box = box = Box(self._settings, self._clock)
        try:
            box.open(enter)
            self._taker.connected()
            vain = 0
            while not stop.is_set() and self._turn.take():
                if not self._has_room():
                    raise Unavailable("the disk is nearly full, so no mail is taken")
                looked = self._taker.look(box, stop.is_set)
                if looked.left:
                    vain = 0 if looked.taken else vain + 1
                    self._pause(LOOK_AGAIN, vain + 1)
                    continue
                vain = self._failures = 0
                self.standing.succeeded()
                if not looked.taken and not stop.is_set():
                    box.wait(self._settings.poll_s, self._ear)
                    self._listen()
        finally:
            self._box = None
            box.close()

    def _failed(self, error: Exception, reason: str, stop: threading.Event) -> None:
        """Say what went wrong, and pause; when we stop, the cut connection is no trouble."""
        if stop.is_set():
            return
        self._failures += 1
        refused = isinstance(error, LoginRefused | SignInFailed)
        if not refused and not isinstance(error, Unavailable):
            # Another machine may reach the server. A login is the same from everywhere, so only one
            # machine tries it; and without the database it is nobody's turn.
            self._turn.leave()
        seconds = self._pause_of(LOGIN_AGAIN if refused else RECONNECT, self._failures)
        self.standing.failed(reason, seconds)
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

    def watch(self) -> None:
        """Every few seconds: keep our turn, and raise the alarm if it is time."""
        if self._turn.keep():
            self.ring()  # lost: it shall not wait for mail any longer
        self.standing.watch()
