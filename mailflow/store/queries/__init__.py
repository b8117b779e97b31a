"""Reads for everybody. Nothing here changes a row, and no view shows a whole secret (I29).

`facts`: what must be known to judge one mail, and to decide. `lists`: rows for people.
`figures`: counts for the status page, the metrics and the conservation of mail (I26).
"""

from mailflow.store.queries.checks import checks, unchecked_requests
from mailflow.store.queries.facts import (
    LetterFact,
    MessageFacts,
    TokenFact,
    approver_requests,
    due_requests,
    earlier_request,
    effect_known,
    language_of,
    message_facts,
    request,
    request_by_reference,
    unfinished_before,
)
from mailflow.store.queries.figures import (
    Conservation,
    Counts,
    conservation,
    counts,
    last_received,
)
from mailflow.store.queries.lists import (
    CapturedMail,
    EventLine,
    InboxLine,
    OutboxLine,
    captured,
    events,
    inbox_raw,
    inbox_rows,
    mails,
    outbox_raw,
    outbox_rows,
    remarks,
    requests,
    timeline,
)

__all__ = [
    "CapturedMail",
    "Conservation",
    "Counts",
    "EventLine",
    "InboxLine",
    "LetterFact",
    "MessageFacts",
    "OutboxLine",
    "TokenFact",
    "approver_requests",
    "captured",
    "checks",
    "conservation",
    "counts",
    "due_requests",
    "earlier_request",
    "effect_known",
    "events",
    "inbox_raw",
    "inbox_rows",
    "language_of",
    "last_received",
    "mails",
    "message_facts",
    "outbox_raw",
    "outbox_rows",
    "remarks",
    "request",
    "request_by_reference",
    "requests",
    "timeline",
    "unchecked_requests",
    "unfinished_before",
]
