"""What the customer's approver can bring about, by reply or by click (DOMAIN.md §6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from mailflow.core import address
from mailflow.core.commands import Accept, Actor, Decline, Nominate, NotMe, Ready
from mailflow.core.decision import Decision, Event, Limit, World
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.moves import clock
from mailflow.core.moves.say import settled, to_approver, to_notice, to_operator, to_partner
from mailflow.core.moves.sparing import measured
from mailflow.core.request import Request, State
from mailflow.core.sides import may_not_decide

#: A page can be clicked as often as one likes; the operator hears of it so often at most.
_NOTICES_A_DAY = 3


def _too_late(request: Request, actor: Actor, world: World) -> bool:
    """The receipt decides (S27): at or after the last instant is late, however late we read it."""
    received = actor.received_at or world.now
    return request.expires_at is not None and received >= request.expires_at


def _not_open(request: Request, asked: str, actor: Actor, world: World) -> Decision | None:
    """The answer when there is nothing (more) to decide; None when the request is open."""
    if request.state is State.PENDING:
        if not _too_late(request, actor, world):
            return None
        over = clock.expire(request, world)
        return replace(over, outcome="expired", reason="received after the last instant (S27)")
    return settled(
        request, "approver", f"nothing to decide: {request.state}",
        asked=asked, clicked=not actor.message,
    )  # fmt: skip


def accept(request: Request, command: Accept, actor: Actor, world: World) -> Decision:
    """The first valid acceptance activates the account (S23, S24)."""
    if closed := _not_open(request, "accept", actor, world):
        return closed
    active = replace(request, state=State.ACTIVE, ended_at=world.now, undeliverable="")
    who = actor.address or request.approver
    told: dict[str, Any] = {"accepted_by": who, "way": command.way, "at": world.now}
    fields = request.fields
    users = tuple(
        Letter(
            Kind.ACCESS, user, world.language_of(user) or request.approver_language,
            Audience.USER, active, {},
        )
        for user in fields.user_emails
        if user != request.approver  # he becomes the administrator, and is told so
    )  # fmt: skip
    return Decision(
        "accepted",
        f"a clear acceptance by the approver, by {command.way}, in time (S23)",
        active,
        events=(
            Event(
                "accepted",
                decides=True,
                data={"way": command.way, "comment": command.comment},
            ),
        ),
        letters=(
            to_approver(Kind.CONFIRMATION_CUSTOMER, active, answers=command.way == "reply", **told),
            to_partner(Kind.CONFIRMATION_PARTNER, active, **told),
            *to_notice(Kind.CONFIRMATION_PARTNER, active, **told),
            *users,
        ),
        silence=True,
        measured=measured(fields.user_emails, request, world),
    )


def decline(request: Request, command: Decline, actor: Actor, world: World) -> Decision:
    """The customer says no, with or without a reason."""
    if closed := _not_open(request, "decline", actor, world):
        return closed
    ended = replace(request, state=State.DECLINED, ended_at=world.now, end_reason=command.reason)
    told: dict[str, Any] = {"reason": command.reason, "by": request.approver}
    return Decision(
        "declined",
        "a clear refusal by the approver",
        ended,
        events=(Event("declined", decides=True, data={"reason": command.reason}),),
        letters=(
            to_partner(Kind.DECLINED, ended, **told),
            *to_notice(Kind.DECLINED, ended, **told),
            to_approver(Kind.DECLINED_RECEIPT, ended, answers=True, reason=command.reason),
        ),
        silence=True,
    )


def nominate(request: Request, command: Nominate, actor: Actor, world: World) -> Decision:
    """The customer names somebody else, inside the account's domain (DOMAIN.md §5, feature 5)."""
    if closed := _not_open(request, "nominate", actor, world):
        return closed
    nominee = address.parse(command.address)
    fault = nominee_fault(request, nominee, world)
    if fault or nominee is None:
        return _nomination_refused(request, command, actor, world, fault)
    moved = replace(
        request,
        approver=nominee,
        approver_language=world.language_of(nominee) or request.approver_language,
        nominations=request.nominations + 1,
        undeliverable="",
        absent_until="",
    )
    return Decision(
        "nominated",
        "named by the approver, inside the account's domain",
        moved,
        events=(
            Event("nominated", data={"old": request.approver, "new": nominee}),
            Event("activation_sent", data={"to": nominee}),
        ),
        letters=(
            to_approver(Kind.ACTIVATION, moved, again=False, nominated_by=request.approver),
            to_approver(Kind.APPROVER_REPLACED, request, answers=True, new=nominee),
            to_partner(
                Kind.APPROVER_CHANGED, moved, old=request.approver, new=nominee, by="nominated"
            ),
        ),
        withdraw=(request.approver,),
    )


def _nomination_refused(
    request: Request, command: Nominate, actor: Actor, world: World, fault: str
) -> Decision:
    """By mail he is told so; who clicked reads it on the page. The operator may know better."""
    letters: tuple[Letter, ...] = ()
    if actor.message:
        letters = (
            to_approver(
                Kind.UNKNOWN_REPLY, request, answers=True, read=command.address, why_code=fault
            ),
        )
    if fault == "nominee_outside":
        letters += to_operator(
            request, world, what="nominee_outside", address=command.address, reason=""
        )
    clicks = Limit(f"nominee:{request.reference}", _NOTICES_A_DAY, timedelta(days=1))
    return Decision(
        fault, f"nomination refused: {fault}", request, letters=letters,
        limit=None if actor.message else clicks,
    )  # fmt: skip


def nominee_fault(request: Request, nominee: str | None, world: World) -> str:
    """Why this nominee cannot be the approver, or ""."""
    if nominee is None:
        return "nominee_invalid"
    if nominee == request.approver:
        return "nominee_same"
    if world.is_ours(nominee):
        return "nominee_ours"
    if request.nominations >= world.policy.nominations:
        return "nominee_too_many"
    if not address.in_domain(nominee, request.fields.account_domain):
        return "nominee_outside"
    if nominee == request.requester.email or may_not_decide(nominee, request.requester):
        return "nominee_outside"
    return "nominee_outside" if world.is_colleague(nominee) else ""


def not_me(request: Request, command: NotMe, actor: Actor, world: World) -> Decision:
    """ "This is not meant for me": everything stops until a person has looked (feature 4)."""
    if closed := _not_open(request, "not_me", actor, world):
        return closed
    held = replace(request, state=State.HOLD, hold_reason="not_me", hold_from=actor.address)
    return Decision(
        "not_me",
        "the approver says it is not meant for him",
        held,
        events=(Event("held", "not me", data={"comment": command.comment}),),
        letters=(
            *to_operator(
                held, world, what="not_me", reason=command.comment, address=actor.address
            ),
            to_partner(Kind.ON_HOLD, held),
            to_approver(Kind.SETTLED, held, answers=True, state="hold", at=world.now,
                        can_tell_ready=False, asked="not_me"),
        ),
    )  # fmt: skip


def ready(request: Request, _: Ready, actor: Actor, world: World) -> Decision:
    """A customer who is late lets the partner know that he is ready now (feature 8)."""
    if request.state is State.PENDING and _too_late(request, actor, world):
        return _ready_at_the_end(request, world)
    if request.state is not State.EXPIRED:
        why = f"it has not expired: {request.state}"
        return settled(request, "approver", why, asked="ready", clicked=not actor.message)
    if request.ready_told:
        why = "the partner was told already"
        return settled(request, "approver", why, asked="ready", clicked=not actor.message)
    told = replace(request, ready_told=True)
    return Decision(
        "ready",
        "the late customer is ready; the partner may renew",
        told,
        events=(Event("customer_ready"),),
        letters=(
            to_partner(Kind.CUSTOMER_READY, told),
            to_approver(Kind.SETTLED, told, answers=True, state="ready", at=world.now,
                        can_tell_ready=False),
        ),
    )  # fmt: skip


def _ready_at_the_end(request: Request, world: World) -> Decision:
    """The term has run out and nobody has looked yet: it ends, and the partner learns both."""
    over = clock.expire(request, world)
    assert over.request is not None
    told = replace(over.request, ready_told=True)
    letters = [replace(one, request=told) for one in over.letters
               if one.kind is not Kind.EXPIRY_CUSTOMER]  # fmt: skip
    return replace(
        over,
        outcome="ready",
        reason="the late customer is ready, and the term has run out (S27)",
        request=told,
        events=(*over.events, Event("customer_ready")),
        letters=(
            *letters,
            to_partner(Kind.CUSTOMER_READY, told),
            to_approver(Kind.SETTLED, told, answers=True, state="ready", at=world.now,
                        can_tell_ready=False),
        ),
    )  # fmt: skip
