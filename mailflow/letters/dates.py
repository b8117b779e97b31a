"""Days and times as people write them, in the service's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date


def zone(name: str) -> tzinfo:
    """The zone of that name. "UTC" needs no zone data on the machine."""
    return UTC if name.upper() == "UTC" else ZoneInfo(name)


@lru_cache(maxsize=512)
def day(value: date, locale: Locale) -> str:
    """A date in words, so that nobody takes the month for the day: "8 February 2027"."""
    return format_date(value, format="long", locale=locale)


@lru_cache(maxsize=512)
def moment(value: datetime, where: tzinfo, locale: Locale) -> str:
    """Date, time and zone: "8 February 2027, 10:42 UTC". `value` must know its own zone."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    local = value.astimezone(where)
    return f"{day(local.date(), locale)}, {local:%H:%M} {local.tzname()}"


def written_day(value: str, locale: Locale) -> str:
    """An ISO date in words; anything else as it stands."""
    try:
        return day(date.fromisoformat(value), locale)
    except ValueError:
        return value
