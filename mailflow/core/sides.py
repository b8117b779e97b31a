"""Who stands on the requester's side, and so can never decide for the customer (DOMAIN.md S12)."""

from __future__ import annotations

from collections.abc import Collection

from mailflow.core.address import domain_of, in_domain, is_freemail, organisational_domain
from mailflow.core.request import Person, Role

#: One mailbox under two names, and dots that mean nothing in the local part.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox(address: str) -> str:
    """An address without what still leads to the same mailbox: a +tag, and dots where they do.

    For comparing only: who somebody *is* stays the whole address (PROMISES.md I13).

    >>> mailbox("to.m+x@googlemail.com")
    'tom@gmail.com'
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), _DOTLESS[domain]
    return f"{local}@{domain}"


def is_requesters(address: str, requester: Person) -> bool:
    """Whether an address is the requester's own or lies in the domain of his.

    Further domains of his company are known to the directory alone: `World.is_colleague`.

    Args:
        address: In our own spelling: lower case, ASCII.
        requester: Who asks.
    """
    domain = company_domain(requester.email)
    return mailbox(address) == mailbox(requester.email) or (
        bool(domain) and in_domain(address, domain)
    )


def company_domain(address: str) -> str:
    """The organisational domain of an address, "" where a public mail provider hands it out.

    >>> company_domain("tom@eu.partner.example"), company_domain("tom@gmail.com")
    ('partner.example', '')
    """
    domain = organisational_domain(domain_of(address))
    return "" if is_freemail(domain) else domain


def is_ours(address: str, own: Collection[str]) -> bool:
    """Whether an address is one of the service's `own`, with any tag: nobody decides there.

    >>> is_ours("requests+x@vendor.example", ["requests@vendor.example"])
    True
    """
    return mailbox(address) in {mailbox(one) for one in own}


def may_not_decide(address: str, requester: Person) -> bool:
    """Whether an address can never speak for the customer: it is on a partner's own side.

    An external customer may ask for his own company, and so decide for it (DOMAIN.md §3).
    """
    return requester.role is not Role.CUSTOMER and is_requesters(address, requester)
