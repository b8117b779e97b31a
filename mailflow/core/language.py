# ruff: noqa: E501 - word lists
"""Which of our languages a text is in, by its most common words. Unsure = ""."""

from __future__ import annotations

import re

from mailflow.core.hygiene import fold

_MARKS: dict[str, str] = {
    "en": "the and of to is are we you your please for this that with have our it be hello hi dear regards thanks thank "
    "account name customer confirm confirmed accept decline cancel request domain note users yes would like need from my email emails "
    "best kind help status activate reject nominate not ready renew resend all good correct no thanks",
    "es": "no acuerdo el la los las de del que en por para con una un su se es lo favor hola gracias saludos cuenta nombre cliente confirmo "
    "confirmar confirmado acepto aceptar rechazo rechazar cancelar solicitud dominio nota usuarios si buenos dias estimados quiero correo todo "
    "correcto muchas al nuestro estado ayuda activar activo designar listo reenviar soy yo datos adelante nombre buenas queda",
    "pt": "os as de do da dos das que em por para com uma um seu se ao no na nao favor ola obrigado obrigada conta nome cliente "
    "confirmo confirmado aceito aceitar recuso recusar solicitacao pedido dominio nota utilizadores usuarios sim bom boa dia prezados quero tudo "
    "certo correto muito cumprimentos atenciosamente voce estado ajuda ativar ativo indicar pronto reenviar sou eu dados",
    "fr": "le la les de du des que et en pour avec une un votre vous nous je est ce il au aux s'il plait bonjour merci cordialement "
    "compte nom client confirme confirmer j'accepte accepter refuse refuser annuler demande domaine note utilisateurs oui notre tout "
    "parfait beaucoup pas etat aide activer j'active moi pret renvoyer d'accord c'est",
    "de": "der die das und in zu den ist sind wir sie ihr ihre ich mit fur von auf ein eine bitte hallo danke gruss grusse konto name kunde "
    "bestatige bestatigen bestatigt akzeptieren ablehnen stornieren anfrage antrag domain hinweis benutzer ja unser alles vielen dank freundlichen "
    "nicht korrekt hiermit hilfe aktivieren benennen bereit erneut senden geehrte damen herren kontoname kunden benutzer domane bestellnummer hinweis konto",
}
_WEIGHTS: dict[str, dict[str, float]] = {}
for _code, _text in _MARKS.items():
    for _word in dict.fromkeys(_text.split()):
        _WEIGHTS.setdefault(_word, {})[_code] = 1.0
for _word, _found in _WEIGHTS.items():
    for _code in _found:
        _found[_code] = 1.0 / len(_found)
# Signs that only one of the five uses.
_SIGNS = (
    ("es", re.compile("[ñ¿¡]")),
    ("pt", re.compile("[ãõ]")),
    ("de", re.compile("ß")),
    ("fr", re.compile("[œ]|\\bç")),
)
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_PLAIN_TOKEN = re.compile("[a-z]+(?:'[a-z]+)?")
_HOST = re.compile(r"\b[\w-]+\.[\w.-]+\b")
_MAX = 4000


def _without_address(word: str) -> str:
    """A word, or what is left of it without an address, a path or the name of a host."""
    if "@" in word or "/" in word:
        return " "
    return _HOST.sub(" ", word) if "." in word else word


def detect(text: str) -> str:
    """ "en", "es", "pt", "fr" or "de", or "" when no language is clearly ahead."""
    text = " ".join([_without_address(word) for word in text[:_MAX].split()]).lower()
    if text.isascii():  # then it has none of the signs either
        tokens = _PLAIN_TOKEN.findall(text)
    else:
        tokens = [fold(token.replace("’", "'")) for token in _TOKEN.findall(text)]
    scores: dict[str, float] = {}
    for token in tokens:
        if weights := _WEIGHTS.get(token):
            for code, weight in weights.items():
                scores[code] = scores.get(code, 0.0) + weight
    for code, sign in () if text.isascii() else _SIGNS:
        if sign.search(text):
            scores[code] = scores.get(code, 0.0) + 1.5
    if not scores:
        return ""
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    best, most = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    return best if most >= 0.5 and most > second * 1.15 else ""
