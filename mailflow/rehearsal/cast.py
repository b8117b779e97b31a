"""Who plays: the names that stories use, and the people behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mailflow.core import address
from mailflow.core.request import Person, Role

_LINE = re.compile(r"(?P<name>[a-z][a-z0-9_]*) = (?P<shown>[^<;]*)<(?P<email>[^>;]+)>(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class Someone:
    """Somebody in a story. `person` is his entry in the directory, None when he has none."""

    email: str
    person: Person | None = None


def _partner(email: str, name: str, company: str, language: str) -> Someone:
    return Someone(email, Person(email, name, company, language=language))


#: The people every story knows. Customers are not in the directory, as in life.
USUAL: Mapping[str, Someone] = MappingProxyType(
    {
        "partner": _partner("alba@cobalt.example", "Alba Vidal", "Cobalt Partners", "en"),
        "socia": _partner("lucia@socios.example", "Lucía Prado", "Socios Andinos", "es"),
        "parceiro": _partner("bruno@parceiros.example", "Bruno Sá", "Parceiros do Mar", "pt"),
        "support": Someone(
            "sam@vendor.example",
            Person("sam@vendor.example", "Sam Reed", "Example Vendor", Role.SUPPORT, language="en"),
        ),
        "customer": Someone("tom@harbour.example"),
        "colleague": Someone("eva@harbour.example"),
        "user": Someone("ann@harbour.example"),
        "outsider": Someone("bo@dockyard.example"),
        "desk": Someone("orders@cobalt.example"),
        "stranger": Someone("nobody@elsewhere.example"),
    }
)


def read_line(text: str) -> tuple[str, Someone]:
    """A line such as `rosa = Rosa Gil <rosa@bodega.example>; Bodega Gil; customer; es`.

    Without company, role and language he is somebody who is not in the directory. Raises
    `ValueError` that says what is wrong.
    """
    match = _LINE.fullmatch(text.strip())
    email = address.parse(match["email"].strip()) if match else None
    if match is None or email is None:
        raise ValueError(f"{text!r}; write: NAME = Name <address>; company; role; language")
    entry = [part.strip() for part in match["rest"].split(";")][1:]
    if not entry:
        return match["name"], Someone(email)
    company, role, language = (*entry, "", "", "")[:3]
    if role not in tuple(Role):
        raise ValueError(f"{role!r} is no role; write one of: {', '.join(Role)}")
    person = Person(email, match["shown"].strip(), company, Role(role), language=language)
    return match["name"], Someone(email, person)
