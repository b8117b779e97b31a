"""From how a try ended to how the mail is marked. Pure: time and chance come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflow.core.retry import Backoff, next_wait, wait
from mailflow.delivery.outcome import Captured, Deferred, Failed, Outcome, Sent
from mailflow.store.outbox import ClaimedMail, Mark


@dataclass(frozen=True, slots=True)
class Verdict:
    """One mail, how it is marked, and the wait before the next try (none if there is none)."""

    mail: ClaimedMail
    mark: Mark
    retry_in: timedelta = timedelta()


def judge(
    mail: ClaimedMail, outcome: Outcome | None, backoff: Backoff, now: datetime, chance: float
) -> Verdict:
    """The verdict on one try; `outcome` None means that it was not begun.

    `now` is the machine's time, by which back-off counts; `chance` is in [0, 1).
    """
    match outcome:
        case Sent(answer):
            return _final(mail, "sent", answer)
        case Captured(answer):
            return _final(mail, "captured", answer)
        case Failed(reason):
            return _final(mail, "failed", reason)
        case Deferred(reason, relay):
            age = now - mail.created_at
            pause = next_wait(backoff, mail.attempts, age, chance)
            if pause is None:
                days = f"{backoff.give_up / timedelta(days=1):g}"
                return _final(mail, "failed", f"given up after {days} days: {reason}")
            if relay:
                # Not this mail's fault: when the relay is back, it shall not wait for hours.
                pause = min(pause, wait(backoff, 1, chance))
            return _again(mail, reason, now, pause)
        case None:
            return _again(mail, "not begun", now, timedelta())


def again(verdict: Verdict, backoff: Backoff, now: datetime, chance: float) -> Verdict:
    """Instead of this final verdict: once more, later."""
    pause = wait(backoff, verdict.mail.attempts, chance)
    return _again(verdict.mail, verdict.mark.answer, now, pause)


def _final(mail: ClaimedMail, state: str, answer: str) -> Verdict:
    return Verdict(mail, Mark(mail.id, mail.fence, state, answer))


def _again(mail: ClaimedMail, answer: str, now: datetime, pause: timedelta) -> Verdict:
    return Verdict(mail, Mark(mail.id, mail.fence, "due", answer, now + pause), pause)
