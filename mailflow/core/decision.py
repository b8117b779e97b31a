"""What a decision is made from, and what it consists of. Plain values, no behaviour to speak of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from mailflow.core.letter import Letter
from mailflow.core.policy import Policy
from mailflow.core.request import Account, Person, Request, State

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NO_LIMITS: Mapping[str, Limit] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class World:
    """All that the rules may know besides the request itself.

    The look-ups answer from the same transaction that will store the decision, so that what was
    decided on is what holds at the commit. `requester` is the directory's entry for whoever asks
    (or asked), None when there is none. `reference` is a fresh one, for a request to be opened.
    """

    now: datetime
    policy: Policy
    requester: Person | None = None
    account_of: Callable[[str], Account | None] = lambda _domain: None
    earlier_of: Callable[[str], str] = lambda _domain: ""  # own ended request for this domain
    unfinished_of: Callable[[str], str] = lambda _domain: ""  # own unconfirmed one for this domain
    request_of: Callable[[str], Request | None] = lambda _reference: None
    is_colleague: Callable[[str], bool] = lambda _address: False  # of the requester's company
    is_ours: Callable[[str], bool] = lambda _address: False  # an address of this service
    language_of: Callable[[str], str] = lambda _address: ""
    language_set: Callable[[str], str] = lambda _address: ""  # as the directory says, else ""
    timeline: Callable[[], Sequence[Mapping[str, Any]]] = tuple
    reference: str = ""
    default_language: str = "en"
    languages: tuple[str, ...] = ("en", "es", "pt")  # in which we write
    operator: str = ""  # operator's address; "" = nobody is told


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the history: what happened, by which rule. The actor is added by `flow`."""

    name: str
    reason: str = ""
    decides: bool = False
    data: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Limit:
    """Letters go out only while `key` was served fewer than `times` in `window`.

    With `told` the last of them says until when there will be no other; with `numbered` each
    knows the how-manieth it is.
    """

    key: str
    times: int
    window: timedelta
    told: bool = False
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something said to us that is kept for a person to read."""

    kind: str  # "case" or "feedback"
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen: the new value, the history, the letters, and why.

    `outcome` is a short stable word ("review", "confirmed", "already", …). `request` is the new
    value, or the old one where nothing changes, or None where there is none. `opened` is a request
    to be created (by a first mail or a renewal). `withdraw` lists addresses that lose their right
    to decide: their tokens die and their unsent letters stay unsent. `silence` withdraws all
    unsent invitations of the request, because it has ended. `limit` and `further` are for the
    letters alone; with `spends` used up nothing of it happens, but `instead`. `measured`, by
    address: letters to added users that stay unwritten when their own limit is used up, while all
    else happens.
    """

    outcome: str
    reason: str
    request: Request | None = None
    opened: Request | None = None
    events: tuple[Event, ...] = ()
    letters: tuple[Letter, ...] = ()
    withdraw: tuple[str, ...] = ()
    silence: bool = False
    limit: Limit | None = None
    further: tuple[Limit, ...] = ()
    remark: Remark | None = None
    spends: tuple[Limit, ...] = ()
    measured: Mapping[str, Limit] = field(default_factory=lambda: _NO_LIMITS)
    instead: Decision | None = None


#: What a command may lead to: state → the states it can end in.
Arrows = Mapping[tuple[State, str], frozenset[State]]
