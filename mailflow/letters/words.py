"""The words a reader can answer with, in his language (DOMAIN.md §4, "Reply words").

Every word of every language is understood from everybody; a letter offers the one that reads
best. A language without an entry offers the English words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "confirm": "CONFIRM", "cancel": "CANCEL", "accept": "ACTIVATE", "decline": "DECLINE",
        "nominate": "NOMINATE", "not_me": "NOT ME", "ready": "READY", "renew": "RENEW",
        "resend": "RESEND", "status": "STATUS", "help": "HELP", "case": "CASE",
        "feedback": "FEEDBACK", "english": "ENGLISH",
        "spanish": "ESPAÑOL", "portuguese": "PORTUGUÊS",
    },
    "es": {
        "confirm": "CONFIRMAR", "cancel": "CANCELAR", "accept": "ACTIVAR", "decline": "RECHAZAR",
        "nominate": "DESIGNAR", "not_me": "NO SOY YO", "ready": "LISTO", "renew": "RENOVAR",
        "resend": "REENVIAR", "status": "ESTADO", "help": "AYUDA", "case": "CASO",
        "feedback": "COMENTARIO", "english": "INGLÉS",
        "spanish": "ESPAÑOL", "portuguese": "PORTUGUÉS",
    },
    "pt": {
        "confirm": "CONFIRMAR", "cancel": "CANCELAR", "accept": "ATIVAR", "decline": "RECUSAR",
        "nominate": "INDICAR", "not_me": "NÃO SOU EU", "ready": "PRONTO", "renew": "RENOVAR",
        "resend": "REENVIAR", "status": "ESTADO", "help": "AJUDA", "case": "CASO",
        "feedback": "COMENTÁRIO", "english": "INGLÊS",
        "spanish": "ESPANHOL", "portuguese": "PORTUGUÊS",
    },
}  # fmt: skip

#: How one asks for our mail in another language, each in that language: its reader may know no
#: other.
TONGUES: Mapping[str, str] = {
    "en": "English: reply ENGLISH.",
    "es": "Español: responda ESPAÑOL.",
    "pt": "Português: responda PORTUGUÊS.",
}


def tongues(languages: Sequence[str], but: str) -> tuple[tuple[str, str], ...]:
    """(language, how to ask for it) for each that we write in, but for the present one."""
    return tuple((code, TONGUES[code]) for code in languages if code in TONGUES and code != but)


def word(name: str, language: str) -> str:
    """The word for a meaning. Raises KeyError for a meaning that does not exist."""
    return WORDS.get(language, WORDS["en"])[name]
