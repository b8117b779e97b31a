"""Answers that change nothing: status, help, case, feedback, "what did you mean?"."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from mailflow.core.address import parse
from mailflow.core.commands import Actor, Case, Feedback, Help, Status, Unknown
from mailflow.core.decision import Decision, Event, Limit, Remark, World
from mailflow.core.hygiene import fold
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.moves.approver import nominee_fault
from mailflow.core.moves.changing import FIXED
from mailflow.core.moves.meant import known_values
from mailflow.core.moves.say import answer, settled, to_operator, to_partner
from mailflow.core.request import FINAL, Request, State
from mailflow.core.thanks import only_thanks

_QUESTION = re.compile(r"[?¿？]")
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def status(request: Request, _: Status, actor: Actor, world: World) -> Decision:
    """Where it stands; to the partner with the timeline (DOMAIN.md §5, feature 11)."""
    if actor.part == "approver":
        return replace(settled(request, "approver", "asked for the state"), outcome="status")
    letter = to_partner(Kind.STATUS, request, answers=True, timeline=world.timeline(), resent=False)
    return Decision("status", "asked for the state", request, letters=(letter,))


def help_(request: Request, command: Help, actor: Actor, world: World) -> Decision:
    """The words that can be replied now, and the form."""
    filled = request.fields.given() if actor.part == "partner" else {}
    letter = answer(Kind.HELP, request, actor, world, why=command.why, filled=filled)
    return Decision("help", "asked for help", request, letters=(letter,))


def case(request: Request, command: Case, actor: Actor, world: World) -> Decision:
    """Hand the thread to a person (S04, S30)."""
    return Decision(
        "case", "asked for a person", request,
        events=(Event("case_asked", data={"text": command.text}),),
        letters=(
            answer(Kind.CASE, request, actor, world, text=command.text),
            *to_operator(request, world, what="case", reason=command.text, address=actor.address),
        ),
        remark=Remark("case", command.text),
    )  # fmt: skip


def feedback(request: Request, command: Feedback, actor: Actor, world: World) -> Decision:
    """Stored and thanked for; its content is never answered by a machine (S31)."""
    return Decision(
        "feedback", "a remark on the service", request,
        letters=(answer(Kind.FEEDBACK_THANKS, request, actor, world),),
        limit=Limit(f"feedback:{request.reference}:{actor.part}", 1, _HOUR),
        remark=Remark("feedback", command.text),
    )  # fmt: skip


def unknown(request: Request, command: Unknown, actor: Actor, world: World) -> Decision:
    """Asked again with what was read and the words allowed, as often as the policy has it.

    The number is limited against machines that answer whatever we write; the last answer says
    until when there is no other, and that another person reads the mail of who says CASE.
    """
    why = _why(command, request, actor)
    if why == "thanks" and not _waits_for(request, actor.part):
        return Decision("thanks", "thanks, and nothing else: no answer is needed", request)
    near, address = command.near, ""
    if command.address and not nominee_fault(request, parse(command.address), world):
        near, address = "nominate", command.address
    letter = answer(
        Kind.UNKNOWN_REPLY, request, actor, world, read=command.read, why_code=why,
        near=near, address=address, lines=_lines(request, command, actor),
    )  # fmt: skip
    thread, policy = f"{request.reference}:{actor.part}", world.policy
    return Decision(
        "unknown", f"not a clear word: {command.why}", request, letters=(letter,),
        limit=Limit(f"unknown:{thread}", policy.unknown_answers_per_hour, _HOUR, told=True),
        further=(
            Limit(
                f"unknown-day:{thread}", policy.unknown_answers_per_day, _DAY,
                numbered=True, told=True,
            ),
        ),
    )  # fmt: skip


def _lines(request: Request, command: Unknown, actor: Actor) -> tuple[tuple[str, str, str], ...]:
    """The lines that a partner may send instead, filled in as far as we can tell: field, value,
    and "add" or "remove" for one of several users.

    While something is missing it is that; else what his words may mean.
    """
    if actor.part != "partner" or request.state in FINAL:
        return ()
    known = known_values(request)
    offers = [offer for offer in command.plain.offers if offer[1] not in known or offer[2]]
    fields = [field for field, _, how in offers if not how]
    offers = [offer for offer in offers if fields.count(offer[0]) < 2]  # two values: not to be told
    if request.state not in (State.DRAFT, State.REVIEW):
        offers = [offer for offer in offers if offer[0] not in FIXED]
    said = {field: value for field, value, how in offers if not how}
    asked = []
    for name in (field for p in request.errors for field in p.mended_by):
        problem = next(p for p in request.errors if name in p.mended_by)
        guess = problem.suggestion if name in _GUESSED and "too_" not in problem.code else ""
        asked.append((name, said.get(name) or guess, ""))
    return tuple(dict.fromkeys((*asked, *offers)))


#: Fields of which a problem's suggestion is a value to send back.
_GUESSED = ("customer_email", "account_domain", "user_emails", "notice_email")


def _why(command: Unknown, request: Request, actor: Actor) -> str:
    """The reason to be told: thanks are no riddle, and a question is first of all a question."""
    asker = request.requester
    signs = f"{asker.name} {asker.company}" if actor.part == "partner" else ""
    names = frozenset(re.findall(r"[^\W\d_]{2,}", fold(f"{signs} {actor.address}")))
    if command.why in ("unclear", "receipt") and only_thanks(command.read, names):
        return "thanks"
    if command.why in ("unclear", "not_yours") and _QUESTION.search(command.read):
        return "question"
    return command.why


def _waits_for(request: Request, part: str) -> bool:
    """Whether it is this part's turn to say something."""
    if part == "approver":
        return request.state is State.PENDING
    return request.state in (State.DRAFT, State.REVIEW)


def not_for_you(request: Request, actor: Actor, world: World) -> Decision:
    """A partner speaks as the customer, say as a colleague in the account's domain (S12)."""
    language = world.language_of(actor.address) or request.language
    letter = Letter(
        Kind.WRONG_SENDER, actor.address, language, Audience.STRANGER,
        data={"why": "wrong_sender"}, answers=True,
    )  # fmt: skip
    return Decision(
        "wrong_sender", "a partner never decides for his customer (S12)", request,
        letters=(letter,),
        limit=Limit(f"wrong_sender:{request.reference}:{actor.address}", 1, _DAY),
    )  # fmt: skip


def stranger_case(command: Case | Feedback, actor: Actor, language: str, world: World) -> Decision:
    """CASE or FEEDBACK from a registered sender outside any request."""
    kind = Kind.CASE if isinstance(command, Case) else Kind.FEEDBACK_THANKS
    letter = Letter(
        kind, actor.address, language, Audience.STRANGER, data={"text": command.text}, answers=True
    )
    name = "case" if isinstance(command, Case) else "feedback"
    told: tuple[Letter, ...] = ()
    if isinstance(command, Case):
        told = to_operator(None, world, what="case", reason=command.text, address=actor.address)
    return Decision(
        name, "outside any request", letters=(letter, *told), remark=Remark(name, command.text),
        limit=Limit(f"{name}:{actor.address}", 1, _HOUR),
    )  # fmt: skip
