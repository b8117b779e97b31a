"""Settings that are each right but do not go together. Pure: no file, no network."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from mailflow.config import checks_imap
from mailflow.config.settings import Config

#: "+", a token of 32 characters and the local part share the 64 of RFC 5321 section 4.5.3.1.1.
LONGEST_LOCAL_PART = 31


def contradictions(config: Config) -> list[str]:
    """Everything in `config` that contradicts itself, one line each: where, what, how to mend."""
    rooms = (_service, _doors, checks_imap.contradictions, _console, _trust, _delivery, _days)
    return [problem for room in rooms for problem in room(config)]


def _service(config: Config) -> Iterator[str]:
    service = config.service
    if service.default_language not in service.languages:
        yield (
            f"service.default_language: {service.default_language!r} is not in service.languages;"
            " add it there, or choose one of them"
        )
    for language in sorted({c for c in service.languages if service.languages.count(c) > 1}):
        yield f"service.languages: {language!r} stands there twice; take one out"
    for name, local in (("address", service.local), ("bounce_local", service.bounce_local)):
        if len(local) > LONGEST_LOCAL_PART:
            yield (
                f"service.{name}: {local!r} leaves no room for the secret tag;"
                f" use at most {LONGEST_LOCAL_PART} characters before the @"
            )
    if "+" in service.local:
        yield "service.address: a + before the @ is where our tags begin; use an address without"
    if service.bounce_local == service.local:
        yield (
            "service.bounce_local: is the same as the address for requests;"
            " choose another word, such as bounce"
        )
    if service.operator_address == service.address:
        yield (
            "service.operator_address: is the address for requests, so our own alarms would come"
            " in as requests; write the mailbox of a person or team"
        )


def _doors(config: Config) -> Iterator[str]:
    smtp = config.ingress.smtp
    if bool(smtp.tls_cert_file) != bool(smtp.tls_key_file):
        missing = "tls_key_file" if smtp.tls_cert_file else "tls_cert_file"
        yield f"ingress.smtp.{missing}: is missing; certificate and key go together"
    if smtp.require_tls and not smtp.tls_cert_file:
        yield (
            "ingress.smtp.require_tls: needs a certificate; set tls_cert_file and tls_key_file,"
            " or require_tls = false"
        )
    if smtp.max_connections_per_address > smtp.max_connections:
        yield (
            "ingress.smtp.max_connections_per_address: is more than max_connections"
            f" ({smtp.max_connections}); lower it, or raise max_connections"
        )
    if smtp.idle_timeout_s > smtp.session_timeout_s:
        yield (
            "ingress.smtp.idle_timeout_s: is longer than session_timeout_s"
            f" ({smtp.session_timeout_s:g}); lower it, or raise session_timeout_s"
        )
    places = [place.partition("://")[2] for place in smtp.listen] if smtp.enabled else []
    web, console = config.web, config.console
    places += [web.listen] if web.enabled else []
    places += [web.admin_listen] if web.admin_listen else []
    places += [console.listen] if console.enabled else []
    for place in sorted({p for p in places if places.count(p) > 1 and not p.endswith(":0")}):
        yield f"{place}: two doors cannot listen at one place; give each its own port"


def _console(config: Config) -> Iterator[str]:
    console = config.console
    if console.enabled and not console.users:
        yield (
            "console.users: is empty, so nobody could log in; add one with what"
            " `mailflow console password NAME` prints, or console.enabled = false"
        )
    names = [user.name for user in console.users]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"console.users: {name!r} stands there twice; take one out"


def _trust(config: Config) -> Iterator[str]:
    trust = config.trust
    modes = {trust.mode if m == "same" else m for m in (trust.smtp_mode, trust.imap_mode)}
    if "trusted_verifier" in modes and not (trust.authserv_ids or trust.topmost_without_id):
        yield (
            "trust.authserv_ids: is empty, so no mail could ever be proven; write the name with"
            " which your mail server begins its Authentication-Results header"
        )
    if trust.imap_mode == "trusted_peers":
        yield (
            "trust.imap_mode: nobody hands mail into a mailbox as a peer, so no mail could ever be"
            ' proven; write "trusted_verifier" or "own_check"'
        )
    if "trusted_peers" in modes and not trust.trusted_peers:
        yield (
            "trust.trusted_peers: is empty, so no mail could ever be proven;"
            " write the addresses of your mail servers"
        )
    if "trusted_peers" in modes:
        for network in trust.trusted_peers:
            if ip_network(network).prefixlen == 0:
                yield (
                    f"trust.trusted_peers: {network} is the whole world, and anybody could forge;"
                    " write the addresses of your mail servers"
                )


def _delivery(config: Config) -> Iterator[str]:
    delivery = config.delivery
    if delivery.mode == "smtp" and not delivery.host:
        yield (
            "delivery.host: is missing; write your outgoing mail server,"
            ' or delivery.mode = "capture" to send nothing'
        )
    if delivery.first_retry_s > delivery.max_retry_s:
        yield (
            f"delivery.first_retry_s: is longer than max_retry_s ({delivery.max_retry_s:g});"
            " lower it, or raise max_retry_s"
        )
    if bool(delivery.username) != bool(delivery.password):
        missing = "password" if delivery.username else "username"
        yield f"delivery.{missing}: is missing; a login needs both username and password"
    if delivery.username and delivery.security == "none":
        yield (
            "delivery.security: a password would go over the network in clear;"
            ' write security = "starttls" or "tls"'
        )
    for entry in delivery.allow_recipients if delivery.redirect_to else ():
        if entry in {delivery.redirect_to, "@" + delivery.redirect_to.rpartition("@")[2]}:
            break
    else:
        if delivery.redirect_to and delivery.allow_recipients:
            yield (
                "delivery.redirect_to: is not among allow_recipients, so nothing would be sent;"
                " add it there"
            )


def _days(config: Config) -> Iterator[str]:
    policy = config.policy
    schedules = (
        ("review_reminder_days", "lapse_days"),
        ("customer_reminder_days", "activation_days"),
        ("customer_reminder_days_order", "activation_days"),
        ("partner_reminder_days", "activation_days"),
    )
    for name, end in schedules:
        days: tuple[int, ...] = getattr(policy, name)
        last: int = getattr(policy, end)
        if list(days) != sorted(set(days)) or any(day < 1 for day in days):
            yield f"policy.{name}: must be rising days from 1 on, each once; such as [3, 7, 30]"
        elif days and days[-1] >= last:
            yield (
                f"policy.{name}: day {days[-1]} comes after the end (policy.{end} = {last});"
                " take it out, or make the term longer"
            )
