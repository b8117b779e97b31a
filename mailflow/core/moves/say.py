"""Letters in short: to the partner, to the approver, to the operator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailflow.core.commands import Actor
from mailflow.core.decision import Decision, World
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.request import Request, State


def to_partner(kind: Kind, request: Request, *, answers: bool = False, **data: Any) -> Letter:
    """A letter to the requester, in his language."""
    return Letter(
        kind,
        request.requester.email,
        request.language,
        Audience.PARTNER,
        request,
        data,
        answers,
    )


def to_notice(kind: Kind, request: Request, **data: Any) -> tuple[Letter, ...]:
    """The same to the notice address, where that is somebody else (S28)."""
    if request.notice_to == request.requester.email:
        return ()
    return (Letter(kind, request.notice_to, request.language, Audience.NOTICE, request, data),)


def to_approver(kind: Kind, request: Request, *, answers: bool = False, **data: Any) -> Letter:
    """A letter to whoever may accept now."""
    return Letter(
        kind,
        request.approver,
        request.approver_language or request.language,
        Audience.APPROVER,
        request,
        data,
        answers,
    )


def answer(kind: Kind, request: Request, actor: Actor, world: World, **data: Any) -> Letter:
    """An answer to whoever wrote: partner, approver, or somebody else who got a letter of ours."""
    if actor.part == "partner":
        return to_partner(kind, request, answers=True, **data)
    if actor.part == "approver":
        return replace(to_approver(kind, request, answers=True, **data), to=actor.address)
    language = world.language_of(actor.address) or request.language
    return Letter(kind, actor.address, language, Audience.USER, request, data, True)


def to_operator(request: Request | None, world: World, **data: Any) -> tuple[Letter, ...]:
    """A notice to licensing support, where the configuration names an address."""
    if not world.operator:
        return ()
    return (
        Letter(
            Kind.OPERATOR_NOTICE,
            world.operator,
            world.default_language,
            Audience.OPERATOR,
            request,
            data,
        ),
    )


def settled(
    request: Request,
    part: str,
    reason: str,
    *,
    outcome: str = "already",
    clicked: bool = False,
    **more: Any,
) -> Decision:
    """Nothing to do any more: a friendly word about the state, never an error (DOMAIN.md §4).

    The operator sees the outcome where he typed, and who `clicked` sees it on the page; nobody is
    written to for them. `asked` is the customer's word that came too late, as in `letters.words`.
    """
    if part == "operator" or clicked:
        return Decision(outcome, reason, request)
    late = request.state is State.EXPIRED and not request.ready_told
    data = {
        "state": str(request.state),
        "at": request.ended_at,
        "can_tell_ready": late and part == "approver",
        **more,
    }
    letter = (
        to_approver(Kind.SETTLED, request, answers=True, **data)
        if part == "approver"
        else to_partner(Kind.SETTLED, request, answers=True, **data)
    )
    return Decision(outcome, reason, request, letters=(letter,))
