"""In a word, why a sentence is less than a clear answer; for the letter that asks again.

The reading itself is not decided here: a sentence that comes here has failed already. Only what
is plain is named, so that nobody is told that he asked a question or set a condition when he did
not. Everything else stays "unclear".
"""

from __future__ import annotations

from mailflow.core.doubts import CONDITION, LATER, NEGATION
from mailflow.core.sentence import Sentence
from mailflow.core.words import word_set

#: Words that say not to do it; "without" and "nothing" leave something out instead.
_DENIES = NEGATION - word_set(
    "none nothing nobody ningun ninguna ninguno nada ni sin nenhum nenhuma sem aucun aucune rien "
    "sans keine keinen keinem keiner kein nichts ohne without"
)
#: What makes an answer depend on something. "se" is also a pronoun, and is looked at apart.
_DEPENDS = CONDITION - word_set(
    "se si solo solamente only except salvo excepto apenas somente exceto seulement sauf nur erst "
    "desde des tant ate siempre ob ausser pending subject"
)
#: Words of time that speak of nothing else; "first", "stop" and "hold" are orders.
_TIMES = LATER - word_set(
    "first stop hold hang mes month mois monat primero primeiro premier zuerst abord alto paren "
    "espera esperen esperar espere esperad aguarde aguardem aguardar attendez attendre attends "
    "warten warte wartet halt stopp before antes avant vor then dann entonces ensuite segunda "
    "terca quarta quinta sexta"
)
_RECEIPT = word_set(
    "received receipt recibido recibida recibi recibimos recepcion recebido recebida recebi "
    "recebemos recebimento recu recue reception accuse acuse erhalten eingang empfang"
)


def misgiving(sentence: Sentence) -> str:
    """Why the sentence is no clear answer.

    Returns:
        "question", "negation", "receipt", "condition", "later", or "unclear".
    """
    tokens = sentence.tokens
    if "?" in sentence.end:
        return "question"
    for code, words in (("negation", _DENIES), ("receipt", _RECEIPT)):
        if not words.isdisjoint(tokens):
            return code
    # "Confirmo se o domínio estiver certo", but "Se confirma …".
    if not _DEPENDS.isdisjoint(tokens) or {"se", "si"} & set(tokens[1:]):
        return "condition"
    return "unclear" if _TIMES.isdisjoint(tokens) else "later"


def of_all(sentences: tuple[Sentence, ...]) -> str:
    """The same of a text in which nothing decides: a question, a mere receipt, or "unclear"."""
    codes = {misgiving(s) for s in sentences if not (s.greeting or s.closing or s.signature)}
    return next((code for code in ("question", "receipt") if code in codes), "unclear")
