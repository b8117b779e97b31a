"""Who is at work, and what becomes of the claims of one who died.

A worker is a process that claims mail. It enrols under a number, and as long as it lives something
outside of it vouches for that: with SQLite a locked file beside the database, with PostgreSQL a
lock of its session. Both end with the process, whatever ended it, and neither needs a heartbeat:
a worker that is only slow, or frozen, keeps its lock, and its claims end by their lease and fence.

What a dead worker had claimed is given back at once instead of waiting out leases of minutes.
Attempts stay counted where the work may have begun, so that a mail that kills its workers is set
aside in the end (I8).
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)

from mailflow import failpoints
from mailflow.store.bell import pipe_of
from mailflow.store.clock import NOW, DatabaseClock
from mailflow.store.db import Database, run
from mailflow.store.prepared import Prepared
from mailflow.store.session import Session
from mailflow.store.tables import Inbox, MailboxRow, Outbox, WorkerRow

#: An arbitrary number that means "a mailflow worker" as first key of PostgreSQL's advisory locks.
LOCK_CLASS = 0x6D61696C

_worker = WorkerRow.__table__  # type: ignore[attr-defined]
_inbox = Inbox.__table__  # type: ignore[attr-defined]
_outbox = Outbox.__table__  # type: ignore[attr-defined]
_box = MailboxRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker on the list. `host` and `pid` are for people."""

    id: int
    host: str
    pid: int
    roles: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class GivenBack:
    """How many mails of a dead worker wait again."""

    inbox: int
    outbox: int


def new_id() -> int:
    """A number for a worker; two draw the same once in 10⁹."""
    return secrets.randbelow(2**31 - 1) + 1


class LockedFile:
    """The sign of life of a worker on SQLite: a file that is locked until the process ends."""

    def __init__(self, db: Database, worker_id: int) -> None:
        self.path = _folder(db) / str(worker_id)
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self._fd = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Give it up."""
        self.path.unlink(missing_ok=True)
        os.close(self._fd)


def _folder(db: Database) -> Path:
    return Path(f"{db.file}.workers")


def _is_unlocked(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except PermissionError:  # another user's: it cannot be told, so it is not taken for dead
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def put_on_list(db: Database, worker_id: int, roles: str) -> None:
    """Enter a worker; its sign of life must be there already. Harmless when it is entered."""
    with db.transaction() as session:
        if run(session, select(_worker.c.id).where(_worker.c.id == worker_id)).first() is None:
            values = {
                "id": worker_id, "host": socket.gethostname(), "pid": os.getpid(), "roles": roles,
                "started_at": NOW,
            }  # fmt: skip
            run(session, insert(_worker).values(**values))


def workers(session: Session) -> list[Worker]:
    """All workers on the list, the oldest first; one that died a moment ago may be among them."""
    rows = run(session, select(_worker).order_by(_worker.c.started_at)).all()
    return [Worker(**row._mapping) for row in rows]


def dead_by_file(db: Database) -> Sequence[int]:
    """SQLite: the workers on the list whose file is not locked."""
    with db.reading() as session:
        listed = run(session, select(_worker.c.id)).scalars().all()
    return [one for one in listed if _is_unlocked(_folder(db) / str(one))]


def dead_by_lock(line: Any, but: int) -> Sequence[int]:
    """PostgreSQL: the workers on the list, except `but`, whose lock anybody could have.

    `line` is a driver's connection with autocommit, so each lock tried is let go at once.
    """
    found = line.execute(
        "SELECT id FROM worker WHERE id <> %s AND pg_try_advisory_xact_lock(%s, id)",
        [but, LOCK_CLASS],
    )
    return [row[0] for row in found.fetchall()]


def living(db: Database) -> list[Worker]:
    """The workers whose sign of life is there, the oldest first. Changes nothing.

    Raises `Unavailable`.
    """
    if db.dialect == "sqlite":
        dead = dead_by_file(db)
    else:
        line = db.own_connection()
        try:
            dead = dead_by_lock(line, but=0)
        finally:
            line.close()
    with db.reading() as session:
        return [one for one in workers(session) if one.id not in dead]


_its_inbox = (_inbox.c.state == "claimed") & (_inbox.c.owner == bindparam("its_id"))
# An attempt counts only if work on the mail had begun: so a mail that kills its workers is told
# from those that are only claimed together with it, time and again.
#: After the n-th attempt that ended with its worker the mail rests for so many seconds, from the
#: second on: a mail that kills does not hold up the others by killing again at once, and one that
#: was only near has died by its fifth only if minutes went by without any work getting done.
_RESTS = {2: 5, 3: 20, 4: 80, 5: 320}
_rest = case(
    *(
        (_inbox.c.begun & (_inbox.c.attempts == attempt), literal_column(str(rest)))
        for attempt, rest in _RESTS.items()
    ),
    else_=literal_column("0"),
)
_FREE_INBOX = Prepared(
    update(_inbox)
    .where(_its_inbox)
    .values(
        state="waiting",
        attempts=_inbox.c.attempts - case((_inbox.c.begun, 0), else_=1),
        lease_until=None,
        next_attempt_at=DatabaseClock(_rest),
    )
)
_FREE_OUTBOX = Prepared(
    update(_outbox)
    .where(_outbox.c.state == "claimed", _outbox.c.owner == bindparam("its_id"))
    .values(
        state=case((_outbox.c.recalled, "withdrawn"), else_="due"),
        finished_at=case((_outbox.c.recalled, NOW), else_=None),
        lease_until=None,
        next_attempt_at=NOW,
    )
)
_FREE_BOXES = Prepared(
    update(_box).where(_box.c.owner == bindparam("its_id")).values(owner=0, lease_until=None)
)
_TAKE_OFF = Prepared(delete(_worker).where(_worker.c.id == bindparam("its_id")))


def take_off_list(db: Database, worker_id: int, *, dead: bool) -> GivenBack:
    """Give back what a worker has claimed, and strike it off the list.

    `dead`: it is another one, that was found dead. It is looked at once more under the lock, so
    that of several who found it only one acts, and nobody takes from a worker that came back.
    """
    if dead:
        failpoints.reach("workers.before_give_back")
    with db.transaction() as session:
        if dead and db.dialect == "postgresql":
            mine = select(func.pg_try_advisory_xact_lock(LOCK_CLASS, worker_id) == true())
            if not run(session, mine).scalar_one():
                return GivenBack(0, 0)
        its = {"its_id": worker_id}
        back = GivenBack(_FREE_INBOX.run(session, its), _FREE_OUTBOX.run(session, its))
        _FREE_BOXES.run(session, its)
        _TAKE_OFF.run(session, its)
    if dead and db.dialect == "sqlite":
        sign = _folder(db) / str(worker_id)
        pipe_of(sign).unlink(missing_ok=True)
        sign.unlink(missing_ok=True)
    return back
