"""An end to mail that two programs send each other, whatever a server on the way has taken off it.

Headers that say "automatic" and thread ids get lost in forwarders. What such a mail says stays: it
reads as a letter of a service like this one, names a request in its subject, or asks once more for
the very same thing. A person may do any of it once or twice, so it is answered a few times, and
then waits for the operator instead of being thrown away (I3, I16).
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from mailflow.core import reference
from mailflow.core.classify import Reading
from mailflow.core.commands import Open
from mailflow.core.message import Message
from mailflow.core.policy import Policy
from mailflow.store import quota
from mailflow.store.session import Session

_DAY = timedelta(days=1)


def again(
    session: Session,
    message: Message,
    reading: Reading,
    policy: Policy,
    now: datetime,
    *,
    known: bool,
) -> str:
    """Why this mail is one too many of its kind, or "". Takes from the limits of its sender.

    `known`: he is in the directory. Anybody else has one refusal a day, whatever he sends.
    """
    sender = message.sender
    echo = reading.own is not None and reading.own.echo
    # The subject of a letter: it names a request, and none that the sender may speak of here.
    stray = reading.request_id is None and bool(reference.find(message.subject))
    if echo or stray:
        key = f"echo:{sender}"
        if not quota.take(session, key, policy.echoes_per_day, _DAY, now):
            return "it reads as a letter of a service like this one, again and again: a loop? (I16)"
    if known and isinstance(reading.command, Open) and reading.command.submission.fields.given():
        # What was read, not how it was written: a program on the way may wrap lines anew.
        said = repr((sender, reading.command.submission.fields)).encode("utf-8", "replace")
        key = f"same:{hashlib.sha256(said).hexdigest()}"
        if not quota.take(session, key, policy.same_requests_per_day, _DAY, now):
            return "the same request was sent too often today: a loop? (I16)"
    return ""
