"""One named function per thing that can happen to a mail; each line carries the same ids.

`inbox=`, `outbox=` and `request=` name rows, so that one `grep` tells the life of a mail. Lines
go to standard error: JSON, or coloured text on a terminal. Until `configure` was called, nothing
is written. Values may be a stranger's; `output` makes them harmless.
"""

from __future__ import annotations

import logging

from mailflow.maillog.output import LogSettings, configure, describe, harmless

__all__ = ["LogSettings", "configure", "describe", "harmless"]

_ours = logging.getLogger("mailflow")
_ours.addHandler(logging.NullHandler())  # silent until `configure`


def _say(level: int, what: str, **values: object) -> None:
    """One line; ids and texts that are unknown ("" or None) are left out."""
    if _ours.isEnabledFor(level):
        name = logging.getLevelName(level).lower()
        line = {k: v for k, v in values.items() if v is not None and v != ""}
        line["event"], line["level"] = what, name
        # Made here: `_ours.log` would first look in the stack for the file and line that call.
        _ours.handle(_ours.makeRecord(_ours.name, level, "", 0, line, (), None))


# The door


def listening(*, url: str, port: int, name: str = "door") -> None:
    """Something is open at `url`: the "door" for mail, "web", "console" or "health"."""
    _say(logging.INFO, "listening", name=name, url=url, port=port)


def received(
    *, inbox: int, source: str, peer: str, mail_from: str, recipients: int, size: int
) -> None:
    """A mail is on disk, and its sender is being told."""
    _say(
        logging.INFO, "received", inbox=inbox, source=source, peer=peer,
        mail_from=mail_from or "<>", recipients=recipients, size=size,
    )  # fmt: skip


def duplicate_copy(*, inbox: int, source: str, peer: str) -> None:
    """The same bytes for the same recipients came again; the first copy stands."""
    _say(logging.INFO, "duplicate_copy", inbox=inbox, source=source, peer=peer)


def refused_at_door(*, source: str, peer: str, answer: str) -> None:
    """A session, a recipient or a mail was refused; nothing was stored."""
    _say(logging.INFO, "refused_at_door", source=source, peer=peer, answer=answer)


def store_failed(*, mails: int, error: BaseException) -> None:
    """So many mails could not be stored; their senders were told to try again."""
    _say(logging.ERROR, "store_failed", mails=mails, error=describe(error))


# Mailboxes


def mailbox_up(*, mailbox: str) -> None:
    """A mailbox is being read, for the first time or again after trouble."""
    _say(logging.INFO, "mailbox_up", mailbox=mailbox)


def mailbox_elsewhere(*, mailbox: str) -> None:
    """Another worker reads this mailbox; this one stands by and takes over if that one ends."""
    _say(logging.INFO, "mailbox_elsewhere", mailbox=mailbox)


def mailbox_trouble(*, mailbox: str, reason: str, retry_in: float) -> None:
    """A mailbox cannot be read for now; the next try is `retry_in` seconds away."""
    _say(
        logging.WARNING, "mailbox_trouble", mailbox=mailbox, reason=reason,
        retry_in=round(retry_in, 1),
    )  # fmt: skip


def mailbox_silent(*, mailbox: str, minutes: int, reason: str) -> None:
    """Nothing could be taken from a mailbox for so long. A person must look."""
    _say(logging.ERROR, "mailbox_silent", mailbox=mailbox, minutes=minutes, reason=reason)


def mailbox_refused(*, mailbox: str, uid: int, reason: str) -> None:
    """A mail of a mailbox cannot be taken and was put aside there. A person must look."""
    _say(logging.ERROR, "mailbox_refused", mailbox=mailbox, uid=uid, reason=reason)


def mailbox_not_cleared(*, mailbox: str, mails: int, reason: str) -> None:
    """Mails that are taken could not be moved or flagged; it will be tried again."""
    _say(logging.WARNING, "mailbox_not_cleared", mailbox=mailbox, mails=mails, reason=reason)


def mailbox_renumbered(*, mailbox: str, uidvalidity: int) -> None:
    """The server has numbered a folder anew; its mails are compared by their bytes."""
    _say(logging.WARNING, "mailbox_renumbered", mailbox=mailbox, uidvalidity=uidvalidity)


# The inbox


def claimed(*, inbox: int, attempt: int) -> None:
    """Work on a mail begins."""
    _say(logging.DEBUG, "claimed", inbox=inbox, attempt=attempt)


def understood(
    *, inbox: int, kind: str, message_id: str, sender: str, verdict: str, reason: str = ""
) -> None:
    """A mail was read: what it is, and from whom it is proven to come."""
    _say(
        logging.INFO, "understood", inbox=inbox, kind=kind, message_id=message_id,
        sender=sender, verdict=verdict, reason=reason,
    )  # fmt: skip


def applied(
    *, request: int | None, inbox: int | None, outcome: str, state: str, letters: int,
    reason: str = "",
) -> None:  # fmt: skip
    """A command had its effect, or the state answered it."""
    _say(
        logging.INFO, "applied", request=request, inbox=inbox, outcome=outcome, state=state,
        letters=letters, reason=reason,
    )  # fmt: skip


def quarantined(*, inbox: int, reason: str, sender: str = "") -> None:
    """A mail was set aside: we chose not to act on it."""
    _say(logging.INFO, "quarantined", inbox=inbox, reason=reason, sender=sender)


def ignored(*, inbox: int, reason: str) -> None:
    """A machine's mail, or none of ours: no effect, no answer."""
    _say(logging.INFO, "ignored", inbox=inbox, reason=reason)


def fault(*, inbox: int, attempt: int, error: BaseException) -> None:
    """A fault of ours in working on a mail; it will be tried again."""
    _say(logging.WARNING, "fault", inbox=inbox, attempt=attempt, error=describe(error))


def postponed(*, inbox: int, reason: str) -> None:
    """The sender could not be judged for now (DNS); it will be tried again."""
    _say(logging.INFO, "postponed", inbox=inbox, reason=reason)


def apart(*, number: int, error: BaseException) -> None:
    """What was to share a transaction is worked on one by one: something was wrong."""
    _say(logging.WARNING, "apart", number=number, error=describe(error))


def failed(*, inbox: int, reason: str) -> None:
    """A mail was set aside after too many faults of ours. A person must look."""
    _say(logging.ERROR, "failed", inbox=inbox, reason=reason)


# Requests


def reminded(*, request: int, letter: str) -> None:
    """The clock had somebody reminded."""
    _say(logging.INFO, "reminded", request=request, letter=letter)


def expired(*, request: int, state: str) -> None:
    """The clock ended a request: it expired or lapsed."""
    _say(logging.INFO, "expired", request=request, state=state)


def letter_written(
    *, outbox: int, request: int | None, inbox: int | None, kind: str, language: str
) -> None:
    """A letter is committed and will be sent."""
    _say(
        logging.INFO, "letter_written", outbox=outbox, request=request, inbox=inbox, kind=kind,
        language=language,
    )  # fmt: skip


# The way out


def sent(*, outbox: int, request: int | None, recipient: str, attempt: int, answer: str) -> None:
    """The relay took a mail."""
    _say(
        logging.INFO, "sent", outbox=outbox, request=request, recipient=recipient,
        attempt=attempt, answer=answer,
    )  # fmt: skip


def captured(*, outbox: int, request: int | None, recipient: str, answer: str) -> None:
    """A mail was kept instead of sent (demo, staging)."""
    _say(
        logging.INFO, "captured", outbox=outbox, request=request, recipient=recipient,
        answer=answer,
    )  # fmt: skip


def deferred(
    *, outbox: int, request: int | None, recipient: str, attempt: int, reason: str, retry_in: float
) -> None:
    """A try failed for now; the next one is `retry_in` seconds away."""
    _say(
        logging.WARNING, "deferred", outbox=outbox, request=request, recipient=recipient,
        attempt=attempt, reason=reason, retry_in=round(retry_in),
    )  # fmt: skip


def send_failed(
    *, outbox: int, request: int | None, recipient: str, attempt: int, reason: str
) -> None:
    """A mail was refused for good, or given up; its request is told."""
    _say(
        logging.ERROR, "send_failed", outbox=outbox, request=request, recipient=recipient,
        attempt=attempt, reason=reason,
    )  # fmt: skip


def lease_lost(*, outbox: int, answer: str) -> None:
    """Our result came too late: somebody else has claimed the mail since."""
    _say(logging.WARNING, "lease_lost", outbox=outbox, answer=answer)


# The house


def trouble(*, loop: str, error: BaseException) -> None:
    """A loop met something it did not expect, and goes on.

    That the database is away was told by `database_away`; each loop that meets it is of interest
    to developers only.
    """
    level = logging.DEBUG if getattr(error, "told", False) else logging.ERROR
    _say(level, "trouble", loop=loop, error=describe(error))


def database_away(*, error: BaseException) -> None:
    """The database cannot be used; every loop waits and tries again. Said once."""
    _say(logging.ERROR, "database_away", error=describe(error))


def database_back(*, after: float, tries: int) -> None:
    """It can be used again, after so many seconds in which it was tried so often."""
    _say(logging.WARNING, "database_back", after=round(after, 1), tries=tries)


def worker_died(*, worker: int, inbox: int, outbox: int) -> None:
    """A worker was found dead; so many mails that it had claimed wait again."""
    _say(logging.WARNING, "worker_died", worker=worker, inbox=inbox, outbox=outbox)


def console_login(*, name: str, peer: str, done: bool) -> None:
    """Somebody tried to log in to the console; `done`: name and password were right."""
    level = logging.INFO if done else logging.WARNING
    _say(level, "console_login", name=name, peer=peer, done=done)


def clock_jumped(*, by: float) -> None:
    """The wall clock moved by `by` seconds otherwise than time did; timers were set anew."""
    _say(logging.WARNING, "clock_jumped", by=round(by, 1))


def thread_died(*, loop: str, error: BaseException) -> None:
    """A loop ended that should not; the program ends."""
    _say(logging.CRITICAL, "thread_died", loop=loop, error=describe(error))


def started(*, roles: str, version: str) -> None:
    """The program is up."""
    _say(logging.INFO, "started", roles=roles, version=version)


def cannot_start(*, reason: str, mend: str) -> None:
    """The program ends before it has begun; what is in the way, and what to do about it."""
    _say(logging.CRITICAL, "cannot_start", reason=reason, mend=mend)


def stopped(*, reason: str) -> None:
    """The program ends in good order."""
    _say(logging.INFO, "stopped", reason=reason)
