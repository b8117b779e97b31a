"""DNS: the records that mail to and from us needs, and whether they are published.

Names are asked for through a function that is handed in, so that tests need no network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailflow.cli.check.finding import Finding, fault, ok, warning
from mailflow.config import Config
from mailflow.config.kinds import is_loopback

#: Asks for the records of one type of one name; [] where there are none; OSError when in doubt.
Ask = Callable[[str, str], list[str]]
#: For one question, in seconds.
ASK_S = 4.0


@dataclass(frozen=True, slots=True)
class Record:
    """A record to publish."""

    name: str
    kind: str
    value: str

    @property
    def line(self) -> str:
        """As in a zone file."""
        value = f'"{self.value}"' if self.kind == "TXT" else self.value
        return f"{self.name}. 3600 IN {self.kind} {value}"


def wanted(config: Config) -> list[Record]:
    """What should be published for the domain of the intake address.

    The signing key (DKIM) is that of the outgoing mail server, which prints its own record.
    """
    service, delivery = config.service, config.delivery
    mail_host = _in_front(config) or config.ingress.smtp.hostname or f"mx.{service.domain}"
    named = delivery.host if "." in delivery.host and not delivery.host[-1].isdigit() else ""
    sender = f" a:{named}" if named else ""
    return [
        Record(service.domain, "MX", f"10 {mail_host}."),
        Record(service.domain, "TXT", f"v=spf1 mx{sender} -all"),
        Record(
            f"_dmarc.{service.domain}",
            "TXT",
            f"v=DMARC1; p=quarantine; rua=mailto:{service.operator_address}",
        ),
    ]


def _in_front(config: Config) -> str:
    """The mail server before us, by the name under which it says who sent a mail; "" = none."""
    trust = config.trust
    modes = {trust.mode if m == "same" else m for m in (trust.smtp_mode, trust.imap_mode)}
    names = trust.authserv_ids if "trusted_verifier" in modes else ()
    return next((name for name in names if "." in name), "")


def ask(name: str, kind: str) -> list[str]:
    """Ask the resolver of this machine.

    Raises:
        OSError: no answer, or one that says nothing either way.
    """
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, kind, lifetime=ASK_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise OSError(f"no answer for {name} ({type(error).__name__})") from None
    if kind == "TXT":  # one record may be written in several pieces (RFC 7208 section 3.3)
        return ["".join(part.decode("utf-8", "replace") for part in r.strings) for r in answer]
    return [str(record) for record in answer]


def examine(config: Config, ask: Ask) -> Iterator[Finding]:
    """Whether the records are there, and say what they should."""
    service = config.service
    if service.domain.endswith((".example", ".test", ".invalid", ".localhost")):
        yield warning(
            "domain-example",
            f"service.address: {service.domain} is a name for examples",
            "write your own address",
        )
        return
    try:
        yield _mx(service.domain, ask(service.domain, "MX"))
        yield _spf(service.domain, ask(service.domain, "TXT"))
        yield _dmarc(config, ask)
        host = urlsplit(service.public_url).hostname or ""
        if not is_loopback(service.public_url) and not (ask(host, "A") or ask(host, "AAAA")):
            yield fault(
                "public-name",
                f"service.public_url: {host} is not in DNS",
                "publish an A or AAAA record for it",
            )
    except OSError as error:
        yield warning(
            "dns-away", f"DNS: {error}", "look at /etc/resolv.conf, or use mailflow check --offline"
        )


def _mx(domain: str, found: list[str]) -> Finding:
    if not found:
        return fault(
            "mx-missing",
            f"{domain} has no MX record, so mail to us goes astray",
            "publish the MX record below",
        )
    if any(value.split()[-1] == "." for value in found):  # RFC 7505
        return fault(
            "mx-null",
            f"{domain} has a null MX: it says that it takes no mail",
            "publish the MX record below instead",
        )
    return ok("mx", f"{domain} takes mail at {', '.join(v.split()[-1] for v in found)}")


def _spf(domain: str, found: list[str]) -> Finding:
    policies = [value for value in found if value.lower().split(" ")[0] == "v=spf1"]
    if not policies:
        return fault(
            "spf-missing",
            f"{domain} has no SPF record, so our mail looks forged",
            "publish the SPF record below",
        )
    if len(policies) > 1:  # RFC 7208 section 4.5: a permanent error
        return fault(
            "spf-many", f"{domain} has {len(policies)} SPF records; only one counts", "merge them"
        )
    if policies[0].lower().endswith("+all"):
        return fault(
            "spf-open", f"{domain}: its SPF record lets everybody send", "end it with -all"
        )
    return ok("spf", f"{domain} publishes {policies[0]}")


def _dmarc(config: Config, ask: Ask) -> Finding:
    from mailflow.core.address import organisational_domain

    domain = config.service.domain
    names = dict.fromkeys((domain, organisational_domain(domain)))
    for name in names:
        policies = [v for v in ask(f"_dmarc.{name}", "TXT") if v.lower().startswith("v=dmarc1")]
        if policies:
            break
    else:
        return fault(
            "dmarc-missing",
            f"{domain} has no DMARC record, so others can write in its name",
            "publish the DMARC record below",
        )
    if "p=none" in policies[0].lower().replace(" ", ""):
        return warning(
            "dmarc-none",
            f"{name}: its DMARC record only watches (p=none)",
            "p=quarantine or p=reject, once your own mail passes",
        )
    return ok("dmarc", f"{name} publishes {policies[0]}")
