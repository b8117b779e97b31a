"""New text as sentences of folded words, each with what it is: greeting, sign-off, signature."""

from __future__ import annotations

import re
from functools import lru_cache

from mailflow.core.courtesy import CLOSING, GREETING, THANKS, harmless
from mailflow.core.doubts import BENIGN
from mailflow.core.hygiene import clean_text, fold
from mailflow.core.sentence import Sentence
from mailflow.core.signing import placed

_MAX_SENTENCES = 200
_WRAPPED = 50  # a line at least so long may go on in the next
_BREAK = re.compile(r"(?<=[.!?;…。！？¡¿])[\s\"'»”)*_]+|\s+(?=¿)")
_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s+(?=\D)")
_CLAUSE = re.compile(r",\s+|\s+[-–—]\s+")
_TOKEN = re.compile(r"[^\W_]+(?:(?:['’.-]|&)[^\W_]+)*|&")
_DOMAIN = re.compile(r"@|\bhttps?:|\bwww\.|\b[a-z0-9-]+\.(?:[a-z0-9-]+\.)*[a-z]{2,}\b", re.I)


@lru_cache(maxsize=32)  # one answer is asked for its sentences by several readers
def split(text: str, names: frozenset[str] = frozenset()) -> tuple[Sentence, ...]:
    """The sentences of a text, in order. Lines end sentences unless a client wrapped them.

    `names` are the words of the sender's name and address: who signs is who sends. Without a
    sign-off, a last line counts as a signature only if it shows one of them.
    """
    found: list[Sentence] = []
    for line in _joined(clean_text(text)):
        for piece in _BREAK.split(line):
            if len(found) < _MAX_SENTENCES:
                found.extend(s for clause in _clauses(piece) if (s := _sentence(clause)))
    return tuple(placed(found, names))


def _clauses(piece: str) -> list[str]:
    """A greeting before the first comma and courtesy behind the last one stand on their own."""
    if "," not in piece and " - " not in piece and "–" not in piece:
        return [piece]
    parts = _CLAUSE.split(piece)
    head: list[str] = []
    tail: list[str] = []
    while len(parts) > 1 and (
        GREETING.fullmatch((first := _fold_words(parts[0])) + ",") or THANKS.match(first)
    ):
        head.append(parts.pop(0) + ",")
    for cut in range(1, len(parts)):
        rest = ", ".join(parts[cut:])
        folded = _fold_words(rest)
        if harmless(folded) or CLOSING.fullmatch(folded) or THANKS.match(folded):
            tail.append(rest)
            parts = parts[:cut]
            break
    return [*head, ", ".join(parts), *tail]


def _fold_words(text: str) -> str:
    return " ".join(fold(t.replace("’", "'")).strip(".") for t in _TOKEN.findall(text))


def _joined(text: str) -> list[str]:
    """Lines with the work of a wrapping mail program undone."""
    out: list[str] = []
    previous = ""
    for line in text.split("\n"):
        line = _NUMBER.sub("", line.strip(), count=1)
        if (
            line
            and previous
            and previous[-1] not in ".!?:;,"
            and (len(previous) >= _WRAPPED or (line[:1].islower() and len(previous) > 25))
        ):
            out[-1] = f"{out[-1]} {line}"
        elif line:
            out.append(line)
        previous = line
    return out


def _sentence(text: str) -> Sentence | None:
    raw: list[str] = []
    commas: set[int] = set()
    quoted: set[int] = set()
    end = 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        if raw and re.search(r"[,:–—]|\s-\s", between):
            commas.add(len(raw) - 1)
        if re.search('["“”«»„]', between) and text[match.end() : match.end() + 1] in '"“”»«':
            quoted.add(len(raw))
        raw.append(match.group())
        end = match.end()
    tail = text[end:]
    if raw and re.match(r"\s*[,:–—]|\s+-\s", tail):
        commas.add(len(raw) - 1)
    mark = (
        "?"
        if "?" in text or "？" in text or "¿" in text
        else ("…" if "…" in tail or "..." in tail else tail.strip()[:1])
    )
    if not raw and mark != "?" and not text.strip(" .,!-_*#=~|>\"'()[]/\\"):
        return None
    folded = [fold(token.replace("’", "'")).strip(".") for token in raw]
    if len(raw) > 2 and folded[-1] in _PARTED:
        raw, folded, commas = _put_together(raw, folded, commas)
    if raw and BENIGN.search(" ".join(folded)):
        raw, folded, commas, quoted = _without_benign(raw, folded, commas, quoted)
    tokens = tuple(folded)
    return Sentence(
        text.strip(),
        tuple(raw),
        tokens,
        frozenset(commas),
        frozenset(quoted),
        mark,
        address=bool(_DOMAIN.search(text)),
    )


#: German verbs that stand in two pieces, by the last: "ich nehme … an", "wir lehnen … ab".
_PARTED = {
    "an": {"nehme": "annehme", "nehmen": "annehme"},
    "ab": {"lehne": "ablehnen", "lehnen": "ablehnen"},
}


def _put_together(
    raw: list[str], folded: list[str], commas: set[int]
) -> tuple[list[str], list[str], set[int]]:
    whole = _PARTED[folded[-1]]
    at = next((i for i, token in enumerate(folded) if token in whole), -1)
    if not 0 <= at < len(folded) - 2:
        return raw, folded, commas  # side by side it is a phrase of its own: "lehne ab"
    last = len(folded) - 1
    return (
        raw[:last],
        [*folded[:at], whole[folded[at]], *folded[at + 1 : last]],
        {i for i in commas if i < last},
    )


def _without_benign(
    raw: list[str], folded: list[str], commas: set[int], quoted: set[int]
) -> tuple[list[str], list[str], set[int], set[int]]:
    """Takes phrases such as "as soon as possible" out of the words."""
    row = " ".join(folded)
    drop: set[int] = set()
    for match in BENIGN.finditer(row):
        first = row.count(" ", 0, match.start())
        drop.update(range(first, first + match.group().count(" ") + 1))
    keep = [i for i in range(len(raw)) if i not in drop]
    place = {old: new for new, old in enumerate(keep)}
    return (
        [raw[i] for i in keep],
        [folded[i] for i in keep],
        {place[i] for i in commas if i in place},
        {place[i] for i in quoted if i in place},
    )


def is_closing(line: str) -> bool:
    """Whether a line is a sign-off: "Regards,", "Un saludo", "Mit freundlichen Grüßen"."""
    if len(line) > 60:
        return False
    tokens = [fold(t.replace("’", "'")).strip(".") for t in _TOKEN.findall(line)]
    return bool(tokens) and CLOSING.fullmatch(" ".join(tokens)) is not None
