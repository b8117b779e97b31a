"""What the demo gives to its mailbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailflow.core.request import Person
from mailflow.web.mailview import Captured


@dataclass(frozen=True, slots=True)
class Example:
    """A request ready to be sent; `name` stands in the address, `title` on the page."""

    name: str
    title: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What the mailbox needs of the demo.

    `mails()` newest first, `mail(id)`; `send(mail_from, recipient, raw)` hands a mail to the SMTP
    port and returns "" or why it was refused; `now()` is business time; `pass_days(n)` moves it;
    `writer` is the partner who writes new requests; `names` are display names by address.
    """

    mails: Callable[[], Sequence[Captured]]
    mail: Callable[[int], Captured | None]
    send: Callable[[str, str, bytes], str]
    now: Callable[[], datetime]
    pass_days: Callable[[int], None]
    writer: Person
    examples: Sequence[Example] = ()
    names: Mapping[str, str] = field(default_factory=dict)
