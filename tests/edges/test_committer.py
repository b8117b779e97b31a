"""Group commit, without a network or a database."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError

import pytest

from mailflow.ingress import committer as module
from mailflow.ingress.committer import Committer, StoppedError
from mailflow.metrics import Metrics
from mailflow.store.db import Unavailable
from mailflow.store.inbox import Incoming, Stored, Unstorable
from tests.edges.mail_door import PATIENCE


class Shelf:
    """A store that is held until it is let go, and remembers each group."""

    def __init__(self) -> None:
        self.groups: list[list[bytes]] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self.fault: Exception | None = None
        self.bell = 0

    def put(self, items: Sequence[Incoming]) -> Sequence[Stored]:
        self.groups.append([item.raw for item in items])
        self.begun.set()
        assert self.go.wait(PATIENCE)
        if self.fault:
            raise self.fault
        if b"bad" in self.groups[-1]:
            raise Unstorable([None if i.raw == b"bad" else Stored(7, copy=True) for i in items])
        return [Stored(n, copy=False) for n, _ in enumerate(items)]

    def ring(self) -> None:
        self.bell += 1


def mail(raw: bytes) -> Incoming:
    return Incoming(raw, "", ("requests@licensing.vendor.example",), "", "smtp")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def committer(shelf: Shelf) -> Committer:
    made = Committer(shelf.put, group_max=3, on_stored=shelf.ring, metrics=Metrics())
    made.start()
    return made


def test_what_waits_is_one_group_up_to_its_limit(committer: Committer, shelf: Shelf) -> None:
    futures = [committer.submit(mail(b"0"))]
    assert shelf.begun.wait(PATIENCE)
    futures += [committer.submit(mail(b"%d" % n)) for n in range(1, 6)]
    shelf.go.set()
    assert [future.result(PATIENCE).id for future in futures] == [0, 0, 1, 2, 0, 1]
    assert shelf.groups == [[b"0"], [b"1", b"2", b"3"], [b"4", b"5"]]
    committer.stop()
    assert shelf.bell == 3


def test_a_group_is_bounded_in_bytes(
    committer: Committer, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GROUP_BYTES", 10)
    first = committer.submit(mail(b"0"))
    assert shelf.begun.wait(PATIENCE)
    rest = [committer.submit(mail(b"x" * 6)) for _ in range(3)]
    shelf.go.set()
    for future in (first, *rest):
        future.result(PATIENCE)
    committer.stop()
    assert [len(group) for group in shelf.groups] == [1, 2, 1]


def test_a_mail_taken_back_in_time_is_not_stored(committer: Committer, shelf: Shelf) -> None:
    first = committer.submit(mail(b"0"))
    assert shelf.begun.wait(PATIENCE)
    assert not first.cancel(), "its commit has begun"
    second, third = committer.submit(mail(b"1")), committer.submit(mail(b"2"))
    assert second.cancel()
    shelf.go.set()
    assert third.result(PATIENCE)
    assert first.result(PATIENCE)
    with pytest.raises(CancelledError):
        second.result(PATIENCE)
    committer.stop()
    assert shelf.groups == [[b"0"], [b"2"]]


def test_trouble_fails_the_group_and_not_the_thread(committer: Committer, shelf: Shelf) -> None:
    shelf.fault = Unavailable("locked")
    shelf.go.set()
    with pytest.raises(Unavailable):
        committer.submit(mail(b"0")).result(PATIENCE)
    assert shelf.bell == 0
    shelf.fault = None
    assert committer.submit(mail(b"1")).result(PATIENCE)
    committer.stop()


def test_of_a_group_with_bad_mails_the_good_ones_are_told(
    committer: Committer, shelf: Shelf
) -> None:
    first = committer.submit(mail(b"0"))
    assert shelf.begun.wait(PATIENCE)
    good, bad = committer.submit(mail(b"good")), committer.submit(mail(b"bad"))
    shelf.go.set()
    assert first.result(PATIENCE)
    assert good.result(PATIENCE) == Stored(7, copy=True)
    with pytest.raises(Unstorable):
        bad.result(PATIENCE)
    committer.stop()


def test_stopping_stores_what_waits_and_refuses_the_rest(
    committer: Committer, shelf: Shelf
) -> None:
    futures = [committer.submit(mail(b"%d" % n)) for n in range(5)]
    shelf.go.set()
    committer.stop()
    assert all(future.result(0) for future in futures)
    with pytest.raises(StoppedError):
        committer.submit(mail(b"late")).result(0)
    assert not committer.thread.is_alive()


def test_it_says_how_long_a_commit_has_been_going_on(shelf: Shelf) -> None:
    committer = Committer(shelf.put, group_max=10, on_stored=shelf.ring, metrics=Metrics())
    committer.start()
    assert committer.busy_s() == 0.0
    future = committer.submit(mail(b"one"))
    assert shelf.begun.wait(PATIENCE)
    assert committer.busy_s() > 0.0
    shelf.go.set()
    future.result(PATIENCE)
    committer.stop()
    assert committer.busy_s() == 0.0
