"""What the partner can bring about on his own request (DOMAIN.md §6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailflow.core.commands import Actor, Cancel, Confirm, Resend
from mailflow.core.decision import Decision, Event, World
from mailflow.core.letter import Kind
from mailflow.core.moves.opening import (
    ask_or_show,
    duplicate,
    refusal_code,
    refuse,
    why_ask,
)
from mailflow.core.moves.say import settled, to_approver, to_notice, to_partner
from mailflow.core.moves.sparing import sparing
from mailflow.core.request import FINAL, Request, State


def confirm(request: Request, command: Confirm, actor: Actor, world: World) -> Decision:
    """The partner's yes. It counts for the newest review only (DOMAIN.md §5, feature 2)."""
    if request.state is State.DRAFT:
        letter = ask_or_show(request, new=False)
        return Decision("clarify", why_ask(request.errors), request, letters=(letter,))
    if request.state is not State.REVIEW:
        return settled(request, "partner", f"confirmed already, or ended: {request.state}")
    if command.revision != request.revision:
        letter = ask_or_show(request, new=False, older=True)
        return Decision(
            "older_revision",
            f"CONFIRM answers revision {command.revision}, the newest is {request.revision}",
            request,
            letters=(letter,),
        )
    person = world.requester
    if person is None or refusal_code(person):
        return refuse(person, actor.address, request.language, world)
    account = world.account_of(request.fields.account_domain)
    if account:
        return duplicate(account, request.fields, person, request.language, world)
    approver = request.fields.customer_email
    pending = replace(
        request,
        state=State.PENDING,
        created_at=world.now,
        expires_at=world.now + timedelta(days=world.policy.activation_days),
        approver=approver,
        approver_language=world.language_of(approver) or world.default_language,
        reminded=(),
    )
    confirmed = Decision(
        "confirmed",
        f"a clear CONFIRM for the newest revision, {request.revision} (S20)",
        pending,
        events=(Event("confirmed"), Event("activation_sent", data={"to": approver})),
        letters=(
            to_partner(Kind.COMPLETION, pending, answers=True),
            *to_notice(Kind.COMPLETION, pending),
            to_approver(Kind.ACTIVATION, pending, again=False),
        ),
    )
    return sparing(confirmed, request, world)


def cancel(request: Request, command: Cancel, actor: Actor, world: World) -> Decision:
    """The partner, or the operator for him, withdraws."""
    by = "operator" if actor.part == "operator" else "partner"
    if request.state in FINAL:
        return settled(request, by, f"it has ended already: {request.state}")
    ended = replace(request, state=State.CANCELLED, ended_at=world.now, end_reason=command.reason)
    letters = [
        to_partner(Kind.CANCELLED, ended, answers=by == "partner", by=by, reason=command.reason)
    ]
    if request.approver and not request.undeliverable:
        letters.append(to_approver(Kind.CANCELLED_CUSTOMER, ended, by=by))
    return Decision(
        "cancelled", f"withdrawn by the {by}", ended,
        events=(Event("cancelled", data={"by": by}),), letters=tuple(letters), silence=True,
    )  # fmt: skip


def resend(request: Request, _: Resend, actor: Actor, world: World) -> Decision:
    """The mail of the present state once more; to the customer at most once a day."""
    part = actor.part
    if request.state in (State.DRAFT, State.REVIEW):
        letter = ask_or_show(request, new=False)
        return Decision("review", "RESEND: the newest review again", request, letters=(letter,))
    if request.state is not State.PENDING:
        return settled(request, part, f"nothing to send again: {request.state}")
    wait = timedelta(hours=world.policy.resend_hours)
    if part != "operator" and request.last_resend and world.now < request.last_resend + wait:
        return settled(
            request, part, "RESEND once a day at most", outcome="resend_later",
            sent_at=request.last_resend, again_at=request.last_resend + wait,
        )  # fmt: skip
    # A new try: if it comes back too, the partner hears of it again.
    again = replace(request, last_resend=world.now, undeliverable="", undeliverable_since=None)
    letters = [to_approver(Kind.ACTIVATION, again, answers=part == "approver", again=True)]
    if part == "partner":
        letters.append(
            to_partner(Kind.STATUS, again, answers=True, timeline=world.timeline(), resent=True)
        )
    resent = Decision(
        "resent", "RESEND: the activation mail again, same deadline", again,
        events=(Event("activation_sent", data={"to": again.approver, "again": True}),),
        letters=tuple(letters),
    )  # fmt: skip
    return sparing(resent, request, world) if part == "partner" else resent
