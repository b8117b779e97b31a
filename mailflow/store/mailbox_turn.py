"""Which worker reads a mailbox: one at a time, for a lease that it renews (I10, I12).

Two that read the same mailbox would lose nothing and do nothing twice: the inbox knows the same
bytes. But they would fetch every mail twice, move it under each other's hands, and renew the same
sign-in against each other. What is written here spares them that; it is no lock that safety needs.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, or_, select, update

from mailflow.store.clock import NOW, in_seconds, seconds
from mailflow.store.db import Database
from mailflow.store.mailboxes import ensure
from mailflow.store.prepared import Prepared
from mailflow.store.tables import MailboxRow

_box = MailboxRow.__table__  # type: ignore[attr-defined]
_this = _box.c.name == bindparam("its_name")
#: Without a lease, or one that has run out, or that nobody can have taken since the clock was put
#: back; or one's own.
_is_free = or_(
    _box.c.lease_until.is_(None),
    _box.c.lease_until < NOW,
    _box.c.lease_until > in_seconds("lease"),
    _box.c.owner == bindparam("me"),
)
_HELD = Prepared(select(_box.c.name).where(_this, ~_is_free))
_TAKE = Prepared(
    update(_box)
    .where(_this, _is_free)
    .values(owner=bindparam("me"), lease_until=in_seconds("lease"))
)
_LEAVE = Prepared(
    update(_box).where(_this, _box.c.owner == bindparam("me")).values(owner=0, lease_until=None)
)


def take(db: Database, name: str, lease: timedelta) -> bool:
    """Take or keep the mailbox `name` for this worker (`db.owner`) and the time of the `lease`.

    All workers ask for leases of the same length. Returns whether it is ours; if not, another
    worker holds it. Raises `Unavailable`.
    """
    mine = {"its_name": name, "me": db.owner, "lease": seconds(lease)}
    with db.reading() as session:  # who only waits for his turn writes nothing
        if _HELD.first(session, mine) is not None:
            return False
    with db.transaction() as session:
        ensure(db, session, name)
        return _TAKE.run(session, mine) == 1


def leave(db: Database, name: str) -> None:
    """Let another worker have it, if it is ours. Raises `Unavailable`."""
    with db.transaction() as session:
        _LEAVE.run(session, {"its_name": name, "me": db.owner})
