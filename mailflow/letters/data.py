"""What `Letter.data` holds for each kind: the keys that must be there, and defaults of the rest.

docs/reference/letters.md is held equal to these tables by a test. A key that is missing but
required ends the letter before anything has changed; an unknown one is let through, so that rules
and templates can be changed one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from mailflow.core.letter import Kind, Letter
from mailflow.letters.folders import LetterError
from mailflow.letters.view import cleaned

REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    Kind.HELP: ("why",),
    Kind.QUESTION: ("problems",),
    Kind.REMINDER_CUSTOMER: ("days_left",),
    Kind.STILL_WAITING: ("days_left",),
    Kind.CONFIRMATION_PARTNER: ("accepted_by",),
    Kind.ADDRESS_FAILED: ("address",),
    Kind.REFUSAL: ("code",),
    Kind.DUPLICATE: ("status", "domain"),
    Kind.ACCESS_REQUEST: ("domain", "asker_email"),
    Kind.SETTLED: ("state",),
    Kind.REMINDER_PARTNER: ("state", "days_left"),
    Kind.APPROVER_CHANGED: ("old", "new", "by"),
    Kind.CHANGED: ("changed",),
    Kind.ABSENT: ("address",),
    Kind.ENGLISH: ("original_kind",),
    Kind.OPERATOR_NOTICE: ("what",),
    Kind.QUARANTINE_DIGEST: ("rows", "count"),
}

OPTIONAL: Mapping[Kind, Mapping[str, Any]] = {
    Kind.HELP: {"filled": {}, "mentioned": ()},
    Kind.QUESTION: {"understood": {}, "new": True, "said": "", "leftover": ()},
    Kind.REVIEW: {
        "older": False,
        "warnings": (),
        "changed": (),
        "was": {},
        "said": "",
        "leftover": (),
    },
    Kind.ACTIVATION: {"again": False, "nominated_by": ""},
    Kind.REMINDER_CUSTOMER: {"last": False},
    Kind.CONFIRMATION_PARTNER: {"way": "", "at": None},
    Kind.CONFIRMATION_CUSTOMER: {"accepted_by": "", "way": "", "at": None},
    Kind.DECLINED: {"reason": "", "by": ""},
    Kind.DECLINED_RECEIPT: {"reason": ""},
    Kind.CANCELLED: {"by": "partner", "reason": ""},
    Kind.CANCELLED_CUSTOMER: {"by": "partner"},
    Kind.EXPIRY_CUSTOMER: {"offer": True},
    Kind.ADDRESS_FAILED: {"detail": "", "plain": "", "letter": ""},
    Kind.DUPLICATE: {"relayed": False, "own_reference": ""},
    Kind.ACCESS_REQUEST: {"account_name": "", "asker_name": "", "asker_company": "", "note": ""},
    Kind.STATUS: {"timeline": (), "resent": False},
    Kind.SETTLED: {
        "at": None,
        "can_tell_ready": False,
        "sent_at": None,
        "again_at": None,
        "asked": "",
    },
    Kind.UNKNOWN_REPLY: {"read": "", "why_code": "", "near": "", "address": "", "lines": ()},
    Kind.REMINDER_PARTNER: {"problems": ()},
    Kind.APPROVER_CHANGED: {"warnings": ()},
    Kind.APPROVER_REPLACED: {"new": ""},
    Kind.ABSENT: {"until": ""},
    Kind.CASE: {"text": ""},
    Kind.WRONG_SENDER: {"why": "", "part": "", "holder": ""},
    Kind.OPERATOR_NOTICE: {"reason": "", "address": ""},
    Kind.QUARANTINE_DIGEST: {"reasons": ()},
}


def original(letter: Letter) -> Letter:
    """ENGLISH is another letter of ours in English (S34): the one its data names."""
    try:
        kind = Kind(str(letter.data["original_kind"]))
    except (KeyError, ValueError) as fault:
        raise LetterError("the letter english lacks its data: original_kind") from fault
    return replace(letter, kind=kind, language="en")


def data_of(letter: Letter) -> SimpleNamespace:
    """The data of a letter for templates: complete, and every string cleaned.

    Raises LetterError when a required key is missing.
    """
    kind = letter.kind
    missing = [key for key in REQUIRED.get(kind, ()) if letter.data.get(key) is None]
    if missing:
        raise LetterError(f"the letter {kind} lacks its data: {', '.join(missing)}")
    return SimpleNamespace(**{**OPTIONAL.get(kind, {}), **cleaned(letter.data)})
