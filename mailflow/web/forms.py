"""From the fields of a posted form to a command. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from mailflow.core.commands import Accept, Command, Decline, Nominate, NotMe, Ready

#: As long as a partner's note may be (DOMAIN.md S14).
MAX_REASON = 1000
#: RFC 5321 §4.5.3.1.3, less the angle brackets.
MAX_ADDRESS = 254


class FormError(ValueError):
    """A form that asks for nothing we know. `field` is the field to mend, "" = the whole form."""

    def __init__(self, why: str, field: str = "") -> None:
        super().__init__(why)
        self.why, self.field = why, field


def plain(text: str, limit: int) -> str:
    """Text without control, format and bidi characters, lines kept, cut at `limit` characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = (
        "".join(
            " " if c == "\t" else c for c in line if c == "\t" or unicodedata.category(c)[0] != "C"
        ).strip()
        for line in lines
    )
    return "\n".join(kept).strip()[:limit].strip()


def address(text: str) -> str:
    """One mail address as typed, checked only for its outer form; the rules judge it later."""
    typed = plain(text, MAX_ADDRESS + 1).removeprefix("mailto:")
    local, at, domain = typed.rpartition("@")
    if not typed:
        raise FormError("missing", "address")
    if not (at and local and "." in domain) or len(typed) > MAX_ADDRESS or typed.split() != [typed]:
        raise FormError("address", "address")
    return typed


def command(fields: Mapping[str, str]) -> Command:
    """What the customer pressed. Raises FormError."""
    match fields.get("do", ""):
        case "accept":
            return Accept(way="click")
        case "decline":
            return Decline(plain(fields.get("reason", ""), MAX_REASON))
        case "nominate":
            return Nominate(address(fields.get("address", "")))
        case "not_me":
            return NotMe(plain(fields.get("reason", ""), MAX_REASON))
        case "ready":
            return Ready()
        case _:
            raise FormError("unknown")
