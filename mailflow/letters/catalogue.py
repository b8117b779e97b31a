"""Translations: `.po` files are the only source, compiled in memory at start.

A catalogue holds plain text and no markup. `Speech` is one language as templates use it: in the
HTML part every translation is escaped *before* values are put in, because what a translator
types is text as well, and the values are escaped while they are put in.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from mailflow.letters.folders import LetterError

#: English as the world writes it: "8 February 2027", a clock of 24 hours.
_LOCALES = {"en": "en_GB"}
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language: its translations (empty for English, the language of the sources)."""

    language: str
    locale: Locale
    translations: gettext.NullTranslations


def read_catalogue(language: str, folders: Sequence[Path], domain: str = "letters") -> Catalog:
    """The parsed `.po` file of a language. Raises LetterError where there is none."""
    for folder in folders:
        path = folder / language / "LC_MESSAGES" / f"{domain}.po"
        if path.is_file():
            with path.open("rb") as file:
                return read_po(file, locale=language, domain=domain)
    raise LetterError(f"there is no catalogue {domain}.po for the language {language!r}")


def load(language: str, folders: Sequence[Path], domain: str = "letters") -> Catalogue:
    """Compile one language. English needs no file: the sources are English."""
    locale = Locale.parse(_LOCALES.get(language, language))
    if language == "en":
        return Catalogue(language, locale, gettext.NullTranslations())
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(language, folders, domain))
    compiled.seek(0)
    return Catalogue(language, locale, gettext.GNUTranslations(compiled))


def languages(folders: Sequence[Path], domain: str = "letters") -> set[str]:
    """Every language that has a catalogue, and English."""
    found = {p.parent.parent.name for f in folders for p in f.glob(f"*/LC_MESSAGES/{domain}.po")}
    return found | {"en"}


def best(wanted: str, offered: Sequence[str], default: str) -> str:
    """The language to write in: as wanted, else its base ("pt-BR" → "pt"), else the default."""
    code = wanted.lower().replace("_", "-")
    for candidate in (code, code.partition("-")[0]):
        if candidate in offered:
            return candidate
    return default


class Speech:
    """The sentences of one language for one part, with the vendor's own terms filled in.

    `constants` are values every sentence may use (`%(term)s`, `%(organisation)s`). `escaped` is
    true for the HTML part. An empty value is refused: no letter goes out with a hole in it (S35).
    """

    def __init__(
        self, catalogue: Catalogue, constants: Mapping[str, str], *, escaped: bool
    ) -> None:
        self._translations = catalogue.translations
        self._safe: Callable[[object], str] = escape if escaped else str
        self._kind: Callable[[str], str] = Markup if escaped else str
        self._constants = {name: self._safe(value) for name, value in constants.items()}
        self._known: dict[str, list[str]] = {}

    def gettext(self, message: str, **values: object) -> str:
        """The sentence in this language, with its values."""
        return self._fill(message, self._translations.gettext(message), values)

    def ngettext(self, one: str, many: str, n: int, **values: object) -> str:
        """The sentence in the right number; `%(n)s` is the number itself."""
        text = self._translations.ngettext(one, many, n)
        return self._fill(one, text, {"n": n, **values})

    def pieces(self, message: str) -> Sequence[str]:
        """The translation as pieces of text and names of values by turns, text first and last."""
        return self._split(self._translations.gettext(message))

    def _fill(self, message: str, text: str, values: Mapping[str, object]) -> str:
        """Put the values in; `text` is split only once, pieces and names by turns."""
        pieces = self._known.get(text)
        if pieces is None:
            pieces = self._known[text] = self._split(text)
        if len(pieces) == 1:
            return self._kind(pieces[0])
        out = pieces.copy()
        for place in range(1, len(out), 2):
            value = values.get(out[place])
            if value is None or value == "":
                raise LetterError(f"empty placeholder {out[place]!r} in {message!r}")
            out[place] = self._safe(value)
        return self._kind("".join(out))

    def _split(self, text: str) -> list[str]:
        """Text and names of values by turns, the constants already put in."""
        pieces = [""]
        for place, piece in enumerate(_PLACEHOLDER.split(text)):
            if place % 2 == 0:
                pieces[-1] += self._safe(piece)
            elif piece in self._constants:
                pieces[-1] += self._constants[piece]
            else:
                pieces += [piece, ""]
        return [str(piece) for piece in pieces]


def placeholders(text: str) -> list[str]:
    """Names of the values a sentence needs.

    >>> placeholders("Dear %(name)s")
    ['name']
    """
    return _PLACEHOLDER.findall(text)
