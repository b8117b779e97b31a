"""How one mail was understood, and what the database knew about it before."""

from __future__ import annotations

from dataclasses import dataclass

from mailflow.core import commands as c
from mailflow.core.automatic import Automatic
from mailflow.core.newtext import OwnText
from mailflow.core.reply import Reply
from mailflow.core.request import Person


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """The letter of ours that a mail answers.

    `matched_by` is "token" (secret address), "thread" (In-Reply-To, References) or "reference"
    (in the subject). `person` is the letter's addressee. `current` is true while that person may
    still speak for the request in this part; `withdrawn` when the token was taken from him.
    """

    request_id: int
    reference: str
    part: str  # "partner", "approver" or "user"
    person: str
    revision: int
    kind: str
    matched_by: str
    withdrawn: bool = False
    current: bool = True
    language: str = ""
    account_domain: str = ""
    ours: tuple[str, ...] = ()  # words of ours that an answer repeats: subject, account name


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows about one mail, read before it is judged."""

    letter: LetterFacts | None = None
    returned: LetterFacts | None = None  # the letter whose own return path this mail came to
    unknown_token: bool = False  # a secret address that we never issued
    person: Person | None = None  # the sender in the directory
    answers: str = ""  # the kind of a letter of ours that it answers and that has no request
    ours: bool = False  # its Message-ID or its sender is one of ours: our own mail coming back


@dataclass(frozen=True, slots=True)
class Reading:
    """How a mail was understood, and what follows.

    `do` is "apply" (hand `command` to the rules), "ignore", "quarantine", "calm" (the one answer
    to an unknown or withdrawn secret) or "redirect" (the right letter, the wrong sender).
    `kind` is "request", "reply", "automatic", "bounce" or "stray".
    """

    kind: str
    do: str
    why: str
    command: c.Command | None = None
    part: str = ""
    request_id: int | None = None
    reply: Reply | None = None
    submission: c.Submission | None = None
    own: OwnText | None = None
    machine: Automatic | None = None
    outcome: str = ""
