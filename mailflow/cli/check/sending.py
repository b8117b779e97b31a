"""The way out: the outgoing mail server, and whether mail really goes to people."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from mailflow.cli.check.finding import Finding, fault, ok, warning
from mailflow.config import Config
from mailflow.config.kinds import is_loopback

#: How long the outgoing mail server may take to answer, in seconds.
ANSWER_S = 15.0


def examine(config: Config, *, offline: bool) -> Iterator[Finding]:
    """Staging switches, then the server itself."""
    delivery = config.delivery
    if delivery.mode == "capture":
        yield warning(
            "capture",
            "delivery.mode: capture, so no mail leaves this machine",
            'delivery.mode = "smtp" when you go live',
        )
        return
    if delivery.redirect_to:
        yield warning(
            "redirect",
            f"delivery.redirect_to: every mail goes to {delivery.redirect_to}",
            "take it out when you go live",
        )
    if delivery.allow_recipients:
        yield warning(
            "allow-list",
            f"delivery.allow_recipients: only {len(delivery.allow_recipients)} entries get mail",
            "take it out when you go live",
        )
    if delivery.security == "none" and not is_loopback(f"{delivery.host}:{delivery.port}"):
        yield warning(
            "relay-clear",
            f"delivery.security: mail, with its secrets, goes to {delivery.host} in clear",
            'security = "starttls", unless the network is closed',
        )
    if not offline:
        yield _server(config)


def _server(config: Config) -> Finding:
    from mailflow.delivery.relay import Relay

    delivery = config.delivery
    place = f"{delivery.host}:{delivery.port}"
    try:
        socket.getaddrinfo(delivery.host, delivery.port, type=socket.SOCK_STREAM)
    except OSError:
        return fault(
            "relay-name", f"delivery.host: {delivery.host} is not known", "look at the name"
        )
    quick = delivery.model_copy(update={"timeout_s": min(delivery.timeout_s, ANSWER_S)})
    try:
        relay = Relay(quick, config.ingress.smtp.hostname or socket.getfqdn())
    except (OSError, ssl.SSLError):
        return fault(
            "relay-ca",
            f"delivery.ca_file: {delivery.ca_file} cannot be used",
            "name a PEM file with the certificate of the authority",
        )
    trouble = relay.probe()
    if not trouble:
        return ok("relay", f"{place} answers" + (", login taken" if delivery.username else ""))
    code, mend = _cause(trouble)
    return fault(code, f"{place}: {trouble}", mend)


def _cause(trouble: str) -> tuple[str, str]:
    """Kind and mend for what the relay, or the way to it, said."""
    low = trouble.lower()
    causes = (
        (("535", "534", "538", "authentication"), "relay-login", "look at username and password"),
        (
            ("certificate", "hostname mismatch"),
            "relay-certificate",
            "use the name that is in its certificate, or name its authority in ca_file",
        ),
        (
            ("starttls", "wrong version", "ssl", "tls"),
            "relay-tls",
            'port 465 wants security = "tls", port 587 "starttls"',
        ),
        (
            ("refused", "in time", "timed out", "unreachable", "no route"),
            "relay-away",
            "look at host and port, and at firewalls between",
        ),
    )
    for words, code, mend in causes:
        if any(word in low for word in words):
            return code, mend
    return "relay-refuses", "let this machine use it, or ask who runs it"
