"""A value without its label, in answer to a question that asks for just one.

Whoever is asked only for the account domain answers "tern-optics.example". One open point and one
value of its kind leave nothing to guess, and a review follows in any case.
"""

from __future__ import annotations

from mailflow.core.address import find_addresses, normalise_domain
from mailflow.core.clear import is_doubtful
from mailflow.core.commands import Submission
from mailflow.core.hygiene import fold
from mailflow.core.request import Fields, Problem
from mailflow.core.sentences import split
from mailflow.core.words import word_set

_MAX_NAME_WORDS = 8
_MAX_WORDS = 6  # around an address: "It is rosa@moor.example, thanks"
#: Small words in names of companies that are written in lower case.
_SMALL = word_set(
    "de del la el los las y e do da dos das of and the und et for & a s.l s.a ltd inc"
)


def only_sentence(text: str, names: frozenset[str]) -> str:
    """What a text says besides greeting, sign-off and signature, if it is one sentence."""
    said = [s for s in split(text, names) if not (s.greeting or s.closing or s.signature)]
    return said[0].text if len(said) == 1 and "?" not in said[0].end else ""


def bare_value(said: str, problems: tuple[Problem, ...], sender: str) -> Submission | None:
    """The value in `said` for the one field that is asked for, or None.

    Args:
        said: Of `only_sentence`.
        problems: What is open with the request.
        sender: Whose own address is never meant.
    """
    fields = {problem.field for problem in problems}
    if not said or len(fields) != 1 or any(p.code.startswith("conflict:") for p in problems):
        return None
    (field,) = fields
    if field == "customer_email":
        found = [a for a in find_addresses(said) if a != sender]
        if len(found) == 1 and len(said.split()) <= _MAX_WORDS and not _doubts(said):
            return Submission(Fields(customer_email=found[0]))
    elif field == "account_domain":
        word = said.strip(" .,;:!<>\"'")
        if "@" not in word and "." in word and normalise_domain(word)[0] is not None:
            return Submission(Fields(account_domain=word))
    elif field == "account_name" and is_name(said):
        return Submission(Fields(account_name=said.strip()))
    return None


def _doubts(said: str) -> bool:
    return any(is_doubtful(fold(word).strip(".,;:!")) for word in said.split())


def is_name(said: str) -> bool:
    """Written as names are: each word with a capital or a digit, but for the small ones."""
    words = said.split()
    return (
        0 < len(words) <= _MAX_NAME_WORDS
        and "@" not in said
        and not _doubts(said)
        and words[0][:1].isalnum()
        and all(
            word[:1].isupper() or word[:1].isdigit() or fold(word).strip(".,") in _SMALL
            for word in words
        )
        and not (len(words) == 1 and words[0].isupper() and len(words[0]) > _MAX_NAME_WORDS)
    )
