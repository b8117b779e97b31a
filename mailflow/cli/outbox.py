"""`mailflow outbox`: what goes out, and what the relay said."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli.acting import EVIDENCE, user
from mailflow.cli.common import AsJson, ConfigFile, DryRun, Limit, database, read_config
from mailflow.cli.exits import Exit, Failure
from mailflow.cli.inbox import report

if TYPE_CHECKING:
    from mailflow.store.queries import OutboxLine

group = typer.Typer(help="Mail that goes out.", no_args_is_help=True)

STATES = ("due", "claimed", "sent", "captured", "failed", "withdrawn")
COLUMNS = ("id", "created_at", "state", "kind", "recipient", "attempts", "answer")


@group.command("list")
def list_mails(
    config: ConfigFile = None,
    state: Annotated[
        str,
        typer.Option(
            help=f"Only this state: {', '.join(STATES)}.", autocompletion=lambda: list(STATES)
        ),
    ] = "",
    recipient: Annotated[str, typer.Option(help="Only to this address.")] = "",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Show outgoing mail, newest first.

    Example: mailflow outbox list --state failed
    """
    from mailflow.cli.output import listing
    from mailflow.store import queries

    if state and state not in STATES:
        raise Failure(f"--state {state}: no such state", ", ".join(STATES), Exit.USAGE)
    with database(read_config(config)) as db, db.reading() as session:
        mails = queries.outbox_rows(
            session, states=[state] if state else [], recipient=recipient or None, limit=limit
        )
    listing(
        [asdict(mail) for mail in mails], COLUMNS, as_lines=as_json, empty="no mail",
        spare=("attempts", "answer"),
    )  # fmt: skip


@group.command()
def show(
    mail: Annotated[int, typer.Argument(metavar="ID", help="Number in the list.")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show one outgoing mail, with what the relay said. Its text holds secrets and is not shown."""
    from mailflow.cli.output import record
    from mailflow.store import queries

    with database(read_config(config)) as db, db.reading() as session:
        found = queries.outbox_rows(session, ids=[mail])
        if not found:
            raise Failure(f"{mail}: there is no such mail", "mailflow outbox list", Exit.NOT_FOUND)
        owner = found[0].request_id
        request = queries.request(session, owner) if owner else None
    values: dict[str, Any] = {**asdict(found[0]), "request": request.reference if request else ""}
    shown = values if as_json else {name: v for name, v in values.items() if v not in ("", None)}
    record(shown, as_line=as_json)


@group.command()
def retry(
    mails: Annotated[
        list[int] | None, typer.Argument(metavar="ID…", help="Numbers in the list.")
    ] = None,
    config: ConfigFile = None,
    all_failed: Annotated[bool, typer.Option("--all", help="Every failed one.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Try failed mail again, or mail that waits for its next try at once. Same bytes, same id.

    Example: mailflow outbox retry --all
    """
    from mailflow.cli.output import note
    from mailflow.core.commands import Actor
    from mailflow.flow.office import Office
    from mailflow.store import queries

    if bool(mails) == all_failed:
        raise Failure("no mail is named", "name numbers, or --all for every failed one", Exit.USAGE)
    with database(read_config(config)) as db:
        with db.reading() as session:
            found: list[OutboxLine] = queries.outbox_rows(
                session,
                states=["failed"] if all_failed else [],
                ids=mails or [],
                limit=100_000,
            )
        there = {row.id for row in found}
        if missing := [str(number) for number in mails or [] if number not in there]:
            raise Failure(
                f"{', '.join(missing)}: there is no such mail", "mailflow outbox list",
                Exit.NOT_FOUND,
            )  # fmt: skip
        if dry_run:
            note(f"would retry {len(there)}; nothing was changed")
            return
        left = "\n".join(
            f"{row.id} is {row.state}, and cannot be tried again"
            for row in found
            if row.state not in ("failed", "due")
        )
        who = Actor("operator", address=user(), evidence=EVIDENCE)
        done = Office(db).retry_outbox(sorted(there), who) if there else 0
    report(done, len(there), "will be tried now", left)
