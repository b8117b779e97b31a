"""A bounded memory of DNS answers, and a rest for zones that answer too slowly.

One slow or dead zone must not take the worker's time from everybody else's mail (PROMISES.md
I28): a zone that did not answer, or took longer than `SLOW`, is left alone for `REST` seconds.
What is known of it still counts; anything new about it is temporary trouble at once.

When no name server answers at all, that is nobody's zone: then every question is trouble at once,
but for one in `TRY_EVERY` seconds, and the first answer ends it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from mailflow import maillog
from mailflow.authenticate.dns import DnsError, Resolver
from mailflow.core.address import organisational_domain

ENTRIES = 4096  # answers kept; about 2 MB with long keys
LONGEST = 3600  # seconds; a withdrawn key should not live on here for a day
SHORTEST = 5  # seconds; spares the several mails of one conversation a look-up each
SLOW = 2.0  # seconds for one answer; a healthy one takes well below one
REST = 60.0  # seconds
ZONES = 1024  # zones at rest that are remembered
TRY_EVERY = 2.0  # seconds between two questions while no name server answers
TRY = 1.0  # seconds for the answer to one of them


class CachedResolver:
    """Keeps the answers of another resolver for their time to live. Safe among threads.

    Args:
        inner: Who is asked for what is not known.
        clock: Monotonic clock in seconds, the same that deadlines are counted on.
        entries: How many answers are kept; the one unused for longest goes first.
        home: A name that is known to be in DNS, our own domain, by which `nobody_answers` tells
            dead name servers from one dead zone; "" = it never tells.
    """

    def __init__(
        self,
        inner: Resolver,
        clock: Callable[[], float],
        entries: int = ENTRIES,
        home: str = "",
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._entries = entries
        self._known: OrderedDict[tuple[str, str], tuple[float, list[Any]]] = OrderedDict()
        self._resting: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()
        self._home = home
        self._cut_off = False
        self._try_at = clock()

    def nobody_answers(self) -> bool:
        """Whether the name servers are out of reach, and not only one zone. To ask after trouble.

        Takes `TRY` seconds at most, and asks at most every `TRY_EVERY` seconds.
        """
        begun = self._clock()
        with self._lock:
            if not self._home or begun < self._try_at:
                return self._cut_off
            self._try_at = begun + TRY_EVERY
        try:
            self._inner.txt(self._home, begun + TRY)
        except DnsError as trouble:
            with self._lock:
                news, self._cut_off = not self._cut_off, True
                self._resting.clear()  # they are not to blame
            if news:
                maillog.trouble(loop="dns", error=trouble)
            return True
        with self._lock:
            self._cut_off = False
        return False

    def unknown_txt(self, names: Iterable[str]) -> list[str]:
        """Those names, each once, whose TXT records are neither known nor out of reach for now."""
        now = self._clock()
        with self._lock:
            if self._cut_off:
                return []
            found = [
                name
                for name in dict.fromkeys(name.lower().rstrip(".") for name in names)
                if ("txt", name) not in self._known or self._known["txt", name][0] <= now
            ]
            if not self._resting:
                return found
            zones = {zone for zone, until in self._resting.items() if until > now}
        return [name for name in found if organisational_domain(name) not in zones]

    def txt(self, name: str, deadline: float) -> tuple[list[bytes], int]:
        """See `Resolver`."""
        return self._get("txt", name, deadline, self._inner.txt)

    def a(self, name: str, deadline: float) -> tuple[list[str], int]:
        """See `Resolver`."""
        return self._get("a", name, deadline, self._inner.a)

    def aaaa(self, name: str, deadline: float) -> tuple[list[str], int]:
        """See `Resolver`."""
        return self._get("aaaa", name, deadline, self._inner.aaaa)

    def mx(self, name: str, deadline: float) -> tuple[list[str], int]:
        """See `Resolver`."""
        return self._get("mx", name, deadline, self._inner.mx)

    def _get(
        self,
        kind: str,
        name: str,
        deadline: float,
        ask: Callable[[str, float], tuple[list[Any], int]],
    ) -> tuple[list[Any], int]:
        key = (kind, name.lower().rstrip("."))
        begun = self._clock()
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[0] > begun:
                self._known.move_to_end(key)
                return list(known[1]), int(known[0] - begun)
            zone = organisational_domain(key[1]) if self._resting else ""
            if zone and self._resting.get(zone, begun) > begun:
                raise DnsError(f"{zone} answered too slowly a moment ago")
            cut_off = self._cut_off
            if cut_off and begun < self._try_at:
                raise DnsError("no name server answers")
            if cut_off:
                self._try_at = begun + TRY_EVERY
                deadline = min(deadline, begun + TRY)
        try:
            values, ttl = ask(name, deadline)
        except DnsError:
            if not cut_off:
                self._note_time(key[1], begun)
            raise
        self._note_time(key[1], begun)
        keep = min(max(ttl, SHORTEST), LONGEST)
        with self._lock:
            self._cut_off = False
            self._known[key] = (self._clock() + keep, list(values))
            self._known.move_to_end(key)
            while len(self._known) > self._entries:
                self._known.popitem(last=False)
        return values, keep

    def _note_time(self, name: str, begun: float) -> None:
        now = self._clock()
        if now - begun <= SLOW:
            return
        zone = organisational_domain(name)
        with self._lock:
            self._resting[zone] = now + REST
            self._resting.move_to_end(zone)
            while len(self._resting) > ZONES:
                self._resting.popitem(last=False)
