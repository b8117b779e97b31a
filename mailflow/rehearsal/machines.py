"""What mail servers and absent people's mailboxes write: reports (RFC 3464) and out-of-office."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

_REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@{domain}>\r
To: {to}\r
Subject: {subject}\r
Date: {date}\r
Message-ID: {message_id}\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=us-ascii\r
\r
{text}\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.{domain}\r
\r
Final-Recipient: rfc822; {recipient}\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; {detail}\r
\r
--b--\r
"""


def report(
    recipient: str, return_path: str, detail: str, *, failed: bool, now: datetime, message_id: str
) -> bytes:
    """What the recipient's mail server says of a letter: failed for good, or only delayed."""
    subject = "Undelivered Mail Returned to Sender" if failed else "Delivery delayed"
    return _REPORT.format(
        domain=recipient.rpartition("@")[2],
        to=return_path,
        subject=subject,
        date=format_datetime(now),
        message_id=message_id,
        text="It could not be delivered." if failed else "It is still being tried.",
        recipient=recipient,
        action="failed" if failed else "delayed",
        status="5.1.1" if failed else "4.4.1",
        detail=detail or ("550 5.1.1 user unknown" if failed else "421 4.4.1 try again"),
    ).encode()


def absence(sender: str, to: str, until: str, *, now: datetime, message_id: str) -> bytes:
    """An out-of-office that begins with a word of ours, as cautious readers fear it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = "Out of Office: your mail"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-replied (vacation)"
    mail.set_content("ACTIVATE\nI am out of the office" + (f" until {until}." if until else "."))
    return mail.as_bytes()
