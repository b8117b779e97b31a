# ruff: noqa: E501 - tables of patterns are easier to compare on long lines
"""Whether a sentence is a clear yes, and whether another beside it takes it back.

A closed world: a yes is a yes only if every word of its sentence belongs to saying yes. Words
that spoil it are beyond counting, words that say it are not.
"""

from __future__ import annotations

import re
from itertools import pairwise

from mailflow.core.courtesy import is_courtesy
from mailflow.core.doubts import CUE_PHRASES, CUES, DOUBTFUL, DOUBTS
from mailflow.core.sentence import Sentence
from mailflow.core.words import (
    AFTER,
    AFTER_PAIRS,
    BEFORE,
    COURSES,
    GO_ON,
    GOING,
    INVERTED,
    NAME_AFTER,
    PAIRS,
    PERFORMING,
    PLEASE,
    PRAISE,
    THINGS,
    YES,
    word_set,
)

BEFORE_YES = frozenset(["oh", "well", "all", "tous", "todos", "best", "regards", "cheers"])
#: Of which a bare yes with more words must have one.
_TOLD = PRAISE | GOING | PLEASE
#: A reference of ours (`core.reference`), or what looks like one.
_REFERENCE = re.compile(
    r"(?:r-[acdefghjkmnpqrtwxy234679]{7}|[a-z]{2,6}-(?=[a-z-]*\d)[a-z0-9-]{3,})$"
)


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
    """Whether a sentence beside the word is thanks, haste or praise, and nothing else.

    Words that take a yes back are beyond counting ("Great, kick out Carla"), so a comment is not
    passed because it holds none of those we know: it must hold a word that shows what it is for,
    and every other word must be of the kind that stands in such sentences.
    """
    tokens = sentence.tokens
    if CUE_PHRASES.search(sentence.folded) is None and CUES.isdisjoint(tokens):
        return False
    return all(
        token in CUES or token in AFTER or token in BEFORE or is_courtesy(token) for token in tokens
    )


def says_the_same(sentence: Sentence) -> bool:
    """Whether a sentence without the word is made of its words.

    "All data is correct." "Please proceed with the creation."
    """
    at = next((i for i, token in enumerate(sentence.tokens) if token in YES), -1)
    if not sentence.tokens or (at >= 0 and not _is_yes(sentence, at)):
        return False
    return (
        sentence.tokens[0] not in INVERTED
        and _stray(sentence, len(sentence.tokens), frozenset()) < 0
    )


def unclear(sentence: Sentence, strong: frozenset[str], open_form: frozenset[str]) -> str:
    """What keeps a sentence from being a clear yes, "" if nothing does."""
    tokens = sentence.tokens
    places = [i for i, token in enumerate(tokens) if token in strong]
    finished = [i for i in places if tokens[i] not in open_form]
    at = next(iter(finished or places), -1)
    yes_at = next((i for i, token in enumerate(tokens) if token in YES), -1)
    has_yes = yes_at >= 0 and _is_yes(sentence, yes_at)
    if yes_at >= 0 and not has_yes:
        return f"“{sentence.raw[yes_at]}” may mean a condition: {sentence.text[:80]}"
    more = set(tokens) - YES - BEFORE_YES
    told = _TOLD.intersection(tokens)
    if at < 0 and ((THINGS & more and not GOING & more) or (more and not told)):
        return f"a yes to some other question: {sentence.text[:80]}"
    if ("ja", "ja") in pairwise(tokens):
        return f"not meant: {sentence.text[:80]}"
    if tokens[0] in INVERTED and not (len(tokens) > 1 and tokens[1] in GO_ON):
        return f"a question by its order of words: {sentence.text[:80]}"
    if any(i > 0 and tokens[i] in open_form and _still_to_do(tokens, i) for i in places):
        return f"still to be done: {sentence.text[:80]}"
    if COURSES.intersection(tokens) and not GOING.intersection(tokens) - COURSES:
        return f"something else than the request: {sentence.text[:80]}"
    if at == len(tokens) - 1 and "can" in tokens[:at]:
        return f"“can” is not yet done: {sentence.text[:80]}"
    number = _stray(sentence, at, strong)
    if number >= 0:
        stray = sentence.raw[number]
        return f"“{stray}” beside the word makes it less than clear: {sentence.text[:80]}"
    return ""


def says_go(sentence: Sentence) -> bool:
    """Whether a sentence agrees and says to go on: "De acuerdo, adelante", "Sim, pode confirmar".

    A closed list of whole sentences. "Go ahead" alone, without a word that agrees, stays unclear.
    """
    if sentence.end not in ("", ".", "!", ","):
        return False
    at = next((i for i, token in enumerate(sentence.tokens) if token in YES), -1)
    if at >= 0 and not _is_yes(sentence, at):
        return False
    # "De acuerdo" is no word of `tokens`: it counts as courtesy elsewhere.
    agreed = _IN_ACCORD.match(sentence.text) is not None
    return _GO.fullmatch(f"ok {sentence.folded}" if agreed else sentence.folded) is not None


_IN_ACCORD = re.compile(r"\W*de ac(?:ue|o)rdo\b", re.I)
_GO = re.compile(
    r"(?:(?:yes|yep|ok|okay|agreed|approved|perfect|all (?:is )?(?:good|correct|right|fine)|everything is (?:correct|right|fine)|looks (?:good|correct|right)) )+"
    r"(?:so )?(?:please )?(?:go ahead|proceed|you (?:can|may) (?:confirm|proceed|go ahead)|carry on)(?: please)?(?: with (?:it|the request))?|"
    r"(?:(?:si|ok|vale|correcto|perfecto|conforme|aprobado|(?:esta )?todo (?:esta )?(?:bien|correcto|ok)) )+"
    r"(?:por favor )?(?:adelante|procedan|proceda|procede|(?:puede|pueden|puedes|podeis) (?:confirmar|confirmarlo|confirmarla|proceder|seguir adelante|continuar)|sigan adelante)(?: por favor)?(?: con (?:ello|la solicitud))?|"
    r"(?:(?:sim|ok|certo|correto|perfeito|aprovado|(?:esta )?tudo (?:esta )?(?:bem|certo|correto|ok)) )+"
    r"(?:por favor )?(?:podem? (?:confirmar|prosseguir|avancar|seguir(?: em frente)?|continuar)|prossigam?|avancem?|sigam? em frente|em frente)(?: por favor)?(?: com (?:o|a) (?:pedido|solicitacao))?"
)


def asks_us(sentence: Sentence, strong: frozenset[str], open_form: frozenset[str]) -> bool:
    """Whether a sentence only tells us to do it: "Please confirm", "Merci de confirmer"."""
    tokens = sentence.tokens
    places = [i for i, token in enumerate(tokens) if token in strong]
    if not places or any(tokens[i] not in open_form for i in places) or says_yes(sentence):
        return False
    at = places[0]
    if any(token in _FIRST for token in tokens[:at]):
        return False
    if at == 0 and _as_we_write_it(sentence):
        return False
    if "ahead" in tokens[:at]:
        return True  # "go ahead and confirm"
    near = [i for i, t in enumerate(tokens) if t in PLEASE and i not in places and i <= at + 2]
    # "Confirm, please proceed": the please belongs to the next verb.
    return bool(near) and not (near[0] > at and near[0] + 1 < len(tokens))


def _as_we_write_it(sentence: Sentence) -> bool:
    """ "CONFIRM please": our word in capitals first, and nothing but a please behind it."""
    word, *rest = sentence.raw
    return (
        word.isupper()
        and bool(rest)
        and not any(raw.isupper() and len(raw) > 1 for raw in rest)
        and PLEASE.union(["por"]).issuperset(sentence.tokens[1:])
    )


def only_orders(sentence: Sentence, orders: frozenset[str]) -> bool:
    """ "Activate please", "Ativar, por favor": the word of the letter first, and a please behind it.

    Not "Please activate": who says that may well say it to somebody else.
    """
    word, *rest = sentence.tokens
    return word in orders and bool(rest) and PLEASE.union(["por"]).issuperset(rest)


def names_account(sentence: Sentence) -> bool:
    """Whether a sentence says what is to be activated: "the account", "it"."""
    return not _ACCOUNT.isdisjoint(sentence.tokens)


_ACCOUNT = word_set("account it cuenta activenla conta compte konto kundenkonto")


def speaks_to_somebody(sentence: Sentence) -> bool:
    """Whether a greeting names a person: "Hi Ben," - and not "Hi team," or "Dear Sirs"."""
    return sentence.greeting and any(
        raw[:1].isupper() and token not in _NOBODY
        for raw, token in zip(sentence.raw[1:], sentence.tokens[1:], strict=True)
    )


#: Whom one greets without meaning a person.
_NOBODY = word_set(
    "team all everyone sir sirs madam vendor support licensing desk there morning afternoon day "
    "evening equipo todos senores senor senora senhores senhor senhora equipe equipa dias "
    "tardes noches dia tarde noite monsieur madame messieurs mesdames tous tag abend zusammen "
    "damen herren und"
)


def _stray(sentence: Sentence, at: int, strong: frozenset[str]) -> int:
    """Number of the first word that does not belong to a yes, -1 if there is none.

    `at` is the deciding word; -1 = a yes at the head decides, the length = nothing in it does.
    Before it, in its own clause, the words of a subject are allowed; elsewhere also those of an
    object and of "please go ahead".
    """
    tokens = sentence.tokens
    clause = max((i for i in sentence.commas if i < at), default=-1)
    if at == len(tokens):
        clause = at  # no deciding word in it: both kinds of words are allowed all over
    for number, word in enumerate(tokens):
        if word in strong or word in PLEASE:
            continue
        previous = tokens[number - 1] if number else ""
        following = tokens[number + 1] if number + 1 < len(tokens) else ""
        if word in BEFORE and number < at:
            continue
        if word in AFTER and not clause < number < at:
            continue
        if following in PAIRS.get(word, ()) or previous in AFTER_PAIRS.get(word, ()):
            continue
        if number > at and (_REFERENCE.match(word) or is_name(sentence, number)):
            continue
        if word in NAME_AFTER and number > at and is_name(sentence, number + 1):
            continue
        return number
    return -1


def _still_to_do(tokens: tuple[str, ...], at: int) -> bool:
    """An infinitive behind a preposition: "to confirm", "por confirmar", "zu bestätigen"."""
    previous = tokens[at - 1]
    if at > 1 and tokens[at - 2] in PERFORMING.get(previous, ()):
        return False  # "this is to confirm", "procedo a confirmar"
    return previous in ("a", "to", "zu", "por", "para", "pour", "de")


_FIRST = frozenset(["i", "we", "yo", "nosotros", "eu", "nos", "je", "nous", "ich", "wir", "j'ai"])


_ELIDED = re.compile(r"[dl]['’][A-ZÀ-Þ]")
_ARTICLES = frozenset(["a", "o", "la", "el", "le", "the", "die", "der", "das", "den"])


def is_name(sentence: Sentence, number: int) -> bool:
    """Whether the token is part of a name behind "for", "para", "account" …: "for Acme Iberia"."""
    if number >= len(sentence.tokens):
        return False
    if _ELIDED.match(sentence.raw[number]):
        return True  # "au nom d'Acme"
    for back in range(1, 7):
        at = number - back
        if at < 0:
            return False
        if sentence.tokens[at] in NAME_AFTER or _ELIDED.match(sentence.raw[at]):
            break
        if not _capital(sentence.raw[at]) and sentence.tokens[at] not in _ARTICLES:
            return False
    else:
        return False
    return _capital(sentence.raw[number]) and not is_doubtful(sentence.tokens[number])


def _capital(raw: str) -> bool:
    return raw[:1].isupper() or raw[:1].isdigit() or raw in ("&", "S.L", "y", "e", "and", "de")


def is_doubtful(token: str) -> bool:
    return token in DOUBTFUL


def doubt_of(sentence: Sentence) -> str:
    """What in a sentence takes a yes back or makes it depend on something, "" if nothing does."""
    if sentence.address and not sentence.signature:
        return "an address or a domain"
    for what, words in DOUBTS:
        for token in sentence.tokens:
            if token in words:
                return what
    return ""
