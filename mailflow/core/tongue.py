# ruff: noqa: E501 - word lists
"""A wish for our letters in another language: ESPAÑOL, "en español, por favor".

A closed world, like a yes: every word of the sentence must belong to asking for a language, and
beside it stands nothing but courtesy. It decides nothing; the worst a wrong reading can do is to
send the same letter in another language.
"""

from __future__ import annotations

import re

from mailflow.core.courtesy import harmless
from mailflow.core.newtext import OwnText
from mailflow.core.sentence import Sentence
from mailflow.core.sentences import split
from mailflow.core.words import word_set

#: What a language is called in the languages we read, folded.
_NAMES: dict[str, str] = {
    **dict.fromkeys(["espanol", "espanhol", "castellano", "castelhano", "spanish", "espagnol", "spanisch"], "es"),
    **dict.fromkeys(["portugues", "portuguese", "portugais", "portugiesisch"], "pt"),
    **dict.fromkeys(["english", "ingles", "anglais", "englisch"], "en"),
}  # fmt: skip
#: What may stand around it.
_AROUND = word_set(
    "in into to please pls can could would you i we me us get have it this that the a your my letter letters mail mails email message send write answer reply "
    "translate translation version want need prefer speak read only again once more possible is thanks thank hi hello of text be brazilian "
    "en a al de por favor puede pueden podria podrian podriais podeis me nos lo la el un una su sus este esta enviar envie envien enviarme enviarlo enviarmelo mandar mandarme "
    "escribir escriba escriban escribirme escribanme responder responda correo mensaje texto quiero quisiera prefiero preferimos necesito gustaria se traducir traduccion hablo hablamos leo solo gracias es posible tener hola idioma "
    "em para o os um uma sua seu pode podem poderia poderiam envie enviem mandem escrever escreva escrevam responda versao mensagem quero prefiro preciso gostaria traduzir traducao falo falamos obrigado obrigada possivel ter mim do brasil brasileiro ola idioma lingua "
    "auf bitte en francais s'il vous plait"
)
_MAX = 1000  # characters in which such a wish is looked for
#: "I do not read English": whoever says so wants the language he says it in.
_NO_ENGLISH = re.compile(
    r"(?:lo siento )?(?:yo )?(?:no (?:hablo|hablamos|leo|leemos|entiendo|entendemos|comprendo|se)|nao (?:falo|falamos|leio|lemos|entendo|entendemos|compreendo|sei)) (?:bien |bem |muy bien |muito bem )?(?:el |o |en |em )?ingles"
)


def asked_language(own: OwnText) -> str:
    """The language that a new text without any other word of ours asks for.

    >>> asked_language(OwnText("En español, por favor"))
    'es'

    Returns:
        "en", "es", "pt", or "" where it asks for none, or for more than one.
    """
    return asked_in(split(own.text[:_MAX], own.names))


def asked_in(sentences: tuple[Sentence, ...]) -> str:
    """The same of a text that was split before."""
    found: set[str] = set()
    for sentence in sentences:
        if sentence.greeting or sentence.closing or sentence.signature:
            continue
        if _NO_ENGLISH.fullmatch(sentence.folded):
            found.add("pt" if "nao" in sentence.tokens else "es")
            continue
        named = {_NAMES[token] for token in sentence.tokens if token in _NAMES}
        if named and all(token in _NAMES or token in _AROUND for token in sentence.tokens):
            found |= named
        elif named or not harmless(sentence.folded):
            return ""
    return found.pop() if len(found) == 1 else ""
