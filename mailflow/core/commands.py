"""What a person, a machine or the clock asks of a request.

Every change enters through one of these values: read from a mail, posted from a page, or issued
by a timer. Who may ask for what is decided in `machine`, never here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from mailflow.core.request import Fields, Person, Problem

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Submission:
    """The fields somebody wrote, with where each came from and what was wrong in reading them.

    `unreadable` holds problems that the reading itself found (`conflict:F`, `invalid:F`,
    `several_requests`); problems that depend on who asks are found by `core.check`.
    `labelled` is false when the mail named no field at all (prose, or empty).
    """

    fields: Fields = field(default_factory=Fields)
    provenance: Mapping[str, str] = field(default_factory=lambda: _NONE)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    cleared: tuple[str, ...] = ()  # fields written with an empty value ("Notice email: -")
    language: str = ""  # "" = no telling
    labelled: bool = True
    adding: bool = False  # the users written come to those already known ("Add user: …")
    removed: tuple[str, ...] = ()  # users to be taken out ("Remove user: …")
    mentioned: tuple[str, ...] = ()  # addresses in a text without labels, as it names them
    proposed: Fields = field(default_factory=Fields)  # what sentences may mean
    leftover: tuple[Problem, ...] = ()  # what stands beside the labelled lines, to be named


@dataclass(frozen=True, slots=True)
class Plain:
    """What plain words say about the fields.

    `submission` holds what they set, or no field; `values` every other address and domain that
    stands in the text: each must be known already, or nothing is clear. `offers` are the lines
    that may have been meant: field, value, and "add" or "remove" for one of several users.
    """

    submission: Submission
    values: tuple[str, ...] = ()
    offers: tuple[tuple[str, str, str], ...] = ()


NO_WORDS = Plain(Submission(labelled=False))


@dataclass(frozen=True, slots=True)
class Quoted:
    """A labelled line of our letter as an answer quotes it, with the lines that follow it."""

    field: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """A proven, registered sender asks for an account.

    `text` is what he wrote, short; `documents` is true when files came with it, which we do not
    open. Both only explain what we could not read.
    """

    submission: Submission
    language: str = ""
    text: str = ""
    documents: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The partner sends corrected lines. `said` is how, where that wants a word:

    "confirm" (a CONFIRM stood beside them), "quoted" (in the quotation of our letter), "words" (in
    a sentence, not on a line), or "".
    """

    submission: Submission
    said: str = ""


@dataclass(frozen=True, slots=True)
class Confirm:
    """The partner's clear own yes. `revision` is that of the letter he answered; None = unknown.

    `quoted` are the labelled lines of that letter as they stand below his answer, and `letter` is
    its kind: where he changed them there, it was no yes to what we had shown.
    """

    revision: int | None = None
    quoted: tuple[Quoted, ...] = ()
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The partner withdraws."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """The customer accepts. `way` is "reply" or "click"; `comment` is the rest of the reply."""

    way: str = "reply"
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Decline:
    """The customer declines, with or without a reason."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Nominate:
    """The customer names somebody else to accept."""

    address: str


@dataclass(frozen=True, slots=True)
class NotMe:
    """The customer says that this is not meant for him."""

    comment: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A late customer asks us to tell the partner that he is ready."""


@dataclass(frozen=True, slots=True)
class Renew:
    """The partner wants an ended request opened again with its old values."""


@dataclass(frozen=True, slots=True)
class Resend:
    """Send the activation mail again."""


@dataclass(frozen=True, slots=True)
class Status:
    """Tell me where it stands."""


@dataclass(frozen=True, slots=True)
class Help:
    """Send me the form and the words I can use. `why` is a key of the letter help."""

    why: str = "asked"
    submission: Submission | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Hand this thread to a person at licensing support."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A remark to be stored and thanked for, nothing more."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class English:
    """Send me that letter in `language`; "en" is the original, and what counts (S34).

    `letter` is the kind of the letter he answers, "" = unknown.
    """

    letter: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A reply that asks for nothing we understand. `read` = what we saw; `why` = the rule.

    `near` and `address` are what the customer may have meant (`guess.Guess`): offered, never done.
    `revision`, `quoted` and `letter` are those of `Confirm`. `said` is the one sentence that it is,
    without greeting and signature, or "": it may be the value that was asked for. `plain` is what
    it says of the fields.
    """

    read: str = ""
    why: str = ""
    near: str = ""
    address: str = ""
    said: str = ""
    revision: int | None = None
    quoted: tuple[Quoted, ...] = ()
    letter: str = ""
    plain: Plain = NO_WORDS


@dataclass(frozen=True, slots=True)
class AddressFailed:
    """A letter to `address` came back for good, or was refused for good by the relay."""

    address: str
    detail: str = ""
    letter: str = ""  # kind of the letter that failed


@dataclass(frozen=True, slots=True)
class Absent:
    """The approver's mailbox answered that nobody is there. `until` is an ISO date or ""."""

    address: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock: do what is due at `now` (reminder, lapse, expiry)."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A check or the operator stops the request. `findings` are those of a security check."""

    reason: str
    by: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """The operator lets a held request go on."""

    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """The operator ends a held request."""

    by: str
    reason: str = ""


Command = (
    Open | Change | Confirm | Cancel | Accept | Decline | Nominate | NotMe | Ready | Renew | Resend
    | Status | Help | Case | Feedback | English | Unknown | AddressFailed | Absent | Tick | Hold
    | Release | Reject
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    """Who issues a command, and on what evidence.

    `part` is "partner", "approver", "operator", "clock" or "system"; `address` the proven
    address ("" for the clock). `evidence` says how we know ("authentication-results: dkim pass
    …", "page token", …). `message` names the inbound mail by its inbox id, 0 where there is none.
    """

    part: str
    address: str = ""
    evidence: str = ""
    message: int = 0
    received_at: datetime | None = None
    person: Person | None = None
    language: str = ""  # in which he wrote just now, "" = no telling
