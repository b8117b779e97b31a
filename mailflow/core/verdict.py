"""Who really sent a mail, as one value (DOMAIN.md §4 "Proven sender", I13)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of authentication, with the rule that led to it.

    `result` is "pass", "fail", "none" (nothing was proven), or "temporary" (could not be told
    now; try again). `rule` names what decided, in words for the record, e.g.
    "authentication-results of mx.vendor.example: dkim=pass aligned with partner.example".
    `id_proven` is false where the proof is known to leave the Message-ID open: whoever has the
    mail could send it again under another one.
    """

    result: str
    rule: str
    id_proven: bool = True

    @property
    def proven(self) -> bool:
        """True only for a pass."""
        return self.result == "pass"
