"""An authenticator for rehearsals: nobody forges anything, except where a story says so."""

from __future__ import annotations

from datetime import datetime

from mailflow.core.verdict import Verdict

#: From here the authenticator of a rehearsal proves nobody (TEST-NET-3, RFC 5737).
FORGER = "203.0.113.9"


class Trusting:
    """Takes every sender as proven, except one who hands in from `FORGER`."""

    def look_ahead(self, _mails: object) -> None:
        """Nobody is asked."""

    def verdict(
        self,
        _raw: bytes,
        _message: object,
        _mail_from: str | None,
        peer: str,
        _source: str,
        *,
        received_at: datetime | None = None,  # noqa: ARG002 - an authenticator's signature
    ) -> Verdict:
        """By where it comes from alone."""
        if peer == FORGER:
            return Verdict("none", "rehearsal: somebody else in his name")
        return Verdict("pass", "rehearsal: taken as proven")
