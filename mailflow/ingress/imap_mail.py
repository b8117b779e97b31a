"""What the envelope of a mail was, as far as a mailbox still tells (DESIGN.md §2.1). Pure.

A mailbox keeps no envelope. Its recipients are our addresses in header fields, its return path is
the field Return-Path that the delivering server wrote on top. Both are a stranger's words in the
same sense as RCPT and MAIL FROM are: a tag is judged later, and who wrote is proven elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailflow.core import gate, mime
from mailflow.ingress.paths import NULL_PATH, split_path
from mailflow.store.inbox import Incoming

#: So much of a header block is looked at; mail with a longer one is not read later either.
HEADER_BYTES = gate.Limits().header_bytes
#: As many recipients as one mail may have by SMTP (RFC 5321 §4.5.3.1.8).
MAX_RECIPIENTS = 100

_ATOM = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Which addresses are ours. `intake` takes what names none of them."""

    intake: str
    others: tuple[str, ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds each of them in a header field, with any tag or none."""
        forms = []
        for address in (self.intake, *self.others):
            local, _, domain = address.rpartition("@")
            forms.append(rf"{re.escape(local)}(?:\+[{_ATOM}.-]{{0,64}})?@{re.escape(domain)}")
        return re.compile(rf"(?<![{_ATOM}.-])(?:{'|'.join(forms)})(?![A-Za-z0-9.-])", re.I | re.A)


def incoming(
    raw: bytes,
    *,
    mailbox: str,
    ours: Addresses,
    recipient_headers: Sequence[str],
    received_at: datetime | None,
) -> Incoming:
    """The mail `raw` of a mailbox, as the inbox takes it.

    Args:
        raw: Its bytes as fetched.
        mailbox: Its name in the configuration.
        ours: Our addresses.
        recipient_headers: Names of the fields in which they are looked for, the surest first.
        received_at: When the server says it came in (INTERNALDATE); None = not known.
    """
    head = gate.to_lf(raw[: min(gate.header_end(raw[: HEADER_BYTES + 4]), HEADER_BYTES)])
    fields, _ = mime.split_headers(head)
    return Incoming(
        raw=raw,
        mail_from=return_path(fields),
        recipients=recipients(fields, ours, recipient_headers),
        peer=f"imap:{mailbox}",
        source=f"imap:{mailbox}",
        received_at=received_at,
    )


def recipients(
    fields: Sequence[tuple[str, bytes]], ours: Addresses, headers: Sequence[str]
) -> tuple[str, ...]:
    """Our addresses in the named fields, each once, in the order of `headers`.

    A mail that names none (Bcc, an alias, a list) is in our mailbox all the same: it counts as
    sent to the intake.
    """
    pattern = ours.pattern
    found: dict[str, str] = {}
    for header in headers:
        for name, value in fields:
            if name == header.lower():
                # Our addresses are ASCII; no guess at a character set may hide them.
                for match in pattern.finditer(value.decode("latin-1")):
                    found.setdefault(match[0].lower(), match[0])
    return tuple(found.values())[:MAX_RECIPIENTS] or (ours.intake,)


def return_path(fields: Sequence[tuple[str, bytes]]) -> str | None:
    """The topmost Return-Path: an address, "" for the null path, None if it is not known."""
    value = next((value for name, value in fields if name == "return-path"), None)
    try:
        path = split_path(value.decode().strip()) if value is not None else None
    except UnicodeDecodeError:
        path = None
    if path is None or path[1]:
        return None
    return "" if path[0] == NULL_PATH else path[0]
