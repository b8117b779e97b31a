"""What the operator, the security checks and the mail system bring about (DOMAIN.md §6, S25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from mailflow.core.commands import Absent, Actor, AddressFailed, Hold, Reject, Release
from mailflow.core.decision import Decision, Event, Limit, World
from mailflow.core.failure import plain_reason
from mailflow.core.letter import Kind, Letter
from mailflow.core.moves.say import to_approver, to_operator, to_partner
from mailflow.core.request import Request, State


def hold(request: Request, command: Hold, actor: Actor, world: World) -> Decision:
    """Stop a pending request until a person has looked at it."""
    if request.state is not State.PENDING:
        return Decision("already", f"only a pending request can be held: {request.state}", request)
    held = replace(
        request,
        state=State.HOLD,
        hold_reason=command.reason,
        hold_from=command.by,
        findings=command.findings,
    )
    told = (
        ()
        if actor.part == "operator"
        else to_operator(held, world, what="held", reason=command.reason)
    )
    return Decision(
        "held", command.reason, held,
        events=(Event("held", command.reason, data={"by": command.by}),),
        letters=(to_partner(Kind.ON_HOLD, held), *told),
    )  # fmt: skip


def release(request: Request, command: Release, actor: Actor, world: World) -> Decision:
    """Let a held request go on; its clock ran all the while."""
    if request.state is not State.HOLD:
        return Decision("already", f"it is not on hold: {request.state}", request)
    going = replace(
        request,
        state=State.PENDING,
        hold_reason="",
        hold_from="",
        findings=(),
        cleared=tuple(sorted({*request.cleared, *request.findings})),
    )
    letters = [to_partner(Kind.RELEASED, going)]
    if not request.undeliverable:
        letters.append(to_approver(Kind.RELEASED_CUSTOMER, going))
    return Decision(
        "released", command.reason or f"released by {command.by}", going,
        events=(Event("released", command.reason, data={"by": command.by}),),
        letters=tuple(letters),
    )  # fmt: skip


def reject(request: Request, command: Reject, actor: Actor, world: World) -> Decision:
    """End a held request."""
    if request.state is not State.HOLD:
        return Decision("already", f"it is not on hold: {request.state}", request)
    ended = replace(request, state=State.CANCELLED, ended_at=world.now, end_reason=command.reason)
    letters = [to_partner(Kind.CANCELLED, ended, by="operator", reason=command.reason)]
    if not request.undeliverable:
        letters.append(to_approver(Kind.CANCELLED_CUSTOMER, ended, by="operator"))
    return Decision(
        "rejected", command.reason or f"rejected by {command.by}", ended,
        events=(Event("cancelled", command.reason, data={"by": command.by}),),
        letters=tuple(letters), silence=True,
    )  # fmt: skip


def address_failed(
    request: Request, command: AddressFailed, actor: Actor, world: World
) -> Decision:
    """A letter came back for good: the partner hears at once and can mend it (feature 3)."""
    told: dict[str, Any] = {
        "address": command.address,
        "detail": command.detail,
        "plain": plain_reason(command.detail),
        "letter": command.letter,
    }
    if command.address == request.requester.email:
        if request.fields.notice_email == command.address or not world.operator:
            return Decision("noted", "the partner's own address failed", request)
        letters: tuple[Letter, ...] = to_operator(
            request, world, what="partner_address_failed",
            reason=command.detail, address=command.address,
        )  # fmt: skip
        return Decision(
            "noted", "the partner's own address failed: the operator is told", request,
            events=(Event("bounced", data=told),), letters=letters,
        )  # fmt: skip
    failed_approver = command.address == request.approver
    if failed_approver and request.state in (State.PENDING, State.HOLD):
        if request.undeliverable:
            return Decision("noted", "the partner knows already", request)
        failed = replace(
            request, undeliverable=command.detail or "unknown", undeliverable_since=world.now
        )
        return Decision(
            "address_failed", "the customer's address failed: the partner can mend it", failed,
            events=(Event("bounced", data=told),),
            letters=(to_partner(Kind.ADDRESS_FAILED, failed, **told),),
        )  # fmt: skip
    if command.address == request.notice_to and request.state is not State.LAPSED:
        return Decision(
            "address_failed", "the address for notices failed: the partner is told", request,
            events=(Event("bounced", data=told),),
            letters=(to_partner(Kind.ADDRESS_FAILED, request, **told),),
            limit=Limit(f"bounced:{request.reference}:{command.address}", 1, timedelta(days=7)),
        )  # fmt: skip
    if command.address in request.fields.user_emails and request.state is State.ACTIVE:
        return Decision(
            "address_failed", "an added user's address failed: the partner is told", request,
            events=(Event("bounced", data=told),),
            letters=(to_partner(Kind.ADDRESS_FAILED, request, **told),),
        )  # fmt: skip
    return Decision("noted", "an address that no longer matters failed", request)


def absent(request: Request, command: Absent, actor: Actor, world: World) -> Decision:
    """The approver's out-of-office decides nothing; the partner is told once (feature 15)."""
    if request.state is not State.PENDING or command.address != request.approver:
        return settled_quietly(request, "an absence that no longer matters")
    if request.absent_until:
        return settled_quietly(request, "the partner knows already")
    away = replace(request, absent_until=command.until or "unknown")
    return Decision(
        "absent", "the approver is away: no decision, the partner is told once", away,
        events=(Event("absent", data={"until": command.until}),),
        letters=(
            to_partner(Kind.ABSENT, away, address=command.address, until=command.until),
        ),
    )  # fmt: skip


def settled_quietly(request: Request, reason: str) -> Decision:
    """Nothing changes and nobody is written to: machines are never answered (I16)."""
    return Decision("noted", reason, request)
