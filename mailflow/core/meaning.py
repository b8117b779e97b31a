"""A meaning on its way to becoming a reply."""

from __future__ import annotations

from dataclasses import dataclass

from mailflow.core.words import Intent


@dataclass(frozen=True, slots=True)
class Meaning:
    intent: Intent
    why: str
    argument: str = ""
    text: str = ""
    code: str = ""


def unknown(why: str, code: str = "unclear") -> Meaning:
    """Nothing that decides. `code` is explained to the author in the letter unknown_reply:

    "empty", "both", "not_yours", "question", "asked" (the word itself with a question mark),
    "condition", "later", "negation", "receipt", or "unclear" where there is no more to say than
    that. `reply` adds "accept_but", "unsubscribe", "in_subject" and "thumb" for the customer.
    """
    return Meaning(Intent.UNKNOWN, why, code=code)
