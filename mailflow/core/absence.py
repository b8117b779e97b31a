# ruff: noqa: E501 - a table of phrases
"""When somebody who is away says he will be back."""

from __future__ import annotations

import re
from datetime import date

_UNTIL = re.compile(
    r"(?:until|till|back (?:on|in the office on|at work on)?|return(?:ing)?(?: on)?|hasta(?: el)?|vuelvo el|regreso el|reincorpor\w+ el|ate(?: o dia| dia)?|regress\w+ (?:em|a|no dia)|volto (?:em|no dia)|jusqu'au|de retour le|reviens le|"
    r"bis(?: zum| einschliesslich)?|wieder (?:ab|am)|zuruck am|ab dem|to|through|al|au|a)\s+(?:(?:the|el|o|le|dem|den|dia|mon|tues|wednes|thurs|fri|satur|sun)\w*,?\s+)?"
    r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}\.?(?:st|nd|rd|th|er|º)? (?:of |de )?[a-z]{3,10}\.?(?:,? (?:de |del )?\d{4})?|[a-z]{3,10} \d{1,2}(?:st|nd|rd|th)?(?:,? \d{4})?)"
)


_MONTH_STEMS = (("jan", "ene"), ("feb", "fev"), ("mar",), ("apr", "abr", "avr"), ("may", "mai"), ("jun", "juin"), ("jul", "juil"),
                ("aug", "ago", "aou"), ("sep", "set"), ("oct", "okt", "out"), ("nov",), ("dec", "dic", "dez"))  # fmt: skip


_YEAR = re.compile(r"\b(20\d\d)\b")


def return_date(text: str, header_date: str) -> str:
    """The last day of an absence as an ISO date, "" if none is named without doubt.

    Args:
        text: Folded text of the mail.
        header_date: The Date field; lends its year to a date without one.
    """
    year = _YEAR.search(header_date)
    best = ""
    for match in _UNTIL.finditer(text):
        found = _day(match.group(1), int(year.group(1)) if year else 0)
        if found:
            best = max(best, found.isoformat())
    return best


def _day(text: str, year: int) -> date | None:
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    word = re.search(r"[a-z]{3,}", re.sub(r"\b(?:of|de|del|st|nd|rd|th|er)\b", " ", text))
    try:
        if word:
            month = next(
                (n for n, stems in enumerate(_MONTH_STEMS, 1) if word.group().startswith(stems)), 0
            )
            given = numbers[1] if len(numbers) > 1 else year
            return date(given, month, numbers[0]) if month and given else None
        if len(numbers) != 3:
            return None
        if numbers[0] > 31:
            return date(*numbers)
        day, month, given = numbers
        given += 2000 if given < 100 else 0
        if "." in text or day > 12 or day == month:
            return date(given, month, day)
        if month > 12:
            return date(given, day, month)
    except ValueError:
        return None
    return None
