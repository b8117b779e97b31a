"""The DNS of one message: one budget of time for all of it, and no second chance after trouble."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mailflow.authenticate.dns import DnsError, Resolver

#: Seconds of DNS for one message in total (PROMISES.md I28; RFC 7208 s4.6.4 allows 20 for SPF).
BUDGET = 5.0

#: Questions for one message: 3 keys, 2 policies, and what ten SPF terms may need.
QUESTIONS = 60

_T = TypeVar("_T")


class Lookup:
    """Asks a resolver on behalf of one message.

    Raises `DnsError` from every method once the budget is spent, whatever the resolver does
    about its deadline: an answer that comes too late is not used.
    """

    def __init__(self, resolver: Resolver, clock: Callable[[], float]) -> None:
        self._resolver = resolver
        self._clock = clock
        self._deadline = clock() + BUDGET
        self._left = QUESTIONS

    def txt(self, name: str) -> list[bytes]:
        """TXT records of a name; empty if there are none."""
        return self._ask(self._resolver.txt, name)

    def a(self, name: str) -> list[str]:
        """IPv4 addresses of a name."""
        return self._ask(self._resolver.a, name)

    def aaaa(self, name: str) -> list[str]:
        """IPv6 addresses of a name."""
        return self._ask(self._resolver.aaaa, name)

    def mx(self, name: str) -> list[str]:
        """Mail exchangers of a domain."""
        return self._ask(self._resolver.mx, name)

    def _ask(self, ask: Callable[[str, float], tuple[list[_T], int]], name: str) -> list[_T]:
        self._left -= 1
        if self._left < 0:
            raise DnsError("too many questions for one message")
        if self._clock() >= self._deadline:
            raise DnsError("no time left for this message")
        values, _ = ask(name, self._deadline)
        if self._clock() > self._deadline:
            raise DnsError("the answer came too late")
        return values
