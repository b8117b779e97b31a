"""People and accounts: lists, who may ask, and imports that show first what they would do."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mailflow.core import roster
from mailflow.core.hygiene import clean_line
from mailflow.core.sheet import SheetError
from mailflow.flow.office import Change
from mailflow.store import queries
from mailflow.web.console.frame import Console, Visit

ROWS = 50
#: Of a preview, so many changes are listed one by one; all of them are counted.
LISTED = 200


def people(shared: Console, visit: Visit) -> Response:
    """A page of people by address."""
    words, after = visit.asked("q"), visit.asked("after")
    with shared.db.reading() as session:
        rows, more = queries.find_people(session, words=words, limit=ROWS, after=after)
    return shared.page(
        visit, "people.html.j2", rows=rows, more=more, words=words, columns=roster.PEOPLE_COLUMNS
    )


def accounts(shared: Console, visit: Visit) -> Response:
    """A page of the accounts that hold a domain, by domain."""
    domain, after = visit.asked("q"), visit.asked("after")
    with shared.db.reading() as session:
        rows, more = queries.find_accounts(session, domain=domain, limit=ROWS, after=after)
    return shared.page(
        visit,
        "accounts.html.j2",
        rows=rows,
        more=more,
        words=domain,
        columns=roster.ACCOUNT_COLUMNS,
    )


def set_active(shared: Console, visit: Visit) -> Response:
    """Bar somebody from asking, or let him ask again."""
    email, wanted = clean_line(visit.fields.get("email", "")), visit.fields.get("do", "")
    if wanted not in ("activate", "deactivate"):
        raise HTTPException(400)
    if not shared.office.set_active(email, wanted == "activate", visit.actor):
        raise HTTPException(404)
    state = "may ask again" if wanted == "activate" else "may not ask any more"
    return shared.back(visit, "/people", f"{email} {state}.")


def import_people(shared: Console, visit: Visit) -> Response:
    """Preview an uploaded table of people; with the preview's own button, import it."""
    service = shared.config.service

    def read(text: str, name: str) -> list[Any]:
        return roster.people(text, name, service.languages, service.internal_domains)

    def keep(rows: Sequence[Any]) -> str:
        counts = shared.office.import_people(rows, visit.actor)
        return f"{counts.added} added, {counts.changed} changed, {counts.unchanged} as before."

    return _import(shared, visit, "people", read, shared.office.preview_people, keep)


def import_accounts(shared: Console, visit: Visit) -> Response:
    """The same for accounts."""

    def keep(rows: Sequence[Any]) -> str:
        counts = shared.office.import_accounts(rows, visit.actor)
        if counts.conflicts:
            return f"Nothing was imported: {', '.join(counts.conflicts[:5])} belongs to a request."
        return f"{counts.added} added, {counts.changed} renewed."

    return _import(shared, visit, "accounts", roster.accounts, shared.office.preview_accounts, keep)


def _import(
    shared: Console,
    visit: Visit,
    what: str,
    read: Callable[[str, str], list[Any]],
    preview: Callable[[Sequence[Any]], list[Change]],
    keep: Callable[[Sequence[Any]], str],
) -> Response:
    held = visit.session.held
    if ticket := visit.fields.get("ticket", ""):
        waiting = held.pop(f"import_{what}", None)
        if waiting is None or waiting[0] != ticket:
            return shared.back(visit, f"/{what}", "That preview is over. Please upload it again.")
        return shared.back(visit, f"/{what}", keep(waiting[1]))
    name, data = visit.upload or ("", b"")
    faults: Sequence[str] = ()
    mend, rows = "", []
    try:
        rows = read(data.decode("utf-8-sig"), name or "the file")
        if not rows:
            faults, mend = ["The file has no rows."], "choose a CSV file with a heading"
    except UnicodeDecodeError:
        faults, mend = [f"{name}: is not UTF-8 text"], "save it as CSV UTF-8"
    except SheetError as wrong:
        faults, mend = wrong.faults, wrong.mend
    changes = preview(rows) if rows else []
    ticket = secrets.token_hex(16)
    conflicts = any(change.what == "conflict" for change in changes)
    if rows and not conflicts:
        held[f"import_{what}"] = (ticket, rows)
    order = {"conflict": 0, "changed": 1, "added": 2}
    listed = sorted((c for c in changes if c.what in order), key=lambda c: order[c.what])
    return shared.page(
        visit,
        "preview.html.j2",
        422 if faults or conflicts else 200,
        what=what,
        name=name,
        faults=faults,
        mend=mend,
        totals=Counter(change.what for change in changes),
        changes=listed[:LISTED],
        left=max(0, len(listed) - LISTED),
        ticket="" if faults or conflicts else ticket,
    )
