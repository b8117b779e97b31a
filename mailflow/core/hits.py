"""Where in a text the words of an intent stand, and whether they are denied there."""

from __future__ import annotations

from dataclasses import dataclass

from mailflow.core.doubts import NEGATION
from mailflow.core.sentence import Sentence
from mailflow.core.words import ACCEPT, CONFIRM, DECIDING, LEAD, PHRASES, Intent


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase of an intent: at which token of which sentence it begins and ends."""

    intent: Intent
    sentence: int
    start: int
    end: int


def find_hits(sentences: tuple[Sentence, ...]) -> list[Hit]:
    """Every place where a phrase of ours stands; the longest phrase at each place."""
    found: list[Hit] = []
    for number, sentence in enumerate(sentences):
        if sentence.greeting:
            continue
        tokens = sentence.tokens
        at = 0
        while at < len(tokens):
            token = tokens[at]
            hit: Hit | None = None
            for intent, phrase in _INDEX.get(token, ()):
                if tokens[at : at + len(phrase)] == phrase and (
                    hit is None or len(phrase) > hit.end - hit.start
                ):
                    hit = Hit(intent, number, at, at + len(phrase))
            if hit and (hit.intent in DECIDING or _leads(sentence, at, hit.end)):
                found.append(hit)
            at = hit.end if hit else at + 1
    return found


def _leads(sentence: Sentence, start: int, end: int) -> bool:
    """Whether a lesser word ("help", "status") heads its sentence, as an order does."""
    before = sentence.tokens[:start]
    if any(token not in LEAD for token in before):
        return False
    return len(sentence.tokens) <= 4 or not before or end == len(sentence.tokens)


def _build_index() -> dict[str, tuple[tuple[Intent, tuple[str, ...]], ...]]:
    index: dict[str, list[tuple[Intent, tuple[str, ...]]]] = {}
    for intent, phrases in PHRASES.items():
        for phrase in phrases:
            words = tuple(phrase.split())
            index.setdefault(words[0], []).append((intent, words))
    for intent, single in ((Intent.CONFIRM, CONFIRM), (Intent.ACCEPT, ACCEPT)):
        for word in single:
            index.setdefault(word, []).append((intent, (word,)))
    return {word: tuple(entries) for word, entries in index.items()}


_INDEX = _build_index()


def without_denied(
    deciding: set[Intent], hits: list[Hit], sentences: tuple[Sentence, ...]
) -> set[Intent]:
    """ "I decline, I cannot accept this" is one decision: a denied yes beside a no is a no."""
    if not deciding & {Intent.DECLINE, Intent.CANCEL, Intent.NOT_ME}:
        return deciding
    left = set(deciding)
    for intent in deciding & {Intent.ACCEPT, Intent.CONFIRM}:
        own = [hit for hit in hits if hit.intent is intent]
        if own and all(_denied(sentences[h.sentence], h.start) for h in own):
            left.discard(intent)
    return left


def _denied(sentence: Sentence, at: int) -> bool:
    """Whether a negation stands before the word, in the same clause."""
    clause = max((i for i in sentence.commas if i < at), default=-1) + 1
    return any(token in NEGATION for token in sentence.tokens[max(clause, at - 4) : at])
