"""CANCEL, DECLINE, NOT ME, NOMINATE, and the words that only ask for something.

They need less than a yes: the word must be said, not denied, asked or put off; what follows it is
the reason.
"""

from __future__ import annotations

from mailflow.core.address import find_addresses
from mailflow.core.clear import doubt_of, is_doubtful, is_name
from mailflow.core.courtesy import harmless
from mailflow.core.doubts import BAD_SIGNS, DOUBTS, NEGATION
from mailflow.core.hits import Hit
from mailflow.core.meaning import Meaning, unknown
from mailflow.core.misgiving import misgiving
from mailflow.core.sentence import Sentence
from mailflow.core.words import AFTER, BEFORE, LEAD, NAME_AFTER, PLEASE, Intent

MAX_TEXT = 1000  # characters of a reason or comment that are kept


def read_statement(intent: Intent, hits: list[Hit], sentences: tuple[Sentence, ...]) -> Meaning:
    """CANCEL, DECLINE, NOT ME, NOMINATE: a sentence must say it; the rest is the reason."""
    hit = next(h for h in hits if h.intent is intent)
    sentence = sentences[hit.sentence]
    if BAD_SIGNS.search(sentence.text) or "?" in sentence.end:
        return unknown(f"a question: {sentence.text[:80]}", misgiving(sentence))
    before = sentence.tokens[: hit.start]
    strange = [t for t in before if t not in LEAD and t not in BEFORE]
    if strange or any(t in NEGATION for t in before):
        less = f"“{' '.join(before)}” before the word makes it less than clear"
        return unknown(less, misgiving(sentence))
    if intent is not Intent.NOT_ME and _earlier_doubt(hit, sentences):
        return unknown("what stands before the word makes it less than clear")
    rest = sentence.tokens[hit.end :]
    kinds = dict(DOUBTS)
    hanging = any(t in kinds["a condition"] or t in kinds["a later time"] for t in rest)
    ends = intent in (Intent.CANCEL, Intent.DECLINE)
    if hanging and ends and not _reason_follows(sentence, hit.end):
        hangs = f"a condition or a later time: {sentence.text[:80]}"
        return unknown(hangs, misgiving(sentence))
    if intent is Intent.CANCEL and (what := _other_thing(sentence, hit)):
        return unknown(f"“{what}” is something else to cancel")
    text = _rest(sentences, hit)
    if intent is Intent.NOMINATE:
        found = find_addresses(" ".join(s.text for s in sentences if not s.signature))
        if len(found) != 1:
            return unknown("NOMINATE wants exactly one address")
        return Meaning(intent, "one address behind the word", found[0], text)
    return Meaning(intent, "the text says so first; the rest is the reason", text=text)


_BECAUSE_WORDS = (
    "because since as reason due porque ya pues debido motivo pois devido car parce raison "
    "weil da grund wegen"
)


_BECAUSE = frozenset(_BECAUSE_WORDS.split())


def _other_thing(sentence: Sentence, hit: Hit) -> str:
    """The word behind CANCEL that makes it about something else ("cancel my flight"), or ""."""
    for number in range(hit.end, len(sentence.tokens)):
        word = sentence.tokens[number]
        if number - 1 in sentence.commas or word in _BECAUSE:
            return ""
        if word in AFTER or word in LEAD or word in PLEASE or is_name(sentence, number):
            continue
        if word in NAME_AFTER and is_name(sentence, number + 1):
            continue
        return sentence.raw[number]
    return ""


def _reason_follows(sentence: Sentence, end: int) -> bool:
    """Whether what follows is a reason ("because …", behind a comma or colon), not a condition."""
    return any(t in _BECAUSE for t in sentence.tokens[end : end + 6]) or (
        end - 1 in sentence.commas
    )


def _earlier_doubt(hit: Hit, sentences: tuple[Sentence, ...]) -> bool:
    return any(
        doubt_of(s) and not s.greeting and not harmless(s.folded) for s in sentences[: hit.sentence]
    )


def _rest(sentences: tuple[Sentence, ...], hit: Hit) -> str:
    """What was said besides the word: a reason, a comment, a remark; without the sign-off."""
    sentence = sentences[hit.sentence]
    parts = [sentence.after(hit.end)]
    parts += [s.text for s in sentences[hit.sentence + 1 :] if not s.closing and not s.signature]
    return "\n".join(p for p in parts if p).lstrip(" \n:,;.-–—").rstrip(" \n-–—")[:MAX_TEXT]


def read_wish(hit: Hit, sentences: tuple[Sentence, ...]) -> Meaning:
    """READY, RENEW, RESEND, STATUS, HELP, CASE, FEEDBACK, ENGLISH: harmless, but not if denied."""
    sentence = sentences[hit.sentence]
    speaks = hit.intent in (Intent.CASE, Intent.FEEDBACK)  # what follows is theirs to say
    near = sentence.tokens[: hit.start if speaks else hit.end + 4]
    if any(t in NEGATION for t in near):
        return unknown(f"a negation: {sentence.text[:80]}", misgiving(sentence))
    if hit.intent in (Intent.RENEW, Intent.READY) and (
        "?" in sentence.end or _doubt_in(sentence, hit)
    ):
        return unknown(f"less than a clear word: {sentence.text[:80]}", misgiving(sentence))
    return Meaning(hit.intent, "the word heads its sentence", text=_rest(sentences, hit))


def _doubt_in(sentence: Sentence, hit: Hit) -> bool:
    rest = sentence.tokens[: hit.start] + sentence.tokens[hit.end :]
    return any(is_doubtful(t) for t in rest)
