"""How often a registered partner may have us write to an outsider."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from mailflow.core.decision import Decision, Limit, World
from mailflow.core.letter import Audience, Kind
from mailflow.core.moves.say import to_partner
from mailflow.core.request import Request
from mailflow.core.sides import is_requesters, mailbox

_DAY = timedelta(days=1)


def sparing(decision: Decision, request: Request, world: World) -> Decision:
    """A partner's move that writes to others: only while each of them is still to be bothered.

    Without this, requests for many domains that all name one customer, or a note changed again
    and again, would be a way to flood anybody with mail in the vendor's name. What would be too
    much does not happen at all, and the partner is told so: a request that waits for a customer
    who was never written to would be worse. Each partner has his own measure, so that none can use
    up another's.

    Args:
        decision: What the move would bring about.
        request: As it stands before.
        world: For the limit.
    """
    others = {
        mailbox(letter.to): None
        for letter in decision.letters
        if letter.audience in (Audience.APPROVER, Audience.NOTICE)
        and not is_requesters(letter.to, request.requester)
    }
    asker = request.requester.email
    times = world.policy.letters_to_outsider_per_day
    told = to_partner(Kind.UNKNOWN_REPLY, request, answers=True, read="", why_code="too_often")
    instead = Decision(
        "too_often", f"{times} letters to one of them in a day", request, letters=(told,)
    )
    return replace(
        decision,
        spends=tuple(Limit(_key(asker, address), times, _DAY) for address in others),
        instead=instead,
    )


def measured(users: Iterable[str], request: Request, world: World) -> dict[str, Limit]:
    """The same measure for added users: an acceptance cannot wait for them, their letters can."""
    times = world.policy.letters_to_outsider_per_day
    asker = request.requester.email
    return {user: Limit(_key(asker, mailbox(user)), times, _DAY) for user in users}


def _key(requester: str, address: str) -> str:
    """One for the two of them, short enough for the table of limits."""
    return "outsider:" + hashlib.sha256(f"{requester}\0{address}".encode()).hexdigest()
