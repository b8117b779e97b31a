"""What the database knows about a mail, gathered as one value before it is judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mailflow.config import ServiceSettings
from mailflow.core import reference, token
from mailflow.core.classify import Facts, LetterFacts, answered_ids
from mailflow.core.letter import Kind
from mailflow.core.message import Message, Unreadable
from mailflow.core.request import Person, Request, State
from mailflow.core.sides import is_ours
from mailflow.store import directory, queries
from mailflow.store.db import Session

_PART_OF_PURPOSE = {"partner_reply": "partner", "approver_reply": "approver"}
_PART_OF_AUDIENCE = {"partner": "partner", "approver": "approver"}


def gather(
    session: Session,
    service: ServiceSettings,
    mails: Iterable[tuple[Message | Unreadable, tuple[str, ...]]],
) -> list[Facts]:
    """Which letter each mail answers, and who its sender is in the directory.

    A mail is given with its recipients. All are looked up together.
    """
    clues = [_clues(service, message, recipients) for message, recipients in mails]
    found = queries.message_facts(
        session,
        [digest for one in clues for digest in (*one.reply, *one.bounce)],
        [name for one in clues for name in (*one.answered, one.own_id) if name],
    )
    senders = {one.sender for one in clues if one.sender}
    people = directory.people_at(session, senders, service.internal_domains)
    return [_judged(session, service, one, found, people.get(one.sender)) for one in clues]


@dataclass(frozen=True, slots=True)
class _Clues:
    """What a mail itself says about what it belongs to. Secrets as hashes, "" where unknown."""

    reply: Sequence[str]  # secrets in the addresses it was sent to: of our letters
    bounce: Sequence[str]  # and of our return paths
    answered: Sequence[str]
    own_id: str
    sender: str
    subject: str


def _clues(
    service: ServiceSettings, message: Message | Unreadable, recipients: tuple[str, ...]
) -> _Clues:
    readable = message if isinstance(message, Message) else None
    return _Clues(
        _digests(recipients, service.address),
        _digests(recipients, _return_path(service)),
        answered_ids(message),
        readable.message_id if readable else "",
        readable.sender if readable else "",
        readable.subject if readable else "",
    )


def _judged(
    session: Session,
    service: ServiceSettings,
    clues: _Clues,
    found: queries.MessageFacts,
    person: Person | None,
) -> Facts:
    """The facts of one mail.

    Match order (DESIGN.md §2.4): secret recipient, then In-Reply-To and References, then the
    reference in the subject, this last only for the requester himself, for the customer to be told
    where to answer, and for an added user to be heard by a person. A secret recipient that we never
    issued is not looked at any further.
    """
    reply, answered, sender = clues.reply, clues.answered, clues.sender
    by_reply = [f for d in reply if (f := _of_token(found.tokens.get(d), _PART_OF_PURPOSE))]
    by_bounce = [f for d in clues.bounce if (f := _of_token(found.tokens.get(d), ("bounce",)))]
    letter = by_reply[0] if by_reply else None
    if letter is None and not reply:
        letter = next((f for i in answered if (f := _of_letter(found.letters.get(i)))), None)
    if letter is None and not reply and sender:
        letter = _of_reference(session, clues.subject, sender, known=person is not None)
    ours = (service.address, _return_path(service))
    return Facts(
        letter=letter,
        returned=by_bounce[0] if by_bounce else None,
        unknown_token=bool(reply) and letter is None,
        person=person,
        answers=next((one.kind for i in answered if (one := found.letters.get(i))), "")
        if letter is None
        else "",
        ours=clues.own_id in found.letters or (bool(sender) and is_ours(sender, ours)),
    )


def _return_path(service: ServiceSettings) -> str:
    return f"{service.bounce_local}@{service.domain}"


def _digests(recipients: tuple[str, ...], ours: str) -> list[str]:
    tags = (token.of_address(recipient, ours) for recipient in recipients)
    return [token.digest(tag) for tag in tags if tag]


def _of_token(fact: queries.TokenFact | None, purposes: Collection[str]) -> LetterFacts | None:
    """A letter by its secret; the token says in which part its holder speaks.

    One given out for another purpose is none: a return path is no reply address (I23).
    """
    if fact is None or fact.letter is None or fact.request_id is None:
        return None
    if fact.purpose not in purposes:
        return None
    part = _PART_OF_PURPOSE.get(fact.purpose) or _PART_OF_AUDIENCE.get(fact.letter.audience, "user")
    return _facts(fact.letter, fact.person, fact.revision, part, "token", fact.withdrawn)


def _of_letter(letter: queries.LetterFact | None) -> LetterFacts | None:
    """A letter by its Message-ID. Losing the tag gives nobody back what was taken from him."""
    if letter is None or letter.request_id is None:
        return None
    part = _PART_OF_AUDIENCE.get(letter.audience, "user")
    withdrawn = part != "user" and not letter.answerable
    return _facts(letter, letter.recipient, letter.revision, part, "thread", withdrawn)


def _facts(
    letter: queries.LetterFact,
    person: str,
    revision: int,
    part: str,
    matched_by: str,
    withdrawn: bool,
) -> LetterFacts:
    assert letter.request_id is not None
    return LetterFacts(
        request_id=letter.request_id,
        reference=letter.reference,
        part=part,
        person=person,
        revision=revision,
        kind=letter.kind,
        matched_by=matched_by,
        withdrawn=withdrawn,
        current=part != "approver" or person == letter.approver,
        language=letter.language,
        account_domain=letter.account_domain,
        ours=(letter.subject, letter.account_name),
    )


def _of_reference(
    session: Session, subject: str, sender: str, *, known: bool
) -> LetterFacts | None:
    """One's own request by the reference in the subject; no revision is known.

    The requester speaks by it. The customer, who needs the secret of his letter, does not: he is
    only told where to answer. An added user, who is `known` to us by nothing else, is heard by a
    person as if he had answered; before the account is active he was told nothing.
    """
    name = reference.find(subject)
    request: Request | None = queries.request_by_reference(session, name) if name else None
    if request is None:
        return None
    if sender == request.requester.email:
        part, kind = "partner", ""
    elif sender == request.approver:
        part, kind = "approver", ""
    elif request.state is State.ACTIVE and not known and sender in request.fields.user_emails:
        part, kind = "user", Kind.ACCESS
    else:
        return None
    return LetterFacts(
        request_id=request.id,
        reference=request.reference,
        part=part,
        person=sender,
        revision=0,
        kind=kind,
        matched_by="reference",
        language=request.language,
        account_domain=request.fields.account_domain,
        ours=(request.fields.account_name,),
    )
