"""DNS as this room needs it: four kinds of answers, a deadline on each, one kind of trouble."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import dns.exception
import dns.resolver
from dns.nameserver import Do53Nameserver

from mailflow.config.kinds import split_nameserver

#: What is kept of a "no such name" answer, in seconds. Its own SOA may say longer; a partner who
#: is just publishing his key should not wait for that.
VOID_TTL = 60

_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?", re.ASCII)


class DnsError(Exception):
    """No answer that can be relied on: time-out, SERVFAIL, REFUSED, cut short, no network."""


class Resolver(Protocol):
    """Answers from DNS.

    Each method takes a name without trailing dot and a deadline on the authenticator's monotonic
    clock (seconds), and returns (values, time to live in seconds). No such name, or no such
    record, is an empty list. Trouble of any kind raises `DnsError`.
    """

    def txt(self, name: str, deadline: float) -> tuple[list[bytes], int]:
        """TXT records, the strings of each joined (RFC 7208 s3.3, RFC 6376 s3.6.2.2)."""

    def a(self, name: str, deadline: float) -> tuple[list[str], int]:
        """IPv4 addresses."""

    def aaaa(self, name: str, deadline: float) -> tuple[list[str], int]:
        """IPv6 addresses."""

    def mx(self, name: str, deadline: float) -> tuple[list[str], int]:
        """Mail exchangers, the preferred ones first; "" for a null MX."""


class SystemResolver:
    """Asks the name servers of the system, or the given ones, by dnspython.

    Args:
        clock: Monotonic clock in seconds, the same that deadlines are counted on.
        nameservers: Whom to ask instead of those in /etc/resolv.conf, as in `trust.nameservers`.
    """

    def __init__(self, clock: Callable[[], float], nameservers: Sequence[str] = ()) -> None:
        self._clock = clock
        places = [split_nameserver(text) for text in nameservers]
        self._nameservers = [Do53Nameserver(*place) for place in places if place]
        self._made: dns.resolver.Resolver | None = None
        self._lock = threading.Lock()

    def txt(self, name: str, deadline: float) -> tuple[list[bytes], int]:
        """See `Resolver`."""
        records, ttl = self._ask(name, "TXT", deadline)
        return [b"".join(record.strings) for record in records], ttl

    def a(self, name: str, deadline: float) -> tuple[list[str], int]:
        """See `Resolver`."""
        records, ttl = self._ask(name, "A", deadline)
        return [record.address for record in records], ttl

    def aaaa(self, name: str, deadline: float) -> tuple[list[str], int]:
        """See `Resolver`."""
        records, ttl = self._ask(name, "AAAA", deadline)
        return [record.address for record in records], ttl

    def mx(self, name: str, deadline: float) -> tuple[list[str], int]:
        """See `Resolver`."""
        records, ttl = self._ask(name, "MX", deadline)
        records.sort(key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=True).lstrip(".") for record in records], ttl

    def _ask(self, name: str, kind: str, deadline: float) -> tuple[list[Any], int]:
        # Any: dnspython has a class for each kind of record; which one is known by the question.
        left = deadline - self._clock()
        if left <= 0:
            raise DnsError("no time left")
        if not _NAME.fullmatch(name) or len(name) > 253:
            return [], VOID_TTL  # such a name cannot be in DNS; nobody needs to be asked
        try:
            answer = self._resolver().resolve(
                name.rstrip(".") + ".", kind, lifetime=left, search=False
            )
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return [], VOID_TTL
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise DnsError(type(error).__name__) from error
        return list(answer), int(answer.rrset.ttl if answer.rrset is not None else VOID_TTL)

    def _resolver(self) -> dns.resolver.Resolver:
        """Made at the first question: a machine without DNS set up may still start."""
        with self._lock:
            if self._made is None:
                made = dns.resolver.Resolver(configure=not self._nameservers)
                if self._nameservers:
                    made.nameservers = self._nameservers
                self._made = made
            return self._made
