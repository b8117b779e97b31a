"""When a mail is tried again, and how a try is marked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.core.retry import Backoff, next_wait, wait
from mailflow.delivery.outcome import Captured, Deferred, Failed, Outcome, Sent
from mailflow.delivery.verdict import again, judge
from mailflow.store.outbox import ClaimedMail

MINUTE = timedelta(minutes=1)
BACKOFF = Backoff(MINUTE, timedelta(hours=4), timedelta(days=5))
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)


def test_waits_double_up_to_the_longest() -> None:
    minutes = [wait(BACKOFF, attempts, 0.5) / MINUTE for attempts in range(1, 12)]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]


@given(attempts=st.integers(-5, 10**9), chance=st.floats(0, 1, exclude_max=True))
def test_chance_spreads_a_wait_by_a_quarter_and_no_number_is_too_big(
    attempts: int, chance: float
) -> None:
    plain = wait(BACKOFF, attempts, 0.5)
    assert 0.75 * plain <= wait(BACKOFF, attempts, chance) <= 1.25 * plain
    assert plain <= BACKOFF.longest


@given(
    attempts=st.integers(1, 100),
    age=st.timedeltas(timedelta(days=-400), timedelta(days=4, hours=23)),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_the_last_try_is_at_the_end_of_the_term(
    attempts: int, age: timedelta, chance: float
) -> None:
    pause = next_wait(BACKOFF, attempts, age, chance)
    assert pause is not None
    assert timedelta() < pause
    assert age + pause <= BACKOFF.give_up


def test_after_the_term_there_is_no_more_waiting() -> None:
    assert next_wait(BACKOFF, 3, timedelta(days=5), 0.5) is None


def claimed(attempts: int = 1, age: timedelta = timedelta()) -> ClaimedMail:
    return ClaimedMail(
        7, 3, "anna@customer.example", "", b"", attempts, NOW - age, "<1@x.example>", 5, "review"
    )


@pytest.mark.parametrize(
    ("outcome", "attempts", "age", "state", "answer", "minutes"),
    [
        (Sent("250 taken"), 1, 0, "sent", "250 taken", None),
        (Captured("kept"), 1, 0, "captured", "kept", None),
        (Failed("550 no"), 1, 0, "failed", "550 no", None),
        (Deferred("450 later"), 4, 0, "due", "450 later", 8),
        (Deferred("450 later"), 9, 4.9, "due", "450 later", 144),
        (Deferred("450 later"), 9, 5, "failed", "given up after 5 days: 450 later", None),
        (Deferred("no relay", relay=True), 9, 0, "due", "no relay", 1),
        (Deferred("no relay", relay=True), 9, 5, "failed", "given up after 5 days: no relay", None),
        (None, 9, 9, "due", "not begun", 0),
    ],
)
def test_verdicts(
    outcome: Outcome | None,
    attempts: int,
    age: float,
    state: str,
    answer: str,
    minutes: float | None,
) -> None:
    mail = claimed(attempts, timedelta(days=age))
    verdict = judge(mail, outcome, BACKOFF, NOW, 0.5)
    assert (verdict.mark.id, verdict.mark.fence) == (7, 3)
    assert (verdict.mark.state, verdict.mark.answer) == (state, answer)
    at = verdict.mark.next_attempt_at
    assert at == (None if minutes is None else NOW + minutes * MINUTE)


def test_a_final_verdict_can_be_put_off() -> None:
    verdict = judge(claimed(2), Failed("550 no"), BACKOFF, NOW, 0.5)
    put_off = again(verdict, BACKOFF, NOW, 0.5)
    assert (put_off.mark.state, put_off.mark.answer) == ("due", "550 no")
    assert put_off.mark.next_attempt_at == NOW + 2 * MINUTE
