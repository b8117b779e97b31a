"""What a partner changed inside our quoted letter, where nobody reads an answer (I24).

People correct a value where it stands: in the quotation. A quoted line decides nothing and never
will; but a CONFIRM above a quotation that no longer says what we sent is no clear yes either. So
the labelled lines of the quotation are compared with what the letter showed. Everything leans to
"unchanged": programs fold, mark, convert and cut quotations, and none of that is a change.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Any

from mailflow.core.address import display_domain, find_addresses, normalise_domain
from mailflow.core.commands import Quoted, Submission
from mailflow.core.html import CUT, render
from mailflow.core.labels import is_weak, label_of
from mailflow.core.lines import labelled
from mailflow.core.message import Message
from mailflow.core.quoting import QUOTED, cut_tail, is_marked, mark_quoted, unflow
from mailflow.core.request import FIELD_NAMES, Fields
from mailflow.core.values import is_absent, read_value

_MAX_LINES = 1500
_MAX_BLOCK = 40  # lines that may belong to one label
_WORDS = 3  # of a note that is written where there was none
_LONG = 55  # characters; a line at least so long may have lost its end to a program's folding
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_SENTENCE = re.compile(r"[“”«»]|[.!?]\s+[^\W\d_]")
_REMARK = re.compile(r"\(\s*[^()@:]{3,60}:[^()]*(?:\)|$)")
_LABEL = re.compile(r"([^\W\d_][\w' -]{2,40}):")


def read_quotation(message: Message) -> tuple[Quoted, ...]:
    """The labelled lines of the letter that a mail quotes, in order. Pure, linear, bounded."""
    if message.html:
        found = _labelled(_below(render(message.html, inside=True).text.split("\n")))
        if found:
            return found
    if not message.plain:
        return ()
    lines = message.plain.split("\n")[:_MAX_LINES]
    if message.flowed:
        lines = unflow(lines, delsp=message.delsp)
    marked = mark_quoted(lines)
    first = next((n for n, line in enumerate(marked) if line is None), -1)
    if first >= 0:
        return _labelled(_unmarked(lines[first:]))
    _, tail, kind, _ = cut_tail(marked, message)
    return _labelled(tail) if kind == "quote" else ()


def _below(lines: list[str]) -> list[str]:
    try:
        return [line for line in lines[lines.index(CUT) : _MAX_LINES] if line != CUT]
    except ValueError:
        return []


def _unmarked(lines: list[str]) -> list[str]:
    """One mark less; what is quoted twice is an older mail."""
    once = [
        (line[1:] if line.startswith(">") else QUOTED.sub("", line, count=1)).removeprefix(" ")
        for line in lines
    ]
    return [line for line in once if not is_marked(line)]


def _labelled(lines: Sequence[str]) -> tuple[Quoted, ...]:
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        here = labelled(line)
        if here and not is_weak(here[1]):
            found.append((here[0], [here[2]]))
        elif found and len(found[-1][1]) < _MAX_BLOCK:
            found[-1][1].append(line.strip())
    return tuple(Quoted(name, tuple(block)) for name, block in found)


#: Fields whose values show by themselves what they are.
_OWN_KIND = frozenset({"customer_email", "notice_email", "account_domain", "user_emails"})


def edits(
    quoted: Sequence[Quoted], shown: Fields, *, whole: bool, known: Collection[str] = ()
) -> Submission:
    """What was changed in the quotation: fields with other values than the letter showed.

    Args:
        quoted: Of `read_quotation`.
        shown: The values that the letter showed; "" = none.
        whole: Whether the letter is a review, that shows every field once. Else (a form, a
            question) a line counts only with a value of its own kind.
        known: Further values that stood in the letter, such as guesses.

    Returns:
        The new values as written there, valid or not; no field at all where nothing was changed.
    """
    values: dict[str, Any] = {}
    seen: set[str] = set()
    previous = ""
    for number, block in enumerate(quoted):
        name = block.field
        # Only the first place counts, and lines set right beside it: below are examples.
        if name in seen and name != previous and (whole or name in values or name not in _OWN_KIND):
            continue
        seen.add(name)
        previous = name
        last = number == len(quoted) - 1
        value = _changed(name, block.lines, getattr(shown, name), whole=whole, last=last)
        if value and (isinstance(value, tuple) or value not in known):
            values[name] = value
    return Submission(Fields(**values))


def _changed(
    name: str, lines: tuple[str, ...], shown: str | tuple[str, ...], *, whole: bool, last: bool
) -> str | tuple[str, ...]:
    """The new value, or "" where nothing is known to have been changed."""
    if not whole:
        lines = lines[:1]  # below an empty line of a form stands whatever stands below the form
        if _SENTENCE.search(lines[0]):
            return ""  # "Account domain: “moor,example” is no domain. Please write it like …"
    notes = name in ("note_to_customer", "note_to_users")
    if whole and notes and not last:
        return _note(lines, str(shown))
    lines = tuple(line for line in lines if line)
    if notes or not lines or is_absent(lines[0]):
        return ""
    if isinstance(shown, tuple):
        return _users(lines, shown, whole=whole, last=last)
    if _same(lines, shown):
        return ""
    value = lines[0]
    if name in ("customer_email", "notice_email"):
        addresses = [a for a in find_addresses(value) if a != shown]
        if addresses:
            return addresses[-1] if len(addresses) == 1 else value
        return value if whole and "@" in value and shown not in find_addresses(value) else ""
    if name == "account_domain":
        return _domain(value, shown, whole=whole)
    if name == "order_date":
        read = read_value(name, value)
        text = read.text if read.valid else ""
        return text if text != shown else ""
    if not shown and name == "order_number" and not any(c.isdigit() for c in value):
        return ""  # a word for "none" that we do not know
    return value if whole or name == "account_name" else ""


def _note(lines: tuple[str, ...], shown: str) -> str:
    """A note that is not there any more, as what stands in its place.

    What follows a note is prose of the letter, so no more lines are taken than it had.
    """
    start = next((n for n, line in enumerate(lines) if line), len(lines))
    end = next((n for n in range(start, len(lines)) if not lines[n]), len(lines))
    there = lines[start : min(end, start + 1 + shown.count("\n"))]
    text = _ascii(" ".join(lines))
    if there and not shown and len(there[0].split()) < _WORDS:
        return ""  # a word for "none" that we do not know
    if not there or is_absent(there[0]) or (shown and _ascii(shown) in text):
        return ""
    return "\n".join(there)


def _users(
    lines: tuple[str, ...], shown: tuple[str, ...], *, whole: bool, last: bool
) -> tuple[str, ...]:
    joined = " ".join(lines)
    # "(changed; it was: …)" is ours: whoever was taken out is not put in again by a CONFIRM.
    found = find_addresses(_REMARK.sub(" ", joined))
    text = _bare(joined)
    missing = [a for a in shown if a not in found and _bare(a) not in text]
    more = [a for a in found if a not in shown]
    if more or (missing and found and whole and not last):
        return found
    return ()


def _domain(value: str, shown: str, *, whole: bool) -> str:
    there: list[str] = [d.lower().strip(".") for d in _DOMAIN.findall(value.partition("<")[0])]
    if shown in there or display_domain(shown).partition(" ")[0] in there or "@" in value:
        return ""
    if len(there) == 1 and normalise_domain(there[0])[0] is not None:
        return there[0]
    return value if whole and there else ""


def _same(lines: tuple[str, ...], shown: str) -> bool:
    """Whether the first lines are the value: folded, marked, cut short or damaged on the way."""
    if not shown:
        return False
    wanted = _bare(shown)
    first = _bare(lines[0])
    if any(_bare(text) == wanted for text in accumulate(lines[:12], lambda a, b: f"{a} {b}")):
        return True
    if wanted.startswith(first) and len(lines[0]) >= _LONG - 20:
        return True
    if first.startswith(wanted):
        rest = lines[0][len(shown) :].lstrip(" *_")
        remark = rest.startswith(("(", "[", "<"))
        if remark or any(label_of(found) in FIELD_NAMES for found in _LABEL.findall(rest)):
            return True
    damaged = any(mark in lines[0] for mark in ("?", "\ufffd", "Ã", "Â"))
    return damaged and _ascii(lines[0]) == _ascii(shown)


def _bare(text: str) -> str:
    """Letters and digits with their accents: programs change marks and blanks."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _ascii(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isalnum()).casefold()
