# ruff: noqa: E501 - tables of patterns are easier to compare on long lines
"""The text behind a label as a value: one address, several, a domain, a date, a line, a note."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from mailflow.core.address import find_addresses, normalise_domain, parse
from mailflow.core.hygiene import clean_line, clean_text, fold

_ABSENT = frozenset(
    ["n/a", "na", "n.a", "n.a.", "none", "no", "nil", "null", "nothing", "-", "--", "---", "–", "—", ".", "..", "...", "x", "/", "//", "?", "tbd", "tba", "empty", "blank", "not", "applicable", "no", "aplica", "ninguno", "ninguna", "nada", "vacio", "ningun", "sin", "no", "procede", "nenhum", "nenhuma", "nao", "aplicavel", "nao", "se", "aplica", "sem", "vazio", "aucun", "aucune", "neant", "rien", "sans", "non", "vide", "sans", "objet", "s/o", "keine", "keiner", "kein", "keines", "entfallt", "leer", "nicht", "zutreffend", "s.o", "optional", "opcional", "optionnel", "facultatif"]
) | {"not applicable", "no aplica", "no procede", "nao aplicavel", "nao se aplica", "sans objet", "nicht zutreffend",
     "none yet", "por ahora no", "no users", "sin usuarios", "n / a", "sin indicar",
     "sem indicacao", "not given", "not stated", "non indique", "keine angabe"}  # fmt: skip
_PLACEHOLDER = re.compile(r"[<\[({][^<>\[\](){}@]{0,80}[>\])}]|_{3,}|\.{4,}|…+")
_MAX_RAW = 300  # characters of an unreadable value that are kept to be quoted back
_AT_WORD = re.compile(r"[^\s<>()\[\],;\"']+@[^\s<>()\[\],;\"']+")
_MAILTO = re.compile(r"<?\s*mailto:\s*([^\s<>?]{1,254})(?:\?[^\s<>]{0,200})?\s*>?", re.I)
_JOINERS = re.compile(r"[,;|\n\t/]|\s(?:and|y|e|et|und|&|\+)\s|\s[-•·*]\s", re.I)
_MONTHS = (
    "january enero janeiro janvier januar jan ene|february febrero fevereiro fevrier februar feb fev|march marzo marco mars marz maerz mar|"
    "april abril avril apr abr avr|may mayo maio mai may|june junio junho juin juni jun|july julio julho juillet juli jul|"
    "august agosto aout aug ago|september septiembre setembro septembre sep sept set|october octubre outubro octobre oktober oct out okt|"
    "november noviembre novembro novembre nov|december diciembre dezembro decembre dezember dec dic dez"
)
_MONTH = {word: n for n, group in enumerate(_MONTHS.split("|"), 1) for word in group.split()}


@dataclass(frozen=True, slots=True)
class Value:
    """A value as understood; where it could not be, the words as written, and `valid` is false.

    `changed`: we tidied more than case. What is not valid is judged, with a suggestion, by
    `core.check`, which sees it again each time until it is repaired.
    """

    text: str = ""
    many: tuple[str, ...] = ()
    changed: bool = False
    valid: bool = True


def is_absent(text: str) -> bool:
    """Whether the writer said that there is none: empty, `N/A`, `-`, an untouched placeholder."""
    bare = fold(clean_line(text)).strip(" *_\"'()[]")
    return not bare or bare in _ABSENT or bool(_PLACEHOLDER.fullmatch(clean_line(text)))


def read_value(field: str, text: str) -> Value:
    """The value of a field. Nothing is guessed."""
    if field in ("customer_email", "notice_email"):
        return _one_address(text)
    if field == "user_emails":
        return _addresses(text)
    if field == "account_domain":
        return _domain(text)
    if field == "order_date":
        return _date(text)
    if field in ("note_to_customer", "note_to_users"):
        return Value(_note(text))
    return Value(_plain(text))


def _plain(text: str) -> str:
    value = clean_line(text)
    for left, right in (('"', '"'), ("*", "*"), ("“", "”"), ("«", "»"), ("_", "_"), ("'", "'")):
        if len(value) > 2 and value.startswith(left) and value.endswith(right):
            value = value[1:-1].strip()
    return value


def _note(text: str) -> str:
    lines = [" ".join(line.split()) for line in clean_text(text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_mailto(text: str) -> str:
    """`a@b<mailto:a@b>` and `[mailto:a@b]` name one address once."""
    text = clean_text(text)
    if "mailto:" not in text.lower():
        return text

    def once(match: re.Match[str]) -> str:
        before = text[: match.start()].lower()
        return " " if match.group(1).lower() in before[-300:] else f" {match.group(1)} "

    return _MAILTO.sub(once, text)


def _one_address(text: str) -> Value:
    given = clean_line(_without_mailto(text))
    found = find_addresses(given)
    if len(found) == 1 and all(parse(w.rstrip(".!?")) for w in _AT_WORD.findall(given)):
        return Value(found[0])
    return Value(given[:_MAX_RAW], valid=False)


def _addresses(text: str) -> Value:
    """All addresses of a list, doubled ones too; a piece that is none stays as it was written."""
    many: list[str] = []
    valid = True
    name_part = ""
    for piece in _JOINERS.split(_without_mailto(text)):
        piece = piece.strip(" .*•·-–\"'")
        if not piece or is_absent(piece):
            continue
        if "@" not in piece:
            name_part = name_part or piece
            continue
        for chunk in _one_by_one(piece):
            found = find_addresses(chunk)
            if len(found) == 1 and chunk.count("@") == 1:
                many.append(found[0])
            else:
                many.append(clean_line(chunk)[:_MAX_RAW])
                valid = False
        name_part = ""
    if name_part:
        many.append(clean_line(name_part)[:_MAX_RAW])
        valid = False
    return Value(many=tuple(many), valid=valid)


def _one_by_one(piece: str) -> list[str]:
    """Addresses joined by nothing but blanks: "a@b c@d", "Ann <a@b> Bob <c@d>"."""
    if piece.count("@") == 1:
        return [piece]
    return [word for word in re.split(r"[\s<>()\[\]]+", piece) if "@" in word]


def _domain(text: str) -> Value:
    given = clean_line(text)
    words = [w for w in re.split(r"[\s,;|]+|\s/\s", given) if w]
    found: dict[str, bool] = {}
    for word in words:
        domain, changed = normalise_domain(word)
        if domain:
            found.setdefault(domain, changed)
    if len(found) == 1:
        domain, changed = next(iter(found.items()))
        return Value(domain, changed=changed or len(words) > 1)
    return Value(given[:_MAX_RAW], valid=False)


def _date(text: str) -> Value:
    given = clean_line(text)
    found = _calendar(fold(given))
    if found is None:
        return Value(given[:_MAX_RAW], valid=False)
    return Value(found.isoformat(), changed=found.isoformat() != given)


def _calendar(text: str) -> date | None:
    """ISO, or day-month-year with a month in words or a day above 12; `3/4/2026` is not guessed."""
    try:
        if match := re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text):
            return date(*map(int, match.groups()))
        if match := re.match(
            r"(\d{1,2})\.?\s*(?:of |de |)\s*([a-z]{3,10})\.?,?\s*(?:de |del |)(\d{4})", text
        ):
            month = _MONTH.get(match.group(2))
            return date(int(match.group(3)), month, int(match.group(1))) if month else None
        if match := re.match(r"([a-z]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", text):
            month = _MONTH.get(match.group(1))
            return date(int(match.group(3)), month, int(match.group(2))) if month else None
        if match := re.match(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})", text):
            first, second, year = int(match.group(1)), int(match.group(3)), int(match.group(4))
            if match.group(2) == "." or first > 12 or first == second:
                return date(year, second, first)
            if second > 12:
                return date(year, first, second)
    except ValueError:
        return None
    return None
