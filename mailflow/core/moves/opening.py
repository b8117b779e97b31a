"""How a request begins: a first mail, or the renewal of one that ended (DOMAIN.md S01–S19, S29)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from mailflow.core.check import all_errors, check
from mailflow.core.commands import Actor, Help, Open, Renew, Submission
from mailflow.core.decision import Decision, Event, Limit, World
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.moves.say import settled, to_partner
from mailflow.core.proposed import asks_for_account
from mailflow.core.request import Account, Fields, Person, Problem, Request, Role, State

_NOTHING: Mapping[str, str] = MappingProxyType({})
#: Forms sent to one registered person who begins no request: many more than anybody needs.
_FORMS_AN_HOUR = 20
#: Answers in a day that one domain has a request already, to whoever asks for it again.
_SAME_DOMAIN_A_DAY = 5
#: Addresses of a text without labels that are shown back.
_SHOWN = 10


def refusal_code(person: Person | None) -> str:
    """Why this sender may not request an account, or "" when he may (S02, S05, S06).

    >>> refusal_code(None)
    'not_registered'
    """
    if person is None:
        return "not_registered"
    if person.internal and person.role is not Role.SUPPORT:
        return "internal_staff"
    if not person.active:
        return "inactive_account"
    return ""


def refuse(person: Person | None, address: str, language: str, world: World) -> Decision:
    """One refusal per address and day, the same whatever accounts exist."""
    code = refusal_code(person)
    letter = Letter(
        Kind.REFUSAL, address, language, Audience.STRANGER, data={"code": code}, answers=True
    )
    limit = Limit(f"refusal:{address}", world.policy.refusals_per_day, timedelta(days=1))
    return Decision("refuse", code, letters=(letter,), limit=limit)


def open_request(command: Open, actor: Actor, world: World) -> Decision:
    """A proven sender's first mail: help, question, duplicate or review."""
    person = world.requester
    language = (
        (person.language if person else "")
        or command.language
        or world.language_of(actor.address)
        or world.default_language
    )
    if person is None or refusal_code(person):
        return refuse(person, actor.address, language, world)
    submission = command.submission
    if not submission.fields.given() and not submission.problems:
        guess = _proposal(submission, actor.address)
        filled = replace(submission, fields=guess)
        why = "prose" if guess.given() else _why_form(command)
        return send_form(Help(why, filled), actor, world, language=language)
    checked = check(
        submission.fields, submission.provenance, person, world.policy,
        is_colleague=world.is_colleague, is_ours=world.is_ours,
    )  # fmt: skip
    errors = _with_guess(all_errors(submission, checked), submission, actor.address)
    warnings = submission.warnings + checked.warnings
    domain = checked.fields.account_domain
    account = world.account_of(domain) if domain and not errors else None
    if account:
        return duplicate(account, checked.fields, person, language, world)
    previous = world.earlier_of(domain) if domain else ""
    if previous:
        warnings += (Problem("earlier_request_expired", "account_domain", previous),)
    unfinished = world.unfinished_of(domain) if domain else ""
    also = (Problem("unfinished", "account_domain", unfinished),) if unfinished else ()
    request = Request(
        reference=world.reference,
        state=State.DRAFT if errors else State.REVIEW,
        requester=person,
        fields=checked.fields,
        opened_at=world.now,
        touched_at=world.now,
        on_behalf=person.role is Role.SUPPORT,
        provenance=checked.provenance,
        errors=errors,
        warnings=warnings,
        language=language,
        previous=previous,
    )
    opened = Event("opened", "a mail of a proven, registered sender (S01, S07)")
    return Decision(
        "clarify" if errors else "review",
        why_ask(errors) if errors else "every required field is there and valid (S19)",
        opened=request,
        events=(opened, Event("question_sent" if errors else "review_sent")),
        letters=(ask_or_show(request, new=True, leftover=(*also, *submission.leftover)),),
    )


def _why_form(command: Open) -> str:
    """Why a mail without any value gets the form: what is true of it, so that nobody wonders."""
    if command.submission.labelled:
        return "not_understood"
    if command.documents:
        return "documents"
    if not command.text:
        return "empty"
    asks = any(sign in command.text for sign in "?¿？") and not asks_for_account(command.text)
    return "question" if asks else "no_values"


def _only_stranger(submission: Submission, sender: str) -> str:
    """The one address that a text without labels names beside the sender's own, or ""."""
    others = [address for address in submission.mentioned if address != sender]
    return others[0] if len(others) == 1 else ""


def _proposal(submission: Submission, sender: str) -> Fields:
    """What a text without labels may mean: nothing that is taken, only what is filled in."""
    guess = submission.proposed
    users = tuple(user for user in guess.user_emails if user != sender)
    customer = "" if guess.customer_email == sender else guess.customer_email
    only = _only_stranger(submission, sender)
    return Fields(customer_email=customer or ("" if only in users else only), user_emails=users)


def _with_guess(
    errors: tuple[Problem, ...], submission: Submission, sender: str
) -> tuple[Problem, ...]:
    """A missing customer is asked for with the address that the text names: proposed, not taken."""
    guess = _proposal(submission, sender).customer_email
    if guess in (*submission.fields.user_emails, submission.fields.notice_email):
        guess = ""
    return tuple(
        replace(problem, suggestion=guess)
        if problem.code == "missing:customer_email" and not problem.suggestion
        else problem
        for problem in errors
    )


def renew(request: Request, _: Renew, actor: Actor, world: World) -> Decision:
    """RENEW after an end: a new request with the old values, linked to the old one (S29)."""
    person = world.requester
    if person is None or refusal_code(person):
        return refuse(person, actor.address, request.language, world)
    if request.state is State.ACTIVE or request.renewed_as:
        return settled(request, "partner", "active or renewed already")
    if request.state in (State.DRAFT, State.REVIEW):
        letter = ask_or_show(request, new=False, answers=True)
        return Decision("review", "it is still open: shown again", request, letters=(letter,))
    if request.state in (State.PENDING, State.HOLD):
        return settled(request, "partner", "it is still waiting for the customer")
    checked = check(
        request.fields, request.provenance, person, world.policy,
        is_colleague=world.is_colleague, is_ours=world.is_ours,
    )  # fmt: skip
    domain = checked.fields.account_domain
    account = world.account_of(domain) if domain else None
    if account and not checked.errors:
        return duplicate(account, checked.fields, person, request.language, world)
    opened = Request(
        reference=world.reference,
        state=State.DRAFT if checked.errors else State.REVIEW,
        requester=person,
        fields=checked.fields,
        opened_at=world.now,
        touched_at=world.now,
        on_behalf=request.on_behalf,
        provenance=checked.provenance,
        errors=checked.errors,
        warnings=checked.warnings,
        language=request.language,
        previous=request.reference,
    )
    return Decision(
        "renewed",
        "RENEW after an end opens a new request with the old values (S29)",
        request=replace(request, renewed_as=opened.reference),
        opened=opened,
        events=(Event("renewed", data={"renewed_as": opened.reference}),),
        letters=(ask_or_show(opened, new=True),),
    )


def send_form(command: Help, actor: Actor, world: World, *, language: str = "") -> Decision:
    """The form to fill in, prefilled with what could be read (S08)."""
    filled = command.submission.fields.given() if command.submission else {}
    mentioned = command.submission.mentioned if command.submission else ()
    used = {actor.address, *filled.get("user_emails", ()), filled.get("customer_email", "")}
    others = tuple(address for address in mentioned if address not in used)
    letter = Letter(
        Kind.HELP,
        actor.address,
        language or world.language_of(actor.address) or world.default_language,
        Audience.STRANGER,
        data={
            "why": command.why,
            "filled": filled,
            "mentioned": others[:_SHOWN] if len(others) > 1 or filled else (),
        },
        answers=True,
    )
    limit = Limit(f"help:{actor.address}", _FORMS_AN_HOUR, timedelta(hours=1), told=True)
    return Decision(
        "help", f"the form, because: {command.why} (S08)", letters=(letter,), limit=limit
    )


def duplicate(
    account: Account, fields: Fields, person: Person, language: str, world: World
) -> Decision:
    """The domain is taken: say so, and how to get access (DOMAIN.md §5, feature 6).

    Only the partner's own request is told with its state; of anybody else's only that it exists.
    """
    own = account.requester == person.email and account.state != "active"
    data = {
        "status": f"own_{account.state}" if own else account.state,
        "domain": account.domain,
        "own_reference": account.reference if own else "",
        "relayed": account.state == "active" and bool(account.administrators),
    }
    mine = world.request_of(account.reference) if own else None
    letter = Letter(
        Kind.DUPLICATE, person.email, language,
        Audience.PARTNER if mine else Audience.STRANGER, mine, data, answers=True,
    )  # fmt: skip
    outcome = "existing_account" if account.state == "active" else "already_pending"
    told = Decision(
        outcome, f"the domain has an account already: {account.state} (S13)", letters=(letter,),
        limit=Limit(
            f"duplicate-told:{person.email}:{account.domain}", _SAME_DOMAIN_A_DAY,
            timedelta(days=1), told=True,
        ),
    )  # fmt: skip
    if not data["relayed"]:
        return told
    relayed = [
        Letter(
            Kind.ACCESS_REQUEST,
            administrator,
            world.language_of(administrator) or world.default_language,
            Audience.ADMINISTRATOR,
            data={
                "domain": account.domain,
                "account_name": account.name,
                "asker_name": person.name,
                "asker_company": person.company,
                "asker_email": person.email,
                "note": fields.note_to_customer,
            },
        )
        for administrator in account.administrators
    ]
    # The administrators hear of it once a day; whoever asks again is told again.
    once = Limit(f"duplicate:{person.email}:{account.domain}", 1, timedelta(days=1))
    return replace(told, letters=(letter, *relayed), spends=(once,), instead=told)


def ask_or_show(
    request: Request,
    *,
    new: bool,
    answers: bool = True,
    older: bool = False,
    was: Mapping[str, str] = _NOTHING,
    said: str = "",
    leftover: tuple[Problem, ...] = (),
) -> Letter:
    """The question while something is wrong, else the review.

    `was` has the old values of what has changed; `said` is that of the `Change`; `leftover` is what
    the mail that is answered held besides.
    """
    if request.errors:
        return to_partner(
            Kind.QUESTION,
            request,
            answers=answers,
            problems=request.errors,
            understood=understood(request),
            new=new,
            said=said,
            leftover=leftover,
        )
    return to_partner(
        Kind.REVIEW, request, answers=answers,
        older=older, warnings=request.warnings, changed=tuple(was), was=was, said=said,
        leftover=leftover,
    )  # fmt: skip


def understood(request: Request) -> Mapping[str, str | tuple[str, ...]]:
    """The values that may stand: without those that the question is about."""
    wrong = {(p.field, p.value) for p in request.errors}
    asked = {name for p in request.errors for name in p.mended_by}
    values: dict[str, str | tuple[str, ...]] = {}
    for name, value in request.fields.given().items():
        if isinstance(value, tuple):
            values[name] = tuple(one for one in value if (name, one) not in wrong)
        elif name not in asked:
            values[name] = value
    return values


def why_ask(errors: tuple[Problem, ...]) -> str:
    """The reason of a question, for the record."""
    return "to be mended first: " + ", ".join(problem.code for problem in errors)


def nothing_said(submission: Submission) -> bool:
    """True when a submission names no field and clears none."""
    return not (submission.fields.given() or submission.cleared or submission.problems)
