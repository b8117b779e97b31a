"""New text as sentences of folded words, each with what it is: greeting, sign-off, signature."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailflow.core.hygiene import clean_text, fold
from mailflow.core.words import BENIGN, CLOSING, DOUBTS, GREETING, HARMLESS, THANKS

_MAX_SENTENCES = 200
_WRAPPED = 50  # a line at least so long may go on in the next
_BREAK = re.compile(r"(?<=[.!?;…。！？¡¿])[\s\"'»”)*_]+|\s+(?=¿)")
_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s+(?=\D)")
_CLAUSE = re.compile(r",\s+|\s+[-–—]\s+")
_TOKEN = re.compile(r"[^\W_]+(?:(?:['’.-]|&)[^\W_]+)*|&")
_DOMAIN = re.compile(r"@|\bhttps?:|\bwww\.|\b[a-z0-9-]+\.(?:[a-z0-9-]+\.)*[a-z]{2,}\b", re.I)
_PHONE = re.compile(
    r"(?:\+|\(|\b(?:tel|tfno|tlf|phone|mobile|mob|m[oó]vil|fax|t|m|p|f|cel|handy)\b\W*)[\d\s().+/-]{5,}",
    re.I,
)
_CONTACT = re.compile(
    r"@|https?:|www\.|\b(?:tel|tfno|fax|linkedin|street|calle|avenida|rua|rue|stra(?:ss|ß)e)\b",
    re.I,
)
_TITLE = re.compile(
    r"\b(?:manager|director|engineer|head|lead|sales|consultant|specialist|officer|ceo|cto|cio|cfo|partner|account|assistant|administrator|"
    r"gerente|directora?|ingeniero|ingeniera|responsable|jefe|comercial|consultora?|diretora?|engenheiro|vendas|directeur|directrice|ing[eé]nieur|"
    r"leiter|leiterin|vertrieb|geschäftsführer|berater|team|department|departamento|abteilung|gmbh|inc|ltd|llc|s\.?l\.?|s\.?a\.?|lda|ag|bv)\b",
    re.I,
)
_OFFICES = frozenset(["manager", "supervisor", "office"])
_PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "del",
        "la",
        "van",
        "von",
        "der",
        "di",
        "y",
        "e",
        "&",
        "and",
        "of",
        "the",
        "dos",
        "du",
        "le",
        "und",
        "et",
    ]
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `raw` and `tokens` (folded) run side by side; `commas` are the indices of
    tokens that a comma, colon or dash follows; `quoted` those in quotation marks."""

    text: str
    raw: tuple[str, ...]
    tokens: tuple[str, ...]
    commas: frozenset[int] = frozenset()
    quoted: frozenset[int] = frozenset()
    end: str = ""  # "?", "!", ".", "…" or ""
    greeting: bool = False
    closing: bool = False
    signature: bool = False
    address: bool = False

    @property
    def folded(self) -> str:
        """The folded words in a row, as the patterns of whole sentences want them."""
        return " ".join(self.tokens)

    def after(self, token: int) -> str:
        """The text behind the token of that index."""
        if token >= len(self.raw):
            return ""
        at = 0
        for raw in self.raw[:token]:
            at = self.text.index(raw, at) + len(raw)
        return self.text[at:].strip(" :,;.-–—*_\"'")


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
    return tuple(_placed(found, names))


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
        if HARMLESS.fullmatch(folded) or CLOSING.fullmatch(folded) or THANKS.match(folded):
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


def _placed(found: list[Sentence], names: frozenset[str]) -> list[Sentence]:
    """Marks the greeting at the head, the sign-off, and the names and numbers below it."""
    out: list[Sentence] = []
    head = True
    signed = False
    for number, sentence in enumerate(found):
        folded = sentence.folded
        if head and number < 2 and _is_greeting(sentence):
            out.append(replace(sentence, greeting=True))
            continue
        if CLOSING.fullmatch(folded) and "?" not in sentence.end:
            out.append(replace(sentence, closing=True))
            signed = signed or number > 0
            continue
        head = False
        last = number > 0 and _signs(found[number:], names)
        if (signed or last) and _like_signature(sentence):
            out.append(replace(sentence, signature=True))
            signed = True
            continue
        out.append(sentence)
    return out


def _signs(rest: list[Sentence], names: frozenset[str]) -> bool:
    """Whether all that is left looks like a signature, and like that of the sender."""
    if not all(_like_signature(sentence) for sentence in rest):
        return False
    tokens = {t for sentence in rest for token in sentence.tokens for t in _split_name(token)}
    if tokens & names:
        return True
    first = rest[0].tokens[0][:1] if rest[0].tokens else ""
    initials = {name[0] for name in names}
    return bool(_PHONE.search(rest[-1].text)) or (len(rest) == 1 and first in initials)


def _split_name(token: str) -> list[str]:
    return re.split(r"[.@_-]", token)


def _is_greeting(sentence: Sentence) -> bool:
    words = sentence.tokens
    if not words or len(words) > 7 or "?" in sentence.end:
        return False
    if not GREETING.match(sentence.folded + ","):
        return False
    return not any(word in doubts for word in words for _, doubts in DOUBTS)


def _like_signature(sentence: Sentence) -> bool:
    """A name, a title, a company, a number, an address: nothing that says anything."""
    if "?" in sentence.end:
        return False
    for token in sentence.tokens:
        if token not in _OFFICES and any(token in doubts for _, doubts in DOUBTS):
            return False
    if CLOSING.fullmatch(sentence.folded):
        return True
    if not sentence.raw or _PHONE.search(sentence.text):
        return True
    if len(sentence.raw) > 12:
        return False
    if _CONTACT.search(sentence.text):
        return True
    capital = all(
        r[:1].isupper() or r[:1].isdigit() or r.lower() in _PARTICLES for r in sentence.raw
    )
    return capital and (len(sentence.raw) <= 6 or bool(_TITLE.search(sentence.text)))


def is_closing(line: str) -> bool:
    """Whether a line is a sign-off: "Regards,", "Un saludo", "Mit freundlichen Grüßen"."""
    if len(line) > 60:
        return False
    tokens = [fold(t.replace("’", "'")).strip(".") for t in _TOKEN.findall(line)]
    return bool(tokens) and CLOSING.fullmatch(" ".join(tokens)) is not None
