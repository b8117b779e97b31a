# ruff: noqa: E501 - tables of patterns are easier to compare on long lines
"""What a request in plain prose may mean, to fill the form in with; it opens nothing.

"Ann (ann@acme.example) will approve it, and please give access to bo@acme.example": the sentence
in which an address stands says on which line it may belong. He who wrote it gets the form back
with these values, and it counts only once he has sent it.
"""

from __future__ import annotations

import re

from mailflow.core.address import find_addresses
from mailflow.core.hygiene import fold
from mailflow.core.request import Fields
from mailflow.core.sentences import split

_MAX = 4000  # characters that are looked at
#: The words around an address of the person who decides, and of people who get in; folded.
_APPROVES = re.compile(
    r"\b(?:approv\w*|accept\w*|decid\w*|authori[sz]\w*|in charge|responsible|contact(?: person)? is|customer contact"
    r"|aprob\w*|aprueb\w*|acept\w*|autoriz\w*|responsable|contacto es|aprov\w*|aceit\w*|responsavel|conta(?:c)?to e)\b"
)
_ENTERS = re.compile(
    r"\b(?:access|users?|add|acceso|usuari[oa]s?|anad\w*|agreg\w*|acesso|utilizador\w*|adicion\w*|acrescent\w*|inclu\w*)\b"
)
#: A question only by its form: "could you set up an account for …?"
_POLITE = re.compile(
    r"\b(?:could|can|would|will|may|might) (?:you|we|i)\b[^.?!\n]{0,40}?\b(?:set ?up|create|open|make|register|request|arrange|have|get|order|need)\b"
    r"|\b(?:podria[ns]?|puede[ns]?|podeis|pueden|seria posible|podemos|me|nos)\b[^.?!\n]{0,40}?\b(?:crear\w*|abrir\w*|dar\w* de alta|solicitar\w*|crea[n]?|abre[n]?|tramitar\w*)\b"
    r"|\b(?:podia[m]?|poderia[m]?|pode[m]?|podemos|seria possivel)\b[^.?!\n]{0,40}?\b(?:criar\w*|abrir\w*|solicitar\w*|pedir\w*|cadastrar\w*|registar\w*)\b"
)
_ACCOUNT = re.compile(r"\b(?:accounts?|cuentas?|contas?)\b")
#: ... unless it asks to be told something.
_TELL = re.compile(
    r"\b(?:how|what|why|tell|explain|know|cost\w*|como|que es|decir\w*|explicar\w*|saber|dizer\w*|cuanto|quanto)\b"
)


def proposed(text: str, names: frozenset[str]) -> Fields:
    """The addresses of a text without labels, on the lines on which they may belong.

    Args:
        text: The author's new text.
        names: Words of his name and address, to tell his signature.

    Returns:
        The customer's address where just one sentence names just one, and the users.
    """
    customers: dict[str, None] = {}
    users: dict[str, None] = {}
    for sentence in split(text[:_MAX], names) if "@" in text else ():
        addresses = dict.fromkeys(find_addresses(sentence.text))
        if not addresses:
            continue
        folded = fold(sentence.text)
        approves, enters = bool(_APPROVES.search(folded)), bool(_ENTERS.search(folded))
        if approves != enters:
            (customers if approves else users).update(addresses)
    if len(customers) != 1:
        customers = {}
    return Fields(
        customer_email=next(iter(customers), ""),
        user_emails=tuple(user for user in users if user not in customers),
    )


def asks_for_account(text: str) -> bool:
    """Whether a question is the polite form of a request.

    >>> asks_for_account("Could you please set up an account for Acme?")
    True
    >>> asks_for_account("Can you tell me what an account costs?")
    False
    """
    return any(
        _POLITE.search(said) and _ACCOUNT.search(said) and not _TELL.search(said)
        for said in re.split(r"[.?!]\s|\n\s*\n", fold(text[:_MAX]))
    )
