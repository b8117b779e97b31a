"""People and accounts out of a table, for the command line and the console alike. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from mailflow.core.address import domain_of, normalise_domain, parse
from mailflow.core.request import Account, Person, Role
from mailflow.core.sheet import Wrong, read

PEOPLE_COLUMNS = ("email", "name", "company", "role", "status", "language")
PEOPLE_STATUSES = ("active", "inactive")
ACCOUNT_COLUMNS = ("domain", "name", "status", "administrators")
ACCOUNT_STATUSES = ("active", "pending", "hold", "ended")
ROLES = tuple(role.value for role in Role)


def people(
    text: str, name: str, languages: Sequence[str], internal_domains: Collection[str]
) -> list[Person]:
    """The people of a table. Raises SheetError."""
    convert = person_from(languages, internal_domains)
    return read(text, name, PEOPLE_COLUMNS, ["email"], convert, lambda person: person.email)


def accounts(text: str, name: str) -> list[Account]:
    """The accounts of a table. Raises SheetError."""
    return read(
        text, name, ACCOUNT_COLUMNS, ["domain", "name"], account_from, lambda one: one.domain
    )


def person_from(
    languages: Sequence[str], internal_domains: Collection[str]
) -> Callable[[Mapping[str, str]], Person]:
    """A converter from the values of a line to a person; it raises Wrong."""

    def convert(values: Mapping[str, str]) -> Person:
        email = parse(values.get("email", ""))
        if email is None:
            raise Wrong(f"email: {values.get('email', '')!r} is not a mail address")
        role = values.get("role", "").lower() or Role.PARTNER.value
        status = values.get("status", "").lower() or "active"
        language = values.get("language", "").lower()
        for column, value, known in (
            ("role", role, ROLES),
            ("status", status, PEOPLE_STATUSES),
        ):
            if value not in known:
                raise Wrong(f"{column}: {value!r} is none of {', '.join(known)}")
        if language and language not in {known.lower() for known in languages}:
            raise Wrong(f"language: {language!r} is none of {', '.join(languages)}")
        for column in ("name", "company"):
            if not values.get(column, "").isprintable():
                raise Wrong(f"{column}: has line breaks or control characters")
        return Person(
            email=email,
            name=values.get("name", ""),
            company=values.get("company", ""),
            role=Role(role),
            active=status == "active",
            language=next((known for known in languages if known.lower() == language), ""),
            internal=domain_of(email) in internal_domains,
        )

    return convert


def account_from(values: Mapping[str, str]) -> Account:
    """The account of a line. Raises Wrong."""
    domain, _ = normalise_domain(values["domain"])
    if domain is None:
        raise Wrong(f"domain: {values['domain']!r} is not the domain of an organisation")
    name, status = values["name"], values.get("status", "").lower() or "active"
    if not name or not name.isprintable():
        raise Wrong("name: is empty, or has control characters")
    if status not in ACCOUNT_STATUSES:
        raise Wrong(f"status: {status!r} is none of {', '.join(ACCOUNT_STATUSES)}")
    administrators = []
    for text in values.get("administrators", "").replace(";", " ").replace(",", " ").split():
        address = parse(text)
        if address is None:
            raise Wrong(f"administrators: {text!r} is not a mail address")
        administrators.append(address)
    return Account(domain, name, status, administrators=tuple(administrators))
