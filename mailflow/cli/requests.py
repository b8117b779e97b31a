"""`mailflow requests`, and `mailflow expire`: the cases, and the clock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli import acting
from mailflow.cli.common import AsJson, ConfigFile, DryRun, Limit, database, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.core.request import Request

group = typer.Typer(help="Requests: look at them, decide about them.", no_args_is_help=True)

STATES = (
    "draft", "review", "pending", "hold", "active", "declined", "expired", "cancelled", "lapsed",
)  # fmt: skip
#: What a narrow terminal does without, the least needed first.
SPARE = ("opened_at", "expires_at", "requester", "approver")
COLUMNS = (
    "reference", "opened_at", "state", "account_name", "domain", "requester", "approver",
    "expires_at",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Put these commands where they belong."""
    acting.add_to(group)
    app.add_typer(group, name="requests")
    app.command()(expire)


@group.command("list")
def list_requests(
    config: ConfigFile = None,
    state: Annotated[
        str,
        typer.Option(
            help=f"Only this state: {', '.join(STATES)}.", autocompletion=lambda: list(STATES)
        ),
    ] = "",
    search: Annotated[
        str, typer.Option(help="Reference, requester, approver or domain, or a part of one.")
    ] = "",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Show requests, newest first.

    Example: mailflow requests list --state pending
    """
    from mailflow.cli.output import listing, note
    from mailflow.store import queries

    if state and state not in STATES:
        raise Failure(f"--state {state}: no such state", ", ".join(STATES), Exit.USAGE)
    with database(read_config(config)) as db, db.reading() as session:
        found = queries.find_requests(session, state=state, words=search, limit=limit)
    rows = [summary(request) for request in found.requests]
    listing(rows, COLUMNS, as_lines=as_json, empty="no requests", spare=SPARE)
    if found.recent_only and not as_json:
        note(
            f"A part of a word is looked for in the newest {queries.RECENT:,} requests; a whole"
            " reference, address or domain in all of them."
        )
    elif found.more and not as_json:
        note(f"There are more; these are the newest {limit:,} (--limit, --search, --state).")


@group.command()
def show(
    reference: acting.Reference,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show one request: its values, its history and its letters.

    Example: mailflow requests show R-7K3MPXC
    """
    from mailflow.cli.output import listing, note, record
    from mailflow.store import queries

    with database(read_config(config)) as db, db.reading() as session:
        request = queries.request_by_reference(session, reference.strip())
        if request is None:
            raise Failure(
                f"{reference}: there is no such request",
                "mailflow requests list --search …",
                Exit.NOT_FOUND,
            )
        timeline = queries.timeline(session, request.id)
    values = {**summary(request), **details(request)}
    if as_json:
        record({**values, "timeline": timeline}, as_line=True)
        return
    record({name: v for name, v in values.items() if v not in ("", (), None)}, as_line=False)
    note("")
    lines = [{**line, "who": line["by"] or line["to"]} for line in timeline]
    columns = ["at", "what", "name", "who", "state", "answer"]
    listing(lines, columns, as_lines=False, spare=["what"])


@group.command()
def checks(
    config: ConfigFile = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that found something.")] = (
        False
    ),
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Show what the daily security checks of pending requests found, newest first.

    Example: mailflow requests checks --failed
    """
    from mailflow.cli.output import listing
    from mailflow.store import queries

    with database(read_config(config)) as db, db.reading() as session:
        rows = queries.checks(session, failed_only=failed, limit=limit)
    columns = ["at", "reference", "passed", "findings"]
    listing(rows, columns, as_lines=as_json, empty="no checks yet")


def summary(request: Request) -> dict[str, Any]:
    """A request as one row."""
    return {
        "reference": request.reference,
        "state": request.state.value,
        "account_name": request.fields.account_name,
        "domain": request.fields.account_domain,
        "requester": request.requester.email,
        "approver": request.approver,
        "opened_at": request.opened_at,
        "created_at": request.created_at,
        "expires_at": request.expires_at,
        "ended_at": request.ended_at,
    }


def details(request: Request) -> dict[str, Any]:
    """What else there is to know of one request."""
    given = request.fields.given()
    return {
        **{name: value for name, value in given.items() if name != "account_name"},
        "company": request.requester.company,
        "on_behalf": request.on_behalf or "",
        "language": request.language,
        "revision": request.revision,
        "errors": tuple(problem.code for problem in request.errors),
        "warnings": tuple(problem.code for problem in request.warnings),
        "undeliverable": request.undeliverable,
        "absent_until": request.absent_until,
        "hold_reason": request.hold_reason,
        "held_by": request.hold_from,
        "end_reason": request.end_reason,
        "previous": request.previous,
        "next_due": request.next_due,
    }


def expire(config: ConfigFile = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Do now what the clock has to do: reminders, lapse, expiry. Never before a deadline.

    The running service does this by itself; use it where no machine has the role timers.
    """
    from mailflow.cli.output import note, record
    from mailflow.flow import Flow
    from mailflow.letters import Letters
    from mailflow.store import queries
    from mailflow.timers import sweep

    settings = read_config(config)
    with database(settings) as db:
        if dry_run:
            with db.reading() as session:
                due = queries.due_requests(session, db.now(session), 10_000)
            record({"due": len(due)}, as_line=as_json)
            return
        folder = settings.service.templates
        letters = Letters(settings.service, Path(folder) if folder else None)
        done = sweep(Flow(db, letters, settings))
    if not done and not as_json:
        note("nothing is due")
    else:
        record(done, as_line=as_json)
    if done.get("failed"):
        raise Failure(f"{done['failed']} requests failed", "see the lines above; repeat it")
