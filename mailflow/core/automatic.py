"""Whether a machine wrote a mail. Its word is never a decision, and it is never answered (I16).

Headers are asked first (RFC 3834, RFC 3464, RFC 2919 and the marks of many programs), then the
form of the mail, and last its words, since some machines admit nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailflow.core.absence import return_date
from mailflow.core.machineview import View, view
from mailflow.core.machinewords import (
    AUTO_HEADERS,
    AUTO_SUBJECT,
    AUTOMATIC_WORDS,
    AWAY,
    BACK,
    BOUNCE_SUBJECT,
    BOUNCE_WORDS,
    CALENDAR_SUBJECT,
    CALENDAR_WORDS,
    CHALLENGE,
    DAEMONS,
    DELAYED,
    LEFT_WORDS,
    LIST_COMMAND,
    LIST_HEADERS,
    NO_REPLY,
    PROMISE_WORDS,
    REACTION,
    RECEIPT_SUBJECT,
    RECEIPT_WORDS,
    THANKS_WORDS,
    TICKET_HEADERS,
    TICKET_SUBJECT,
    TICKET_WORDS,
)
from mailflow.core.message import Message


@dataclass(frozen=True, slots=True)
class Automatic:
    """`kind`: bounce, delayed, out_of_office, auto_reply, challenge, ticket, list, report,
    receipt, calendar, reaction or own. `absent_until` is an ISO date, "" where none is named."""

    kind: str
    why: str
    absent_until: str = ""
    words: bool = False  # seen by its words alone, which a person may write as well


def automatic(
    message: Message, envelope_from: str | None, ours: Sequence[str] = ()
) -> Automatic | None:
    """What kind of machine wrote the mail, or None for a person.

    Args:
        message: The mail as read.
        envelope_from: MAIL FROM; "" = null return path, None = unknown (IMAP).
        ours: Words of ours that stand in it: the subject it answers, the account's name.
    """
    seen = view(message, ours)
    return (
        _by_form(message, seen, envelope_from)
        or _by_headers(message, seen)
        or _by_words(message, seen)
    )


def _by_form(message: Message, seen: View, envelope_from: str | None) -> Automatic | None:
    local = message.sender.partition("@")[0]
    root = message.root_type
    params = dict(message.root_params)
    types = {part.type for part in message.parts}
    subject = seen.subject
    if root == "multipart/report" or "message/delivery-status" in types:
        kind = params.get("report-type", "").lower()
        if kind == "delivery-status" or "message/delivery-status" in types:
            return Automatic(
                "delayed" if _only_delayed(subject) else "bounce",
                "a delivery report (RFC 3464)",
            )
        if kind == "disposition-notification" or "message/disposition-notification" in types:
            return Automatic("receipt", "a reading receipt (RFC 8098)")
        return Automatic("report", f"a machine report ({kind or root})")
    if "message/disposition-notification" in types:
        return Automatic("receipt", "a reading receipt (RFC 8098)")
    if "message/feedback-report" in types:
        return Automatic("report", "a feedback report (RFC 5965)")
    if "text/calendar" in types or root == "text/calendar":
        return Automatic("calendar", "a calendar answer (RFC 6047)")
    if "text/vnd.google.email-reaction+json" in types or message.header("x-ms-reactions"):
        return Automatic("reaction", "a reaction to a mail")
    if message.header("x-failed-recipients"):
        return Automatic("bounce", "X-Failed-Recipients names who was not reached")
    null = envelope_from == "" or message.header("return-path").strip() == "<>"
    if DAEMONS.match(local) and (
        null
        or BOUNCE_SUBJECT.search(subject)
        or local.startswith(("mailer", "postmaster", "mdaemon", "microsoftexchange"))
    ):
        return Automatic(
            "delayed" if DELAYED.search(subject) else "bounce", f"from {local}: a mail server"
        )
    if BOUNCE_SUBJECT.search(subject) and (null or not message.in_reply_to):
        return Automatic("bounce", "the subject is that of a bounce")
    if null:
        return _away(message, seen) or Automatic(
            "auto_reply", "a null return path (RFC 5321 s4.5.5)"
        )
    return None


def _only_delayed(subject: str) -> bool:
    return bool(DELAYED.search(subject)) and "fail" not in subject


def _by_headers(message: Message, seen: View) -> Automatic | None:
    index = message.index
    submitted = message.header("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        away = _away(message, seen)
        if away:
            return away
        ticket = any(name in index for name in TICKET_HEADERS) or TICKET_SUBJECT.search(
            seen.subject
        )
        return Automatic(
            "ticket" if ticket else "auto_reply", f"Auto-Submitted: {submitted} (RFC 3834)"
        )
    for name in AUTO_HEADERS:
        if name in index and index[name][0].strip().lower() not in ("no", "false", "0"):
            return _away(message, seen) or Automatic("auto_reply", f"header {name}")
    if (
        "x-ms-exchange-inbox-rules-loop" in index
        or "x-ms-exchange-generated-message-source" in index
    ):
        return _away(message, seen) or Automatic("auto_reply", "generated by Exchange")
    if (
        message.header("x-pobox-auto-responder")
        or message.header("delivered-to").lower() == "autoresponder"
    ):
        return _away(message, seen) or Automatic("auto_reply", "an autoresponder's mark")
    for name in TICKET_HEADERS:
        if name in index:
            return Automatic("ticket", f"header {name}")
    for name in LIST_HEADERS:
        if name in index:
            return Automatic("list", f"header {name}")
    precedence = message.header("precedence").strip().lower()
    if precedence in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        away = _away(message, seen)
        if away:
            return away
        return Automatic(
            "list" if precedence == "list" else "auto_reply", f"Precedence: {precedence}"
        )
    if "reaction" in message.header("content-disposition").lower():
        return Automatic("reaction", "a reaction to a mail (RFC 9078)")
    if any(part.disposition == "reaction" for part in message.parts):
        return Automatic("reaction", "a reaction to a mail (RFC 9078)")
    return None


def _by_words(message: Message, seen: View) -> Automatic | None:
    subject = seen.subject
    if CALENDAR_SUBJECT.match(subject):
        return Automatic("calendar", "the subject is that of a calendar answer")
    if AUTO_SUBJECT.search(subject):
        return _away(message, seen) or Automatic(
            "auto_reply", "the subject says that it is automatic"
        )
    head = seen.text[:600]
    if BOUNCE_SUBJECT.search(subject) and BOUNCE_WORDS.search(head):
        return Automatic("bounce", "the subject and the words of a bounce")
    if RECEIPT_SUBJECT.match(subject) and RECEIPT_WORDS.search(head):
        return Automatic("receipt", "the subject and the words of a reading receipt")
    if CALENDAR_WORDS.search(head):
        return Automatic("calendar", "the words of a calendar answer")
    if LIST_COMMAND.match(subject) or LIST_COMMAND.match(head):
        return Automatic("list", "a command of list software", words=True)
    if REACTION.match(head[:160]):
        return Automatic("reaction", "a reaction to a mail")
    if CHALLENGE.search(head):
        return Automatic("challenge", "asks the sender to prove that he is a person")
    away = _away(message, seen)
    if away:
        return away
    if TICKET_WORDS.search(head) or _acknowledges(message, subject, head):
        return Automatic("ticket", "the words of a ticket system")
    if LEFT_WORDS.search(head) and ("@" in head or "mailbox" in head or "forward" in head):
        return Automatic("auto_reply", "says that somebody left, and where to write")
    if AUTOMATIC_WORDS.search(head):
        return Automatic("auto_reply", "the text says that it is automatic")
    return None


def _acknowledges(message: Message, subject: str, head: str) -> bool:
    """Whether thanks for a mail are those of a machine: people thank too, and then say something.

    Said twice, or with a promise to answer, under a ticket's subject or by a no-reply address.
    """
    thanks = THANKS_WORDS.findall(head)
    return bool(thanks) and (
        len(thanks) > 1
        or PROMISE_WORDS.search(head) is not None
        or TICKET_SUBJECT.search(subject) is not None
        or NO_REPLY.match(message.sender) is not None
    )


def _away(message: Message, seen: View) -> Automatic | None:
    text = seen.text
    found = AWAY.search(seen.subject)
    if not found:
        found = AWAY.search(text[:600])
        if not found or BACK.search(text[: found.start()]):
            return None
    return Automatic(
        "out_of_office", f"says “{found.group()}”", return_date(text[:1500], message.date)
    )
