"""Whether the loops of a process still beat, for `/livez`.

A loop that ends is noticed by its thread. One that hangs, in a call that never returns, is not: so
each loop gets the event that tells it to stop in the form of a heart, and each look at it, which a
loop must make anyway, is a beat.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: Far beyond any honest work between two looks at the stop event: one batch of mails with slow
#: DNS takes under three minutes, and no job of the timers works so long without looking.
HUNG_S = 15 * 60.0


class Heart(threading.Event):
    """A stop event as one loop sees it.

    Args:
        stop: The event of the whole process.
        hung_s: Seconds without a look after which the loop counts as hanging.
        clock: Steady seconds.
    """

    def __init__(
        self,
        stop: threading.Event,
        hung_s: float = HUNG_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._of_all, self._hung_s, self._clock = stop, hung_s, clock
        self._beat = clock()

    def is_set(self) -> bool:
        """Whether to stop. A beat."""
        self._beat = self._clock()
        return self._of_all.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait to be told to stop. A beat before and after; waiting itself is no hanging.

        So a loop has to wait with a limit that is shorter than `hung_s`, as all of ours do.
        """
        self._beat = self._clock()
        told = self._of_all.wait(timeout)
        self._beat = self._clock()
        return told

    def set(self) -> None:
        """Tell the whole process to stop."""
        self._of_all.set()

    def silent_s(self) -> float:
        """Seconds since the last beat, where that is too long; else 0.0."""
        silent = self._clock() - self._beat
        return silent if silent > self._hung_s else 0.0
