"""Lines that name a field, and what belongs to each: values below, lists, notes, tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as made
from itertools import islice

from mailflow.core.labels import adds, is_weak, label_of, removes
from mailflow.core.sentences import is_closing

_SEPARATOR = re.compile(r"\s*(?:[:：=\t|]|\s[-–—]+>?\s|->|=>|→)\s*")


#: Signs of which every separator has one.
_PARTS = re.compile(r"[:：=\t|\-–—→]")


_GAP = re.compile(r"(?<=\S)\s{2,}(?=\S)")


_ROW = re.compile(r"\s*\|\s*([^|]+\|.*?)\s*\|\s*")


_COLONS = ":：="


_INLINE = re.compile(r"\s*[;|]\s*(?=[^;|:=]{3,60}[:=])")


_NOTES = frozenset({"note_to_customer", "note_to_users"})


@dataclass(slots=True)
class Entry:
    """One labelled place: the field, whether its label is weak, and the lines of its value.

    `adds`: the label says that the values come to those already there; `removes`: that they are to
    be taken out.
    """

    field: str
    weak: bool
    lines: list[str] = made(default_factory=list)
    adds: bool = False
    removes: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()


def entries_of(lines: Sequence[str]) -> tuple[list[Entry], list[str]]:
    """The labelled places, and the lines that belong to none of them, above the sign-off."""
    entries: list[Entry] = []
    current: Entry | None = None
    signed = False
    apart: list[str] = []
    rows = _table(lines)
    if rows:
        return rows, []
    for line in _single(lines):
        if not line.strip():
            if current and current.field in _NOTES:
                current.lines.append("")
            elif current and current.text:
                current = None
            continue
        found = labelled(line)
        if found and not (signed and (entries or is_weak(found[1]))):
            value = [found[2]] if found[2] else []
            label = found[1]
            current = Entry(found[0], is_weak(label), value, adds(label), removes(label))
            entries.append(current)
            signed = False
        elif is_closing(line):
            if not (current and current.field in _NOTES and not current.text):
                signed = True
        elif current is None or signed:
            if not signed:
                apart.append(line)
        elif (
            current.field in _NOTES
            or not current.text
            or (current.field == "user_emails" and "@" in line)
        ):
            current.lines.append(line.strip())
        else:
            current = None
            apart.append(line)
    return entries, apart


def _single(lines: Sequence[str]) -> list[str]:
    """Several labelled values on one line ("Name: Acme; Domain: acme.example") on one each."""
    out: list[str] = []
    for line in lines:
        if "|" in line and (row := _ROW.fullmatch(line)):  # drawn with bars
            line = row.group(1)
        if (";" in line or "|" in line) and labelled(line):
            pieces = _INLINE.split(line)
            if len(pieces) > 1 and all(labelled(piece) for piece in pieces):
                out.extend(pieces)
                continue
        out.append(line)
    return out


def labelled(line: str) -> tuple[str, str, str] | None:
    """(field, label, value) of a line that names a field, or None."""
    if len(line) > 2000:
        line = line[:2000]
    # The first separator need not be the one: "Customer e-mail - approver: ann@acme.example".
    head = line[:120]
    for match in islice(_SEPARATOR.finditer(head), 4) if _PARTS.search(head) else ():
        label = line[: match.start()]
        if label and (name := label_of(label)):
            return name, label, _value(line[match.end() :], label)
    one_by_one = line.isprintable() and "  " not in line  # no other white space, and no two
    if not one_by_one and (gap := _GAP.search(line[:80])):  # columns made with blanks
        label = line[: gap.start()]
        if (name := label_of(label, exact=True)) and not is_weak(label):
            return name, label, line[gap.end() :].strip()
    bare = line.rstrip()
    exact = bare[-1:] not in _COLONS or not bare  # no separator: it may be a word of prose
    if not exact:
        bare = bare[:-1].rstrip()
    if len(bare) < 60 and (name := label_of(bare, exact=exact)) and not is_weak(bare):
        return name, bare, ""
    return None


def _value(text: str, label: str) -> str:
    """What stands behind the separator, without the star that closes a label in bold."""
    value = re.sub(r"^[:：=\s]+", "", text.strip())
    if value[:1] in ("*", "_") and label.lstrip(" -•>").startswith(value[0]):
        value = value[1:].lstrip(" :：=") if value.count(value[0]) % 2 else value
    return value


def _table(lines: Sequence[str]) -> list[Entry]:
    """A table with the labels in its first row and one request in each further row."""
    for number, line in enumerate(lines):
        if line.count("\t") < 1:
            continue
        names = [label_of(cell) for cell in line.split("\t")]
        if len(names) < 2 or not all(names) or len(set(names)) < len(names):
            continue
        entries: list[Entry] = []
        for row in lines[number + 1 :]:
            cells = row.split("\t")
            if len(cells) < 2:
                break
            entries += [
                Entry(name, weak=False, lines=[cell.strip()])
                for name, cell in zip(names, cells, strict=False)
            ]
        return entries
    return []
