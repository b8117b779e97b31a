"""Group commit: mails that arrive together share one transaction and one sync.

One thread takes whatever is waiting, stores it, and only then tells each sender (I1). While a
commit is under way the next group gathers by itself, so nobody waits for company, and many
connections cost one sync.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from mailflow import maillog
from mailflow.metrics import Metrics
from mailflow.store.inbox import Incoming, Stored, Unstorable

#: A group is closed when it holds so many bytes: a commit must not take so long that the senders
#: at its end give up.
GROUP_BYTES = 16_777_216


class StoppedError(Exception):
    """The committer takes nothing any more."""


@dataclass(frozen=True, slots=True)
class _Wish:
    item: Incoming
    future: Future[Stored]


class Committer:
    """Stores mails through `put` (`store.inbox.put_many`), in groups of at most `group_max`.

    `on_stored` is the bell: called after each commit, it must return at once and not raise.
    """

    def __init__(
        self,
        put: Callable[[Sequence[Incoming]], Sequence[Stored]],
        *,
        group_max: int,
        on_stored: Callable[[], None],
        metrics: Metrics,
    ) -> None:
        self._put = put
        self._group_max = group_max
        self._on_stored = on_stored
        self._metrics = metrics
        self._wishes: queue.SimpleQueue[_Wish | None] = queue.SimpleQueue()  # None = the end
        self._open = True
        self._gate = threading.Lock()
        self._began: float | None = None
        self.taken = 0  # mails stored so far
        self.thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Store what was submitted, then end. Later submissions fail with `StoppedError`."""
        with self._gate:
            if self._open:
                self._open = False
                self._wishes.put(None)
        if self.thread.is_alive():
            self.thread.join(timeout)

    def submit(self, item: Incoming) -> Future[Stored]:
        """Hand a mail over. The future has its result only after the commit.

        It fails with the store's `Unavailable` or `Unstorable`, or with `StoppedError`; whatever
        it is, the mail must be answered "try again". Cancelling it before its group has begun
        takes the mail back.
        """
        future: Future[Stored] = Future()
        with self._gate:
            if not self._open:
                future.set_exception(StoppedError("shutting down"))
                return future
            self._wishes.put(_Wish(item, future))
        return future

    def busy_s(self) -> float:
        """For how many seconds the commit in hand has been going on; 0.0 without one."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def _run(self) -> None:
        try:
            for group in self._groups():
                self._began = time.monotonic()
                self._commit(group)
                self._began = None
        finally:  # also when this thread dies of a bug: nobody may wait for it in vain
            self._refuse_rest()

    def _groups(self) -> Iterator[list[_Wish]]:
        """Groups of at least one, until told to stop."""
        while (first := self._wishes.get()) is not None:
            group, size = [first], len(first.item.raw)
            while len(group) < self._group_max and size < GROUP_BYTES:
                try:
                    wish = self._wishes.get_nowait()
                except queue.Empty:
                    break
                if wish is None:
                    yield group
                    return
                group.append(wish)
                size += len(wish.item.raw)
            yield group

    def _commit(self, group: list[_Wish]) -> None:
        # A client that hung up has cancelled its future, and setting a result would then raise
        # here. From this call on it can no longer be cancelled.
        group = [wish for wish in group if wish.future.set_running_or_notify_cancel()]
        if not group:
            return
        results: Sequence[Stored | None]
        error: Exception = StoppedError("no result")
        try:
            with self._metrics.commit_seconds.time():
                results = self._put([wish.item for wish in group])
        except Unstorable as partly:
            results, error = partly.results, partly
        except Exception as fault:  # any doubt of ours is "try again"
            results, error = [None] * len(group), fault
        if any(results):
            self.taken += len(results) - results.count(None)
            self._metrics.commit_group.observe(len(group))
            self._on_stored()
        if not all(results):
            maillog.store_failed(mails=results.count(None), error=error)
        for wish, stored in zip(group, results, strict=True):
            if stored is None:
                wish.future.set_exception(error)
            else:
                wish.future.set_result(stored)

    def _refuse_rest(self) -> None:
        with self._gate:
            self._open = False
        while True:
            try:
                wish = self._wishes.get_nowait()
            except queue.Empty:
                return
            if wish is not None and wish.future.set_running_or_notify_cancel():
                wish.future.set_exception(StoppedError("shutting down"))
