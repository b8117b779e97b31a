"""What an answer to one of our letters means (DOMAIN.md §4, "How a reply is read").

The steps are small: new text → sentences → who speaks, which words decide → meaning. A yes is a
yes only if every word of its sentence belongs to saying yes, and nothing beside it takes it back
or makes it depend on something. Everything else is asked again, with the rule in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailflow.core import commands
from mailflow.core.clear import (
    asks_us,
    doubt_of,
    names_account,
    only_orders,
    says_go,
    says_the_same,
    says_yes,
    speaks_to_somebody,
    tells_what_it_is,
    unclear,
)
from mailflow.core.courtesy import harmless
from mailflow.core.doubts import BAD_SIGNS
from mailflow.core.form import read_lines
from mailflow.core.guess import NO_GUESS, Guess, asks, guess, says_accept
from mailflow.core.hits import find_hits, without_denied
from mailflow.core.language import detect
from mailflow.core.meaning import Meaning, unknown
from mailflow.core.misgiving import misgiving, of_all
from mailflow.core.newtext import OwnText
from mailflow.core.quoting import MARKED
from mailflow.core.sentence import Sentence
from mailflow.core.sentences import split
from mailflow.core.statements import MAX_TEXT, read_statement, read_wish
from mailflow.core.tongue import asked_in
from mailflow.core.words import (
    ACCEPT,
    ACCEPT_OPEN,
    ACCEPT_ORDER,
    BY_PART,
    CONFIRM,
    CONFIRM_OPEN,
    DECIDING,
    Intent,
)

__all__ = ["Intent", "Reply", "read_reply"]

_MAX_COMMENT_WORDS = 60  # beside a yes; a longer letter wants a reader
_MAX_READ = 40_000  # characters; nobody answers in so many, and reading them takes seconds
_THUMB = re.compile("[\U0001f44d\U0001f44c✅✔]")
_OFF = re.compile(r"\W*unsubscribe\b|\W*(?:darse de baja|cancelar inscrição)\b", re.I)
_STUB = re.compile(r"html|browser|navegador|visor|viewer|navigateur", re.I)


@dataclass(frozen=True, slots=True)
class Reply:
    """The meaning of a reply, and the rule that found it.

    `read` is the new text, short; `code` a fixed word for why nothing was understood
    (`meaning.unknown`), else ""; `why` the rule in words.
    """

    intent: Intent
    language: str = ""
    argument: str = ""  # the nominated address, or the language asked for
    text: str = ""  # reason, comment, case or feedback
    submission: commands.Submission | None = None
    read: str = ""
    why: str = ""
    code: str = ""
    guess: Guess = NO_GUESS  # of a customer who said no clear word
    also_confirms: bool = False  # a change with a CONFIRM above it


def read_reply(own: OwnText, part: str, subject: str = "") -> Reply:
    """Read an answer.

    Args:
        own: The author's new text.
        part: "partner" or "approver": which words count.
        subject: Only for HELP, STATUS and their like in a mail without text.

    Returns:
        The meaning; `Intent.UNKNOWN` with the reason whenever there is any doubt.
    """
    read = "\n".join(filter(None, (" ".join(line.split()) for line in own.lines)))[:300]
    language = detect(own.text)
    if part == "partner":
        submission = read_lines(own.lines, own.names)
        if submission.labelled:
            return Reply(
                Intent.CHANGE,
                submission.language or language,
                submission=submission,
                read=read,
                why="lines that name a field are a change, never a confirmation",
                also_confirms=_confirms_first(own.lines),
            )
    meaning = _meaning(own.text, part, own.names)
    if meaning.intent is Intent.LANGUAGE:
        language = meaning.argument
    if meaning.code == "empty" and subject:
        meaning = _subject(subject, part) or meaning
    near = NO_GUESS
    if part == "approver" and meaning.intent is Intent.UNKNOWN:
        meaning, near = _near(meaning, own)
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
        near,
    )


def _confirms_first(lines: tuple[str, ...]) -> bool:
    """Whether a CONFIRM stands on a line of its own above the lines of a change, or below them."""
    said = [line for line in lines if line.strip()]
    return any(
        len(line) < 80 and _meaning(line, "partner").intent is Intent.CONFIRM
        for line in (*said[:2], *said[2:][-1:])
    )


def _agreed(meaning: Meaning, other: str, part: str, names: frozenset[str]) -> Meaning:
    """Plain text and HTML of one mail must say the same, unless one of them says nothing."""
    if not re.sub(r"[\W_]+", "", other) or (
        len(other) <= _MAX_READ and _STUB.search(other) and not find_hits(split(other))
    ):
        return meaning
    if _meaning(other, part, names).intent is meaning.intent:
        return meaning
    return unknown("the plain text and the HTML of the mail say different things")


def _subject(subject: str, part: str) -> Meaning | None:
    """A bare HELP or STATUS in the subject of an empty mail; never a decision."""
    meaning = _meaning(subject, part)
    if meaning.intent is Intent.UNKNOWN or len(subject.split()) > 3:
        return None
    if meaning.intent in DECIDING:
        return unknown("a decision in the subject alone", "in_subject")
    return meaning


def _near(meaning: Meaning, own: OwnText) -> tuple[Meaning, Guess]:
    """What a customer may have meant, and more exactly what is unclear; it decides nothing."""
    text, code = own.text, meaning.code
    if _THUMB.search(text) and not re.search(r"\w", text):
        return replace(meaning, code="thumb"), Guess("accept")
    if code == "empty":
        off = any(cut.what == "footer" and _OFF.match(cut.text) for cut in own.cut)
        return (replace(meaning, code="unsubscribe") if off else meaning), NO_GUESS
    if len(text) > _MAX_READ:
        return meaning, NO_GUESS
    if says_accept(text) and (code == "question" or (code == "unclear" and len(text.split()) > 4)):
        return replace(meaning, code="accept_but"), NO_GUESS
    near = guess(text)
    if near.word == "unsubscribe":
        return replace(meaning, code="unsubscribe"), NO_GUESS
    if code == "unclear" and asks(text):
        return replace(meaning, code="question"), near
    return meaning, near


def _meaning(text: str, part: str, names: frozenset[str] = frozenset()) -> Meaning:
    if len(text) > _MAX_READ:
        return unknown("so long a text wants a reader")
    sentences = split(text, names)
    if not sentences:
        return unknown("there is no new text in the mail", "empty")
    hits = find_hits(sentences)
    yes = part == "partner" and any(says_yes(s) or says_go(s) for s in sentences)
    found = {hit.intent for hit in hits} | ({Intent.CONFIRM} if yes else set())
    if not found:
        if tongue := asked_in(sentences):
            intent = Intent.ENGLISH if tongue == "en" else Intent.LANGUAGE
            return Meaning(intent, "it asks for a language, and for nothing else", tongue)
        return unknown("no word that we know decides anything", of_all(sentences))
    deciding = found & DECIDING
    if deciding and _on_a_marked_line(text, names):
        return unknown("the word stands on a line marked as quoted ones are")
    if part == "approver" and Intent.ACCEPT in deciding:
        deciding -= {Intent.CONFIRM}  # his word is ACCEPT; a confirm beside it must fit in
    if len(deciding) > 1:
        deciding = without_denied(deciding, hits, sentences)
    if len(deciding) > 1:
        return unknown(f"more than one decision: {', '.join(sorted(deciding))}", "both")
    if deciding:
        (intent,) = deciding
        if intent not in BY_PART[part]:
            return unknown(f"{intent.upper()} is not a word of the {part}", "not_yours")
        if intent in (Intent.CONFIRM, Intent.ACCEPT):
            return _decision(intent, sentences)
        return read_statement(intent, hits, sentences)
    others = [hit for hit in hits if hit.intent in BY_PART[part]]
    if not others:
        return unknown(f"{hits[0].intent.upper()} is not a word of the {part}", "not_yours")
    return read_wish(others[0], sentences)


def _on_a_marked_line(text: str, names: frozenset[str]) -> bool:
    """Whether a deciding word stands on a line that begins as a quoted one may (": CONFIRM")."""
    lines = [line for line in text.split("\n") if MARKED.match(line)]
    if not lines:
        return False
    sentences = split("\n\n".join(lines), names)
    return any(hit.intent in DECIDING for hit in find_hits(sentences)) or any(
        says_yes(sentence) for sentence in sentences
    )


def _asks_it(sentence: Sentence) -> bool:
    """Whether a question is hardly more than the word: "CONFIRM?", "Shall I confirm?"."""
    return len(sentence.tokens) <= 4 and not CONFIRM.isdisjoint(sentence.tokens)


def _decision(intent: Intent, sentences: tuple[Sentence, ...]) -> Meaning:
    """CONFIRM or ACCEPT: each sentence must say it whole, or be harmless."""
    strong, open_form = (
        (CONFIRM, CONFIRM_OPEN) if intent is Intent.CONFIRM else (ACCEPT, ACCEPT_OPEN)
    )
    also = strong | CONFIRM  # "I accept and confirm that …"
    # "Please activate the account" is his yes if he says it to us, and not to "Hi Ben".
    ours = intent is Intent.ACCEPT and not any(speaks_to_somebody(s) for s in sentences)
    said, asked, comment, words = "", "", [], 0
    for sentence in sentences:
        if BAD_SIGNS.search(sentence.text):
            return unknown("a sign in the text takes the word back")
        if "?" in sentence.end:
            code = "asked" if intent is Intent.CONFIRM and _asks_it(sentence) else "question"
            return unknown(f"a question: {sentence.text[:80]}", code)
        if sentence.greeting or sentence.closing:
            continue
        has_word = any(token in strong for token in sentence.tokens)
        if intent is Intent.CONFIRM and says_go(sentence):
            said = said or "yes"
            continue
        yes = intent is Intent.CONFIRM and says_yes(sentence)
        if has_word or yes:
            fault = unclear(sentence, also, open_form)
            if fault:
                return unknown(fault, misgiving(sentence))
            told = names_account(sentence) or only_orders(sentence, ACCEPT_ORDER)
            orders = ACCEPT_ORDER if ours and told else frozenset()
            if asks_us(sentence, strong - orders, open_form):
                asked = f"“please confirm” asks us, it does not say it: {sentence.text[:80]}"
                continue
            if sentence.end in ("…", ":"):
                return unknown("the sentence is left hanging")
            said = "word" if has_word else said or "yes"
            continue
        if harmless(sentence.folded):
            comment.append(sentence.text)
            continue
        if sentence.signature:
            continue
        if says_the_same(sentence):
            continue
        doubt = doubt_of(sentence)
        if doubt:
            beside = f"beside the word stands {doubt}: {sentence.text[:80]}"
            return unknown(beside, misgiving(sentence))
        if not tells_what_it_is(sentence):
            return unknown(f"beside the word stands something to be read: {sentence.text[:80]}")
        words += len(sentence.tokens)
        comment.append(sentence.text)
    if not said:
        return unknown(asked or "the word does not stand in a sentence of its own")
    if words > _MAX_COMMENT_WORDS:
        return unknown("a long letter beside the word wants a reader")
    why = "the whole new text says just this" if not words else "a clear word, and a comment"
    return Meaning(intent, why, text="\n".join(comment)[:MAX_TEXT] if words else "")
