"""The page kit: Jinja for pages, one small style sheet, one look for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from mailflow.config import ServiceSettings
from mailflow.web import words

#: The checkout's templates; in a wheel they lie inside the package.
_FOLDERS = (
    Path(__file__).parent.parent / "templates" / "pages",
    Path(__file__).parent.parent.parent / "templates" / "pages",
)


def template_folders(operator: Path | None = None) -> list[Path]:
    """Where pages are looked for, best first: operator, package, checkout."""
    folders = [operator / "pages"] if operator else []
    return [folder for folder in (*folders, *_FOLDERS) if folder.is_dir()]


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour "#rrggbb" (WCAG 2.2 contrast)."""
    light = luminance(colour)
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#000000"


def luminance(colour: str) -> float:
    """The relative luminance of "#rrggbb", 0.0 to 1.0 (WCAG 2.2)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class Kit:
    """Renders pages for one service.

    `prefix` is the path of `public_url`, for a proxy that serves us below one.
    """

    def __init__(self, service: ServiceSettings, folders: Sequence[Path], prefix: str = "") -> None:
        self.service, self.prefix = service, prefix
        self._loader = FileSystemLoader([str(folder) for folder in folders])
        self._languages: dict[str, Environment] = {}

    def _speaking(self, language: str) -> Environment:
        """The environment with one language's catalogue.

        Translations are escaped before values go in: Jinja takes them for markup otherwise.
        """
        if language not in self._languages:
            catalogue = words.catalogue(language)

            def one(message: str) -> Markup:
                return escape(catalogue.gettext(message))

            def several(message: str, messages: str, number: int) -> Markup:
                return escape(catalogue.ngettext(message, messages, number))

            environment = Environment(
                loader=self._loader,
                autoescape=True,  # select_autoescape would miss "page.html.j2"
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                extensions=["jinja2.ext.i18n"],
            )
            environment.install_gettext_callables(one, several, newstyle=True)  # type: ignore[attr-defined]
            self._languages[language] = environment
        return self._languages[language]

    def html(self, template: str, language: str, **values: Any) -> str:
        """The page `template` in one language; `values` are escaped where they are put in."""
        zone = self.service.time_zone
        return (
            self._speaking(language)
            .get_template(template)
            .render(
                lang=language,
                language_names=tuple(words.NAMES.items()),
                service=self.service,
                term=self.service.account_term,
                prefix=self.prefix,
                day=lambda value: words.day(value, language, zone),
                short=lambda value: words.short(value, language, zone),
                moment=lambda value: words.moment(value, language, zone),
                **values,
            )
        )

    def page(self, template: str, language: str, status: int = 200, **values: Any) -> Response:
        """The same as an answer with this status."""
        headers = {"Content-Language": language}
        return HTMLResponse(self.html(template, language, **values), status, headers)

    @cached_property
    def _style(self) -> str:
        colour = self.service.brand.colour
        source, _, _ = self._loader.get_source(self._speaking("en"), "style.css")
        return source.replace("#1f4e79", colour).replace("#fffffe", ink_on(colour))

    def style(self) -> Response:
        """The style sheet with the brand's colour. The only thing a browser may keep."""
        headers = {"Cache-Control": "public, max-age=3600"}
        return Response(self._style, media_type="text/css", headers=headers)
