"""What the partner changes in his request: corrected lines, before CONFIRM and after it."""

from __future__ import annotations

from dataclasses import replace

from mailflow.core.check import all_errors, check, merge
from mailflow.core.commands import Actor, Change, Resend
from mailflow.core.decision import Decision, Event, World
from mailflow.core.letter import Kind
from mailflow.core.moves.opening import (
    ask_or_show,
    duplicate,
    refusal_code,
    refuse,
    understood,
    why_ask,
)
from mailflow.core.moves.partner import resend
from mailflow.core.moves.say import settled, to_approver, to_partner
from mailflow.core.moves.sparing import sparing
from mailflow.core.request import FIELD_NAMES, FINAL, Problem, Provenance, Request, State

#: After CONFIRM these make another account of it: cancel first (DOMAIN.md §6).
FIXED = ("account_name", "account_domain")
_MAX_BEFORE = 120  # characters of an old value that are shown beside the new one
#: What the customer was shown and is accepting; a change needs a new activation mail.
SHOWN = ("customer_email", "user_emails", "note_to_customer", "note_to_users")


def change(request: Request, command: Change, actor: Actor, world: World) -> Decision:
    """Corrected lines: a new revision before CONFIRM, a guarded change after it."""
    if request.state in FINAL:
        return settled(request, "partner", f"nothing can be changed any more: {request.state}")
    person = world.requester
    if person is None or refusal_code(person):
        return refuse(person, actor.address, request.language, world)
    known = dict(request.provenance)
    if request.state in (State.PENDING, State.HOLD) and "account_domain" in known:
        known["account_domain"] = Provenance.OWN  # he confirmed it: no new address moves it
    merged, provenance = merge(request.fields, known, command.submission)
    checked = check(
        merged, provenance, person, world.policy,
        is_colleague=world.is_colleague, is_ours=world.is_ours,
    )  # fmt: skip
    errors = all_errors(command.submission, checked)
    if request.state in (State.PENDING, State.HOLD):
        candidate = replace(
            request, fields=checked.fields, provenance=checked.provenance,
            warnings=checked.warnings,
        )  # fmt: skip
        if errors:
            letter = to_partner(
                Kind.QUESTION, request, answers=True,
                problems=errors, understood=understood(request), new=False,
            )  # fmt: skip
            return Decision("clarify", why_ask(errors), request, letters=(letter,))
        named = command.submission.fields.customer_email and candidate.fields.customer_email
        if named and named == request.approver and request.undeliverable:
            return resend(request, Resend(), actor, world)  # "the address is right"
        return _change_after_confirm(request, candidate, named, world)
    account = None if errors else world.account_of(checked.fields.account_domain)
    if account:
        return duplicate(account, checked.fields, person, request.language, world)
    revised = replace(
        request,
        state=State.DRAFT if errors else State.REVIEW,
        revision=request.revision + 1,
        touched_at=world.now,
        reminded=(),
        fields=checked.fields,
        provenance=checked.provenance,
        errors=errors,
        warnings=command.submission.warnings + checked.warnings,
    )
    changed = changed_fields(request, revised)
    leftover = command.submission.leftover + _nobody(request, command)
    if _says_the_same(request, revised):
        letter = ask_or_show(request, new=False, leftover=leftover)
        return Decision(
            "clarify" if errors else "review", "the lines say what we have already", request,
            letters=(letter,),
        )  # fmt: skip
    was = {name: shown_before(getattr(request.fields, name)) for name in changed}
    return Decision(
        "clarify" if errors else "review",
        why_ask(errors) if errors else f"changed lines make revision {revised.revision}",
        revised,
        events=(
            Event("changed", data={"fields": changed}),
            Event("question_sent" if errors else "review_sent"),
        ),
        letters=(ask_or_show(revised, new=False, was=was, said=command.said, leftover=leftover),),
    )


def _nobody(request: Request, command: Change) -> tuple[Problem, ...]:
    """Whoever is to be taken out of the users, and is not among them."""
    users = (*request.fields.user_emails, *command.submission.fields.user_emails)
    return tuple(
        Problem("no_such_user", "user_emails", one)
        for one in command.submission.removed
        if one not in users
    )


def _says_the_same(old: Request, new: Request) -> bool:
    """Whether a change leaves all as it was shown.

    It is then no new revision, and an answer that changes nothing: a program that sends our own
    lines back is not shown them again for ever (I16).
    """
    shown = ("fields", "provenance", "errors", "warnings")
    return all(getattr(old, name) == getattr(new, name) for name in shown)


def shown_before(value: str | tuple[str, ...]) -> str:
    """An old value on one short line, for beside the new one; "" = there was none."""
    text = " ".join((value if isinstance(value, str) else ", ".join(value)).split())
    return text if len(text) <= _MAX_BEFORE else text[: _MAX_BEFORE - 1] + "…"


def _change_after_confirm(
    request: Request, candidate: Request, named: str, world: World
) -> Decision:
    """Users, notes and the customer's address may change; the deadline stays.

    `named` is the customer's address if these lines give it: a request that was passed on to a
    nominee comes back to whom the partner names, be it the first one again.
    """
    changed = changed_fields(request, candidate)
    if named and named != request.approver and "customer_email" not in changed:
        changed = ["customer_email", *changed]
    if any(name in FIXED for name in changed):
        letter = to_partner(
            Kind.UNKNOWN_REPLY, request, answers=True, read="", why_code="cancel_first"
        )
        return Decision(
            "refused_change",
            "account name and domain are fixed after CONFIRM: cancel first (DOMAIN.md §6)",
            request,
            letters=(letter,),
        )
    if not changed:
        return settled(request, "partner", "the lines say what we have already", outcome="same")
    if asked := _doubtful(request, candidate):
        return asked
    # What the operator let pass was the old text; the new one is looked at anew (S25).
    cleared = tuple(f for f in request.cleared if f.partition(":")[0] not in changed)
    candidate = replace(candidate, cleared=cleared)
    to = candidate.fields.customer_email
    moved = "customer_email" in changed and to != request.approver
    if moved:
        candidate = replace(
            candidate,
            approver=to,
            approver_language=world.language_of(to) or world.default_language,
            undeliverable="",
            absent_until="",
        )
    events = [Event("changed", data={"fields": changed})]
    letters = [to_partner(Kind.CHANGED, candidate, answers=True, changed=changed)]
    withdraw: tuple[str, ...] = ()
    if moved:
        letters = [
            to_partner(
                Kind.APPROVER_CHANGED, candidate, answers=True,
                old=request.approver, new=to, by="partner", warnings=_about(candidate),
            )
        ]  # fmt: skip
        if not request.undeliverable:
            letters.append(to_approver(Kind.APPROVER_REPLACED, request))
    if any(name in SHOWN for name in changed):
        withdraw = (request.approver,)  # what he was shown no longer holds
        if request.state is State.PENDING:
            letters.append(to_approver(Kind.ACTIVATION, candidate, again=not moved))
            events.append(Event("activation_sent", data={"to": candidate.approver}))
    moved_on = Decision(
        "changed",
        "changed after CONFIRM: same deadline, new activation mail where it shows (DOMAIN.md §6)",
        candidate,
        events=tuple(events),
        letters=tuple(letters),
        withdraw=withdraw,
    )
    return sparing(moved_on, request, world)


def _about(request: Request) -> tuple[Problem, ...]:
    """What is remarkable with the customer's address: no review shows it after CONFIRM."""
    codes = ("domain_mismatch", "role_address", "lookalike_domain")
    return tuple(p for p in request.warnings if p.code in codes)


def _doubtful(request: Request, candidate: Request) -> Decision | None:
    """A new address one slip away from the account's domain: asked about once, before it is used.

    Sent again it is meant; until then nothing changes, and nobody at that domain is written to.
    """
    near = next(
        (
            p
            for p in candidate.warnings
            if (p.code, p.field) == ("domain_mismatch", "customer_email")
        ),
        None,
    )
    if near is None or near.value == request.approver or near in request.warnings:
        return None
    asked = replace(request, warnings=(*request.warnings, near))
    problem = replace(near, code="unsure:customer_email")
    letter = to_partner(
        Kind.QUESTION, asked, answers=True, problems=(problem,), understood=understood(asked),
        new=False,
    )  # fmt: skip
    return Decision("clarify", why_ask((problem,)), asked, letters=(letter,))


def changed_fields(old: Request, new: Request) -> list[str]:
    """Names of the fields that differ, in the order of the form."""
    return [name for name in FIELD_NAMES if getattr(old.fields, name) != getattr(new.fields, name)]
