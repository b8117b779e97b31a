# ruff: noqa: E501 - word lists
"""What a customer may have meant who said none of our words clearly; never a decision.

The letter that asks again puts this word first and prefilled, so that a plain "No, thanks" is not
answered with a list that begins with ACTIVATE. Nothing here decides anything: the worst a wrong
guess can do is to offer another word first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from mailflow.core.address import find_addresses
from mailflow.core.hygiene import fold


@dataclass(frozen=True, slots=True)
class Guess:
    """`word` is "accept", "decline", "not_me", "unsubscribe" or "" (no idea); `address` the one
    that stands in the text, "" for none or several: perhaps whom he would rather have decide."""

    word: str = ""
    address: str = ""


NO_GUESS = Guess()
_MAX = 2000  # characters that are looked at
_OFF = re.compile(
    r"\b(?:unsubscribe|opt[ -]?out|mailing list|(?:remove|take) (?:me|us)|stop (?:writing|mailing|sending|e-?mailing)|"
    r"dar(?:se|me)? de baja|lista de correo|lista de (?:e-?mails?|distribuicao)|descadastr\w*|desinscrev\w*|cancelar inscricao|"
    r"delete (?:my|our) (?:data|address|details)|gdpr|rgpd|lgpd|(?:borr|elimin|suprim)\w+ mis datos|apag\w+ (?:os )?meus dados)\b"
    r"|^\W*(?:stop|alto|basta|pare|parem|spam)\W*$"
    r"|\b(?:this|it|esto|isto|isso)(?:'s| is| es| e) spam\b"
)
_NOT_MINE = re.compile(
    r"\b(?:not (?:meant |intended )?for (?:me|us)|not (?:my|mine|ours?)|wrong (?:person|address|company)|never heard|"
    r"(?:do not|don'?t|dont) know (?:this|that|the|him|her|them|these|any|your|who|you)|"
    r"no es para (?:mi|nosotros)|no (?:lo |la |le |los |les )?(?:conozco|conocemos)|"
    r"nao e (?:para|comigo)|nao (?:o |a |os |as )?conhe[cç]\w+|phishing|scam|fraud\w*|fake|estafa|timo|fraude|golpe)\b"
)
_YES_WORDS = (
    r"accept\w*|activat\w*|agree|approve|want|need|authori[sz]e|acept\w+|activ\w+|apruebo|aprobamos|autoriz\w+|quiero|queremos|"
    r"aceit\w+|ativ\w+|aprov\w+|concord\w+|quero|akzeptier\w*|j'accepte|accepte\w*"
)
_REFUSED = re.compile(
    r"^\W*(?:(?:no|nope|nao|non|nein)(?:,? ?(?:thanks?(?: you)?|gracias|obrigad[oa]|merci|danke))?)\W*$"
    rf"|\b(?:not|don'?t|dont|cannot|can'?t|won'?t|never|no|nao|ne|nicht|nunca|jamais)\b(?: \w+){{0,3}}? (?:{_YES_WORDS})\b"
    r"|\b(?:not interested|no (?:me|nos) interesa|(?:sem|nao (?:tenho|temos)) interesse)\b"
    r"|\b(?:declin|reject|refus|rechaz|recus)\w*"
)
_AGREED = re.compile(
    r"\b(?:approved?|agreed?|go(?:ing)? ahead|confirm\w*|accept\w*|activat\w*|acept\w+|activ[aeo]\w*|aprob\w+|aprueb\w+|aprov\w+|"
    r"de acuerdo|de acordo|concordo|conforme|adelante|em frente|aceit\w+|ativ[aeo]\w*|accetto|zustimm\w*|stimme zu|akzeptier\w*)\b"
    r"|^\W*(?:ok(?:ay)?|yes|si|sim|oui|ja|vale|sure)\b"
)
#: Words of ours that get mistyped, folded.
_WORDS = {
    "activate": "accept", "accept": "accept", "activar": "accept", "aceptar": "accept", "acepto": "accept",
    "ativar": "accept", "aceitar": "accept", "aceito": "accept",
    "decline": "decline", "reject": "decline", "rechazar": "decline", "rechazo": "decline", "recusar": "decline",
    "unsubscribe": "unsubscribe",
}  # fmt: skip
_ASKS = re.compile(
    r"(?:^|[.!\n]\s*)(?:(?:hi|hello|hola|ola)\W+)?(?:who|what|whats|why|how|where|which|is (?:this|it|that)|are you|does|do you|can (?:i|you|we)|"
    r"quien(?:es)?|que es|por que|como|es (?:esto|este)|quem|o que|e (?:isto|isso))\b"
)


def guess(text: str) -> Guess:
    """What the new text of an answer without a clear word may mean.

    Args:
        text: The author's own new text.

    Returns:
        The nearest word, and the one address in it.
    """
    folded = _folded(text)
    found = find_addresses(text[:_MAX])
    return Guess(_word(folded), found[0] if len(found) == 1 else "")


def asks(text: str) -> bool:
    """Whether it begins as a question does, with or without its mark.

    >>> asks("Who are you"), asks("I know who you are")
    (True, False)
    """
    return _ASKS.search(_folded(text)) is not None


def says_accept(text: str) -> bool:
    """Whether a word that accepts stands in it, and no refusal."""
    folded = _folded(text)
    return bool(re.search(rf"\b(?:{_ACCEPTING})\b", folded)) and not _REFUSED.search(folded)


_ACCEPTING = (
    "activate|activated|accept|accepted|activar|activo|aceptar|acepto|aceptamos|"
    "ativar|ativo|aceitar|aceito|aceitamos"
)


def _word(folded: str) -> str:
    for word, pattern in (("unsubscribe", _OFF), ("not_me", _NOT_MINE), ("decline", _REFUSED)):
        if pattern.search(folded):
            return word
    if _AGREED.search(folded):
        return "accept"
    tokens = re.findall(r"[a-z]+", folded)
    if len(tokens) > 3:
        return ""
    near = (get_close_matches(token, _WORDS, 1, 0.8) for token in tokens if len(token) > 4)
    return next((_WORDS[match[0]] for match in near if match), "")


def _folded(text: str) -> str:
    lines = (" ".join(line.split()) for line in text[:_MAX].replace("’", "'").split("\n"))
    return fold("\n".join(lines)).strip()
