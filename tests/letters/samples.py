"""Every situation in which a letter is written, as tests look at it: written, and taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

from mailflow.config import ServiceSettings
from mailflow.letters import Envelope, Finished, Letters, samples
from mailflow.letters.samples import (
    BARE,
    COLLEAGUE,
    CUSTOMER,
    ERROR_CODES,
    EVENTS,
    FIELDS,
    NOW,
    OP,
    PARTNER,
    PENDING,
    PROBLEMS,
    SAMPLES,
    TIMELINE,
    TOKEN,
    WARNING_CODES,
    A,
    C,
    N,
    P,
    S,
    Sample,
    U,
    in_state,
)

__all__ = [
    "BARE",
    "COLLEAGUE",
    "CUSTOMER",
    "ERROR_CODES",
    "EVENTS",
    "FIELDS",
    "NOW",
    "OP",
    "PARTNER",
    "PENDING",
    "PROBLEMS",
    "SAMPLES",
    "TIMELINE",
    "TOKEN",
    "WARNING_CODES",
    "A",
    "C",
    "N",
    "P",
    "S",
    "Sample",
    "U",
    "in_state",
]

LANGUAGES = ("en", "es", "pt")
SERVICE = ServiceSettings(
    organisation="Vendor",
    sender_name="Vendor Licensing",
    address="requests@licensing.vendor.example",
    public_url="https://licensing.vendor.example",
    support_url="https://support.vendor.example/cases",
    feedback_url="https://vendor.example/feedback",
    terms_url="https://vendor.example/terms",
    guide_url="https://vendor.example/guide",
    account_url="https://vendor.example/accounts",
    account_is_free=True,
    operator_address="operators@vendor.example",
)
OURS = (
    "https://licensing.vendor.example/a/",
    "https://licensing.vendor.example/s/",
    "https://support.vendor.example/cases",
    "https://vendor.example/feedback",
    "https://vendor.example/terms",
    "https://vendor.example/guide",
    "https://vendor.example/accounts",
    "mailto:requests@licensing.vendor.example",
    "mailto:requests+" + TOKEN + "@licensing.vendor.example",
)


def envelope(sample: Sample) -> Envelope:
    """What `flow` would give this letter."""
    return samples.envelope(sample, SERVICE)


def write(letters: Letters, sample: Sample, language: str = "en") -> Finished:
    """The finished sample."""
    return letters.finish(
        samples.letter(sample, "reader@reader.example", language), envelope(sample)
    )


@dataclass
class Parts:
    """A mail taken apart as a reader's program would."""

    raw: bytes
    subject: str

    mail: EmailMessage
    text: str
    html: str

    @cached_property
    def tree(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.html)

    @cached_property
    def shown(self) -> str:
        """What the HTML shows, as text."""
        tree = LexborHTMLParser(self.html)
        for hidden in tree.css("style, title, script"):
            hidden.decompose()
        return tree.body.text(separator=" ") if tree.body else ""

    def links(self) -> list[str]:
        return [node.attributes.get("href") or "" for node in self.tree.css("[href]")]


def parts(raw: bytes) -> Parts:
    """Parse with the standard library, independent of how we write."""
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return Parts(raw, str(mail["Subject"]), mail, text.get_content(), html.get_content())


_READ: dict[tuple[Letters, int, str], Parts] = {}


def read(letters: Letters, sample: Sample, language: str = "en") -> Parts:
    """The finished sample taken apart; done once for all tests that look at it."""
    key = (letters, id(sample), language)
    if key not in _READ:
        _READ[key] = parts(write(letters, sample, language).raw)
    return _READ[key]


def words(text: str) -> list[str]:
    """Letters and digits only, in order."""
    return re.findall(r"\w+", text)
