"""Right of way for mail that is coming in: what comes fast is taken in first, then worked on.

The threads of one process share one core's worth of Python. A batch of mails in work slows the
door to a fraction of what it can take, and it is the senders who wait. So whoever has finished a
batch, and has more before it, lets a rush pass first, for so long and no longer that the work
goes on whatever comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: It is looked again after so long whether the rush goes on.
SLICE_S = 0.02
#: So many mails in a slice are a rush: 500 in a second, more than is worked on in that time.
RUSH = 10
#: What is above that counts towards the next slices, but not beyond so many mails: they come in
#: lumps, as many as there are connections with each commit.
LUMP = 5 * RUSH
#: A rush has the right of way for at most so long in a row, …
LONGEST_S = 5.0
#: … and gets back so much of it for each second that was left to the work.
EARNED = 0.25
#: When there turned out to be no rush, none is looked for before so long.
PAUSE_S = 0.3


class Rush:
    """Held by the one who works on mail.

    Args:
        taken: How many mails have been stored by this process so far.
        clock: Steady seconds.
    """

    def __init__(
        self, taken: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._taken, self._clock = taken, clock
        self._seen = taken()
        self._left_s = LONGEST_S
        self._since = self._look_at = clock()

    def let_in(self, wait: Callable[[float], bool]) -> None:
        """Wait while mail is coming in fast; to be called between two batches.

        `wait(seconds)` lets time pass, and is true when all is to stop. Without new mail since the
        last time this returns at once.
        """
        now = self._clock()
        self._left_s = min(LONGEST_S, self._left_s + EARNED * (now - self._since))
        if self._taken() > self._seen and now >= self._look_at:
            self._wait_for_its_end(wait)
        self._seen, self._since = self._taken(), self._clock()

    def _wait_for_its_end(self, wait: Callable[[float], bool]) -> None:
        ahead = 0  # of what makes a rush
        while self._left_s >= SLICE_S:
            before, began = self._taken(), self._clock()
            stopped = wait(SLICE_S)
            now = self._clock()
            self._left_s -= now - began
            ahead = min(ahead + self._taken() - before, LUMP) - RUSH
            if stopped or ahead < 0:
                self._look_at = now + PAUSE_S
                return
