"""A door without a house: the pages' rules on one request in memory, and a service to show."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from mailflow.config import ServiceSettings
from mailflow.core.commands import Accept, Command, Decline, Nominate, NotMe, Ready
from mailflow.core.request import Fields, Person, Request, State

TOKEN = "k7" * 16
OLD_TOKEN = "w3" * 16
PARTNERS_TOKEN = "p4" * 16
NOW = datetime(2026, 11, 3, 10, 42, tzinfo=UTC)


def service(**changes: object) -> ServiceSettings:
    """The settings that pages show."""
    values: dict[str, object] = {
        "organisation": "Vendor",
        "address": "requests@licensing.vendor.example",
        "public_url": "https://accounts.vendor.example",
        "support_url": "https://support.vendor.example/licensing",
        "feedback_url": "https://support.vendor.example/feedback",
        "operator_address": "licensing@vendor.example",
        "brand": {"name": "Vendor Licensing"},
    }
    return ServiceSettings.model_validate({**values, **changes})


def request(state: State = State.PENDING, **changes: object) -> Request:
    """A request as a customer meets it."""
    ended = NOW + timedelta(days=2)
    values: dict[str, object] = {
        "reference": "SA-7K3M9Q",
        "state": state,
        "requester": Person("tom@partner.example", "Tom Baker", "Partner Networks"),
        "fields": Fields(
            account_name="Acme: Water & Power, S.A.",
            customer_email="maria@acme.example",
            account_domain="acme.example",
            note_to_customer="Please accept, then we can deliver.\nThanks, Tom",
            user_emails=("luis@acme.example", "ops@contractor.example"),
            order_number="PO-2211",
        ),
        "opened_at": NOW - timedelta(hours=2),
        "touched_at": NOW,
        "id": 1,
        "approver": "maria@acme.example",
        "approver_language": "en",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=90),
        "ended_at": ended if state not in (State.PENDING, State.HOLD) else None,
    }
    return Request(**{**values, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Shown:
    status: str
    request: Request | None = None
    person: str = ""
    language: str = ""
    part: str = "approver"


@dataclass(frozen=True)
class Answer:
    outcome: str
    request: Request | None = None


@dataclass
class MemoryDoor:
    """Counts what it is asked and what had an effect, as `Flow` would have it."""

    now: Request = field(default_factory=request)
    language: str = "en"
    fails: Exception | None = None
    looked: list[str] = field(default_factory=list)
    effects: list[Command] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=lambda: {OLD_TOKEN})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, token: str) -> Shown:
        if self.fails:
            raise self.fails
        self.looked.append(token)
        if token in self.withdrawn:
            return Shown("withdrawn")
        if token.lower() == PARTNERS_TOKEN:
            return Shown("settled", self.now, self.now.requester.email, self.language, "partner")
        if token.lower() != TOKEN:
            return Shown("unknown")
        status = "open" if self.now.state == State.PENDING else "settled"
        return Shown(status, self.now, self.now.approver, self.language)

    def timeline(self, request_id: int) -> list[dict[str, object]]:
        letter = {"at": NOW, "what": "letter", "name": "activation", "to": self.now.approver}
        return [
            *({"at": NOW, "what": "event", "name": name} for name in ("opened", "confirmed")),
            {**letter, "state": "sent"},
        ]

    def click(self, token: str, command: Command) -> Answer:
        with self._lock:
            shown = self.page(token)
            if shown.request is None or shown.part != "approver":
                return Answer("unknown")
            match command, self.now.state:
                case Accept(), State.PENDING:
                    return self._become("accepted", command, state=State.ACTIVE, ended_at=NOW)
                case Decline(reason), State.PENDING:
                    return self._become(
                        "declined", command, state=State.DECLINED, ended_at=NOW, end_reason=reason
                    )
                case NotMe(), State.PENDING:
                    return self._become("not_me", command, state=State.HOLD)
                case Nominate(address), State.PENDING:
                    if not address.endswith("@acme.example"):
                        return Answer("nominee_outside", self.now)
                    self.withdrawn.add(token)
                    return self._become("nominated", command, approver=address)
                case Ready(), State.EXPIRED if not self.now.ready_told:
                    return self._become("ready", command, ready_told=True)
            return Answer("already", self.now)

    def _become(self, outcome: str, command: Command, **changes: object) -> Answer:
        self.effects.append(command)
        self.now = replace(self.now, **changes)  # type: ignore[arg-type]
        return Answer(outcome, self.now)
