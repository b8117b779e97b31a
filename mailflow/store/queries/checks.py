"""Security checks: which requests are due for one, and what the past ones found (S25)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, select, text

from mailflow.core.request import State
from mailflow.store.db import run
from mailflow.store.session import Session
from mailflow.store.tables import Check, RequestRow

_request = RequestRow.__table__  # type: ignore[attr-defined]
_check = Check.__table__  # type: ignore[attr-defined]
_UNCHECKED = (
    select(_request.c.id)
    .where(
        _request.c.state == State.PENDING.value,
        _request.c.id > bindparam("after_id"),
        ~exists().where(
            _check.c.request_id == _request.c.id,
            _check.c.at > bindparam("since"),
            _check.c.at < bindparam("until"),  # later ones were made by a wrong clock
        ),
    )
    .order_by(_request.c.id)
    .limit(bindparam("limit"))
)
_CHECKS = (
    select(_check.c.at, _request.c.reference, _check.c.passed, _check.c.findings)
    .join(_request, _check.c.request_id == _request.c.id)
    .order_by(_check.c.id.desc())
)


def unchecked_requests(
    session: Session, since: datetime, limit: int, after_id: int = 0
) -> list[int]:
    """Pending requests without a check in the two days after `since`, by id, beyond `after_id`."""
    until = since + timedelta(days=2)
    values = {"since": since, "until": until, "limit": limit, "after_id": after_id}
    return list(run(session, _UNCHECKED, values).scalars())


def checks(
    session: Session, *, failed_only: bool = False, limit: int = 100
) -> list[Mapping[str, Any]]:
    """Past checks, newest first: `at`, `reference`, `passed`, `findings`."""
    statement = _CHECKS.where(text("NOT security_check.passed")) if failed_only else _CHECKS
    return [dict(row._mapping) for row in run(session, statement.limit(limit))]
