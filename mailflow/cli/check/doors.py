"""Where we listen: ports, certificate, and how the outside finds us."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailflow.cli.check.finding import Finding, fault, ok, warning
from mailflow.config import Config
from mailflow.config.kinds import is_loopback, split_host_port

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

#: A certificate that ends sooner than this, in days, should have been renewed by now.
SOON_DAYS = 14


def examine(config: Config) -> Iterator[Finding]:
    """Every place we listen at, the certificate, and the public address of our pages."""
    smtp, web = config.ingress.smtp, config.web
    if smtp.enabled:
        for place in smtp.listen:
            yield _bindable("ingress.smtp.listen", place.partition("://")[2])
        yield from certificate(smtp.tls_cert_file, smtp.tls_key_file, smtp.hostname)
    if web.enabled:
        yield _bindable("web.listen", web.listen)
    if web.admin_listen:
        yield _bindable("web.admin_listen", web.admin_listen)
    if config.console.enabled:
        yield _bindable("console.listen", config.console.listen)
    elif config.console.users:
        yield warning(
            "console-off",
            "console.users: people may log in, but the console is off",
            "[console] enabled = true, and start mailflow again",
        )
    if not smtp.enabled and not any(box.enabled for box in config.ingress.imap.values()):
        yield warning("no-door", "no way in for mail is open", "[ingress.smtp] enabled = true")
    if not smtp.hostname and "." not in socket.getfqdn():
        yield warning(
            "hostname",
            f"this machine calls itself {socket.getfqdn()!r}, which many mail servers refuse",
            '[ingress.smtp] hostname = "mail.vendor.example", with your name',
        )
    yield from _public(config)


def _inward(setting: str, place: str, what: str) -> Iterator[Finding]:
    """What is for us alone had better listen on this machine alone."""
    if not is_loopback(place):
        yield warning(
            "inward-door",
            f"{setting}: {what} open to the network at {place}, without encryption",
            f'{setting} = "127.0.0.1:{place.rpartition(":")[2]}", '
            "behind a reverse proxy with https",
        )


def _bindable(setting: str, place: str) -> Finding:
    host, port = split_host_port(place) or ("", 0)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        return fault("listen-name", f"{setting}: {host} is not known here", "write an IP address")
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except OSError as error:
            return _not_bindable(setting, place, error)
    return ok("listen", f"{setting}: {place} is free")


def _not_bindable(setting: str, place: str, error: OSError) -> Finding:
    if error.errno == errno.EADDRINUSE:
        return warning(
            "listen-used",
            f"{setting}: something listens at {place} already",
            "fine if that is mailflow itself; else stop it, or choose another port",
        )
    if error.errno == errno.EACCES:
        return fault(
            "listen-rights",
            f"{setting}: this user may not listen at {place} (ports below 1024)",
            "choose a port from 1024 on, or AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit",
        )
    return fault(
        "listen-address",
        f"{setting}: {place} is not an address of this machine",
        "write 127.0.0.1, 0.0.0.0 or one of its addresses (ip address)",
    )


def certificate(cert_file: str, key_file: str, hostname: str) -> Iterator[Finding]:
    """The certificate for STARTTLS: there, fitting its key, in time, for our name."""
    import ssl

    from cryptography import x509

    if not cert_file:
        return
    for name in (cert_file, key_file):
        try:
            Path(name).read_bytes()
        except OSError as error:
            yield fault(
                "tls-file",
                f"{name}: cannot be read ({error.strerror})",
                "look at the path, and let the user of the service read it",
            )
            return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert_file, key_file)
        found = x509.load_pem_x509_certificates(Path(cert_file).read_bytes())[0]
    except (ssl.SSLError, ValueError):
        yield fault(
            "tls-pair",
            f"{cert_file} and {key_file} do not belong together, or are not PEM",
            "name the chain and the key that were issued together; no passphrase on the key",
        )
        return
    yield from _validity(found, cert_file, hostname, datetime.now(UTC))


def _validity(
    found: Certificate, cert_file: str, hostname: str, now: datetime
) -> Iterator[Finding]:
    left = (found.not_valid_after_utc - now).days
    if now > found.not_valid_after_utc:
        yield fault("tls-expired", f"{cert_file}: ended {-left} days ago", "renew it")
    elif left < SOON_DAYS:
        yield warning("tls-soon", f"{cert_file}: ends in {left} days", "renew it")
    if now < found.not_valid_before_utc:
        yield fault("tls-early", f"{cert_file}: is not valid yet", "look at the clock: date -u")
    names = _names(found)
    if hostname and not any(_covers(name, hostname.lower()) for name in names):
        yield warning(
            "tls-name",
            f"{cert_file}: is for {', '.join(names) or 'no name'}, not for {hostname}",
            "get one for [ingress.smtp] hostname, or change hostname",
        )


def _names(found: Certificate) -> list[str]:
    from cryptography import x509

    try:
        extension: Any = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]


def _covers(pattern: str, name: str) -> bool:
    return pattern == name or (
        pattern.startswith("*.") and name.partition(".")[2] == pattern.removeprefix("*.")
    )


def _public(config: Config) -> Iterator[Finding]:
    url, web = config.service.public_url, config.web
    if is_loopback(url):
        yield warning(
            "public-loopback",
            f"service.public_url: {url} leads nowhere on any other machine",
            "write the address of your reverse proxy, https://…",
        )
    elif url.startswith("http://"):
        yield fault(
            "public-clear",
            f"service.public_url: {url} would send the secrets of links in clear",
            "put a reverse proxy with a certificate in front, and write https://…",
        )
    if not web.enabled:
        yield warning(
            "web-off",
            "web.enabled: no pages are served here, so links in letters need another machine",
            "fine if another machine has the role web",
        )
    elif not is_loopback(web.listen):
        yield warning(
            "web-open",
            f"web.listen: {web.listen} is reached without TLS from other machines",
            "listen at 127.0.0.1 behind a reverse proxy, or see that only the proxy gets there",
        )
