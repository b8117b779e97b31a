"""Patterns that are searched only where they can match: they find what the patterns find."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from mailflow.core import footers, machinewords, quotes
from mailflow.core.spotting import Spotter, pieces

SPOTTERS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": spotter
    for module in (footers, machinewords, quotes)
    for name, spotter in vars(module).items()
    if isinstance(spotter, Spotter)
}
LABELS = {name: it for name, it in vars(quotes).items() if isinstance(it, quotes.Label)}


def written(parsed: Any, choose: random.Random) -> str:
    """A text that a pattern matches, by the standard library's own reading of the pattern."""
    out = []
    for kind, what in parsed:
        match str(kind):
            case "LITERAL":
                out.append(chr(what))
            case "ANY":
                out.append(choose.choice("xq ,"))
            case "IN":
                out.append(one_of(what, choose))
            case "BRANCH":
                out.append(written(choose.choice(what[1]), choose))
            case "SUBPATTERN":
                out.append(written(what[3], choose))
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, again = what
                times = choose.randint(least, min(most, least + 2))
                out += [written(again, choose) for _ in range(times)]
            case "AT" | "ASSERT_NOT" | "ASSERT":
                pass
            case _:
                raise AssertionError(f"a pattern with {kind}")
    return "".join(out)


def one_of(choices: Any, choose: random.Random) -> str:
    kinds = {str(kind): what for kind, what in choices}
    pattern = "".join(
        re.escape(chr(what)) if str(kind) == "LITERAL" else "" for kind, what in choices
    )
    if pattern and "NEGATE" not in kinds:
        return choose.choice([chr(what) for kind, what in choices if str(kind) == "LITERAL"])
    if "RANGE" in kinds:
        return chr(choose.randint(*kinds["RANGE"]))
    known = {"CATEGORY_SPACE": " ", "CATEGORY_DIGIT": "7", "CATEGORY_WORD": "w"}
    return known.get(str(kinds.get("CATEGORY", "")), "%" if "NEGATE" not in kinds else "z")


@pytest.mark.parametrize("name", sorted(SPOTTERS))
def test_whatever_a_pattern_matches_is_found(name: str) -> None:
    spotter, choose = SPOTTERS[name], random.Random(7)
    parsed = re._parser.parse(spotter.pattern.pattern)  # type: ignore[attr-defined]
    found = 0
    for _ in range(400):
        text = written(parsed, choose)
        if spotter.pattern.flags & re.IGNORECASE:
            text = choose.choice([text, text.upper(), text.title(), text.replace("s", "ſ")])
        for whole in (text, f"{text} and then some more of it", f"as it was said: {text}"):
            expected = spotter.pattern.search(whole)
            found += expected is not None
            assert str(spotter.search(whole)) == str(expected)
            assert str(spotter.match(whole)) == str(spotter.pattern.match(whole))
    assert found > 200  # else the texts above say nothing


def test_no_sign_passes_for_a_letter_unseen() -> None:
    """`lower` and a pattern that ignores case agree, but for signs that are looked out for."""
    letters = {
        letter
        for spotter in SPOTTERS.values()
        if spotter.pattern.flags & re.IGNORECASE
        for letter in "".join(spotter.pieces)
    }
    same = re.compile(f"[{re.escape(''.join(sorted(letters)))}]", re.I)
    every = "".join(map(chr, range(0xD800))) + "".join(map(chr, range(0xE000, 0x20000)))
    spotter = Spotter("nothing of the kind", re.I)
    for sign in same.findall(every):
        if sign.lower() not in letters:
            assert spotter.search(f"{sign * 20}") is None
            assert spotter.may_match(sign * 20), hex(ord(sign))


def test_a_pattern_without_letters_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to look for"):
        pieces(r"\d+|words")
    with pytest.raises(ValueError, match="nothing to look for"):
        pieces(r"(?:maybe )?\w*")
    assert pieces(r"(?!never)[a-z]+ ends{2,3}|a (?:cat|dog)+\.") == (" ends", "cat", "dog")


@pytest.mark.parametrize("name", sorted(LABELS))
def test_labels_begin_a_line_as_their_pattern_says(name: str) -> None:
    label, choose = LABELS[name], random.Random(3)
    words = re.findall(r"[^|]+", str(label._pattern.pattern).partition("(?:")[2].partition(")")[0])
    begun = 0
    for word in [re.sub(r"\\(.)", r"\1", word) for word in words]:
        for shown in (word, word.upper(), word.title(), word + "x", word[1:]):
            for colon in (":", "：", " :", "*: a", ":x:y", "", " a:"):
                lead = choose.choice(["", " ", "*", "\t_", "\x1c", "\u00a0", "- "])
                line = f"{lead}{shown}{colon}"
                assert label.begins(line) == (label._pattern.match(line) is not None), repr(line)
                begun += label.begins(line)
    assert begun > len(words)
