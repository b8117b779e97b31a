"""What a mail says, fit to be looked at: text only, without secrets. Pure.

Quarantined mail is a stranger's. Its HTML is never shown, not even in a frame: it is read as text,
by the same code that judges it, and the template escapes the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailflow.core import html, message
from mailflow.core.hygiene import clean_line, clean_text

#: More of a mail is not shown.
MAX_TEXT = 20_000
MAX_LINE = 500
#: A token is 32 signs of base32 (core.token). Something longer glued to it is cut as well.
_TOKEN = re.compile(r"([A-Za-z2-7]{6})[A-Za-z2-7]{26,}")
#: The headers one judges a mail by; the others are noise, or hold secrets.
_SHOWN = (
    "from", "sender", "reply-to", "to", "cc", "date", "subject", "message-id", "in-reply-to",
    "authentication-results", "received-spf", "auto-submitted", "precedence", "list-id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail to look at. `fault` is why it cannot be read, "" when it can."""

    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    from_html: bool = False
    cut: bool = False
    parts: tuple[str, ...] = ()
    fault: str = ""


def shown(raw: bytes | None) -> Shown:
    """The mail of these bytes; None = wiped."""
    if raw is None:
        return Shown(fault="Its bytes were wiped; what is known of it is above.")
    found = message.read(raw)
    if isinstance(found, message.Unreadable):
        return Shown(fault=f"It cannot be read: {found.reason}. {found.detail}".strip())
    from_html = found.plain is None and found.html is not None
    text = _readable(found.html or "") if from_html else found.plain or ""
    headers = tuple(
        (name, without_secrets(clean_line(value))[:MAX_LINE])
        for name, value in found.headers
        if name in _SHOWN
    )
    parts = tuple(
        clean_line(f"{part.type} {part.filename}".strip()) + f", {part.size:,} bytes"
        for part in found.parts
    )
    whole = without_secrets(clean_text(text))
    return Shown(headers, whole[:MAX_TEXT], from_html, len(whole) > MAX_TEXT, parts)


def subject(raw: bytes | None) -> str:
    """The subject of the mail of these bytes; "" where it has none, or cannot be read."""
    return next((value for name, value in shown(raw).headers if name == "subject"), "")


def _readable(source: str) -> str:
    """The visible text of HTML, without the marks that the reading of replies wants."""
    lines = html.render(source).text.split("\n")
    return "\n".join("" if line == html.CUT else line for line in lines)


def without_secrets(text: str) -> str:
    """`text` with six signs left of every token (I29)."""
    return _TOKEN.sub(r"\1…", text)
