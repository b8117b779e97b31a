"""What is noted of a mail on its inbox row."""

from __future__ import annotations

import hashlib

from mailflow.core.classify import Reading
from mailflow.core.message import Message
from mailflow.flow.values import Applied, Mail
from mailflow.store import inbox

DUPLICATE = Applied("duplicate", "the same mail had its effect before (I2)")


def state_of(applied: Applied, reading: Reading) -> str:
    """The state in which a mail ends."""
    if applied.outcome in ("refuse", "quarantine"):
        return "refused" if applied.outcome == "refuse" else "quarantined"
    return {"quarantine": "quarantined", "ignore": "ignored"}.get(reading.do, "done")


def why(applied: Applied, reading: Reading) -> str:
    """The rule that decided; of an answer also the rule by which it was understood."""
    if reading.reply is None or not reading.why or reading.why in applied.reason:
        return applied.reason
    return f"{applied.reason}; understood as {reading.reply.intent}: {reading.why}"


def row_of(mail: Mail, applied: Applied, key: str | None) -> inbox.Finished:
    """A mail as it is finished; `key` names its effect."""
    message = mail.message if isinstance(mail.message, Message) else None
    return inbox.Finished(
        mail.claimed.id,
        mail.claimed.fence,
        state=state_of(applied, mail.reading),
        kind=mail.reading.kind,
        outcome=applied.outcome,
        reason=why(applied, mail.reading),
        sender=message.sender if message else "",
        verdict=f"{mail.verdict.result}: {mail.verdict.rule}",
        message_id=message.message_id if message else "",
        # In quarantine it had no effect, nor has a further copy; the operator may release it.
        effect_key=None if applied is DUPLICATE or applied.outcome == "quarantine" else key,
        request_id=applied.request.id if applied.request else mail.reading.request_id,
    )


def effect_key(mail: Mail) -> str | None:
    """What one mail is counted by, however many copies of it arrive (DESIGN.md §2.2).

    The request is that of the letter it answers, not that of how it was read: a mail that names
    another approver takes its own secret away, and its copy is read otherwise.

    Received lines and recipients play no part. A mail whose Message-ID is missing, or is not
    covered by the proof of its sender, is told from others by its date and subject, so that
    nobody can have it act again by giving it another one. Without a date it is counted by its
    bytes alone, at the inbox.
    """
    message = mail.message
    if not mail.verdict.proven or not isinstance(message, Message):
        return None
    if mail.reading.do not in ("apply", "calm", "redirect"):
        return None
    name = message.message_id if mail.verdict.id_proven else ""
    if not name and message.date:
        name = f"{message.date}\0{message.subject}"
    if not name:
        return None
    letter = mail.facts.returned or mail.facts.letter
    request_id = letter.request_id if letter else 0
    parts = (message.sender, name, message.body_hash, str(request_id))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
