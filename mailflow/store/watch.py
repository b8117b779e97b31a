"""One thread per process: gives the sign of life, finds the dead, and is the bell between machines.

    SQLite:      a named pipe by which the others ring; every second: whose file is unlocked?
    PostgreSQL:  one connection of its own that holds this worker's lock, listens to the others'
                 bells and rings ours (NOTIFY); every second: whose lock is free?

A bell is a hint: every loop looks by itself now and then. When PostgreSQL restarts, every lock is
gone for a moment, so there a worker counts as dead only after its lock was free for some time, in
which the living take theirs again.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from mailflow import maillog
from mailflow.store import workers
from mailflow.store.bell import Bell
from mailflow.store.db import Database, Unavailable

#: The dead are looked for this often, in seconds.
LOOK_S = 1.0
#: PostgreSQL: how long a lock must be free, in seconds; many times what taking it again takes.
SURE_S = 1.5
#: Between two tries to connect, in seconds.
RETRY_S = 0.2
CHANNEL = "mailflow"


class Watch:
    """Enrols this process with `start`, which sets `db.owner`; every claim carries it from then.

    `on_ring(what)` is called, from the watch's thread, when another machine has rung ("inbox",
    "outbox"), and with "dead" when mails of a dead worker were given back; it must return at once.
    """

    def __init__(self, db: Database, roles: str, on_ring: Callable[[str], None]) -> None:
        self._db = db
        self._roles = roles
        self._on_ring = on_ring
        self._id = workers.new_id()
        self._line: Any = None  # psycopg.Connection
        self._file: workers.LockedFile | None = None
        self._bell: Bell | None = None
        self._free_since: dict[int, float] = {}
        self._wishes: set[str] = set()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_in.setblocking(False)
        self._stop = threading.Event()
        self.thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Enrol, give back what the dead left, and watch. Raises `Unavailable`."""
        if self._db.dialect == "sqlite":
            self._file = workers.LockedFile(self._db, self._id)
            self._bell = Bell(self._file.path)
            workers.put_on_list(self._db, self._id, self._roles)
        else:
            self._connect()
        self._db.owner = self._id
        self._look()
        self.thread.start()

    def ring(self, what: str) -> None:
        """Tell the other processes. From any thread; returns at once."""
        if what not in self._wishes:
            self._wishes.add(what)
            self._wake()

    def stop(self) -> None:
        """Sign off. Call it last: what is still claimed is given back."""
        if self._stop.is_set() or self._db.owner != self._id:
            return
        self._stop.set()
        self._wake()
        if self.thread.is_alive():
            self.thread.join(2.0)
        with contextlib.suppress(Unavailable):
            workers.take_off_list(self._db, self._id, dead=False)
        self._db.owner = 0
        self._hang_up()
        if self._bell is not None:
            self._bell.close()
        if self._file is not None:
            self._file.close()
        self._wake_out.close()
        self._wake_in.close()

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        said = ""
        next_look = time.monotonic() + LOOK_S
        while not self._stop.is_set():
            try:
                if self._file is None and self._line is None:
                    self._connect()
                self._wait(max(0.0, next_look - time.monotonic()))
                if time.monotonic() >= next_look:
                    self._look()
                    next_look = time.monotonic() + LOOK_S
                    said = ""
            except Exception as error:  # the database is away; whatever else it is, go on watching
                # Tried often, so that others do not take us for dead; said once.
                if not self._stop.is_set() and said != str(error):
                    maillog.trouble(loop="watch", error=error)
                said = str(error)
                self._hang_up()
                self._stop.wait(RETRY_S)

    def _wait(self, seconds: float) -> None:
        """Until something happens; hands bells on, both ways."""
        poll = select.poll()
        poll.register(self._wake_out, select.POLLIN)
        for source in (self._line, self._bell):
            if source is not None:
                poll.register(source.fileno(), select.POLLIN)
        ready = {fd for fd, _ in poll.poll(seconds * 1000)}
        if self._wake_out.fileno() in ready:
            self._wake_out.recv(1024)
        while self._wishes:
            self._tell(self._wishes.pop())
        if self._line is not None and self._line.fileno() in ready:
            self._line.execute("SELECT 1")  # brings what has been notified to `_heard`
        if self._bell is not None and self._bell.fileno() in ready:
            for what in self._bell.heard():
                self._on_ring(what)

    def _tell(self, what: str) -> None:
        if self._line is not None:
            self._line.execute("SELECT pg_notify(%s, %s)", [CHANNEL, what])
        if self._bell is not None:
            self._bell.ring(what)

    def _look(self) -> None:
        """Give back what dead workers had claimed."""
        now = time.monotonic()
        if self._line is not None:
            free = workers.dead_by_lock(self._line, self._id)
            sure = SURE_S
        else:
            free = workers.dead_by_file(self._db)
            sure = 0.0
        self._free_since = {one: self._free_since.get(one, now) for one in free}
        for one, since in self._free_since.items():
            if now - since >= sure:
                back = workers.take_off_list(self._db, one, dead=True)
                maillog.worker_died(worker=one, inbox=back.inbox, outbox=back.outbox)
                self._on_ring("dead")

    # -- the line (PostgreSQL) -----------------------------------------------------------------

    def _connect(self) -> None:
        line = self._db.own_connection()
        try:
            # So that a lock does not outlive a machine that lost power by more than 25 s.
            for setting, value in (("idle", 10), ("interval", 5), ("count", 3)):
                line.execute(f"SET tcp_keepalives_{setting} = {value}")
            free = "SELECT pg_try_advisory_lock(%s, %s)"
            if not line.execute(free, [workers.LOCK_CLASS, self._id]).fetchone()[0]:
                # Our own old connection, that the server has not missed yet; it vouches for us.
                raise Unavailable("the server still holds the lock of our old connection")
            line.add_notify_handler(self._heard)
            line.execute(f"LISTEN {CHANNEL}")
            workers.put_on_list(self._db, self._id, self._roles)
        except BaseException:
            line.close()
            raise
        self._line = line

    def _heard(self, note: Any) -> None:
        if note.pid != self._line.info.backend_pid:
            self._on_ring(note.payload)

    def _hang_up(self) -> None:
        if self._line is not None:
            with contextlib.suppress(Exception):
                self._line.close()
            self._line = None

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is being woken
            self._wake_in.send(b".")
