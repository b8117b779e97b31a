"""What the rules may know besides the request, answered from the transaction of the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from mailflow.config import Config
from mailflow.core.decision import World
from mailflow.core.hygiene import clean_line, fold
from mailflow.core.policy import Policy
from mailflow.core.request import Person, Request, Role, State
from mailflow.core.sides import company_domain, is_ours, mailbox
from mailflow.store import directory, queries
from mailflow.store.session import Session

#: Country domains whose people most likely read one of our languages (DOMAIN.md §5, feature 16).
_COUNTRIES = {
    "es": ("es", "mx", "ar", "co", "cl", "pe", "ve", "uy", "ec", "bo", "py", "cr", "gt"),
    "pt": ("pt", "br", "ao", "mz"),
    "fr": ("fr",),
    "de": ("de", "at"),
}
_LANGUAGE_OF_COUNTRY = {
    country: language for language, countries in _COUNTRIES.items() for country in countries
}


def build(
    session: Session,
    config: Config,
    policy: Policy,
    request: Request | None,
    requester: Person | None,
    reference: str,
    now: datetime,
) -> World:
    """The world of one decision.

    `requester`: the directory's entry for whose request it is, or for who asks for a first one.
    """
    asker = requester.email if requester else ""

    def is_colleague(address: str) -> bool:
        """Registered with the requester's company, or at home where somebody else of it is."""
        company = _company(requester.company) if requester else ""
        if not company:
            return False
        known = [
            found.company
            for one in {address, mailbox(address)}
            if (found := directory.person(session, one)) and found.role is Role.PARTNER
        ]
        if domain := company_domain(address):
            known += directory.companies_at(session, domain)
        return any(_company(name) == company for name in known)

    def language_of(address: str) -> str:
        known = queries.language_of(session, address)
        if known in config.service.languages:
            return known
        country = _LANGUAGE_OF_COUNTRY.get(address.rpartition(".")[2], "")
        return country if country in config.service.languages else ""

    def language_set(address: str) -> str:
        found = directory.person(session, address)
        return found.language if found else ""

    world = World(
        now=now,
        policy=policy,
        requester=requester,
        account_of=lambda domain: directory.account(session, domain),
        request_of=lambda name: queries.request_by_reference(session, name),
        earlier_of=lambda domain: _expired(session, asker, domain),
        unfinished_of=lambda domain: queries.unfinished_request(session, asker, domain),
        is_colleague=is_colleague,
        is_ours=partial(is_ours, own=config.own_addresses),
        language_of=language_of,
        language_set=language_set,
        reference=reference,
        default_language=config.service.default_language,
        languages=config.service.languages,
        operator=config.service.operator_address,
    )
    if request is None:
        return world
    return replace(world, timeline=lambda: queries.timeline(session, request.id))


def _company(name: str) -> str:
    """A company's name as it is compared."""
    return fold(clean_line(name))


def _expired(session: Session, asker: str, domain: str) -> str:
    """Reference of the asker's own newest request for `domain`, if that one expired; else ""."""
    found = queries.earlier_request(session, asker, domain)
    earlier = queries.request_by_reference(session, found) if found else None
    return found if earlier and earlier.state is State.EXPIRED else ""
