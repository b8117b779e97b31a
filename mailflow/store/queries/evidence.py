"""What an auditor asks: everything that one mail brought about, under whatever request."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from mailflow.store.db import run
from mailflow.store.queries.lists import EventLine
from mailflow.store.session import Session
from mailflow.store.tables import Event

_event = Event.__table__  # type: ignore[attr-defined]


def events_of_mails(session: Session, inbox_ids: Sequence[int]) -> list[EventLine]:
    """The lines of the history that these mails brought about, oldest first."""
    statement = (
        select(*(_event.c[name] for name in EventLine.__slots__))
        .where(_event.c.inbox_id.in_(list(inbox_ids)))
        .order_by(_event.c.id)
    )
    return [EventLine(*row) for row in run(session, statement)]
