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


#: What the library says of a command line, and how we say it.
_PLAINER = (
    ("Input should be a valid integer, unable to parse string as an integer", "is no whole number"),
    ("Input should be greater than or equal to", "must be at least"),
    ("Input should be less than or equal to", "must be at most"),
    ("Got unexpected extra argument(s)", "too much on the line:"),
    ("requires an argument", "needs a value"),
)


def run(arguments: Sequence[str]) -> int:
    """Run one command line, without the program's name, and return its exit code.

    Whatever happens, the person sees what is wrong and how to mend it, never a traceback: it
    would show file names and perhaps secrets. MAILFLOW_TEST_TRACEBACK=1 shows it to developers.
    """
    try:
        code = typer.main.get_command(app).main(
            list(arguments), prog_name="mailflow", standalone_mode=False
        )
        return code if isinstance(code, int) else Exit.OK
    except SystemExit as end:  # completion, and a reader that went away
        return end.code if isinstance(end.code, int) else Exit.OK if end.code is None else 1
    except typer.TyperException as error:
        return _misused(error)
    except typer.Abort:
        return _fail("nothing was done: stopped", "", Exit.FAILURE)
    except Failure as failure:
        return _fail(failure.what, failure.mend, failure.code)
    except Exception as error:
        return _unexpected(error)


def _misused(error: typer.TyperException) -> int:
    """A command line that is none: said as everything else is, and where the help stands."""
    context = getattr(error, "ctx", None)
    said = error.format_message().partition(" (Possible options")[0].strip().rstrip(".")
    if not said:  # a group without a command: its help is on the screen
        return Exit.USAGE
    for theirs, ours in _PLAINER:
        said = said.replace(theirs, ours)
    known = getattr(error, "possibilities", None) or ()
    guess = f"did you mean {' or '.join(sorted(known))}? " if known else ""
    path = context.command_path if context else "mailflow"
    return _fail(said[0].lower() + said[1:], f"{guess}{path} --help", Exit.USAGE)


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
