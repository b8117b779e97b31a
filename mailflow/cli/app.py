"""The command line as a whole: which groups there are, and what becomes of errors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from mailflow.cli import (
    accounts,
    check,
    configuration,
    console,
    explain,
    inbox,
    init,
    keeping,
    letters,
    oauth,
    outbox,
    people,
    quarantine,
    read,
    rehearse,
    requests,
    service,
    status,
)
from mailflow.cli.exits import Exit, Failure
from mailflow.cli.outage import explain as explain_outage

app = typer.Typer(
    name="mailflow",
    help="Requests that are made, confirmed and approved by e-mail.",
    epilog="First look: mailflow demo · Set up: mailflow init · What is wrong: mailflow check",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
init.add_to(app)
service.add_to(app)
check.add_to(app)
status.add_to(app)
read.add_to(app)
explain.add_to(app)
rehearse.add_to(app)
requests.add_to(app)
keeping.add_to(app)
app.add_typer(people.group, name="people")
app.add_typer(accounts.group, name="accounts")
app.add_typer(inbox.group, name="inbox")
app.add_typer(quarantine.group, name="quarantine")
app.add_typer(outbox.group, name="outbox")
app.add_typer(letters.group, name="letters")
app.add_typer(console.group, name="console")
app.add_typer(configuration.group, name="config")
app.add_typer(oauth.group, name="oauth")


def _show_version(wanted: bool) -> None:
    if wanted:
        service.version()
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and end."
        ),
    ] = False,
) -> None:
    """Requests that are made, confirmed and approved by e-mail."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line, without the program's name, and return its exit code.

    Whatever happens, the person sees what is wrong and how to mend it, never a traceback: it
    would show file names and perhaps secrets. MAILFLOW_TEST_TRACEBACK=1 shows it to developers.
    """
    try:
        app(args=list(arguments), prog_name="mailflow")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.OK if end.code is None else 1
    except Failure as failure:
        return _fail(failure.what, failure.mend, failure.code)
    except Exception as error:
        return _unexpected(error)
    return Exit.OK


def _fail(what: str, mend: str, code: Exit) -> int:
    from mailflow.cli.output import complain

    complain(what, mend)
    return code


def _unexpected(error: Exception) -> int:
    from mailflow.letters import LetterError
    from mailflow.store.db import Unavailable

    if isinstance(error, Unavailable):
        outage = explain_outage(str(error))
        return _fail(outage.what, outage.mend, outage.code)
    if isinstance(error, LetterError):
        return _fail(str(error), "look at [service] templates and languages", Exit.CONFIG)
    if isinstance(error, PermissionError):
        what = f"no right to use {error.filename}" if error.filename else "not permitted"
        return _fail(what, "run as the user of the service, or change the rights", Exit.PERMISSION)
    if os.environ.get("MAILFLOW_TEST_TRACEBACK"):
        raise error
    return _fail(
        f"a fault of mailflow itself ({type(error).__name__}); nothing was lost",
        "please report it, with what you typed",
        Exit.SOFTWARE,
    )
