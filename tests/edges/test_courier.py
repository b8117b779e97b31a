"""What another thread settles is brought into the loop, with one wake-up for what comes together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from mailflow.ingress.courier import Courier

T = TypeVar("T")


class Loop(asyncio.SelectorEventLoop):
    """Counts how often another thread woke it."""

    def __init__(self) -> None:
        super().__init__()
        self.called = 0

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        self.called += 1
        return super().call_soon_threadsafe(callback, *args, **kw)

    def play(self, main: Coroutine[Any, Any, T]) -> T:
        """Run it in a thread of its own: the browser's tests keep a loop in the main one."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._play, main).result()

    def _play(self, main: Coroutine[Any, Any, T]) -> T:
        try:
            return self.run_until_complete(main)
        finally:
            self.run_until_complete(self.shutdown_default_executor())
            self.close()


def test_results_and_errors_that_come_together_wake_the_loop_once() -> None:
    loop = Loop()
    courier = Courier(loop)
    futures: list[Future[int]] = [Future() for _ in range(5)]

    async def main() -> list[int | BaseException]:
        waiting = [courier.awaited(future) for future in futures]
        loop.called = 0
        for number, future in enumerate(futures[:4]):
            future.set_result(number)
        futures[4].set_exception(OSError("away"))
        return await asyncio.gather(*waiting, return_exceptions=True)

    *results, error = loop.play(main())
    assert loop.called == 1
    assert results == [0, 1, 2, 3]
    assert isinstance(error, OSError)


def test_settled_by_a_thread_one_after_the_other() -> None:
    loop = Loop()
    courier = Courier(loop)

    async def main() -> list[int]:
        results = []
        for number in range(50):
            future: Future[int] = Future()
            waiting = courier.awaited(future)
            loop.run_in_executor(None, future.set_result, number)
            results.append(await waiting)
        return results

    assert loop.play(main()) == list(range(50))


def test_who_no_longer_waits_takes_his_wish_back() -> None:
    loop = Loop()
    courier = Courier(loop)
    early: Future[int] = Future()
    late: Future[int] = Future()

    async def main() -> None:
        one, other = courier.awaited(early), courier.awaited(late)
        assert late.set_running_or_notify_cancel()
        one.cancel()
        other.cancel()
        await asyncio.sleep(0)
        late.set_result(1)
        await asyncio.sleep(0)

    loop.play(main())
    assert early.cancelled()
    assert late.result(0) == 1, "its commit had begun"


def test_a_wish_taken_back_by_the_other_side_is_cancelled_here() -> None:
    loop = Loop()
    future: Future[int] = Future()

    async def main() -> int:
        waiting = Courier(loop).awaited(future)
        future.cancel()
        return await waiting

    with pytest.raises(asyncio.CancelledError):
        loop.play(main())


def test_a_closed_loop_is_left_alone() -> None:
    loop = Loop()
    future: Future[int] = Future()
    waiting = Courier(loop).awaited(future)
    loop.close()
    future.set_result(1)
    assert not waiting.done()
