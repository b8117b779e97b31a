"""How often somebody may be wrong about a secret: a token (I23), or the console's password.

A token has 160 random bits, so that guessing is hopeless at any speed; the limit makes a guesser
visible and tells him to go away. It never stands in the way of a right one. It is per process and
lost on restart, on purpose: it guards no promise that a second machine would need to know of.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass

#: Wrong links that an address may try before it waits: old bookmarks and scanners that shorten
#: links are innocent, and an office shares one address.
FREE = 10
#: Wrong links in all within the window; above it even the first one of an address makes it wait.
FREE_IN_ALL = 300
#: Seconds after which wrong links are forgotten.
WINDOW = 600.0
#: The first wait, doubled with each further wrong link, up to the longest. Seconds.
FIRST_WAIT = 2.0
LONGEST_WAIT = 3600.0
#: Addresses remembered; the longest unseen is forgotten first.
REMEMBERED = 10_000


@dataclass(slots=True)
class _Record:
    wrong: int = 0
    last: float = 0.0
    until: float = 0.0


def client_key(address: str) -> str:
    """Whom an address stands for: itself, or its /64, since one IPv6 customer has that many."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        mapped = ip.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


class Guesses:
    """Counts wrong secrets per client address and in all. Times are seconds of one steady clock.

    `free` wrong ones of an address cost nothing; no wait is longer than `longest_wait` seconds.
    """

    def __init__(self, *, free: int = FREE, longest_wait: float = LONGEST_WAIT) -> None:
        self._free, self._longest_wait = free, longest_wait
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, _Record] = OrderedDict()
        self._all = 0
        self._all_since = 0.0

    def wait(self, address: str, now: float) -> float:
        """Seconds before another wrong one of this client is looked at; 0.0 = now."""
        with self._lock:
            record = self._clients.get(client_key(address))
            return max(0.0, record.until - now) if record else 0.0

    def wrong(self, address: str, now: float) -> None:
        """Notes one wrong token of this client."""
        with self._lock:
            if now - self._all_since >= WINDOW:
                self._all, self._all_since = 0, now
            self._all += 1
            key = client_key(address)
            record = self._clients.pop(key, None) or _Record()
            if now - max(record.last, record.until) >= WINDOW:
                record = _Record()
            record.wrong, record.last = record.wrong + 1, now
            free = self._free if self._all <= FREE_IN_ALL else 0
            if record.wrong > free:
                # At most 2 ** 12 is wanted; the cap keeps the power small however long it goes on.
                doublings = min(record.wrong - free - 1, 12)
                record.until = now + min(self._longest_wait, FIRST_WAIT * 2**doublings)
            self._clients[key] = record
            while len(self._clients) > REMEMBERED:
                self._clients.popitem(last=False)
