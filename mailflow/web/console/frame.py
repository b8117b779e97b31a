"""What every page of the console is handed: the visit, and the house it is in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response

from mailflow.core.commands import Actor
from mailflow.core.hygiene import clean_line
from mailflow.flow import Flow
from mailflow.flow.office import Office
from mailflow.web.console.figures import Figures
from mailflow.web.console.gate import Gate
from mailflow.web.console.kit import ConsoleKit
from mailflow.web.console.sessions import Session, Sessions
from mailflow.web.shield import Fault

#: Both databases hold 63 bits; what is typed into an address may be more.
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is logged in."""

    request: HttpRequest
    session: Session
    fields: Mapping[str, str] = field(default_factory=dict)
    upload: tuple[str, bytes] | None = None

    def asked(self, name: str, limit: int = 200) -> str:
        """A value of the query, without signs that do not show, cut to a sane length."""
        return clean_line(self.request.query_params.get(name, "")[:limit])

    def number(self, name: str) -> int | None:
        """A number of the query; None where there is none that could be an id."""
        typed = self.asked(name)
        return int(typed) if typed.isdecimal() and int(typed) <= LARGEST_ID else None

    @property
    def actor(self) -> Actor:
        """In whose name things are done."""
        return Actor("operator", address=self.session.name, evidence="console")


class Console:
    """What the pages share."""

    def __init__(
        self, flow: Flow, templates: Path | None, clock: Callable[[], float], on_fault: Fault
    ) -> None:
        self.flow, self.db, self.config = flow, flow.db, flow.config
        self.office = Office(flow.db, flow.config.service.internal_domains)
        self.kit = ConsoleKit(flow.config.service, templates)
        settings = flow.config.console
        self.clock, self.on_fault = clock, on_fault
        self.sessions = Sessions(settings.idle_minutes * 60.0, secrets.token_bytes)
        self.gate = Gate(settings.users, self.sessions, clock)
        self.figures = Figures(flow.db, clock, on_fault)

    def page(self, visit: Visit, template: str, status: int = 200, **values: Any) -> Response:
        """A page for somebody who is logged in."""
        told = visit.session.held.pop("told", "")
        return self.kit.page(
            template, status, session=visit.session, here=visit.request.url.path, told=told,
            **values,
        )  # fmt: skip

    def back(self, visit: Visit, path: str, told: str = "") -> Response:
        """After a POST: on to a page that can be reloaded, which says what was done."""
        if told:
            visit.session.held["told"] = told
        return RedirectResponse(path, 303)
