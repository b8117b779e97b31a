"""What a mail is, and what it asks for: one pure function over the message and the facts.

The order of the questions is the order of safety: first what a machine wrote (never a decision,
never answered), then who wrote it (not proven: nothing happens), then which of our letters it
answers, and only then what it says.
"""

from __future__ import annotations

from dataclasses import replace

from mailflow.core import commands as c
from mailflow.core import reference
from mailflow.core.asked import command_of
from mailflow.core.automatic import Automatic, automatic
from mailflow.core.bare import only_sentence
from mailflow.core.bounce import read_bounce
from mailflow.core.documents import brings_documents
from mailflow.core.form import is_passed_on, read_form
from mailflow.core.letter import Kind
from mailflow.core.message import Message, Unreadable
from mailflow.core.newtext import OwnText, own_text
from mailflow.core.othername import names_another
from mailflow.core.plain import in_plain_words
from mailflow.core.policy import Policy
from mailflow.core.quotation import edits, read_quotation
from mailflow.core.reading import Facts, LetterFacts, Reading
from mailflow.core.reply import Intent, read_reply
from mailflow.core.request import Fields
from mailflow.core.thanks import only_thanks
from mailflow.core.tongue import asked_language
from mailflow.core.verdict import Verdict

__all__ = ["Facts", "LetterFacts", "Reading", "answered_ids", "may_answer", "read"]

#: Values in our own quoted form, from which on they are somebody's own.
_ENOUGH = 2
_MAX_SAID = 2000  # characters in which a bare value is looked for
#: Headers whose doubling lets two programs read two different mails in the same bytes.
_TWO_FACED = frozenset({"duplicate:content-type", "duplicate:content-transfer-encoding"})


def read(
    message: Message | Unreadable,
    mail_from: str | None,
    facts: Facts,
    verdict: Verdict,
    policy: Policy,
) -> Reading:
    """Understand one mail.

    Args:
        message: As read by `message.read`.
        mail_from: Envelope sender; "" = null return path, None = unknown.
        facts: What the database knows about it.
        verdict: Whether its sender is proven.
        policy: Limits for reading fields.

    Returns:
        What it is, what follows, and the rule that decided. Never raises.
    """
    if isinstance(message, Unreadable):
        return Reading("stray", "quarantine", f"{message.reason}: {message.detail}")
    if _TWO_FACED & set(message.faults):
        return Reading("stray", "quarantine", f"two readings possible: {message.faults[0]} (I14)")
    if facts.ours:
        return Reading("automatic", "ignore", "our own mail came back (I16)")
    answered = facts.letter or facts.returned
    if machine := automatic(message, mail_from, answered.ours if answered else ()):
        return _unlisted(message, machine, facts, verdict) or _machine(message, machine, facts)
    if facts.returned:
        return Reading("stray", "quarantine", "a person's mail to a return path of ours")
    if not verdict.proven:
        return _unproven(message, facts, verdict)
    if facts.letter:
        return _answer(message, facts.letter, policy)
    if facts.unknown_token:
        return Reading("reply", "calm", "a secret address that we never issued (DOMAIN.md §4)")
    return _first(message, facts, policy)


def _machine(message: Message, machine: Automatic, facts: Facts) -> Reading:
    """Machines decide nothing and get no answer; two kinds of news are passed on (I16).

    Their mail proves nothing, so only a secret of the letter counts: a report that just names it
    is anybody's (DESIGN.md §2.4).
    """
    letter = facts.returned or facts.letter
    if letter and letter.matched_by != "token":
        letter = None
    if machine.kind in ("bounce", "delayed"):
        bounce = read_bounce(message)
        failed = [f for f in bounce.failures if f.permanent] if bounce else []
        if letter and failed:
            detail = failed[0].diagnostic or failed[0].status
            return Reading(
                "bounce", "apply", f"delivery to {letter.person} failed for good: {detail}",
                c.AddressFailed(letter.person, detail, letter.kind), "system",
                letter.request_id, machine=machine,
            )  # fmt: skip
        why = "a report that matches no letter of ours" if failed else "not a permanent failure"
        return Reading("bounce", "ignore", f"{machine.why}; {why}", machine=machine)
    if machine.kind == "out_of_office" and letter and letter.part == "approver":
        return Reading(
            "automatic", "apply", f"{machine.why}: the approver is away",
            c.Absent(letter.person, machine.absent_until), "system",
            letter.request_id, machine=machine,
        )  # fmt: skip
    return Reading("automatic", "ignore", machine.why, machine=machine)


def _unlisted(
    message: Message, machine: Automatic, facts: Facts, verdict: Verdict
) -> Reading | None:
    """UNSUBSCRIBE in words alone: the customer himself is told that this is no list, an added user
    is handed to a person.

    Whatever else stands in such a mail, it is never a decision.
    """
    letter = facts.letter
    if (
        machine.kind != "list"
        or not machine.words
        or letter is None
        or letter.withdrawn
        or message.sender != letter.person
        or not verdict.proven
    ):
        return None
    own = own_text(message)
    if letter.part == "user":
        return replace(_of_a_user(own, letter), machine=machine)
    if (letter.part, letter.matched_by) != ("approver", "token"):
        return None
    read = "\n".join(own.text.split("\n")[:3])[:300]
    return Reading(
        "reply", "apply", f"{machine.why}, from the customer", c.Unknown(read, "unsubscribe"),
        letter.part, letter.request_id, machine=machine,
    )  # fmt: skip


def _unproven(message: Message, facts: Facts, verdict: Verdict) -> Reading:
    """Nothing happens. Only a customer who holds his letter's secret is told, once, of the page."""
    letter = facts.letter
    why = f"the sender is not proven: {verdict.rule} (I13)"
    if (
        letter
        and letter.part == "approver"
        and letter.matched_by == "token"
        and not letter.withdrawn
        and verdict.result == "none"
        and message.sender == letter.person
    ):
        return Reading(
            "reply", "redirect", f"{why}; told once to use the page", part=letter.part,
            request_id=letter.request_id, outcome="unproven",
        )  # fmt: skip
    kind = "reply" if letter else "request"
    return Reading(kind, "quarantine", why, request_id=letter.request_id if letter else None)


def _answer(message: Message, letter: LetterFacts, policy: Policy) -> Reading:
    """A proven mail that answers one of our letters."""
    if letter.withdrawn and not letter.current:
        return Reading(
            "reply", "calm", "the secret was withdrawn from its holder (DOMAIN.md §4)",
            part=letter.part,
        )  # fmt: skip
    if not may_answer(message.sender, letter, policy):
        return Reading(
            "reply", "redirect", f"answered by {message.sender}, written to {letter.person}",
            part=letter.part, request_id=letter.request_id, outcome="wrong_sender",
        )  # fmt: skip
    own = own_text(message)
    if letter.part == "user":
        return _of_a_user(own, letter)
    if letter.part == "approver" and letter.matched_by == "reference":
        return Reading(
            "reply", "redirect", "the customer wrote without the secret of his letter",
            part=letter.part, request_id=letter.request_id, outcome="no_secret", own=own,
        )  # fmt: skip
    reply = read_reply(own, letter.part, message.subject)
    named = reference.find(own.text)
    if named and named != letter.reference:
        reply = replace(
            reply, intent=Intent.UNKNOWN, submission=None,
            code="another" if letter.part == "approver" else "unclear",
            why=f"it names {named}, but answers a letter about {letter.reference}",
        )  # fmt: skip
    elif reply.intent is Intent.ACCEPT:
        known = (*letter.ours, letter.account_domain, letter.person)
        if other := names_another(own, known):
            why = f"it accepts for “{other}”, but the letter is about {letter.account_domain}"
            reply = replace(reply, intent=Intent.UNKNOWN, code="another", why=why)
    quoted: tuple[c.Quoted, ...] = ()
    said, plain = "", c.NO_WORDS
    if letter.part == "partner" and reply.intent in (Intent.CONFIRM, Intent.UNKNOWN):
        quoted = read_quotation(message)
        said = only_sentence(own.text[:_MAX_SAID], own.names)
        if reply.intent is Intent.UNKNOWN and not (named and named != letter.reference):
            plain = in_plain_words(own.text, own.names, message.sender)
    command = c.Resend() if letter.withdrawn else command_of(reply, letter, quoted, said, plain)
    why = "an older letter: the newest is sent again" if letter.withdrawn else reply.why
    return Reading(
        "reply", "apply", why, command, letter.part, letter.request_id,
        reply=reply, submission=reply.submission, own=own,
    )  # fmt: skip


def _of_a_user(own: OwnText, letter: LetterFacts) -> Reading:
    """An added user's answer goes to a person, with his words, whatever they are (S04).

    Only a wish for another language is met at once. What looks like a footer ("UNSUBSCRIBE") is
    among his words: there is nothing else that he could have meant.
    """
    if letter.kind == Kind.ACCESS and (asked := asked_language(own)):
        return Reading(
            "reply", "apply", "he asks for our letter in another language",
            c.English(letter.kind, asked), "user", letter.request_id, own=own,
        )  # fmt: skip
    footers = [cut.text for cut in own.cut if cut.what == "footer"]
    words = own.text.strip() or "\n".join(footers).strip()
    return Reading(
        "reply", "apply", "an answer to a letter that asks for none: to a person",
        c.Case(words), "user", letter.request_id, own=own,
    )  # fmt: skip


def may_answer(sender: str, letter: LetterFacts, policy: Policy) -> bool:
    """The addressee; for the customer also a colleague in the domain, where the policy says so."""
    if sender == letter.person:
        return True
    domain = sender.rpartition("@")[2]
    return (
        policy.domain_colleagues_may_accept
        and letter.part == "approver"
        and bool(letter.account_domain)
        and domain == letter.account_domain
    )


def _first(message: Message, facts: Facts, policy: Policy) -> Reading:
    """A proven mail that begins something: a request, or a bare HELP, CASE, FEEDBACK, ENGLISH.

    An answer to a letter that belongs to no request (the form, a refusal) begins one only with
    lines of its own: its subject is ours.
    """
    own = own_text(message)
    answers = bool(facts.answers) or is_passed_on(message.subject)
    submission = read_form(own, message.subject, policy, answers=answers)
    if facts.answers and not submission.labelled:
        submission = _in_our_form(message) or submission
    if answers and not submission.labelled and only_thanks(own.text, own.names):
        return Reading("reply", "ignore", "it only says thanks, and nothing is open", own=own)
    reply = None
    command: c.Command = c.Open(
        submission, submission.language, own.text.strip()[:300], brings_documents(message)
    )
    if not submission.fields.given():
        reply = read_reply(own, "partner", message.subject)
        simple: dict[Intent, c.Command] = {
            Intent.HELP: c.Help(),
            Intent.CASE: c.Case(reply.text),
            Intent.FEEDBACK: c.Feedback(reply.text),
            Intent.ENGLISH: c.English(Kind.HELP),
            Intent.LANGUAGE: c.English(Kind.HELP, reply.argument),
        }
        command = simple.get(reply.intent, command)
    return Reading(
        "request", "apply", "a mail to the address starts a request (S08)", command, "partner",
        reply=reply, submission=submission, own=own,
    )  # fmt: skip


def _in_our_form(message: Message) -> c.Submission | None:
    """Values that somebody filled in inside our quoted form; they open no more than a review."""
    fields = edits(read_quotation(message), Fields(), whole=False).fields
    if len(fields.given()) < _ENOUGH and not fields.account_name:
        return None  # a guess of ours, perhaps, that came back as it was
    return c.Submission(fields)


def answered_ids(message: Message | Unreadable) -> tuple[str, ...]:
    """Message-IDs that this mail says it answers, the nearest first."""
    if isinstance(message, Unreadable):
        return ()
    return tuple(dict.fromkeys((*message.in_reply_to, *reversed(message.references))))
