"""When to try a mail again, and when to stop trying. Pure: chance and age come in as arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

#: A wait is spread over this share of itself, so that mails deferred together do not come back
#: together.
SPREAD = 0.5


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first` up to `longest`; after the age `give_up` there are no more."""

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    give_up: timedelta = timedelta(days=5)  # RFC 5321 §4.5.4.1: at least 4-5 days


def wait(backoff: Backoff, attempts: int, chance: float) -> timedelta:
    """How long to wait after the `attempts`-th try failed (1 = the first).

    `chance` in [0, 1) spreads the wait evenly between 75 % and 125 % of the doubled value; the
    result never exceeds 125 % of `backoff.longest`.
    """
    doublings = min(max(attempts, 1) - 1, 32)  # 2**32 minutes is longer than any limit
    plain = min(backoff.first * (1 << doublings), backoff.longest)
    return plain * (1 - SPREAD / 2 + SPREAD * chance)


def next_wait(backoff: Backoff, attempts: int, age: timedelta, chance: float) -> timedelta | None:
    """The wait before the next try, or None when it is time to give up.

    `age` is how old the mail is now. The last try is made at the very end of the term, so that
    a mail is never given up on earlier than promised.
    """
    if age >= backoff.give_up:
        return None
    return min(wait(backoff, attempts, chance), backoff.give_up - age)
