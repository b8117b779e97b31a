"""SPF (RFC 7208) for a peer that speaks to us directly: may this address send for that domain?

Not meant for mail that came through a server of our own: there the peer is not the sender's.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from mailflow.authenticate.dns import DnsError
from mailflow.authenticate.lookup import Lookup
from mailflow.authenticate.spf_record import (
    Address,
    BrokenRecord,
    Directive,
    Sending,
    expand,
    select,
)

TERMS = 10  # terms that need DNS (RFC 7208 s4.6.4)
VOIDS = 2  # of which so many may find nothing
HOSTS = 10  # exchangers of one mx term, names of one ptr term


@dataclass(frozen=True, slots=True)
class Spf:
    """The result in the words of RFC 7208 s2.6, and what matched.

    `everybody` is true when the match was one that fits the whole world, such as `+all`: such a
    pass says nothing about who sent the mail.
    """

    result: str
    why: str = ""
    everybody: bool = False


def check(sending: Sending, lookup: Lookup) -> Spf:
    """Evaluate the policy of the MAIL FROM domain for the peer's address; never raises."""
    try:
        return _Evaluation(sending, lookup).host(sending.domain)
    except BrokenRecord as fault:
        return Spf("permerror", str(fault))
    except DnsError as trouble:
        return Spf("temperror", str(trouble))


class _Evaluation:
    """One check_host() with what it may still spend; included records spend from the same."""

    def __init__(self, sending: Sending, lookup: Lookup) -> None:
        self._sending = sending
        self._lookup = lookup
        self._terms = 0
        self._voids = 0

    def host(self, domain: str) -> Spf:
        """RFC 7208 s4: the record of `domain`, its terms in order, then redirect."""
        record = select(self._lookup.txt(domain))
        if record is None:
            return Spf("none", f"{domain} has no SPF record")
        for directive in record.directives:
            matched, everybody = self._matches(directive, domain)
            if matched:
                why = f"{directive.mechanism} of {domain}"
                return Spf(directive.result, why, everybody)
        if record.redirect and not any(d.mechanism == "all" for d in record.directives):
            self._spend()
            target = expand(record.redirect, domain, self._sending)
            found = self.host(target)
            if found.result == "none":
                raise BrokenRecord(f"redirect to {target}, which has no SPF record")
            return found
        return Spf("neutral", f"nothing of {domain} matches")

    def _matches(self, directive: Directive, domain: str) -> tuple[bool, bool]:
        """(whether the peer matches, whether anybody would)."""
        name, peer = directive.mechanism, self._sending.address
        if name == "all":
            return True, True
        if name in ("ip4", "ip6"):
            network = directive.network
            assert network is not None
            # A comparison across versions is simply false.
            return peer in network, network.prefixlen == 0
        self._spend()
        target = expand(directive.spec, domain, self._sending) if directive.spec else domain
        if name == "include":
            found = self.host(target)
            if found.result == "none":
                raise BrokenRecord(f"include of {target}, which has no SPF record")
            return found.result == "pass", found.everybody
        if name == "exists":
            # Whether a name exists says nothing of the peer unless its address is in the name.
            return bool(self._found(self._lookup.a(target))), "%{i" not in directive.spec.lower()
        if name == "ptr":
            return False, False  # s5.5: "SHOULD NOT be used"; forgeable reverse names prove little
        hosts = [target] if name == "a" else self._exchangers(target)
        length = directive.four if peer.version == 4 else directive.six
        return any(self._host_has(host, peer, length) for host in hosts), length == 0

    def _exchangers(self, target: str) -> list[str]:
        hosts = self._found(self._lookup.mx(target))
        if len(hosts) > HOSTS:
            raise BrokenRecord(f"{target} has more than {HOSTS} exchangers")
        return [host for host in hosts if host]

    def _host_has(self, host: str, peer: Address, length: int) -> bool:
        ask = self._lookup.a if peer.version == 4 else self._lookup.aaaa
        return any(
            peer in ip_network((ip_address(text), length), strict=False)
            for text in self._found(ask(host))
        )

    def _spend(self) -> None:
        self._terms += 1
        if self._terms > TERMS:
            raise BrokenRecord(f"more than {TERMS} terms that need DNS")

    def _found(self, values: list[str]) -> list[str]:
        if not values:
            self._voids += 1
            if self._voids > VOIDS:
                raise BrokenRecord(f"more than {VOIDS} look-ups that find nothing")
        return values
