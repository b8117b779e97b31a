"""`mailflow quarantine`: mail we chose not to act on, because its sender is not proven."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli import inbox as messages
from mailflow.cli.acting import EVIDENCE
from mailflow.cli.common import AsJson, ConfigFile, DryRun, Limit, Yes, database, read_config, sure

if TYPE_CHECKING:
    from mailflow.config import Config

group = typer.Typer(help="Mail set aside because its sender is not proven.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; kept with the mail.")]
COLUMNS = ("id", "received_at", "sender", "subject", "reason")


@group.command("list")
def list_messages(config: ConfigFile = None, limit: Limit = 100, as_json: AsJson = False) -> None:
    """Show what is set aside, newest first."""
    from mailflow.cli.output import listing
    from mailflow.store import queries
    from mailflow.web.console.mailtext import subject

    with database(read_config(config)) as db, db.reading() as session:
        rows = [
            {**asdict(line), "subject": subject(queries.inbox_raw(session, line.id))}
            for line in queries.inbox_rows(session, states=["quarantined"], limit=limit)
        ]
    listing(rows, COLUMNS, as_lines=as_json, empty="nothing is set aside", spare=["received_at"])


@group.command()
def show(
    message: messages.MessageId,
    config: ConfigFile = None,
    as_json: AsJson = False,
    raw: messages.Raw = False,
) -> None:
    """Show one mail that is set aside: why, how it would be understood, and what it says, as text.

    Example: mailflow quarantine show 17 --raw > 17.eml
    """
    settings = read_config(config)
    with database(settings) as db:
        if raw:
            messages.print_raw(db, message)
            return
        messages.print_one(db, message, ["quarantined"], as_json)
        if not as_json:
            _print_fields(settings, message)
            messages.print_text(db, message)


def _print_fields(settings: Config, message: int) -> None:
    """What would be read out of the mail if somebody vouched for its sender."""
    from mailflow.cli.output import note, record
    from mailflow.cli.read import Reader
    from mailflow.store import queries

    with ExitStack() as stack:
        reader = Reader(settings, None, "", True, stack)
        assert reader.db is not None  # the caller has looked into it
        with reader.db.reading() as session:
            raw = queries.inbox_raw(session, message)
        if raw is None:
            return
        read = reader.read("", raw)
    known = {name: value for name, value in read["fields"].items() if value}
    kept = ("kind", "outcome", "reason", "intent", "errors", "warnings")
    note("", "if its sender is vouched for:")
    record({name: read[name] for name in kept if read[name]} | known, as_line=False)


@group.command()
def release(
    message: messages.MessageIds = None,
    by: By = "",
    config: ConfigFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Act on a mail after all: you vouch, by name, that it comes from whom it says.

    Example: mailflow quarantine release 17 --by "Ana Ruiz"
    """
    _decide("release", message, by, config, dry_run, yes)


@group.command()
def drop(
    message: messages.MessageIds = None,
    by: By = "",
    config: ConfigFile = None,
    every: Annotated[bool, typer.Option("--all", help="Every one.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Decide that a mail is never acted on. Its sender hears nothing."""
    _decide("drop", message, by, config, dry_run, yes, every)


def _decide(
    what: str,
    named: list[int] | None,
    by: str,
    config: ConfigFile,
    dry_run: bool,
    yes: bool,
    every: bool = False,
) -> None:
    from mailflow.cli.exits import Exit, Failure
    from mailflow.cli.output import note
    from mailflow.core.commands import Actor
    from mailflow.flow.office import Office

    with database(read_config(config)) as db:
        ids = messages.chosen(db, named, every, "quarantined")
        left = messages.left_alone(db, ids, "quarantined")
        if dry_run:
            able = len(ids) - len(left.splitlines())
            note(*left.splitlines(), f"would {what} {able}; nothing was changed")
            return
        if not by.strip():
            raise Failure(f"{what} needs the name of who decides", '--by "NAME"', Exit.USAGE)
        if not ids:
            note("nothing is set aside")
            return
        office = Office(db)
        act = {"release": office.release, "drop": office.drop}[what]
        words = {"release": "will be worked on", "drop": "dropped"}[what]
        sure(f"{what.capitalize()} {len(ids)}?", yes)
        done = act(ids, Actor("operator", address=by.strip(), evidence=EVIDENCE))
    messages.report(done, len(ids), words, left)
