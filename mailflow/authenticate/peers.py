"""Who handed a mail in: the address of an SMTP client, and which addresses are ours."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: This machine.
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

#: Addresses of inner networks: a server of our own stands there, never a sender's. SPF records
#: that name them (some do) would vouch for whatever our own server passes on.
INNER: tuple[Network, ...] = (
    *LOOPBACK,
    *map(
        ip_network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ),
    ),
)


def address_of(peer: str) -> Address | None:
    """The IP address at the beginning of a peer ("192.0.2.1", "192.0.2.1 helo.name").

    None for a mailbox ("imap:NAME"), for nothing, and for anything else that is no address. An
    IPv4 client of an IPv6 socket is its IPv4 address; an interface name ("fe80::1%eth0") is left
    out.
    """
    first = peer.split(" ", 1)[0].partition("%")[0]
    try:
        address = ip_address(first)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def helo_of(peer: str) -> str:
    """The name behind the address, "" if there is none."""
    return peer.partition(" ")[2].strip()


def within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether the address lies in one of the networks."""
    return any(address in network for network in networks)
