"""What a new letter hangs below, so that mail programs show one conversation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared
from mailflow.store.session import Session
from mailflow.store.tables import Outbox

_outbox = Outbox.__table__  # type: ignore[attr-defined]
_newest = (
    select(func.max(_outbox.c.id))
    .where(is_in(_outbox.c.request_id, "requests"))
    .group_by(_outbox.c.request_id, _outbox.c.recipient)
)
_LAST = Prepared(
    select(_outbox.c.request_id, _outbox.c.recipient, _outbox.c.message_id).where(
        _outbox.c.id.in_(_newest)
    )
)


def last_letters(session: Session, request_ids: Sequence[int]) -> dict[tuple[int, str], str]:
    """Message-ID of the newest letter about each request to each of its recipients."""
    if not request_ids:
        return {}
    rows = _LAST.all(session, {"requests": request_ids})
    return {(row.request_id, row.recipient): row.message_id for row in rows}
