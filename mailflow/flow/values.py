"""What goes through the door, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

from mailflow.core.classify import Facts, Reading
from mailflow.core.message import Message, Unreadable
from mailflow.core.request import Request
from mailflow.core.verdict import Verdict
from mailflow.store import inbox


class Contested(Exception):  # noqa: N818
    """Somebody else was faster each time. Nothing was changed; try again."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An inbound mail under claim, as far as it was understood."""

    claimed: inbox.Claimed
    message: Message | Unreadable
    reading: Reading
    facts: Facts
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a command."""

    outcome: str
    reason: str
    request: Request | None = None
    letters: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What a page token leads to. `status`: "open", "settled", "withdrawn" or "unknown".

    `part` is "approver" (may act, at /a/) or "partner" (may only look, at /s/).
    """

    status: str
    request: Request | None = None
    person: str = ""
    language: str = ""
    part: str = ""
