"""Sends nothing: for the demonstration, and for staging, where no real person may get mail.

The mail stays in its outbox row, which ends as `captured` and can be read there.
"""

from __future__ import annotations

from mailflow.delivery.outcome import Captured
from mailflow.delivery.talk import Carrier, Leaving, Talk


class Capture(Carrier):
    """A carrier that keeps everything."""

    longest_s = 1.0

    def talk(self, mail_from: str, recipient: str, raw: bytes) -> Talk:  # noqa: ARG002 as agreed
        """Keep it."""
        yield from ()
        return Captured("kept, not sent")

    def leave(self) -> Leaving:
        """Nothing to let go of."""
        yield from ()


class Redirect(Carrier):
    """A carrier that lets real mail out only to those on a list (staging).

    `allow` holds addresses and `@domains`; () allows everybody. Mail to others goes to `to`
    instead, with the same bytes, or is kept when `to` is empty. With `to` alone, all mail is
    redirected.
    """

    def __init__(self, carrier: Carrier, to: str, allow: tuple[str, ...]) -> None:
        self._carrier = carrier
        self._to = to
        self._allow = frozenset(entry.lower() for entry in allow)

    @property
    def longest_s(self) -> float:
        """That of the carrier it stands before."""
        return self._carrier.longest_s

    def talk(self, mail_from: str, recipient: str, raw: bytes) -> Talk:
        """To the recipient, to the stand-in, or nowhere."""
        if self._allowed(recipient.lower()):
            return (yield from self._carrier.talk(mail_from, recipient, raw))
        if self._to:
            return (yield from self._carrier.talk(mail_from, self._to, raw))
        return Captured("kept, not sent: the recipient is not in allow_recipients")

    def leave(self) -> Leaving:
        """Pass it on."""
        yield from self._carrier.leave()

    def _allowed(self, recipient: str) -> bool:
        if not self._allow:
            return not self._to
        domain = recipient.rpartition("@")[2]
        return recipient in self._allow or f"@{domain}" in self._allow
