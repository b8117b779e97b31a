"""Sends nothing: for the demonstration, and for staging, where no real person may get mail.

The mail stays in its outbox row, which ends as `captured` and can be read there.
"""

from __future__ import annotations

from mailflow.delivery.outcome import Captured, Carrier, Outcome


class Capture:
    """A carrier that keeps everything."""

    longest_s = 1.0

    def send(self, mail_from: str, recipient: str, raw: bytes) -> Outcome:  # noqa: ARG002
        """Keep it."""
        return Captured("kept, not sent")

    def rest(self) -> None:
        """Nothing to let go of."""


class Redirect:
    """A carrier that lets real mail out only to those on a list (staging).

    `allow` holds addresses and `@domains`; () allows everybody. Mail to others goes to `to`
    instead, with the same bytes, or is kept when `to` is empty. With `to` alone, all mail is
    redirected.
    """

    def __init__(self, carrier: Carrier, to: str, allow: tuple[str, ...]) -> None:
        self._carrier = carrier
        self._to = to
        self._allow = frozenset(entry.lower() for entry in allow)
        self.longest_s = carrier.longest_s

    def send(self, mail_from: str, recipient: str, raw: bytes) -> Outcome:
        """To the recipient, to the stand-in, or nowhere."""
        if self._allowed(recipient.lower()):
            return self._carrier.send(mail_from, recipient, raw)
        if self._to:
            return self._carrier.send(mail_from, self._to, raw)
        return Captured("kept, not sent: the recipient is not in allow_recipients")

    def rest(self) -> None:
        """Pass it on."""
        self._carrier.rest()

    def _allowed(self, recipient: str) -> bool:
        if not self._allow:
            return not self._to
        domain = recipient.rpartition("@")[2]
        return recipient in self._allow or f"@{domain}" in self._allow
