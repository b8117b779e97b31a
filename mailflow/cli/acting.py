"""`mailflow requests resend|cancel|hold|release|reject`: what an operator decides about a request.

Each is a command through the same door as a mail's, and stands in the history under a name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.common import AsJson, ConfigFile, DryRun, Yes, database, read_config, sure
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.core.commands import Command

#: How what was decided here stands in the history.
EVIDENCE = "command line"

Reference = Annotated[
    str, typer.Argument(metavar="REFERENCE", help="As in the subject of its mails.")
]
By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who decides; else the name of the user.")
]
Reason = Annotated[str, typer.Option("--reason", help="Stands in the history.")]
ReasonRead = Annotated[
    str, typer.Option("--reason", help="Stands in the history, and the partner reads it.")
]


def add_to(group: typer.Typer) -> None:
    """Put these commands into `mailflow requests`."""
    for command in (resend, cancel, hold, release, reject):
        group.command()(command)


def resend(
    reference: Reference,
    config: ConfigFile = None,
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send the mail of its present state once more: question, review or activation.

    Example: mailflow requests resend R-7K3MPXC
    """
    from mailflow.core.commands import Resend

    _apply(reference, config, by, lambda _: Resend(), dry_run, as_json)


def cancel(
    reference: Reference,
    config: ConfigFile = None,
    by: By = "",
    reason: ReasonRead = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End a request for its partner. Partner and customer are told."""
    from mailflow.core.commands import Cancel

    _apply(reference, config, by, lambda _: Cancel(reason), dry_run, as_json, "Cancel", yes)


def hold(
    reference: Reference,
    reason: Reason,
    config: ConfigFile = None,
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Stop a pending request until somebody has looked at it. Its clock goes on.

    Example: mailflow requests hold R-7K3MPXC --reason "The customer asked by phone"
    """
    from mailflow.core.commands import Hold

    _needed(reason)
    _apply(reference, config, by, lambda name: Hold(reason, name), dry_run, as_json)


def release(
    reference: Reference,
    config: ConfigFile = None,
    by: By = "",
    reason: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let a held request go on."""
    from mailflow.core.commands import Release

    _apply(reference, config, by, lambda name: Release(name, reason), dry_run, as_json)


def reject(
    reference: Reference,
    reason: ReasonRead,
    config: ConfigFile = None,
    by: By = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End a held request."""
    from mailflow.core.commands import Reject

    _needed(reason)
    _apply(
        reference, config, by, lambda name: Reject(name, reason), dry_run, as_json, "Reject", yes
    )


def _needed(reason: str) -> None:
    if not reason.strip():
        raise Failure("the reason is empty", '--reason "…"', Exit.USAGE)


def _apply(
    reference: str,
    config: ConfigFile,
    by: str,
    command: Callable[[str], Command],
    dry_run: bool,
    as_json: bool,
    ask: str = "",
    yes: bool = False,
) -> None:
    """Load, ask where it cannot be taken back (`ask`), apply, and say what came of it.

    A request that is not in the right state is a failure (1): nothing was changed.
    """
    from mailflow.cli.output import note, record
    from mailflow.core.commands import Actor
    from mailflow.flow import Flow
    from mailflow.letters import Letters
    from mailflow.store import queries

    settings = read_config(config)
    name = by.strip() or user()
    with database(settings) as db:
        with db.reading() as session:
            request = queries.request_by_reference(session, reference.strip())
        if request is None:
            raise Failure(
                f"{reference}: there is no such request",
                "mailflow requests list --search …",
                Exit.NOT_FOUND,
            )
        wanted = command(name)
        if dry_run:
            what = type(wanted).__name__.lower()
            note(f"would {what} {request.reference} ({request.state}); nothing was changed")
            return
        if ask:
            sure(f"{ask} {request.reference} ({request.fields.account_name})?", yes)
        folder = settings.service.templates
        letters = Letters(settings.service, Path(folder) if folder else None)
        actor = Actor("operator", address=name, evidence=EVIDENCE)
        applied = Flow(db, letters, settings).apply(wanted, request.id, actor)
    state = str(applied.request.state) if applied.request else ""
    record(
        {
            "reference": request.reference,
            "outcome": applied.outcome,
            "state": state,
            "letters": applied.letters,
            "reason": applied.reason,
        },
        as_line=as_json,
    )
    if applied.outcome == "already":
        raise Failure(
            f"{request.reference} is {state}, and stays as it is: {applied.reason}",
            f"look: mailflow requests show {request.reference}",
        )


def user() -> str:
    """Who is at the keyboard, as well as the system can say: behind sudo the one who called it."""
    import getpass
    import os

    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        raise Failure("the system does not know who you are", "--by NAME", Exit.USAGE) from None
