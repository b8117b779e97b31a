"""Who is believed, and what that opens."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from mailflow.cli.check.finding import Finding, warning
from mailflow.config import Config
from mailflow.config.kinds import is_loopback

#: A network with more addresses than this is hardly made of one's own mail servers.
MANY = 65_536


def examine(config: Config) -> Iterator[Finding]:
    """Whether somebody could forge his way in."""
    trust, smtp, service = config.trust, config.ingress.smtp, config.service
    reachable = [place for place in smtp.listen if not is_loopback(place.partition("://")[2])]
    mode = trust.mode if trust.smtp_mode == "same" else trust.smtp_mode
    if smtp.enabled and reachable and mode == "trusted_verifier" and not trust.trusted_peers:
        yield warning(
            "peers-missing",
            f"{', '.join(reachable)}: others may hand mail in here, but only what this machine"
            " itself hands in can be proven",
            "name your mail servers in [trust] trusted_peers, or listen at 127.0.0.1 only",
        )
    for network in trust.trusted_peers:
        if ip_network(network).num_addresses > MANY:
            yield warning(
                "peers-wide",
                f"trust.trusted_peers: {network} holds very many machines, and all are believed",
                "write the addresses of your mail servers",
            )
    operator = service.operator_address.rpartition("@")[2]
    if operator not in service.internal_domains and operator != service.domain:
        yield warning(
            "operator-outside",
            f"service.operator_address: {operator} is not among internal_domains",
            "add your own mail domains to [service] internal_domains",
        )
    if not service.internal_domains:
        yield warning(
            "internal-unknown",
            "service.internal_domains: is empty, so your own staff is not kept out",
            "write your own mail domains there",
        )
