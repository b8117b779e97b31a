"""From the fields of a posted form to a command. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mailflow.core import address
from mailflow.core.commands import Accept, Command, Decline, Nominate, NotMe, Ready
from mailflow.core.hygiene import clean_line, clean_text

#: As long as a partner's note may be (DOMAIN.md S14).
MAX_REASON = 1000


class FormError(ValueError):
    """A form that cannot be acted on. `field` is the field to mend, "" = the whole form."""

    def __init__(self, why: str, field: str = "") -> None:
        super().__init__(why)
        self.why, self.field = why, field


def command(fields: Mapping[str, str]) -> Command:
    """What the customer pressed. Raises FormError."""
    match fields.get("do", ""):
        case "accept":
            return Accept(way="click")
        case "decline":
            return Decline(_reason(fields))
        case "nominate":
            return Nominate(_nominee(fields.get("address", "")))
        case "not_me":
            return NotMe(_reason(fields))
        case "ready":
            return Ready()
        case _:
            raise FormError("unknown")


def _reason(fields: Mapping[str, str]) -> str:
    return clean_text(fields.get("reason", "")).strip()[:MAX_REASON].strip()


def _nominee(typed: str) -> str:
    """One address, checked for its form; whether it may be named is for the rules to say."""
    if not clean_line(typed):
        raise FormError("nominee_missing", "address")
    if "\n" in clean_text(typed).strip() or (found := address.parse(clean_line(typed))) is None:
        raise FormError("nominee_invalid", "address")
    return found
