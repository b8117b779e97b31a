"""The pages' languages: which one a reader gets, its catalogue, its dates."""

from __future__ import annotations

import gettext
import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_LOCALE = Path(__file__).parent.parent / "locale"
#: How a language calls itself.
NAMES = {"en": "English", "es": "Español", "pt": "Português"}


@cache
def catalogue(language: str, domain: str = "pages") -> gettext.NullTranslations:
    """The translations of one language, compiled from its `.po` file; English has none."""
    source = _LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
    if language not in NAMES or not source.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, domain=domain))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(offered: Sequence[str], *wishes: str, accept: str = "", default: str = "en") -> str:
    """The language to speak: the first wish that is offered, else the browser's, else ours.

    `wishes` are codes such as "es" or "pt-BR" ("" = none); `accept` is an `Accept-Language`
    header (RFC 9110 §12.5.4).
    """
    for wish in wishes:
        code = wish.lower().replace("_", "-").split("-")[0]
        if code in offered:
            return code
    best, weight = default, 0.0
    for item in accept[:500].split(","):
        tag, _, parameter = item.partition(";")
        code = tag.strip().lower().split("-")[0]
        try:
            quality = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if code in offered and quality > weight:
            best, weight = code, quality
    return best


def day(value: datetime, language: str, zone: str) -> str:
    """A date as one reads it: "2 February 2027"."""
    local = value.astimezone(ZoneInfo(zone))
    return str(format_date(local.date(), format="long", locale=language))


def moment(value: datetime, language: str, zone: str) -> str:
    """Date, hour and zone, for what happened: "2 February 2027 at 10:42:00 UTC" without seconds."""
    local = value.astimezone(ZoneInfo(zone))
    hour = format_datetime(local, format="HH:mm zzz", locale=language)
    return f"{day(value, language, zone)}, {hour}"


def short(value: datetime, language: str, zone: str) -> str:
    """Day and hour for a list: "2 Feb, 10:42"."""
    local = value.astimezone(ZoneInfo(zone))
    return str(format_datetime(local, format="d MMM, HH:mm", locale=language))
