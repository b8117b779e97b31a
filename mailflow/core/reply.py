"""What an answer to one of our letters means (DOMAIN.md §4, "How a reply is read").

The steps are small: new text → sentences → who speaks, which words decide → meaning. A yes is a
yes only if every word of its sentence belongs to saying yes, and nothing beside it takes it back
or makes it depend on something. Everything else is asked again, with the rule in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from mailflow.core import commands
from mailflow.core.address import find_addresses
from mailflow.core.form import read_lines
from mailflow.core.language import detect
from mailflow.core.newtext import OwnText
from mailflow.core.sentences import Sentence, split
from mailflow.core.words import (
    ACCEPT,
    ACCEPT_OPEN,
    AFTER,
    AFTER_PAIRS,
    BAD_SIGNS,
    BEFORE,
    BY_PART,
    CONFIRM,
    CONFIRM_OPEN,
    CUE_PHRASES,
    CUES,
    DECIDING,
    DOUBTS,
    GO_ON,
    GOING,
    HARMLESS,
    INVERTED,
    LEAD,
    NAME_AFTER,
    NEGATION,
    PAIRS,
    PHRASES,
    PLEASE,
    THINGS,
    YES,
    Intent,
)

__all__ = ["Intent", "Reply", "read_reply"]

_MAX_TEXT = 1000  # characters of a reason or comment that are kept
_MAX_COMMENT_WORDS = 60  # beside a yes; a longer letter wants a reader
_STUB = re.compile(r"html|browser|navegador|visor|viewer|navigateur", re.I)
_REFERENCE = re.compile(r"[a-z]{2,6}-(?=[a-z-]*\d)[a-z0-9-]{3,}$")  # of a request of ours


@dataclass(frozen=True, slots=True)
class Reply:
    """The meaning of a reply, and the rule that found it.

    `read` is the new text, short; `code` a fixed word for why nothing was understood ("empty",
    "unclear", "both", "not_yours", ""); `why` the rule in words.
    """

    intent: Intent
    language: str = ""
    argument: str = ""  # the nominated address
    text: str = ""  # reason, comment, case or feedback
    submission: commands.Submission | None = None
    read: str = ""
    why: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Meaning:
    intent: Intent
    why: str
    argument: str = ""
    text: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Hit:
    """A phrase of an intent: at which token of which sentence it begins and ends."""

    intent: Intent
    sentence: int
    start: int
    end: int


def read_reply(own: OwnText, part: str, subject: str = "") -> Reply:
    """Read an answer.

    Args:
        own: The author's new text.
        part: "partner" or "approver": which words count.
        subject: Only for HELP, STATUS and their like in a mail without text.

    Returns:
        The meaning; `Intent.UNKNOWN` with the reason whenever there is any doubt.
    """
    read = " ".join(own.text.split())[:300]
    language = detect(own.text)
    if part == "partner":
        submission = read_lines(own.lines)
        if submission.labelled:
            return Reply(
                Intent.CHANGE,
                submission.language or language,
                submission=submission,
                read=read,
                why="lines that name a field are a change, never a confirmation",
            )
    meaning = _meaning(own.text, part, own.names)
    if meaning.code == "empty" and subject:
        meaning = _subject(subject, part) or meaning
    if own.other is not None and meaning.intent in DECIDING:
        meaning = _agreed(meaning, own.other, part, own.names)
    return Reply(
        meaning.intent,
        language,
        meaning.argument,
        meaning.text,
        None,
        read,
        meaning.why,
        meaning.code,
    )


def _unknown(why: str, code: str = "unclear") -> _Meaning:
    return _Meaning(Intent.UNKNOWN, why, code=code)


def _agreed(meaning: _Meaning, other: str, part: str, names: frozenset[str]) -> _Meaning:
    """Plain text and HTML of one mail must say the same, unless one of them says nothing."""
    if not re.sub(r"[\W_]+", "", other) or (_STUB.search(other) and not _hits(split(other))):
        return meaning
    if _meaning(other, part, names).intent is meaning.intent:
        return meaning
    return _unknown("the plain text and the HTML of the mail say different things")


def _subject(subject: str, part: str) -> _Meaning | None:
    """A bare HELP or STATUS in the subject of an empty mail; never a decision."""
    meaning = _meaning(subject, part)
    if meaning.intent in DECIDING or meaning.intent is Intent.UNKNOWN:
        return None
    return meaning if len(subject.split()) <= 3 else None


def _meaning(text: str, part: str, names: frozenset[str] = frozenset()) -> _Meaning:
    sentences = split(text, names)
    if not sentences:
        return _unknown("there is no new text in the mail", "empty")
    hits = _hits(sentences)
    yes = part == "partner" and any(_says_yes(s) for s in sentences)
    found = {hit.intent for hit in hits} | ({Intent.CONFIRM} if yes else set())
    if not found:
        return _unknown("no word that we know decides anything")
    deciding = found & DECIDING
    if len(deciding) > 1:
        deciding = _without_denied(deciding, hits, sentences)
    if len(deciding) > 1:
        return _unknown(f"more than one decision: {', '.join(sorted(deciding))}", "both")
    if deciding:
        (intent,) = deciding
        if intent not in BY_PART[part]:
            return _unknown(f"{intent.upper()} is not a word of the {part}", "not_yours")
        if intent in (Intent.CONFIRM, Intent.ACCEPT):
            return _decision(intent, sentences)
        return _statement(intent, hits, sentences)
    others = [hit for hit in hits if hit.intent in BY_PART[part]]
    if not others:
        return _unknown(f"{hits[0].intent.upper()} is not a word of the {part}", "not_yours")
    return _request(others[0], sentences)


def _says_yes(sentence: Sentence) -> bool:
    """Whether a sentence begins with a yes: "Yes", "Sí, todo correcto", never "si" (if)."""
    for at, token in enumerate(sentence.tokens):
        if token in YES:
            return _is_yes(sentence, at)
        if token not in BEFORE:
            return False
    return False


def _is_yes(sentence: Sentence, at: int) -> bool:
    """ "si" without its accent is also *if*: it counts alone or before a comma only."""
    raw = sentence.raw[at].lower()
    if raw == "já":
        return False  # Portuguese "already", not German "yes"
    if sentence.tokens[at] == "si" and raw == "si":
        return len(sentence.tokens) == at + 1 or at in sentence.commas
    return True


def _hits(sentences: tuple[Sentence, ...]) -> list[_Hit]:
    """Every place where a phrase of ours stands; the longest phrase at each place."""
    found: list[_Hit] = []
    for number, sentence in enumerate(sentences):
        if sentence.greeting:
            continue
        tokens = sentence.tokens
        at = 0
        while at < len(tokens):
            token = tokens[at]
            hit: _Hit | None = None
            for intent, phrase in _INDEX.get(token, ()):
                if tokens[at : at + len(phrase)] == phrase and (
                    hit is None or len(phrase) > hit.end - hit.start
                ):
                    hit = _Hit(intent, number, at, at + len(phrase))
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
    for intent, words in ((Intent.CONFIRM, CONFIRM), (Intent.ACCEPT, ACCEPT)):
        for word in words:
            index.setdefault(word, []).append((intent, (word,)))
    return {word: tuple(entries) for word, entries in index.items()}


_INDEX = _build_index()


def _without_denied(
    deciding: set[Intent], hits: list[_Hit], sentences: tuple[Sentence, ...]
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


def _decision(intent: Intent, sentences: tuple[Sentence, ...]) -> _Meaning:
    """CONFIRM or ACCEPT: each sentence must say it whole, or be harmless."""
    strong, open_form = (
        (CONFIRM, CONFIRM_OPEN) if intent is Intent.CONFIRM else (ACCEPT, ACCEPT_OPEN)
    )
    said, comment, words = "", [], 0
    for sentence in sentences:
        if BAD_SIGNS.search(sentence.text):
            return _unknown("a sign in the text takes the word back")
        if "?" in sentence.end:
            return _unknown(f"a question: {sentence.text[:80]}")
        if sentence.greeting or sentence.closing:
            continue
        has_word = any(token in strong for token in sentence.tokens)
        yes = intent is Intent.CONFIRM and _says_yes(sentence)
        if has_word or yes:
            fault = _clear(sentence, strong, open_form)
            if fault:
                return _unknown(fault)
            if "…" in sentence.end:
                return _unknown("the sentence is left hanging")
            said = "word" if has_word else said or "yes"
            continue
        if HARMLESS.fullmatch(sentence.folded):
            comment.append(sentence.text)
            continue
        if sentence.signature:
            continue
        doubt = _doubt(sentence)
        if doubt:
            return _unknown(f"beside the word stands {doubt}: {sentence.text[:80]}")
        if not _tells_what_it_is(sentence):
            return _unknown(f"beside the word stands something to be read: {sentence.text[:80]}")
        words += len(sentence.tokens)
        comment.append(sentence.text)
    if not said:
        return _unknown("the word does not stand in a sentence of its own")
    if words > _MAX_COMMENT_WORDS:
        return _unknown("a long letter beside the word wants a reader")
    why = "the whole new text says just this" if not words else "a clear word, and a comment"
    return _Meaning(intent, why, text="\n".join(comment)[:_MAX_TEXT] if words else "")


def _tells_what_it_is(sentence: Sentence) -> bool:
    """Whether a sentence beside the word is thanks, haste, praise or "please go ahead".

    Words that take a yes back are beyond counting, so a comment is not passed because it holds
    none of those we know, but because it holds one that shows what it is for.
    """
    if any(token in CUES for token in sentence.tokens) or CUE_PHRASES.search(sentence.folded):
        return True
    return all(token in AFTER or token in BEFORE for token in sentence.tokens)


def _clear(sentence: Sentence, strong: frozenset[str], open_form: frozenset[str]) -> str:
    """What keeps a sentence from being a clear yes, "" if nothing does."""
    tokens = sentence.tokens
    at = next((i for i, token in enumerate(tokens) if token in strong), -1)
    yes_at = next((i for i, token in enumerate(tokens) if token in YES), -1)
    has_yes = yes_at >= 0 and _is_yes(sentence, yes_at)
    if yes_at >= 0 and not has_yes:
        return f"“{sentence.raw[yes_at]}” may mean a condition: {sentence.text[:80]}"
    if at < 0 and not GOING.intersection(tokens) and THINGS.intersection(tokens):
        return f"a yes to some other question: {sentence.text[:80]}"
    if ("ja", "ja") in pairwise(tokens):
        return f"not meant: {sentence.text[:80]}"
    if tokens[0] in INVERTED and not (len(tokens) > 1 and tokens[1] in GO_ON):
        return f"a question by its order of words: {sentence.text[:80]}"
    if at > 0 and tokens[at] in open_form and _still_to_do(tokens, at):
        return f"still to be done: {sentence.text[:80]}"
    clause = max((i for i in sentence.commas if i < at), default=-1)
    for number, word in enumerate(tokens):
        if word in strong:
            continue
        before = clause < number < at
        previous = tokens[number - 1] if number else ""
        following = tokens[number + 1] if number + 1 < len(tokens) else ""
        if word in (BEFORE if before else AFTER) or (word in PLEASE and number > at):
            continue
        if not before and number < at and word in BEFORE:
            continue
        if following in PAIRS.get(word, ()) or previous in AFTER_PAIRS.get(word, ()):
            continue
        if number > at and (_REFERENCE.match(word) or _name(sentence, number)):
            continue
        if word in NAME_AFTER and number > at and _name(sentence, number + 1):
            continue
        return (
            f"“{sentence.raw[number]}” beside the word makes it less than clear: "
            + (sentence.text[:80])
        )
    if at >= 0 and tokens[at] in open_form and not has_yes and at not in sentence.quoted:
        asks = [i for i, t in enumerate(tokens) if t in PLEASE and i != at]
        first_person = any(t in _FIRST for t in tokens[:at])
        near = [i for i in asks if i <= at + 2]
        if near and not first_person and not (near[0] > at and _goes_on(tokens, near[0])):
            return f"“please confirm” asks us, it does not say it: {sentence.text[:80]}"
    return ""


def _still_to_do(tokens: tuple[str, ...], at: int) -> bool:
    """An infinitive behind a preposition: "to confirm", "por confirmar", "zu bestätigen"."""
    previous = tokens[at - 1]
    if previous == "to" and at > 1 and tokens[at - 2] in AFTER_PAIRS["to"]:
        return False
    return previous in ("a", "to", "zu", "por", "para", "pour", "de")


_FIRST = frozenset(["i", "we", "yo", "nosotros", "eu", "nos", "je", "nous", "ich", "wir", "j'ai"])


def _goes_on(tokens: tuple[str, ...], please: int) -> bool:
    """ "Confirm, please proceed": the please belongs to the next verb."""
    return please + 1 < len(tokens)


def _name(sentence: Sentence, number: int) -> bool:
    """Whether the token is part of a name behind "for", "para", "account" …: "for Acme Iberia"."""
    if number >= len(sentence.tokens):
        return False
    for back in range(1, 7):
        at = number - back
        if at < 0:
            return False
        if sentence.tokens[at] in NAME_AFTER:
            break
        if not _capital(sentence.raw[at]):
            return False
    else:
        return False
    return _capital(sentence.raw[number]) and not _doubtful(sentence.tokens[number])


def _capital(raw: str) -> bool:
    return raw[:1].isupper() or raw[:1].isdigit() or raw in ("&", "S.L", "y", "e", "and", "de")


def _doubtful(token: str) -> bool:
    return any(token in words for _, words in DOUBTS)


def _doubt(sentence: Sentence) -> str:
    """What in a sentence takes a yes back or makes it depend on something, "" if nothing does."""
    if sentence.address and not sentence.signature:
        return "an address or a domain"
    for what, words in DOUBTS:
        for token in sentence.tokens:
            if token in words:
                return what
    return ""


def _statement(intent: Intent, hits: list[_Hit], sentences: tuple[Sentence, ...]) -> _Meaning:
    """CANCEL, DECLINE, NOT ME, NOMINATE: a sentence must say it; the rest is the reason."""
    hit = next(h for h in hits if h.intent is intent)
    sentence = sentences[hit.sentence]
    if BAD_SIGNS.search(sentence.text) or "?" in sentence.end:
        return _unknown(f"a question: {sentence.text[:80]}")
    before = sentence.tokens[: hit.start]
    strange = [t for t in before if t not in LEAD and t not in BEFORE]
    if strange or any(t in NEGATION for t in before):
        return _unknown(f"“{' '.join(before)}” before the word makes it less than clear")
    if intent is not Intent.NOT_ME and _earlier_doubt(hit, sentences):
        return _unknown("what stands before the word makes it less than clear")
    rest = sentence.tokens[hit.end :]
    kinds = dict(DOUBTS)
    hanging = any(t in kinds["a condition"] or t in kinds["a later time"] for t in rest)
    ends = intent in (Intent.CANCEL, Intent.DECLINE)
    if hanging and ends and not _reason_follows(sentence, hit.end):
        return _unknown(f"a condition or a later time: {sentence.text[:80]}")
    if intent is Intent.CANCEL and (what := _other_thing(sentence, hit)):
        return _unknown(f"“{what}” is something else to cancel")
    text = _rest(sentences, hit)
    if intent is Intent.NOMINATE:
        found = find_addresses(" ".join(s.text for s in sentences if not s.signature))
        if len(found) != 1:
            return _unknown("NOMINATE wants exactly one address")
        return _Meaning(intent, "one address behind the word", found[0], text)
    return _Meaning(intent, "the text says so first; the rest is the reason", text=text)


_BECAUSE_WORDS = (
    "because since as reason due porque ya pues debido motivo pois devido car parce raison "
    "weil da grund wegen"
)
_BECAUSE = frozenset(_BECAUSE_WORDS.split())


def _other_thing(sentence: Sentence, hit: _Hit) -> str:
    """The word behind CANCEL that makes it about something else ("cancel my flight"), or ""."""
    for number in range(hit.end, len(sentence.tokens)):
        word = sentence.tokens[number]
        if number - 1 in sentence.commas or word in _BECAUSE:
            return ""
        if word in AFTER or word in LEAD or word in PLEASE or _name(sentence, number):
            continue
        if word in NAME_AFTER and _name(sentence, number + 1):
            continue
        return sentence.raw[number]
    return ""


def _reason_follows(sentence: Sentence, end: int) -> bool:
    """Whether what follows is a reason ("because …", behind a comma or colon), not a condition."""
    return any(t in _BECAUSE for t in sentence.tokens[end : end + 6]) or (
        end - 1 in sentence.commas
    )


def _earlier_doubt(hit: _Hit, sentences: tuple[Sentence, ...]) -> bool:
    return any(
        _doubt(s) and not s.greeting and not HARMLESS.fullmatch(s.folded)
        for s in sentences[: hit.sentence]
    )


def _rest(sentences: tuple[Sentence, ...], hit: _Hit) -> str:
    """What was said besides the word: a reason, a comment, a remark; without the sign-off."""
    sentence = sentences[hit.sentence]
    parts = [sentence.after(hit.end)]
    parts += [s.text for s in sentences[hit.sentence + 1 :] if not s.closing and not s.signature]
    return "\n".join(p for p in parts if p).lstrip(" \n:,;.-–—").rstrip(" \n-–—")[:_MAX_TEXT]


def _request(hit: _Hit, sentences: tuple[Sentence, ...]) -> _Meaning:
    """READY, RENEW, RESEND, STATUS, HELP, CASE, FEEDBACK, ENGLISH: harmless, but not if denied."""
    sentence = sentences[hit.sentence]
    speaks = hit.intent in (Intent.CASE, Intent.FEEDBACK)  # what follows is theirs to say
    near = sentence.tokens[: hit.start if speaks else hit.end + 4]
    if any(t in NEGATION for t in near):
        return _unknown(f"a negation: {sentence.text[:80]}")
    if hit.intent in (Intent.RENEW, Intent.READY) and (
        "?" in sentence.end or _doubt_in(sentence, hit)
    ):
        return _unknown(f"less than a clear word: {sentence.text[:80]}")
    return _Meaning(hit.intent, "the word heads its sentence", text=_rest(sentences, hit))


def _doubt_in(sentence: Sentence, hit: _Hit) -> bool:
    rest = sentence.tokens[: hit.start] + sentence.tokens[hit.end :]
    return any(_doubtful(t) for t in rest)
