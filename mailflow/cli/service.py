"""The service itself: run it, demonstrate it, keep its database up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.common import AsJson, ConfigFile, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.store.db import Database

#: What one machine may do; several machines share the work through one PostgreSQL.
ROLES = ("smtp", "imap", "processor", "sender", "timers", "web")


def add_to(app: typer.Typer) -> None:
    """Put these commands at the top level."""
    app.command()(demo)
    app.command()(run)
    app.command()(migrate)
    app.command("version")(version_command)
    app.command(hidden=True)(failpoints)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the conversation.")] = False,
) -> None:
    """Play a whole conversation on this machine, mail by mail. Needs no set-up and no network.

    Afterwards it stays up with a mailbox in the browser, where one can go on as partner or
    as customer.

    Example: mailflow demo --once
    """
    from mailflow import demo

    raise typer.Exit(demo.main(once=once))


def run(
    config: ConfigFile = None,
    role: Annotated[
        str,
        typer.Option(
            metavar="ROLES",
            help=f"What this machine does, of: {','.join(ROLES)}.",
            autocompletion=lambda incomplete: further_roles(incomplete),
        ),
    ] = ",".join(ROLES),
    processes: Annotated[
        int,
        typer.Option(
            min=1, max=16, help="So many processes on this machine, to use more of its cores."
        ),
    ] = 1,
) -> None:
    """Run the service until TERM or Ctrl-C. A second one of these stops it at once.

    With --processes the first one takes mail and sends it, the others read and decide.

    Example: mailflow run --config /etc/mailflow/mailflow.toml
    """
    import sys

    from mailflow.cli.processes import fork, parts_of, share_figures

    settings, parts = read_config(config), parts_of(roles_of(role), processes)
    if len(parts) > 1:
        share_figures()

    from mailflow import daemon, maillog
    from mailflow.cli.common import SCHEMA
    from mailflow.cli.outage import explain
    from mailflow.letters import LetterError
    from mailflow.store.db import Unavailable

    try:
        if len(parts) == 1:
            code = daemon.run(settings, parts[0])
        else:
            letters = daemon.prepare(settings)
            place, leash = fork(len(parts))
            if place:
                web = settings.web.model_copy(update={"admin_listen": ""})  # the first has it
                settings = settings.model_copy(update={"web": web})
            code = daemon.run(settings, parts[place], letters=letters, leash=leash)
    except daemon.NotReadyError as trouble:
        what, mend = SCHEMA.get(str(trouble), SCHEMA["unknown"])
        failure = Failure(what, mend, Exit.CONFIG)
    except LetterError as trouble:
        failure = Failure(str(trouble), "mailflow letters lint", Exit.CONFIG)
    except Unavailable as trouble:
        outage = explain(str(trouble))
        failure = Failure(outage.what, outage.mend, outage.code)
    except OSError as trouble:
        what = f"cannot start: {trouble.strerror or trouble}"
        failure = Failure(what, _mend(trouble), Exit.UNAVAILABLE)
    else:
        raise typer.Exit(code)
    if settings.log.format == "console" or sys.stderr.isatty():
        raise failure
    # Whoever collects the log finds this as a line like the others.
    maillog.cannot_start(reason=failure.what, mend=failure.mend)
    raise typer.Exit(failure.code)


def _mend(trouble: OSError) -> str:
    import errno

    if trouble.errno != errno.EADDRINUSE:
        return "mailflow check"
    if "web.admin_listen" in str(trouble):
        # Several processes with one configuration on one machine, each with roles of its own.
        return "another mailflow? give this one MAILFLOW_WEB__ADMIN_LISTEN=127.0.0.1:PORT, or none"
    return "stop what listens there (ss -ltnp shows it), or choose another port"


def further_roles(begun: str) -> list[str]:
    """What may stand there instead of `a,b,c…`, for the shell's completion.

    >>> further_roles("smtp,pro")
    ['smtp,processor']
    """
    before, comma, last = begun.rpartition(",")
    named = before.split(",")
    return [
        f"{before}{comma}{role}" for role in ROLES if role.startswith(last) and role not in named
    ]


def roles_of(text: str) -> frozenset[str]:
    """The roles named in `a,b`; an unknown one is a usage error with a guess."""
    import difflib

    roles = {part.strip() for part in text.split(",") if part.strip()}
    for unknown in sorted(roles - set(ROLES)):
        near = difflib.get_close_matches(unknown, ROLES, n=1)
        mend = f"did you mean {near[0]}?" if near else f"known: {', '.join(ROLES)}"
        raise Failure(f"--role {unknown}: there is no such role", mend, Exit.USAGE)
    if not roles:
        raise Failure("--role names nothing", f"known: {', '.join(ROLES)}", Exit.USAGE)
    return frozenset(roles)


def migrate(
    config: ConfigFile = None,
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="DATABASE", help="Copy this one into the new one: a file, or a URL."
        ),
    ] = "",
) -> None:
    """Make the tables, or bring those of an older version up to date.

    Safe to repeat. Before an upgrade: stop every mailflow, and make a backup.

    With --from it then copies a whole other database, e.g. the SQLite file that PostgreSQL takes
    the place of, into the one of the configuration, which must be empty. All of it, or nothing.

    Example: mailflow migrate --from /var/lib/mailflow/mailflow.db
    """
    import os

    from mailflow.cli.common import SCHEMA
    from mailflow.cli.output import note, several
    from mailflow.cli.progress import bar
    from mailflow.store import migrate as schema
    from mailflow.store.db import Database

    db = Database(read_config(config).database.url)
    umask = os.umask(0o077)  # an SQLite file is made here, and will hold mail
    try:
        before = schema.state(db)
        if before in {"newer", "unknown", "encoding"}:
            raise Failure(*SCHEMA[before], Exit.CONFIG)
        with bar("migrating"):
            schema.upgrade(db)
        copied = _copied(db, source) if source else 0
    finally:
        os.umask(umask)
        db.close()
    if source:
        note(
            f"{several(copied, 'row')} copied; start mailflow here, and never again on the old one"
        )
        return
    words = {"current": "was up to date already", "empty": "has its tables now"}
    note(f"the database {words.get(before, 'is up to date now')}")


def _copied(db: Database, source: str) -> int:
    """Copy the database named by a file or URL into `db`; how many rows."""
    from pathlib import Path

    from mailflow.cli.progress import bar
    from mailflow.store.db import Database
    from mailflow.store.transfer import CannotTransfer, count, transfer

    if "://" not in source:
        if not Path(source).is_file():
            raise Failure(f"--from {source}: there is no such file", code=Exit.NOT_FOUND)
        source = f"sqlite:///{Path(source).absolute()}"
    old = Database(source)
    try:
        with bar("copying", count(old)) as told:
            return transfer(old, db, told)
    except ValueError as error:
        raise Failure(f"--from: {error}", "name a file, or a URL", Exit.USAGE) from None
    except CannotTransfer as why:
        raise Failure(str(why), "nothing was copied; mend that, and repeat it") from None
    finally:
        old.close()


def failpoints(as_json: AsJson = False) -> None:
    """List the places where MAILFLOW_FAILPOINT=NAME[:N] makes the process die the N-th time."""
    from mailflow.cli.output import listing
    from mailflow.failpoints import FAILPOINTS

    places = [{"name": name, "by_then": text} for name, text in FAILPOINTS.items()]
    listing(places, ["name", "by_then"], as_lines=as_json)


def version_command(as_json: AsJson = False) -> None:
    """Show the version of mailflow and of what it stands on."""
    version(as_json=as_json)


def version(*, as_json: bool = False) -> None:
    """Print versions on standard output."""
    import platform
    from importlib.metadata import version as installed

    from mailflow import __version__
    from mailflow.cli.output import record

    parts = {"mailflow": __version__, "python": platform.python_version()}
    if as_json:
        for package in ("aiosmtpd", "sqlmodel", "SQLAlchemy", "jinja2", "starlette"):
            parts[package.lower()] = installed(package)
    record(parts, as_line=as_json)
