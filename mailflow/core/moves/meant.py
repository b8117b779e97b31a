"""Changes that do not stand on a labelled line above the quotation: where an answer means one."""

from __future__ import annotations

from dataclasses import replace

from mailflow.core.address import domain_of
from mailflow.core.bare import bare_value
from mailflow.core.commands import Actor, Change, Confirm, Unknown
from mailflow.core.letter import Kind
from mailflow.core.quotation import edits
from mailflow.core.request import Request, State

_PLAIN = "unclear"  # why an answer is not understood that holds no word of ours


def meant_as_change(request: Request, command: Confirm | Unknown, actor: Actor) -> Change | None:
    """An answer that holds a value in another way than on a labelled line, or None."""
    if edited := changed_in_quote(request, command):
        return edited
    if not isinstance(command, Unknown):
        return None
    if request.state is State.DRAFT and command.why == _PLAIN:
        value = bare_value(command.said, request.errors, actor.address)
        if value:
            return Change(value)
    return said_in_words(request, command)


def changed_in_quote(request: Request, command: Confirm | Unknown) -> Change | None:
    """What the partner changed inside the quoted letter, as a change to be reviewed, or None.

    Only while nothing is created, and only in the newest letter: there a value that is not ours is
    his. It decides nothing; what it does is keep a CONFIRM above it from deciding (I24).
    """
    if request.state not in (State.DRAFT, State.REVIEW) or command.revision != request.revision:
        return None
    if command.letter not in (Kind.REVIEW, Kind.QUESTION, Kind.HELP):
        return None
    whole = command.letter == Kind.REVIEW
    shown = replace(
        request.fields, notice_email=request.notice_to if whole else request.fields.notice_email
    )
    known = {word for p in request.errors for word in (p.value, p.suggestion) if word}
    submission = edits(command.quoted, shown, whole=whole, known=known)
    return Change(submission, "quoted") if submission.fields.given() else None


def said_in_words(request: Request, command: Unknown) -> Change | None:
    """What a sentence corrects, where it is all that the mail can mean; before CONFIRM only.

    What else it names must be known already, such as the old value beside the new one.
    """
    plain = command.plain
    if request.state not in (State.DRAFT, State.REVIEW) or not plain.submission.labelled:
        return None
    if not known_values(request).issuperset(plain.values):
        return None
    return Change(plain.submission, "words")


def known_values(request: Request) -> frozenset[str]:
    """Every address and domain that a request knows, be it as wrong."""
    f = request.fields
    addresses = {f.customer_email, f.notice_email, request.approver, request.requester.email}
    addresses.update(f.user_emails)
    wrong = {word for p in request.errors for word in (p.value, p.suggestion)}
    domains = {f.account_domain, *(domain_of(one) for one in addresses)}
    return frozenset(addresses | wrong | domains)
