"""Long tables of phrases, searched only where a word of theirs stands.

A pattern of fifty phrases is tried phrase by phrase at every sign of a text, and nearly always in
vain. Whatever it matches holds one of a few plain pieces of text, which are found in the pattern
itself; to look for those takes a tenth of the time, or less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SHORT = 16  # characters; in so few the pattern itself is as quick
_LEAST = 4  # letters of a piece that is worth looking for rather than the words of a group
#: Words of nearly every mail: to find one of them says nothing.
_EVERYWHERE = frozenset(["your", "this", "that", "mail", "message", "not", "has", "have", "is the"])
#: Signs that a pattern takes for a letter where case is ignored, and `lower` does not make one.
_ODD = re.compile("[ıİſςϐϑϕϖϰϱϵẛι\u0345\u1c80-\u1c88ﬅﬆµ]")


class Spotter:
    """A pattern that is used like a compiled one, and is not tried where it cannot match.

    Args:
        pattern: One whose every alternative holds some letters that cannot be left out.
        flags: `re.IGNORECASE` and `re.DOTALL`, or none.

    Raises:
        ValueError: There is an alternative without such letters.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = re.compile(pattern, flags)
        self._any_case = bool(flags & re.IGNORECASE)
        found = pieces(pattern)
        self.pieces = tuple(piece.lower() for piece in found) if self._any_case else found

    def search(self, text: str) -> re.Match[str] | None:
        """As of a compiled pattern."""
        return self.pattern.search(text) if self.may_match(text) else None

    def match(self, text: str) -> re.Match[str] | None:
        """As of a compiled pattern."""
        return self.pattern.match(text) if self.may_match(text) else None

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """As of a compiled pattern."""
        return self.pattern.fullmatch(text)  # tried at one place only, that is quick enough

    def findall(self, text: str) -> list[str]:
        """As of a compiled pattern."""
        return self.pattern.findall(text) if self.may_match(text) else []

    def may_match(self, text: str) -> bool:
        if len(text) < _SHORT:
            return True
        if self._any_case:
            if not text.isascii() and _ODD.search(text):
                return True
            text = text.lower()
        for piece in self.pieces:  # noqa: SIM110 - `any` takes twice the time
            if piece in text:
                return True
        return False


@dataclass(slots=True)
class _Row:
    """One alternative while it is read: runs of letters, and what groups ask for instead."""

    run: str = ""
    options: list[frozenset[str]] = field(default_factory=list)

    def close(self) -> None:
        if self.run:
            self.options.append(frozenset([self.run]))
        self.run = ""

    def best(self) -> frozenset[str] | None:
        """The option whose shortest piece is the longest; of equals that with the fewest."""
        self.close()
        return max(self.options, key=_worth, default=None)


def _worth(option: frozenset[str]) -> tuple[int, int]:
    shortest = min(1 if piece.strip() in _EVERYWHERE else len(piece) for piece in option)
    return (min(shortest, 2 * _LEAST) if len(option) == 1 else min(shortest, _LEAST), -len(option))


def pieces(pattern: str) -> tuple[str, ...]:
    """Plain pieces of text of which one stands in everything that a pattern matches.

    >>> pieces(r"(?:sent from my|get) (?:i?phone|outlook)\\b|written by a\\w+")
    ('written by a', 'outlook', 'phone')

    Raises:
        ValueError: There is no such set.
    """
    found, _ = _alternatives(pattern, 0)
    if found is None:
        raise ValueError(f"nothing to look for in {pattern[:60]!r}")
    return tuple(sorted(_shortest(found), key=lambda piece: (-len(piece), piece)))


def _shortest(found: frozenset[str]) -> frozenset[str]:
    """Without those that hold another one."""
    return frozenset(piece for piece in found if not any(o in piece for o in found if o != piece))


def _alternatives(pattern: str, at: int) -> tuple[frozenset[str] | None, int]:
    """What is to be looked for, and where the group ends that begins before `at`."""
    rows = [_Row()]
    while at < len(pattern) and pattern[at] != ")":
        sign = pattern[at]
        row = rows[-1]
        if sign == "|":
            rows.append(_Row())
            at += 1
            continue
        option: frozenset[str] | None = None
        letter = ""
        if sign == "(":
            option, at = _group(pattern, at)
        elif sign == "[":
            at = _class_end(pattern, at)
        elif sign == "\\":
            letter = "" if pattern[at + 1].isalnum() else pattern[at + 1]
            at += 2
        else:
            letter = "" if sign in ".^$" else sign
            at += 1
        least, after = _repeated(pattern, at)
        if least and letter:
            row.run += letter
        elif least and option:
            row.close()
            row.options.append(option)
        if not letter or after > at:
            row.close()
        at = after
    found = [row.best() for row in rows]
    every = None if None in found else frozenset().union(*(one for one in found if one))
    return every, at + 1


def _group(pattern: str, at: int) -> tuple[frozenset[str] | None, int]:
    """What a group asks for, nothing if it only looks ahead or back; and its end."""
    opening = re.compile(r"\((?:\?(?::|P<\w+>|(?P<looks><?[=!])))?").match(pattern, at)
    assert opening is not None
    option, end = _alternatives(pattern, opening.end())
    return (None if opening["looks"] else option), end


def _class_end(pattern: str, at: int) -> int:
    found = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]").match(pattern, at)
    assert found is not None
    return found.end()


def _repeated(pattern: str, at: int) -> tuple[int, int]:
    """How often at least what stands before `at` must stand, and where the repetition ends."""
    found = re.compile(r"(?:([?*])|(\+)|\{(\d*)(?:,\d*)?\})[?+]?").match(pattern, at)
    if found is None:
        return 1, at
    return (1 if found[2] else int(found[3] or 0)), found.end()
