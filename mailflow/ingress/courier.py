"""Results of another thread, brought into an event loop: one wake-up for all that come together.

`asyncio.wrap_future` wakes the loop for each result by itself, by a system call of the thread that
has the next ones still to tell.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Courier:
    """Brings into `loop` what is settled anywhere."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._bag: deque[tuple[Future[Any], asyncio.Future[Any]]] = deque()
        self._called = False

    def awaited(self, future: Future[T]) -> asyncio.Future[T]:
        """`future` as one to be awaited in the loop; cancelling that one cancels this one."""
        waiting: asyncio.Future[T] = self._loop.create_future()
        waiting.add_done_callback(lambda done: done.cancelled() and future.cancel())
        future.add_done_callback(lambda settled: self._bring(settled, waiting))
        return waiting

    def _bring(self, settled: Future[Any], waiting: asyncio.Future[Any]) -> None:
        """In whatever thread. First into the bag, then the look whether the loop was called."""
        self._bag.append((settled, waiting))
        if not self._called:
            self._called = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        """In the loop. What is put into the bag from here on calls again."""
        self._called = False
        while self._bag:
            settled, waiting = self._bag.popleft()
            if waiting.done():
                continue
            if settled.cancelled():
                waiting.cancel()
            elif (error := settled.exception()) is not None:
                waiting.set_exception(error)
            else:
                waiting.set_result(settled.result())
