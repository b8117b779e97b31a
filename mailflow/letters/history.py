"""The history of a request for its partner: what he should know, with evidence of delivery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailflow.core.letter import Kind

#: Letters to the customer whose arrival is worth a line (DOMAIN.md §5, feature 11).
_ARRIVALS = frozenset({Kind.ACTIVATION, Kind.REMINDER_CUSTOMER, Kind.RELEASED_CUSTOMER})
_TAKEN = frozenset({"sent", "captured"})


@dataclass(frozen=True, slots=True)
class Step:
    """One line: when, which event, and what the sentence about it needs."""

    at: datetime
    key: str
    data: Mapping[str, Any]


def history(entries: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Steps from what the store remembers: events as they are, letters once they have arrived.

    An entry has `at` and either `text_key` and `data`, or `what`, `name`, `to` and `state`.
    """
    steps = []
    for entry in entries:
        name = str(entry.get("text_key") or entry.get("name", ""))
        data = dict(entry.get("data") or {})
        if entry.get("to"):
            data.setdefault("to", entry["to"])
        if entry.get("what") == "letter":
            if name not in _ARRIVALS or entry.get("state") not in _TAKEN:
                continue
            name = "delivered"
        steps.append(Step(entry["at"], name, data))
    return steps
