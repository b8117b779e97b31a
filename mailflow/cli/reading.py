"""Rehearsal of one mail: how it is understood and what would be answered. Pure.

The service's own functions do the work, in the service's own order: `core.classify` reads the
mail, `core.machine` decides. Nothing is stored and nothing is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mailflow.core import classify, machine
from mailflow.core.classify import Facts, LetterFacts, Reading
from mailflow.core.commands import Actor, Open
from mailflow.core.decision import Decision, World
from mailflow.core.form import read_form
from mailflow.core.language import detect
from mailflow.core.message import Message, Unreadable
from mailflow.core.newtext import own_text
from mailflow.core.policy import Policy
from mailflow.core.request import FIELD_NAMES, Fields, Person, Request, State
from mailflow.core.verdict import Verdict

#: The letter that a reply is taken to answer, by who is taken to have got it.
PARTS = {"partner": ("partner", "review"), "customer": ("approver", "activation")}
_MADE_UP = "R-0000000"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that is known beside the mail itself.

    `request` is the one that the answered letter is about; `remark` says what was assumed, because
    no database could be asked.
    """

    facts: Facts
    verdict: Verdict
    world: World
    request: Request | None = None
    remark: str = ""


def understand(
    file: str, message: Message | Unreadable, mail_from: str | None, situation: Situation
) -> dict[str, Any]:
    """Read one mail and decide on it; the result is one line of `mailflow read --json`."""
    world, facts = situation.world, situation.facts
    reading = classify.read(message, mail_from, facts, situation.verdict, world.policy)
    reading = _read_anyway(reading, message, world.policy)
    sender = message.sender if isinstance(message, Message) else ""
    decision = _decide(reading, sender, situation)
    shown = decision or _preview(reading, sender, situation)
    found = _fields(reading, shown)
    refused = decision is not None and decision.outcome == "refuse"
    reasons = [reading.why]
    if decision and decision.reason and not refused:
        reasons.append(decision.reason)
    reply = reading.reply
    return {
        "file": file,
        "kind": reading.kind,
        "outcome": _outcome(reading, decision),
        "intent": str(reply.intent) if reply and reading.kind == "reply" else "",
        "language": _language(reading),
        "fields": {name: getattr(found, name) for name in FIELD_NAMES},
        "errors": [p.code for p in _problems(reading, shown, "errors")],
        "warnings": [p.code for p in _problems(reading, shown, "warnings")],
        "reason": decision.reason if decision and refused else "",
        "authenticated": situation.verdict.result,
        "authenticated_by": situation.verdict.rule,
        "reply": _answered(reading, decision, sender),
        "letters": [f"{m.kind}: {m.to}" for m in decision.letters] if decision else [],
        "why": "; ".join([*filter(None, reasons), *filter(None, [situation.remark])]),
    }


def _read_anyway(reading: Reading, message: Message | Unreadable, policy: Policy) -> Reading:
    """A request that is set aside for want of proof, with the fields it would have.

    Of a reply that is not proven no word counts, so none is shown.
    """
    if reading.do != "quarantine" or reading.kind != "request" or isinstance(message, Unreadable):
        return reading
    own = own_text(message)
    return replace(reading, own=own, submission=read_form(own, message.subject, policy))


def made_up(part: str, sender: str, now: datetime) -> tuple[LetterFacts, Request]:
    """A letter of ours to `sender`, and its request, for a file that answers one (--reply-as)."""
    part, kind = PARTS[part]
    partner = part == "partner"
    request = Request(
        reference=_MADE_UP,
        state=State.REVIEW if partner else State.PENDING,
        requester=Person(sender if partner else "partner@partner.example"),
        fields=Fields("Example account", "customer@customer.example", "customer.example"),
        opened_at=now,
        touched_at=now,
        id=1,
    )
    if not partner:
        fields = replace(request.fields, customer_email=sender)
        end = now + timedelta(days=1)
        request = replace(request, fields=fields, approver=sender, created_at=now, expires_at=end)
    letter = LetterFacts(
        request_id=1,
        reference=_MADE_UP,
        part=part,
        person=sender,
        revision=request.revision,
        kind=kind,
        matched_by="token",
        account_domain=request.fields.account_domain,
    )
    return letter, request


def _decide(reading: Reading, sender: str, situation: Situation) -> Decision | None:
    """What the rules would do; None where they are not asked."""
    if reading.do != "apply" or reading.command is None:
        return None
    known = reading.request_id is not None
    if known and situation.request is None:
        return None
    request = situation.request if known else None
    actor = Actor(
        reading.part, sender, situation.verdict.rule,
        received_at=situation.world.now, person=situation.world.requester,
    )  # fmt: skip
    return machine.decide(request, reading.command, actor, situation.world)


def _preview(reading: Reading, sender: str, situation: Situation) -> Decision | None:
    """What the fields of a mail that is set aside would be, were its sender proven and known."""
    if reading.submission is None or reading.kind != "request":
        return None
    person = situation.world.requester or Person(sender)
    world = replace(situation.world, requester=person, account_of=lambda _domain: None)
    return machine.decide(None, Open(reading.submission), Actor("partner", sender), world)


def _outcome(reading: Reading, decision: Decision | None) -> str:
    if decision is not None:
        return decision.outcome
    return reading.outcome or reading.do


def _answered(reading: Reading, decision: Decision | None, sender: str) -> bool:
    """Whether a mail would go back to who wrote this one."""
    if decision is None:
        return reading.do in ("calm", "redirect")
    return any(letter.to == sender for letter in decision.letters)


def _language(reading: Reading) -> str:
    for found in (reading.submission, reading.reply):
        if found is not None and found.language:
            return found.language
    return detect(reading.own.text) if reading.own else ""


def _fields(reading: Reading, decision: Decision | None) -> Fields:
    """The fields as they would be stored; else as they were read."""
    if decision and decision.opened:
        return decision.opened.fields
    return reading.submission.fields if reading.submission else Fields()


def _problems(reading: Reading, decision: Decision | None, which: str) -> tuple[Any, ...]:
    if decision and decision.opened:
        return tuple(getattr(decision.opened, which))
    if reading.submission is None:
        return ()
    return reading.submission.problems if which == "errors" else reading.submission.warnings
