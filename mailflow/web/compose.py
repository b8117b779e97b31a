"""Mails as people's own programs write them: an answer above the quoted letter, or a new one.

The demo's mailbox and its played conversation both send such mails through the SMTP port, so that
what is shown there is what the service reads in earnest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from html import escape

from babel.dates import format_datetime as in_words

from mailflow.web.mailview import Captured, Opened, body_of, opened

#: The line that Gmail puts above a quotation, and its date, by the writer's language.
_ATTRIBUTION = {
    "en": ("On {date}, {name} <{address}> wrote:", "EEE, MMM d, y 'at' h:mm a"),
    "es": ("El {date}, {name} (<{address}>) escribió:", "EEE, d MMM y 'a las' H:mm"),
    "pt": ("Em {date}, {name} <{address}> escreveu:", "EEE, d 'de' MMM 'de' y 'às' HH:mm"),
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail ready for the SMTP port: envelope and bytes (CRLF)."""

    mail_from: str
    recipient: str
    raw: bytes


def attribution(mail: Captured, letter: Opened) -> str:
    """The line above the quotation."""
    pattern, date = _ATTRIBUTION.get(mail.language, _ATTRIBUTION["en"])
    locale = mail.language if mail.language in _ATTRIBUTION else "en"
    return pattern.format(
        date=in_words(mail.at, date, locale=locale),
        name=letter.sender_name or letter.sender,
        address=letter.reply_to or letter.sender,
    )


def quotation(mail: Captured, letter: Opened) -> str:
    """The letter quoted as text, below its attribution."""
    lines = (f"> {line}" if line else ">" for line in letter.text.rstrip().split("\n"))
    return "\n".join((attribution(mail, letter), "", *lines, ""))


def answer(
    mail: Captured, words: str, *, name: str, now: datetime, message_id: str, quote: bool = True
) -> Outgoing:
    """An answer of the addressee in the manner of Gmail.

    `words` is what he writes himself; `name` his display name or ""; `message_id` a fresh
    "<…@…>". With `quote` the letter follows below, in text and HTML; without, `words` is all
    there is (somebody who edited the quotation himself).
    """
    letter = opened(mail.raw)
    recipient = letter.reply_to or letter.sender
    message = _blank(mail.recipient, name, recipient, now, message_id)
    subject = mail.subject
    message["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    if letter.message_id:
        message["In-Reply-To"] = letter.message_id
        message["References"] = f"{letter.references} {letter.message_id}".strip()
    if quote:
        message.set_content(
            f"{words.rstrip()}\n\n{quotation(mail, letter)}", cte="quoted-printable"
        )
        message.add_alternative(
            _gmail_html(words, mail, letter), subtype="html", cte="quoted-printable"
        )
    else:
        message.set_content(words, cte="quoted-printable")
    return Outgoing(mail.recipient, recipient, message.as_bytes())


def new(
    *,
    sender: str,
    name: str,
    recipient: str,
    subject: str,
    text: str,
    now: datetime,
    message_id: str,
) -> Outgoing:
    """A new mail with plain text."""
    message = _blank(sender, name, recipient, now, message_id)
    message["Subject"] = " ".join(subject.split())
    message.set_content(text, cte="quoted-printable")
    return Outgoing(sender, recipient, message.as_bytes())


def _blank(sender: str, name: str, recipient: str, now: datetime, message_id: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((name, sender))
    message["To"] = recipient
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["MIME-Version"] = "1.0"
    return message


def _gmail_html(words: str, mail: Captured, letter: Opened) -> str:
    """The HTML part: own words, then the letter in Gmail's quotation."""
    own = "".join(f"<div>{escape(line) or '<br>'}</div>" for line in words.rstrip().split("\n"))
    quoted = body_of(letter.html) or f"<pre>{escape(letter.text)}</pre>"
    return (
        f'<div dir="ltr">{own}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{escape(attribution(mail, letter))}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        'border-left:1px solid rgb(204,204,204);padding-left:1ex">'
        f"{quoted}</blockquote></div>\n"
    )
