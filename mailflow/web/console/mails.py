"""Mails: quarantine, one mail as safe text, and the health of both boxes."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailflow.letters import dates
from mailflow.store import mailboxes, queries
from mailflow.web.console.frame import LARGEST_ID, Console, Visit
from mailflow.web.console.mailtext import shown

ROWS = 50


def quarantine(shared: Console, visit: Visit) -> Response:
    """Mails set aside, newest first."""
    after = visit.number("after")
    with shared.db.reading() as session:
        rows = queries.inbox_rows(session, states=["quarantined"], limit=ROWS + 1, after_id=after)
    more = rows[ROWS - 1].id if len(rows) > ROWS else None
    return shared.page(visit, "quarantine.html.j2", rows=rows[:ROWS], more=more)


def show_inbound(shared: Console, visit: Visit) -> Response:
    """One inbound mail: where it came from, how it was judged, what it says."""
    line = _inbound(shared, visit)
    with shared.db.reading() as session:
        raw = queries.inbox_raw(session, line.id)
        request = queries.request(session, line.request_id) if line.request_id else None
        answers = queries.mails(session, inbox_id=line.id)
    return shared.page(
        visit, "inbound.html.j2", line=line, mail=shown(raw), request=request, answers=answers
    )


def act_inbound(shared: Console, visit: Visit) -> Response:
    """Release or drop a quarantined mail; try a failed one again."""
    line = _inbound(shared, visit)
    office, actor = shared.office, visit.actor
    match visit.fields.get("do", ""):
        case "release":
            done, told = office.release([line.id], actor), "Released: it is worked on now."
        case "drop":
            done, told = office.drop([line.id], actor), "Dropped. Its sender hears nothing."
        case "retry":
            done, told = office.retry_inbox([line.id], actor), "It is worked on again."
        case _:
            raise HTTPException(400)
    return shared.back(
        visit, f"/mail/in/{line.id}", told if done else "Nothing changed: it is not in that state."
    )


def show_outbound(shared: Console, visit: Visit) -> Response:
    """One letter of ours, and what became of it."""
    line = _outbound(shared, visit)
    with shared.db.reading() as session:
        raw = queries.outbox_raw(session, line.id)
        request = queries.request(session, line.request_id) if line.request_id else None
    return shared.page(visit, "outbound.html.j2", line=line, mail=shown(raw), request=request)


def act_outbound(shared: Console, visit: Visit) -> Response:
    """Send a failed letter once more."""
    line = _outbound(shared, visit)
    if visit.fields.get("do") != "retry":
        raise HTTPException(400)
    done = shared.office.retry_outbox([line.id], visit.actor)
    return shared.back(
        visit, f"/mail/out/{line.id}", "It is tried again." if done else "Nothing changed."
    )


def health(shared: Console, visit: Visit) -> Response:
    """The queues, the last success each way, and what failed."""
    figures = shared.figures.look(dates.zone(shared.config.service.time_zone))
    with shared.db.reading() as session:
        backlog = queries.backlog(session)
        machine = shared.db.machine_now(session)
        boxes = mailboxes.mailboxes(session)
        failed_in = queries.inbox_rows(session, states=["failed"], limit=ROWS)
        failed_out = queries.outbox_rows(session, states=["failed"], limit=ROWS)
        last_sent = queries.outbox_rows(session, states=["sent"], limit=1) or queries.outbox_rows(
            session, states=["captured"], limit=1
        )
    late = [
        (name, (machine - since).total_seconds())
        for name, since in (
            ("inbox", backlog.oldest_inbox),
            ("outbox", backlog.oldest_outbox),
        )
        if since and since < machine
    ]
    return shared.page(
        visit,
        "health.html.j2",
        figures=figures,
        backlog=backlog,
        late=late,
        boxes=boxes,
        failed_in=failed_in,
        failed_out=failed_out,
        last_sent=last_sent[0] if last_sent else None,
    )


def retry(shared: Console, visit: Visit) -> Response:
    """Try every failed mail that the page shows once more, one way or the other."""
    office, actor = shared.office, visit.actor
    match visit.fields.get("do", ""):
        case "retry_inbox":
            with shared.db.reading() as session:
                rows = [r.id for r in queries.inbox_rows(session, states=["failed"], limit=ROWS)]
            done = office.retry_inbox(rows, actor)
        case "retry_outbox":
            with shared.db.reading() as session:
                rows = [r.id for r in queries.outbox_rows(session, states=["failed"], limit=ROWS)]
            done = office.retry_outbox(rows, actor)
        case _:
            raise HTTPException(400)
    return shared.back(visit, "/health", f"{done} tried again.")


def _inbound(shared: Console, visit: Visit) -> queries.InboxLine:
    with shared.db.reading() as session:
        found = queries.inbox_rows(session, ids=[_id(visit)], limit=1)
    if not found:
        raise HTTPException(404)
    return found[0]


def _outbound(shared: Console, visit: Visit) -> queries.OutboxLine:
    with shared.db.reading() as session:
        found = queries.outbox_rows(session, ids=[_id(visit)], limit=1)
    if not found:
        raise HTTPException(404)
    return found[0]


def _id(visit: Visit) -> int:
    number = int(visit.request.path_params["id"])
    if number > LARGEST_ID:
        raise HTTPException(404)
    return number
