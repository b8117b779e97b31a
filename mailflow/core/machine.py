"""The rules of the business in one table: who may do what, when, and what follows (DOMAIN.md §6).

`decide` is pure: the same request, command, actor and world give the same decision. It does not
look at a clock, roll dice or write anything; `mailflow.flow` does what it says in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from mailflow.core import commands as c
from mailflow.core.decision import Decision, World
from mailflow.core.moves import (
    answers,
    approver,
    changing,
    clock,
    english,
    meant,
    opening,
    operator,
    partner,
)
from mailflow.core.moves.clock import next_due
from mailflow.core.moves.once import once
from mailflow.core.request import FINAL, Request, Role, State
from mailflow.core.sides import may_not_decide

_S = State


def _stay(
    also: Mapping[State, set[State]] = MappingProxyType({}),
) -> Mapping[State, frozenset[State]]:
    """From every state back to itself (answered, nothing changed); `also` adds arrows."""
    return {state: frozenset({state} | also.get(state, set())) for state in State}


#: command → state → the states in which the request may be afterwards. A command that a state has
#: no row for is a fault of ours: it is refused loudly (`IllegalTransitionError`), never half done.
TRANSITIONS: Mapping[str, Mapping[State, frozenset[State]]] = {
    "Confirm": _stay(also={_S.REVIEW: {_S.PENDING}}),
    "Change": _stay(also={_S.DRAFT: {_S.REVIEW}, _S.REVIEW: {_S.DRAFT}}),
    "Cancel": _stay(also={s: {_S.CANCELLED} for s in (_S.DRAFT, _S.REVIEW, _S.PENDING, _S.HOLD)}),
    "Renew": _stay(),
    "Resend": _stay(),
    "Accept": _stay(also={_S.PENDING: {_S.ACTIVE, _S.EXPIRED}}),
    "Decline": _stay(also={_S.PENDING: {_S.DECLINED, _S.EXPIRED}}),
    "Nominate": _stay(also={_S.PENDING: {_S.EXPIRED}}),
    "NotMe": _stay(also={_S.PENDING: {_S.HOLD, _S.EXPIRED}}),
    "Ready": _stay(also={_S.PENDING: {_S.EXPIRED}}),
    "Status": _stay(),
    "Help": _stay(),
    "Case": _stay(),
    "Feedback": _stay(),
    "English": _stay(),
    "Unknown": _stay(),
    "AddressFailed": _stay(),
    "Absent": _stay(),
    "Hold": _stay(also={_S.PENDING: {_S.HOLD}}),
    "Release": _stay(also={_S.HOLD: {_S.PENDING}}),
    "Reject": _stay(also={_S.HOLD: {_S.CANCELLED}}),
    "Tick": _stay(
        also={
            _S.DRAFT: {_S.LAPSED},
            _S.REVIEW: {_S.LAPSED},
            _S.PENDING: {_S.EXPIRED},
            _S.HOLD: {_S.EXPIRED},
        }
    ),
}

Move = Callable[[Request, Any, c.Actor, World], Decision]

#: command → the move that decides it, and the parts that may ask for it.
_MOVES: Mapping[type, tuple[Move, frozenset[str]]] = {
    c.Confirm: (partner.confirm, frozenset({"partner"})),
    c.Change: (changing.change, frozenset({"partner"})),
    c.Cancel: (partner.cancel, frozenset({"partner", "operator"})),
    c.Renew: (opening.renew, frozenset({"partner"})),
    c.Resend: (partner.resend, frozenset({"partner", "approver", "operator"})),
    c.Accept: (approver.accept, frozenset({"approver"})),
    c.Decline: (approver.decline, frozenset({"approver"})),
    c.Nominate: (approver.nominate, frozenset({"approver"})),
    c.NotMe: (approver.not_me, frozenset({"approver"})),
    c.Ready: (approver.ready, frozenset({"approver"})),
    c.Status: (answers.status, frozenset({"partner", "approver"})),
    c.Help: (answers.help_, frozenset({"partner", "approver", "user"})),
    c.Case: (answers.case, frozenset({"partner", "approver", "user"})),
    c.Feedback: (answers.feedback, frozenset({"partner", "approver", "user"})),
    c.English: (english.english, frozenset({"partner", "approver", "user"})),
    c.Unknown: (answers.unknown, frozenset({"partner", "approver"})),
    c.AddressFailed: (operator.address_failed, frozenset({"system"})),
    c.Absent: (operator.absent, frozenset({"system"})),
    c.Tick: (clock.tick, frozenset({"clock"})),
    c.Hold: (operator.hold, frozenset({"operator", "system", "clock"})),
    c.Release: (operator.release, frozenset({"operator"})),
    c.Reject: (operator.reject, frozenset({"operator"})),
}


class IllegalTransitionError(Exception):
    """A move led where the table has no arrow: a fault of ours, nothing is stored."""


def decide(request: Request | None, command: c.Command, actor: c.Actor, world: World) -> Decision:
    """What `command` of `actor` does to `request` at `world.now`.

    Args:
        request: The request as stored, or None for a first mail.
        command: What is asked.
        actor: Who asks, in which part, on what evidence. Identity was proven before.
        world: Time, policy and look-ups.

    Returns:
        The decision, with the reason. `request.next_due` is set in every value it carries.

    Raises:
        IllegalTransitionError: the move and the table disagree.
    """
    decision = (
        _first(command, actor, world) if request is None else _next(request, command, actor, world)
    )
    return replace(
        decision,
        request=_timed(decision.request, world),
        opened=_timed(decision.opened, world),
    )


def _first(command: c.Command, actor: c.Actor, world: World) -> Decision:
    """A mail that belongs to no request."""
    if isinstance(command, c.Open):
        return opening.open_request(command, actor, world)
    person = world.requester
    language = (person.language if person else "") or world.default_language
    if person is None or opening.refusal_code(person):
        return opening.refuse(person, actor.address, language, world)
    if isinstance(command, c.Case | c.Feedback):
        return answers.stranger_case(command, actor, language, world)
    if isinstance(command, c.English):
        return opening.send_form(c.Help("asked"), actor, world, language=command.language)
    why = command.why if isinstance(command, c.Help) else "not_understood"
    submission = command.submission if isinstance(command, c.Help) else None
    return opening.send_form(c.Help(why, submission), actor, world, language=language)


def _next(request: Request, command: c.Command, actor: c.Actor, world: World) -> Decision:
    if isinstance(command, c.Confirm | c.Unknown) and actor.part == "partner":
        command = meant.meant_as_change(request, command, actor) or command
    name = type(command).__name__
    request = _listening(request, actor, world)
    if actor.part == "approver" and _on_the_partners_side(request, actor.address, world):
        return answers.not_for_you(request, actor, world)
    move, parts = _MOVES[type(command)]
    if actor.part not in parts:
        if actor.part not in ("partner", "approver", "user"):
            raise IllegalTransitionError(f"{name} is not for {actor.part}")
        return answers.unknown(request, c.Unknown(name.lower(), "not_yours"), actor, world)
    decision = move(request, command, actor, world)
    after = decision.request.state if decision.request else request.state
    if after not in TRANSITIONS[name].get(request.state, frozenset()):
        raise IllegalTransitionError(f"{name}: {request.state} -> {after}")
    return replace(decision, letters=once(decision.letters))


def _on_the_partners_side(request: Request, address: str, world: World) -> bool:
    """Whether he can never decide: a partner, by his address or by the directory (S12)."""
    if request.requester.role is Role.CUSTOMER:
        return False
    return may_not_decide(address, request.requester) or world.is_colleague(address)


def _listening(request: Request, actor: c.Actor, world: World) -> Request:
    """What an approver shows by writing at all: that mail reaches him, and in which language.

    One whom we addressed in the wrong language is answered in his own from now on.
    """
    if actor.part != "approver" or actor.address != request.approver:
        return request
    if request.undeliverable and request.state not in FINAL:
        request = replace(request, undeliverable="", undeliverable_since=None)
    if (
        not actor.language
        or actor.language == request.approver_language
        or world.language_set(actor.address)
    ):
        return request
    return replace(request, approver_language=actor.language)


def _timed(request: Request | None, world: World) -> Request | None:
    if request is None:
        return None
    due = next_due(request, world.policy)
    return request if due == request.next_due else replace(request, next_due=due)
