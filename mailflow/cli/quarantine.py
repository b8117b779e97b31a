"""`mailflow quarantine`: mail we chose not to act on, because its sender is not proven."""

from __future__ import annotations

from typing import Annotated

import typer

from mailflow.cli import inbox as messages
from mailflow.cli.acting import EVIDENCE
from mailflow.cli.common import AsJson, ConfigFile, DryRun, Limit, Yes, database, read_config, sure

group = typer.Typer(help="Mail set aside because its sender is not proven.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; kept with the mail.")]


@group.command("list")
def list_messages(config: ConfigFile = None, limit: Limit = 100, as_json: AsJson = False) -> None:
    """Show what is set aside, newest first."""
    with database(read_config(config)) as db:
        messages.print_list(db, ["quarantined"], limit, as_json)


@group.command()
def show(message: messages.MessageId, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show one mail that is set aside, the rule that set it aside, and what it says, as text."""
    with database(read_config(config)) as db:
        messages.print_one(db, message, ["quarantined"], as_json)
        if not as_json:
            messages.print_text(db, message)


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

    if not by.strip():
        raise Failure(f"{what} needs the name of who decides", '--by "NAME"', Exit.USAGE)
    with database(read_config(config)) as db:
        ids = messages.chosen(db, named, every, "quarantined")
        if dry_run:
            note(f"would {what} {len(ids)}; nothing was changed")
            return
        if not ids:
            note("nothing is set aside")
            return
        office = Office(db)
        act = {"release": office.release, "drop": office.drop}[what]
        words = {"release": "will be worked on", "drop": "dropped"}[what]
        sure(f"{what.capitalize()} {len(ids)}?", yes)
        done = act(ids, Actor("operator", address=by.strip(), evidence=EVIDENCE))
    messages.report(done, len(ids), words, "in quarantine, with its bytes still kept", "quarantine")
