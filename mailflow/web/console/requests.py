"""Requests: the list, one with its whole story, and what an operator can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailflow.core.commands import Cancel, Command, Hold, Reject, Release, Resend
from mailflow.core.hygiene import clean_line, clean_text
from mailflow.core.request import FINAL, Request, State
from mailflow.store import queries
from mailflow.web.console.frame import Console, Visit

ROWS = 50
#: Of one request's mails, each way. No human conversation is longer.
MAILS = 200
MAX_REASON = 1000


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail of a request, whichever way it went ("in" or "out")."""

    way: str
    id: int
    at: datetime
    what: str
    who: str
    state: str


def listing(shared: Console, visit: Visit) -> Response:
    """A page of requests, newest first."""
    state, words, after = visit.asked("state"), visit.asked("q"), visit.number("after")
    state = state if state in {one.value for one in State} else ""
    with shared.db.reading() as session:
        found = queries.find_requests(session, state=state, words=words, limit=ROWS, after=after)
    return shared.page(
        visit,
        "requests.html.j2",
        found=found,
        states=[one.value for one in State],
        state=state,
        words=words,
        recent=queries.RECENT,
    )


def show(shared: Console, visit: Visit) -> Response:
    """One request: its values, its history with the evidence, its mails, its checks."""
    request = _find(shared, visit)
    return _render(shared, visit, request)


def act(shared: Console, visit: Visit) -> Response:
    """What the operator pressed, as a command through the door."""
    request = _find(shared, visit)
    command = _command(visit)
    if isinstance(command, Hold | Reject) and not command.reason:
        return _render(shared, visit, request, problem="reason", status=422)
    applied = shared.flow.apply(command, request.id, visit.actor)
    told = f"Done: {applied.outcome}." if applied.outcome != "already" else ""
    return shared.back(
        visit, f"/requests/{request.reference}", told or f"Nothing changed: {applied.reason}."
    )


def possible(request: Request) -> tuple[str, ...]:
    """What can be done with it now, as the rules have it (DOMAIN.md §6)."""
    if request.state is State.HOLD:
        return ("release", "reject", "cancel")
    if request.state is State.PENDING:
        return ("resend", "hold", "cancel")
    return () if request.state in FINAL else ("resend", "cancel")


def _command(visit: Visit) -> Command:
    reason = clean_text(visit.fields.get("reason", "")).strip()[:MAX_REASON].strip()
    by = visit.session.name
    match visit.fields.get("do", ""):
        case "resend":
            return Resend()
        case "cancel":
            return Cancel(reason)
        case "hold":
            return Hold(reason, by)
        case "release":
            return Release(by, reason)
        case "reject":
            return Reject(by, reason)
    raise HTTPException(400)


def _find(shared: Console, visit: Visit) -> Request:
    reference = clean_line(visit.request.path_params["reference"][:32])
    with shared.db.reading() as session:
        request = queries.request_by_reference(session, reference)
    if request is None:
        raise HTTPException(404)
    return request


def _render(
    shared: Console, visit: Visit, request: Request, problem: str = "", status: int = 200
) -> Response:
    with shared.db.reading() as session:
        events = queries.events(session, request.id)
        inbound = queries.inbox_rows(session, request_id=request.id, limit=MAILS)
        outbound = queries.mails(session, request_id=request.id, limit=MAILS)
        checks = queries.request_checks(session, request.id)
    return shared.page(
        visit,
        "request.html.j2",
        status,
        request=request,
        events=events,
        mails=_in_order(inbound, outbound),
        checks=checks,
        possible=possible(request),
        problem=problem,
        typed=visit.fields.get("reason", "")[:MAX_REASON],
    )


def _in_order(
    inbound: Sequence[queries.InboxLine], outbound: Sequence[queries.OutboxLine]
) -> list[MailRow]:
    """The conversation, oldest first; a mail stands before the letters that answer it."""
    rows = [
        MailRow(
            "in", line.id, line.received_at, f"{line.kind} {line.outcome}".strip(),
            line.sender or line.mail_from or "–", line.state,
        )
        for line in inbound
    ]  # fmt: skip
    rows += [
        MailRow(
            "out", line.id, line.created_at, f"{line.kind} ({line.language})", line.recipient,
            "bounced" if line.bounced else line.state,
        )
        for line in outbound
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row.at, row.way, row.id))
