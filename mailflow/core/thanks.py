# ruff: noqa: E501 - word lists
"""A mail that only says thanks: nobody expects an answer, least of all from a program."""

from __future__ import annotations

from mailflow.core.sentences import split
from mailflow.core.words import word_set

_THANKS = word_set(
    "thanks thank thx ty tx cheers appreciated gracias agradecido agradecida agradecemos agradezco "
    "obrigado obrigada agradeco valeu merci danke dank"
)
#: What stands around it. A closed list: "thanks, please create it" wants more than to thank.
_AROUND = word_set(
    "you very much so a lot lots many again all everyone great perfect good excellent super nice ok okay fine sure will do got it "
    "noted understood received done your the for this that help quick fast prompt reply response answer info information form mail email "
    "message kind kindly i we ll best have nice day weekend evening team and it's that's clear now "
    "muchas muchisimas mil ok vale perfecto recibido recibida entendido de acuerdo genial estupendo excelente por todo toda la el su vuestra ayuda "
    "respuesta rapida informacion formulario correo mensaje muy amable amables buen buena dia tarde fin semana equipo y un una lo tengo ya queda claro "
    "muito muita certo recebido recebida otimo pela pelo tudo ajuda resposta informacao formulario mensagem bom boa e um uma ate logo "
    "beaucoup bien parfait recu d'accord pour votre aide reponse tres bonne journee et le les "
    "vielen schonen besten herzlichen alles klar verstanden prima sehr fur ihre die hilfe antwort schnelle tag und"
) | _THANKS  # fmt: skip
_MAX_WORDS = 25


def only_thanks(text: str, names: frozenset[str] = frozenset()) -> bool:
    """Whether a text thanks, and says nothing else.

    Args:
        text: The author's new text.
        names: Words of his name and address, to tell his signature.

    >>> only_thanks("Thanks, will do!"), only_thanks("Thanks, please create it")
    (True, False)
    """
    said = [s for s in split(text, names) if not (s.greeting or s.signature)]
    sentences = [s for s in said if not names.issuperset(s.tokens)]
    words = [token for sentence in sentences for token in sentence.tokens if not sentence.closing]
    closings = [token for sentence in sentences for token in sentence.tokens if sentence.closing]
    if any("?" in sentence.end for sentence in sentences) or len(words) > _MAX_WORDS:
        return False
    return not _THANKS.isdisjoint(words + closings) and _AROUND.issuperset(words)
