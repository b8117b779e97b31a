"""The console's own kit: the look of the pages, in English, which operators share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from mailflow.config import ServiceSettings
from mailflow.core.hygiene import plain_rule
from mailflow.letters import dates
from mailflow.letters.folders import find_templates
from mailflow.web.console import plots
from mailflow.web.console.mailtext import without_secrets
from mailflow.web.kit import Kit

#: An event's evidence is a sentence; a page shows no novels.
_LONGEST_VALUE = 400


class ConsoleKit:
    """Renders the pages. `templates` is the operator's own folder (`console` below it)."""

    def __init__(self, service: ServiceSettings, templates: Path | None = None) -> None:
        folders = [folder / "console" for folder in find_templates(templates)]
        loader = FileSystemLoader(folders)
        kind = SandboxedEnvironment if templates is not None else Environment
        self._pages: Environment = kind(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        zone, locale = dates.zone(service.time_zone), Locale.parse("en_GB")

        def moment(value: datetime | None) -> str:
            return dates.moment(value, zone, locale) if value else "–"

        def short(value: datetime | None) -> str:
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}" if value else "–"

        def stamp(value: datetime) -> str:
            return value.astimezone(UTC).isoformat(timespec="seconds")

        def day(value: datetime | None) -> str:
            return f"{value.astimezone(zone):%Y-%m-%d}" if value else "–"

        self._pages.globals.update(
            service=service, moment=moment, short=short, day=day, stamp=stamp, bar=plots.bar
        )
        self._pages.filters.update(shown=_shown, breakable=_breakable)
        common = Kit(service, templates).stylesheet
        own, _, _ = loader.get_source(self._pages, "console.css")
        self._style = f"{common}\n{own}"

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """The page `template`; values are escaped where they are put in."""
        return HTMLResponse(self._pages.get_template(template).render(**values), status)

    def style(self) -> Response:
        """The style sheet of the pages, and what the console has besides."""
        return Response(self._style, media_type="text/css")


def _breakable(address: str) -> Markup:
    """An address that may go on in the next line after its @."""
    return escape(address).replace("@", Markup("@<wbr>"))


def _shown(value: Any) -> str:
    """A value out of the history in one line: no secrets, not too long."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        value = ", ".join(str(one) for one in value)
    text = " ".join(without_secrets(plain_rule(str(value))).split())
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
