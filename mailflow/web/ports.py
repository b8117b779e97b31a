"""What the pages need of other rooms, as narrow protocols.

`mailflow.flow.Flow` is the `Door`; a test of the pages alone may bring a plain one in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mailflow.core.commands import Command
from mailflow.core.request import Request


class Page(Protocol):
    """What a token leads to. `status` is "open", "settled", "withdrawn" or "unknown".

    `request` is None for the last two. `person` is the address that holds the token, `language`
    the code in which to speak to that person, or "". `part` is "approver" (may act) or "partner"
    (may look).
    """

    @property
    def status(self) -> str: ...
    @property
    def request(self) -> Request | None: ...
    @property
    def person(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def part(self) -> str: ...


class Applied(Protocol):
    """What became of a command: `outcome` is "accepted", "already", "nominee_outside", …"""

    @property
    def outcome(self) -> str: ...
    @property
    def request(self) -> Request | None: ...


class Door(Protocol):
    """The one way to look at a request by its token, and to act on it."""

    def page(self, token: str, /) -> Page:
        """Looks, and changes nothing. Never raises for an unknown token."""
        ...

    def timeline(self, request_id: int, /) -> Sequence[Mapping[str, Any]]:
        """What has happened to a request, oldest first, as `letters.history` takes it."""
        ...

    def click(self, token: str, command: Command, /) -> Applied:
        """Acts, once: the same click again has the outcome "already"."""
        ...
