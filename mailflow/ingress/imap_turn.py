"""Whose turn it is to read a mailbox, when several workers have the role `imap`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from mailflow.store import mailbox_turn
from mailflow.store.db import Database, Unavailable

#: A worker that freezes loses its turn after so long. One that dies loses it at once, with its
#: claims (`store.watch`).
LEASE = timedelta(seconds=60)
#: Renewed this often: two renewals may fail.
RENEW_S = 20.0


class Turn:
    """Of this worker, for one mailbox. `clock`: monotonic, in seconds."""

    def __init__(
        self, name: str, db: Database, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._db = db
        self._clock = clock
        self._lock = threading.Lock()  # a turn that was left must not be renewed
        self._mine = False
        self._renewed_at = 0.0

    def take(self) -> bool:
        """Whether it is our turn now; takes it if nobody else has it. Raises `Unavailable`."""
        with self._lock:
            if not self._mine or self._clock() >= self._renewed_at + RENEW_S:
                return self._renew()
            return True

    def keep(self) -> bool:
        """From another thread, every few seconds: keep it while the reader waits for mail, which
        may take half an hour. Returns whether it was lost."""
        with self._lock:
            if not self._mine or self._clock() < self._renewed_at + RENEW_S:
                return False
            with suppress(Unavailable):  # then nobody else can take it either
                return not self._renew()
            return False

    def leave(self) -> None:
        """Let another worker try. If the database is away, the lease runs out by itself."""
        with self._lock:
            if self._mine:
                self._mine = False
                with suppress(Unavailable):
                    mailbox_turn.leave(self._db, self._name)

    def _renew(self) -> bool:
        now = self._clock()
        self._mine = mailbox_turn.take(self._db, self._name, LEASE)
        self._renewed_at = now
        return self._mine
