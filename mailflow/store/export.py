"""Everything that is known, as plain values: for auditors, for another system, for a person.

No bytes of mails and no hashes of tokens: the one holds whole secrets, the other says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from mailflow.store import tables
from mailflow.store.db import Session, run
from mailflow.store.text import cut_tag

#: Rows read at once.
PAGE = 1000
#: name in the export → table, the column it is read along ("" = all at once), the column of its
#: request ("" = none).
KINDS: Mapping[str, tuple[Any, str, str]] = {
    "person": (tables.PersonRow, "email", ""),
    "request": (tables.RequestRow, "id", "id"),
    "account": (tables.Account, "id", "request_id"),
    "event": (tables.Event, "id", "request_id"),
    "mail_in": (tables.Inbox, "id", "request_id"),
    "mail_out": (tables.Outbox, "id", "request_id"),
    "remark": (tables.Remark, "id", "request_id"),
    "check": (tables.Check, "id", "request_id"),
    # Counts by day and fate: so few that they are read at once.
    "mail_forgotten": (tables.Forgotten, "", ""),
}
#: How work is shared out; means nothing outside.
_INNER = frozenset({"lease_until", "fence", "owner", "next_attempt_at", "effect_key"})


def count(session: Session) -> int:
    """How many rows an export of everything has."""
    return sum(
        run(session, select(func.count()).select_from(row.__table__)).scalar_one()
        for row, _, _ in KINDS.values()
    )


def rows(session: Session, request_id: int | None = None) -> Iterator[dict[str, Any]]:
    """Every row as its `table` and its columns, or only those of one request.

    All of it is from one moment when `session` is one of `Database.reading`.
    """
    for kind, (row, along, owner) in KINDS.items():
        table = row.__table__
        if request_id is not None and not owner:
            continue
        order = [table.c[along]] if along else table.primary_key.columns
        statement = select(*(c for c in table.c if c.name not in _INNER)).order_by(*order)
        if request_id is not None:
            statement = statement.where(table.c[owner] == request_id)
        last: Any = None
        while True:
            page = statement if last is None else statement.where(table.c[along] > last)
            found = run(session, page.limit(PAGE if along else None)).mappings().all()
            for values in found:
                yield {"table": kind, **{name: _safe(name, v) for name, v in values.items()}}
            if not along or len(found) < PAGE:
                break
            last = found[-1][along]


def _safe(name: str, value: Any) -> Any:
    """A value without whole secrets: our own addresses carry them in their tags."""
    if name == "mail_from" and isinstance(value, str):
        return cut_tag(value)
    if name == "recipients":
        return [cut_tag(one) for one in value]
    return value
