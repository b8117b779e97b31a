"""The right of way of mail that is coming in, on a clock of its own."""

from __future__ import annotations

from mailflow.ingress.rush import LONGEST_S, LUMP, PAUSE_S, RUSH, SLICE_S, Rush


class House:
    """Time that passes only when it is waited for, and mail that comes in while it does."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.mails = 0.0
        self.pace = 0.0  # mails a second
        self.stopped = False
        self.rush = Rush(lambda: int(self.mails), lambda: self.now)

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        self.mails += self.pace * seconds
        return self.stopped

    def let_in(self) -> float:
        """For how long it waited."""
        began = self.now
        self.rush.let_in(self.wait)
        return self.now - began


FAST = 2.1 * RUSH / SLICE_S
SLOW = 0.5 * RUSH / SLICE_S


def test_without_mail_nobody_waits() -> None:
    house = House()
    assert house.let_in() == 0.0


def test_a_rush_passes_first() -> None:
    house = House()
    house.pace = FAST
    house.wait(0.1)
    until = house.now + 1.0
    real = house.wait

    def wait(seconds: float) -> bool:
        house.pace = FAST if house.now < until else 0.0
        return real(seconds)

    house.rush.let_in(wait)
    assert 0.0 <= house.now - until <= (LUMP / RUSH + 1) * SLICE_S


def test_lumps_with_pauses_between_them_are_a_rush() -> None:
    house = House()
    house.mails = 1
    slices = []

    def wait(seconds: float) -> bool:
        house.now += seconds
        slices.append(seconds)
        house.mails += 3 * RUSH if len(slices) % 3 == 1 and len(slices) < 30 else 0
        return False

    house.rush.let_in(wait)
    assert 30 <= len(slices) <= 33


def test_a_stream_without_end_gets_its_time_and_no_more() -> None:
    house = House()
    house.pace = FAST
    house.wait(0.1)
    assert LONGEST_S - 2 * SLICE_S < house.let_in() <= LONGEST_S
    waited = worked = 0.0
    while worked < 60.0:
        house.wait(0.1)
        worked += 0.1
        waited += house.let_in()
    assert 0.2 < waited / worked < 0.3
    house.pace = 0.0
    house.wait(60.0)  # of work, after which it has the whole again, and not more
    house.pace = FAST
    house.wait(0.1)
    assert LONGEST_S - 2 * SLICE_S < house.let_in() <= LONGEST_S


def test_a_slow_stream_costs_one_look_in_a_while() -> None:
    house = House()
    house.pace = SLOW
    looks = []
    for _ in range(100):
        house.wait(0.05)
        looks.append(house.let_in())
    assert max(looks) <= SLICE_S * 1.001
    assert sum(look > 0 for look in looks) <= 100 * 0.05 / PAUSE_S + 1


def test_told_to_stop_it_does_not_wait_on() -> None:
    house = House()
    house.pace = FAST
    house.wait(0.1)
    house.stopped = True
    assert house.let_in() <= SLICE_S * 1.001
