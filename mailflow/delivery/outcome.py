"""What became of one try to send: an answer of the relay, and whether it is the last word.

Unknown is never final: what cannot be told apart from success or failure is Deferred, and the
same bytes go out again under the same Message-ID (I4).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """The relay has taken the mail; `answer` is what it said."""

    answer: str


@dataclass(frozen=True, slots=True)
class Captured:
    """The mail was kept instead of sent."""

    answer: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now. `relay`: the relay itself was out of reach or refused us, so the mail is not the
    cause, and no other one would fare better."""

    reason: str
    relay: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """Refused for good: this mail, or its recipient."""

    reason: str


Outcome = Sent | Captured | Deferred | Failed
