"""Whether a sentence is a clear yes, and whether another beside it takes it back.

A closed world: a yes is a yes only if every word of its sentence belongs to saying yes. Words
that spoil it are beyond counting, words that say it are not.
"""

from __future__ import annotations

import re
from itertools import pairwise

from mailflow.core.doubts import CUE_PHRASES, CUES, DOUBTS
from mailflow.core.sentence import Sentence
from mailflow.core.words import (
    AFTER,
    AFTER_PAIRS,
    BEFORE,
    GO_ON,
    GOING,
    INVERTED,
    NAME_AFTER,
    PAIRS,
    PLEASE,
    THINGS,
    YES,
)

_REFERENCE = re.compile(r"[a-z]{2,6}-(?=[a-z-]*\d)[a-z0-9-]{3,}$")  # of a request of ours


def says_yes(sentence: Sentence) -> bool:
    """Whether a sentence begins with a yes: "Yes", "Sí, todo correcto", never "si" (if)."""
    for at, token in enumerate(sentence.tokens):
        if token in YES:
            return _is_yes(sentence, at)
        if token not in BEFORE:
            return False
    return False


def _is_yes(sentence: Sentence, at: int) -> bool:
    """ "si" without its accent is also *if*: it counts alone or before a comma only."""
    raw = sentence.raw[at].lower()
    if raw == "já":
        return False  # Portuguese "already", not German "yes"
    if sentence.tokens[at] == "si" and raw == "si":
        return len(sentence.tokens) == at + 1 or at in sentence.commas
    return True


def tells_what_it_is(sentence: Sentence) -> bool:
    """Whether a sentence beside the word is thanks, haste, praise or "please go ahead".

    Words that take a yes back are beyond counting, so a comment is not passed because it holds
    none of those we know, but because it holds one that shows what it is for.
    """
    if any(token in CUES for token in sentence.tokens) or CUE_PHRASES.search(sentence.folded):
        return True
    return all(token in AFTER or token in BEFORE for token in sentence.tokens)


def unclear(sentence: Sentence, strong: frozenset[str], open_form: frozenset[str]) -> str:
    """What keeps a sentence from being a clear yes, "" if nothing does."""
    tokens = sentence.tokens
    at = next((i for i, token in enumerate(tokens) if token in strong), -1)
    yes_at = next((i for i, token in enumerate(tokens) if token in YES), -1)
    has_yes = yes_at >= 0 and _is_yes(sentence, yes_at)
    if yes_at >= 0 and not has_yes:
        return f"“{sentence.raw[yes_at]}” may mean a condition: {sentence.text[:80]}"
    if at < 0 and not GOING.intersection(tokens) and THINGS.intersection(tokens):
        return f"a yes to some other question: {sentence.text[:80]}"
    if ("ja", "ja") in pairwise(tokens):
        return f"not meant: {sentence.text[:80]}"
    if tokens[0] in INVERTED and not (len(tokens) > 1 and tokens[1] in GO_ON):
        return f"a question by its order of words: {sentence.text[:80]}"
    if at > 0 and tokens[at] in open_form and _still_to_do(tokens, at):
        return f"still to be done: {sentence.text[:80]}"
    clause = max((i for i in sentence.commas if i < at), default=-1)
    for number, word in enumerate(tokens):
        if word in strong:
            continue
        before = clause < number < at
        previous = tokens[number - 1] if number else ""
        following = tokens[number + 1] if number + 1 < len(tokens) else ""
        if word in (BEFORE if before else AFTER) or (word in PLEASE and number > at):
            continue
        if not before and number < at and word in BEFORE:
            continue
        if following in PAIRS.get(word, ()) or previous in AFTER_PAIRS.get(word, ()):
            continue
        if number > at and (_REFERENCE.match(word) or is_name(sentence, number)):
            continue
        if word in NAME_AFTER and number > at and is_name(sentence, number + 1):
            continue
        return (
            f"“{sentence.raw[number]}” beside the word makes it less than clear: "
            + (sentence.text[:80])
        )
    if at >= 0 and tokens[at] in open_form and not has_yes and at not in sentence.quoted:
        asks = [i for i, t in enumerate(tokens) if t in PLEASE and i != at]
        first_person = any(t in _FIRST for t in tokens[:at])
        near = [i for i in asks if i <= at + 2]
        if near and not first_person and not (near[0] > at and _goes_on(tokens, near[0])):
            return f"“please confirm” asks us, it does not say it: {sentence.text[:80]}"
    return ""


def _still_to_do(tokens: tuple[str, ...], at: int) -> bool:
    """An infinitive behind a preposition: "to confirm", "por confirmar", "zu bestätigen"."""
    previous = tokens[at - 1]
    if previous == "to" and at > 1 and tokens[at - 2] in AFTER_PAIRS["to"]:
        return False
    return previous in ("a", "to", "zu", "por", "para", "pour", "de")


_FIRST = frozenset(["i", "we", "yo", "nosotros", "eu", "nos", "je", "nous", "ich", "wir", "j'ai"])


def _goes_on(tokens: tuple[str, ...], please: int) -> bool:
    """ "Confirm, please proceed": the please belongs to the next verb."""
    return please + 1 < len(tokens)


def is_name(sentence: Sentence, number: int) -> bool:
    """Whether the token is part of a name behind "for", "para", "account" …: "for Acme Iberia"."""
    if number >= len(sentence.tokens):
        return False
    for back in range(1, 7):
        at = number - back
        if at < 0:
            return False
        if sentence.tokens[at] in NAME_AFTER:
            break
        if not _capital(sentence.raw[at]):
            return False
    else:
        return False
    return _capital(sentence.raw[number]) and not is_doubtful(sentence.tokens[number])


def _capital(raw: str) -> bool:
    return raw[:1].isupper() or raw[:1].isdigit() or raw in ("&", "S.L", "y", "e", "and", "de")


def is_doubtful(token: str) -> bool:
    return any(token in words for _, words in DOUBTS)


def doubt_of(sentence: Sentence) -> str:
    """What in a sentence takes a yes back or makes it depend on something, "" if nothing does."""
    if sentence.address and not sentence.signature:
        return "an address or a domain"
    for what, words in DOUBTS:
        for token in sentence.tokens:
            if token in words:
                return what
    return ""
