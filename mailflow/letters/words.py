"""The words a reader can answer with, in his language (DOMAIN.md §4, "Reply words").

Every word of every language is understood from everybody; a letter offers the one that reads
best. A language without an entry offers the English words.
"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "confirm": "CONFIRM", "cancel": "CANCEL", "accept": "ACTIVATE", "decline": "DECLINE",
        "nominate": "NOMINATE", "not_me": "NOT ME", "ready": "READY", "renew": "RENEW",
        "resend": "RESEND", "status": "STATUS", "help": "HELP", "case": "CASE",
        "feedback": "FEEDBACK", "english": "ENGLISH",
    },
    "es": {
        "confirm": "CONFIRMAR", "cancel": "CANCELAR", "accept": "ACTIVAR", "decline": "RECHAZAR",
        "nominate": "DESIGNAR", "not_me": "NO SOY YO", "ready": "LISTO", "renew": "RENOVAR",
        "resend": "REENVIAR", "status": "ESTADO", "help": "AYUDA", "case": "CASO",
        "feedback": "COMENTARIO", "english": "INGLÉS",
    },
    "pt": {
        "confirm": "CONFIRMAR", "cancel": "CANCELAR", "accept": "ATIVAR", "decline": "RECUSAR",
        "nominate": "INDICAR", "not_me": "NÃO SOU EU", "ready": "PRONTO", "renew": "RENOVAR",
        "resend": "REENVIAR", "status": "ESTADO", "help": "AJUDA", "case": "CASO",
        "feedback": "COMENTÁRIO", "english": "INGLÊS",
    },
}  # fmt: skip


def word(name: str, language: str) -> str:
    """The word for a meaning. Raises KeyError for a meaning that does not exist."""
    return WORDS.get(language, WORDS["en"])[name]
