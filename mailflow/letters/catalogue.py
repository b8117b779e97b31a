"""Translations: `.po` files are the only source, compiled in memory at start.

A catalogue holds plain text and no markup. `Speech` is one language as templates use it: in the
HTML part every translation is escaped *before* values are put in, because what a translator
types is text as well, and the values are escaped while they are put in.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import escape

from mailflow.letters.folders import LetterFault

#: English as the world writes it: "8 February 2027", a clock of 24 hours.
_LOCALES = {"en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language: its translations (empty for English, the language of the sources)."""

    language: str
    locale: Locale
    translations: gettext.NullTranslations


def read_catalogue(language: str, folders: Sequence[Path], domain: str = "letters") -> Catalog:
    """The parsed `.po` file of a language. Raises LetterFault where there is none."""
    for folder in folders:
        path = folder / language / "LC_MESSAGES" / f"{domain}.po"
        if path.is_file():
            with path.open("rb") as file:
                return read_po(file, locale=language, domain=domain)
    raise LetterFault(f"there is no catalogue {domain}.po for the language {language!r}")


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
        self._constants = dict(constants)
        self._prepare: Callable[[str], str] = escape if escaped else str
        self._known: dict[str, str] = {}

    def gettext(self, message: str, **values: object) -> str:
        """The sentence in this language, with its values."""
        text = self._known.get(message)
        if text is None:
            text = self._prepare(self._translations.gettext(message))
            self._known[message] = text
        return self._fill(text, message, values)

    def ngettext(self, one: str, many: str, n: int, **values: object) -> str:
        """The sentence in the right number; `%(n)s` is the number itself."""
        text = self._prepare(self._translations.ngettext(one, many, n))
        return self._fill(text, one, {"n": n, **values})

    def _fill(self, text: str, message: str, values: Mapping[str, object]) -> str:
        if "%" not in text:
            return text
        for name, value in values.items():
            if value is None or value == "":
                raise LetterFault(f"empty placeholder {name!r} in {message!r}")
        try:
            return text % {**self._constants, **values}
        except (KeyError, TypeError, ValueError) as fault:
            raise LetterFault(f"placeholders do not fit in {message!r}: {fault}") from fault


def placeholders(text: str) -> Iterator[str]:
    """Names of the values a sentence needs: "%(name)s" → name."""
    for piece in text.split("%(")[1:]:
        yield piece.partition(")")[0]
