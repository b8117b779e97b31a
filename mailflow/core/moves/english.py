"""The letter that somebody has before him, in another language; the English one counts (S34)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailflow.core.commands import Actor, English, Unknown
from mailflow.core.decision import Decision, World
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.moves.answers import unknown
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
    """The letter he answers in the language he asks for.

    English is the original and counts. Another language is meant to stay: all that follows is
    written in it. Where that letter no longer says what holds, or cannot be told again from the
    request alone, it is the letter of the present state.
    """
    language = command.language
    if language not in ("en", *world.languages):
        return unknown(request, Unknown("", "unclear"), actor, world)
    if actor.part == "user":
        letter = Letter(Kind.ACCESS, actor.address, language, Audience.USER, request, {}, True)
        return Decision("language", f"the letter in {language!r}", request, letters=(letter,))
    kind, data = _original(request, command.letter, actor.part, world)
    if language == "en":
        kind, data = Kind.ENGLISH, {"original_kind": str(kind), **data}
    else:
        request = _from_now_on(request, actor, language)
    letter = (
        to_approver(kind, request, answers=True, **data)
        if actor.part == "approver"
        else to_partner(kind, request, answers=True, **data)
    )
    what = "the English original" if language == "en" else f"the letter in {language!r}"
    outcome = "english" if language == "en" else "language"
    return Decision(
        outcome, f"{what} of {data.get('original_kind', kind)}", request,
        letters=(replace(letter, to=actor.address or letter.to, language=language),),
    )  # fmt: skip


def _from_now_on(request: Request, actor: Actor, language: str) -> Request:
    """His language is the one he asked for, whatever we had thought."""
    if actor.part == "approver" and actor.address == request.approver:
        return replace(request, approver_language=language)
    return replace(request, language=language) if actor.part == "partner" else request


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
