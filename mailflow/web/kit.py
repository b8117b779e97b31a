"""The page kit: Jinja for pages, one small style sheet, one look for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from mailflow.config import ServiceSettings
from mailflow.letters import catalogue, dates
from mailflow.letters.folders import find_locales, find_templates

DOMAIN = "pages"
#: The brand's colour and the ink on it, as the style sheet names them before they are known.
_COLOUR, _INK = "#1f4e79", "#fffffe"


@dataclass(frozen=True, slots=True)
class _Voice:
    """One language: its templates and how it writes dates."""

    environment: Environment
    speech: catalogue.Catalogue


class Kit:
    """Renders the pages of one service.

    `templates` is the operator's own folder (its pages lie in `pages` below it); `prefix` the
    path of `public_url`, for a proxy that serves us below one. Raises LetterError at once when a
    folder or a catalogue is missing.
    """

    def __init__(
        self, service: ServiceSettings, templates: Path | None = None, prefix: str = ""
    ) -> None:
        self.service, self.prefix = service, prefix
        locales = find_locales(templates)
        known = catalogue.languages(locales, DOMAIN)
        #: The languages that a page can be had in: those of the service that have a catalogue.
        self.languages = tuple(code for code in service.languages if code in known) or ("en",)
        own = service.default_language
        self.default = own if own in self.languages else self.languages[0]
        self._zone = dates.zone(service.time_zone)
        loader = FileSystemLoader([folder / "pages" for folder in find_templates(templates)])
        # What an operator writes may not reach into the program.
        kind = SandboxedEnvironment if templates is not None else Environment
        self._voices = {
            code: _voice(kind, loader, catalogue.load(code, locales, DOMAIN))
            for code in self.languages
        }
        first = self._voices[self.languages[0]].environment
        source, _, _ = loader.get_source(first, "style.css")
        colour = service.brand.colour
        #: The style sheet with the brand's colour.
        self.stylesheet = source.replace(_COLOUR, colour).replace(_INK, ink_on(colour))

    def html(self, template: str, language: str, **values: Any) -> str:
        """The page `template` in one of `languages`; values are escaped where they are put in."""
        voice = self._voices[language]
        locale = voice.speech.locale

        def day(value: datetime) -> str:
            return dates.day(value.astimezone(self._zone).date(), locale)

        def moment(value: datetime) -> str:
            return dates.moment(value, self._zone, locale)

        def short(value: datetime) -> str:
            local = value.astimezone(self._zone)
            return str(format_datetime(local, "d MMM, HH:mm", locale=locale))

        return voice.environment.get_template(template).render(
            lang=language,
            language_names=[(code, self._name(code)) for code in self.languages],
            service=self.service,
            term=self.service.account_term,
            prefix=self.prefix,
            day=day,
            moment=moment,
            short=short,
            **values,
        )

    def page(self, template: str, language: str, status: int = 200, **values: Any) -> Response:
        """The same as an answer with this status."""
        headers = {"Content-Language": language}
        return HTMLResponse(self.html(template, language, **values), status, headers)

    def style(self) -> Response:
        """The style sheet with the brand's colour. The only thing a browser may keep."""
        headers = {"Cache-Control": "public, max-age=3600"}
        return Response(self.stylesheet, media_type="text/css", headers=headers)

    def _name(self, code: str) -> str:
        """How a language calls itself: "Español"."""
        return str(self._voices[code].speech.locale.get_language_name()).capitalize()


def _voice(
    kind: type[Environment], loader: FileSystemLoader, speech: catalogue.Catalogue
) -> _Voice:
    """The environment of one language.

    Translations are escaped before values go in: Jinja takes them for markup otherwise.
    """
    translations = speech.translations

    def one(message: str) -> Markup:
        return escape(translations.gettext(message))

    def several(message: str, messages: str, number: int) -> Markup:
        return escape(translations.ngettext(message, messages, number))

    environment = kind(
        loader=loader,
        autoescape=True,  # select_autoescape would miss "page.html.j2"
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(one, several, newstyle=True)  # type: ignore[attr-defined]
    return _Voice(environment, speech)


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour "#rrggbb" (WCAG 2.2 contrast)."""
    light = luminance(colour)
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#000000"


def luminance(colour: str) -> float:
    """The relative luminance of "#rrggbb", 0.0 to 1.0 (WCAG 2.2)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
