"""What a new letter hangs below, so that mail programs show one conversation."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from mailflow.store.prepared import Prepared
from mailflow.store.session import Session
from mailflow.store.tables import Outbox

_outbox = Outbox.__table__  # type: ignore[attr-defined]
_LAST = Prepared(
    select(_outbox.c.message_id)
    .where(
        _outbox.c.request_id == bindparam("its_request"),
        _outbox.c.recipient == bindparam("its_recipient"),
    )
    .order_by(_outbox.c.id.desc())
    .limit(1)
)


def last_letter(session: Session, request_id: int, recipient: str) -> str:
    """Message-ID of the newest letter to somebody about a request, "" if there is none."""
    values = {"its_request": request_id, "its_recipient": recipient}
    found: str | None = _LAST.value(session, values)
    return found or ""
