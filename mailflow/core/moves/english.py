"""The English original of the letter that somebody has before him (DOMAIN.md S34)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailflow.core.commands import Actor, English
from mailflow.core.decision import Decision, World
from mailflow.core.letter import Kind
from mailflow.core.moves.clock import DAY, days_left
from mailflow.core.moves.opening import ask_or_show
from mailflow.core.moves.say import to_approver, to_partner
from mailflow.core.request import Request, State

#: The letter that says where things stand, per state: to the partner, to the approver.
_OF_STATE: dict[State, tuple[Kind, Kind]] = {
    State.PENDING: (Kind.COMPLETION, Kind.ACTIVATION),
    State.HOLD: (Kind.ON_HOLD, Kind.SETTLED),
    State.ACTIVE: (Kind.CONFIRMATION_PARTNER, Kind.CONFIRMATION_CUSTOMER),
    State.DECLINED: (Kind.DECLINED, Kind.DECLINED_RECEIPT),
    State.EXPIRED: (Kind.EXPIRY_NOTICE, Kind.EXPIRY_CUSTOMER),
    State.CANCELLED: (Kind.CANCELLED, Kind.CANCELLED_CUSTOMER),
    State.LAPSED: (Kind.LAPSED, Kind.SETTLED),
}


def english(request: Request, command: English, actor: Actor, world: World) -> Decision:
    """The letter he answers in English, which is the one that counts.

    Where that letter no longer says what holds, or cannot be told again from the request alone,
    it is the letter of the present state.
    """
    kind, data = _original(request, command.letter, actor.part, world)
    said = {"original_kind": str(kind), **data}
    letter = (
        to_approver(Kind.ENGLISH, request, answers=True, **said)
        if actor.part == "approver"
        else to_partner(Kind.ENGLISH, request, answers=True, **said)
    )
    return Decision(
        "english", f"the English original of {kind}", request,
        letters=(replace(letter, language="en"),),
    )  # fmt: skip


def _original(
    request: Request, answered: str, part: str, world: World
) -> tuple[Kind, Mapping[str, Any]]:
    told = _told_again(request, answered, part, world)
    if told is not None:
        return Kind(answered), told
    if part != "approver" and request.state in (State.DRAFT, State.REVIEW):
        shown = ask_or_show(request, new=False)
        return shown.kind, shown.data
    at_partner, at_approver = _OF_STATE.get(request.state, (Kind.STATUS, Kind.SETTLED))
    return at_approver if part == "approver" else at_partner, {
        "again": True, "state": str(request.state), "at": request.ended_at,
        "can_tell_ready": request.state is State.EXPIRED and not request.ready_told,
        "accepted_by": request.approver, "way": "", "reason": request.end_reason,
        "by": request.approver if request.state is State.DECLINED else "partner",
    }  # fmt: skip


def _told_again(
    request: Request, answered: str, part: str, world: World
) -> Mapping[str, Any] | None:
    """What the letter that is answered needs, if it still says what holds; else None."""
    pending = request.state is State.PENDING
    if part == "approver":
        if pending and answered == Kind.REMINDER_CUSTOMER:
            return {"days_left": _left(request.expires_at, world)}
        return {} if pending and answered == Kind.RELEASED_CUSTOMER else None
    match answered:
        case Kind.STATUS:
            return {"timeline": world.timeline()}
        case Kind.HELP:
            return {"why": "asked", "filled": request.fields.given()}
        case Kind.REMINDER_PARTNER if request.state in (State.DRAFT, State.REVIEW):
            end = request.touched_at + world.policy.lapse_days * DAY
            return {
                "state": str(request.state), "days_left": _left(end, world),
                "problems": request.errors,
            }  # fmt: skip
        case Kind.STILL_WAITING if pending:
            return {"days_left": _left(request.expires_at, world)}
        case Kind.RELEASED if pending:
            return {}
        case Kind.ADDRESS_FAILED if pending and request.undeliverable:
            return {"address": request.approver, "detail": request.undeliverable}
        case Kind.ABSENT if pending and request.absent_until:
            until = request.absent_until
            return {"address": request.approver, "until": "" if until == "unknown" else until}
        case Kind.CUSTOMER_READY if request.state is State.EXPIRED and request.ready_told:
            return {}
        case _:
            return None


def _left(end: datetime | None, world: World) -> int:
    return days_left(end, world.now) if end else 0
