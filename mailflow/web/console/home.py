"""The first page, and the operators' own history."""

from __future__ import annotations

from starlette.responses import Response

from mailflow.letters import dates
from mailflow.store import queries
from mailflow.web.console import plots
from mailflow.web.console.frame import Console, Visit

LINES = 50


def show(shared: Console, visit: Visit) -> Response:
    """Today, the funnel, how long people take, what wants a person."""
    figures = shared.figures.look(dates.zone(shared.config.service.time_zone))
    by_state, inbox = figures.counts.requests, figures.counts.inbox
    states = ("draft", "review", "pending", "hold", "active", "declined", "expired", "cancelled",
              "lapsed")  # fmt: skip
    rows = [(state, by_state.get(state, 0), f"/requests?state={state}") for state in states]
    rows.append(("quarantined", inbox.get("quarantined", 0), "/quarantine"))
    waiting = (
        (by_state.get("hold", 0), "request on hold", "requests on hold", "/requests?state=hold"),
        (inbox.get("quarantined", 0), "mail in quarantine", "mails in quarantine", "/quarantine"),
        (inbox.get("failed", 0), "mail that failed", "mails that failed", "/health"),
        (
            figures.counts.outbox.get("failed", 0),
            "letter that failed",
            "letters that failed",
            "/health",
        ),
    )
    paces = figures.paces
    return shared.page(
        visit,
        "home.html.j2",
        figures=figures,
        funnel=plots.funnel(rows),
        received=sum(inbox.values()) + sum(figures.counts.forgotten.values()),
        forgotten=sum(figures.counts.forgotten.values()),
        waiting=[row for row in waiting if row[0]],
        confirm=plots.histogram(paces.confirm, "Time to confirm"),
        activate=plots.histogram(paces.activate, "Time to activate"),
        typical_confirm=plots.typical(paces.confirm),
        typical_activate=plots.typical(paces.activate),
    )


def log(shared: Console, visit: Visit) -> Response:
    """What operators did that belongs to no request."""
    with shared.db.reading() as session:
        events = queries.operator_events(session, limit=LINES + 1, after=visit.number("after"))
    more = events[LINES - 1].id if len(events) > LINES else None
    return shared.page(visit, "log.html.j2", events=events[:LINES], more=more)
