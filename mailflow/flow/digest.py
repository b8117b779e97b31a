"""The operator's daily mail about the quarantine: nobody else tells him that it fills."""

from __future__ import annotations

from datetime import timedelta

from mailflow.core.letter import Audience, Kind, Letter
from mailflow.flow.door import Flow
from mailflow.letters import dates
from mailflow.store import queries, quota

#: Until the key of a day is never asked for again.
_KEPT = timedelta(days=2)


def digest(flow: Flow) -> bool:
    """Write the digest, if today's is due and there is something in quarantine.

    Harmless however often and on however many machines: the day is taken in the database, with
    the letter, in one transaction. A day on which nothing waited is taken as well, so that a mail
    which comes later is in the next day's digest.

    Returns:
        Whether a letter was written.
    """
    service = flow.config.service
    with flow.db.transaction() as session:
        now = flow.db.now(session)
        local = now.astimezone(dates.zone(service.time_zone))
        if local.hour < flow.policy.digest_hour:
            return False
        if not quota.take(session, f"digest:{local:%Y-%m-%d}", 1, _KEPT, now):
            return False
        found = queries.quarantine(session)
        if not found.count:
            return False
        rows = [
            {
                "id": line.id, "at": line.received_at, "sender": line.sender or line.mail_from,
                "reason": line.reason,
            }
            for line in found.newest
        ]  # fmt: skip
        data = {"count": found.count, "reasons": list(found.reasons.items()), "rows": rows}
        flow.write(
            session,
            Letter(
                Kind.QUARANTINE_DIGEST, service.operator_address, service.default_language,
                Audience.OPERATOR, data=data,
            ),
            now,
        )  # fmt: skip
    flow.bell()
    return True
