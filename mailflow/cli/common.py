"""What most commands share: options, the configuration, the database."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.config import Config
    from mailflow.store.db import Database

DEFAULT_FILE = Path("mailflow.toml")

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="MAILFLOW_CONFIG",
        show_envvar=True,
        help="Configuration file; else ./mailflow.toml.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many at most.")]


def config_path(given: Path | None) -> Path | None:
    """The file to read: the one given, else ./mailflow.toml if it is there, else none."""
    return given or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)


def read_config(given: Path | None, flags: Mapping[str, str] | None = None) -> Config:
    """The checked configuration; all that is wrong with it ends the command with code 78."""
    from mailflow.config import ConfigError, load

    path = config_path(given)
    try:
        return load(path, os.environ, flags)
    except ConfigError as error:
        if path is None and not any(name.startswith("MAILFLOW_SERVICE__") for name in os.environ):
            raise Failure(
                f"there is no configuration: ./{DEFAULT_FILE} is not there, and none was named",
                "mailflow init, or name one: --config FILE",
                Exit.CONFIG,
            ) from None
        raise Failure("\n".join(error.problems), code=Exit.CONFIG) from None


@contextmanager
def database(config: Config) -> Iterator[Database]:
    """The database, whose schema must be the one of this version. Looking never makes a file."""
    from mailflow.store import migrate
    from mailflow.store.db import Database

    file = sqlite_file(config)
    if file is not None and not file.exists():
        raise Failure(f"{file}: there is no such database yet", "mailflow migrate", Exit.CONFIG)
    db = Database(config.database.url)
    try:
        state = migrate.state(db)
        if state != "current":
            raise Failure(*SCHEMA[state], Exit.CONFIG)
        yield db
    finally:
        db.close()


def sqlite_file(config: Config) -> Path | None:
    """The file of the database; None for PostgreSQL."""
    scheme, mark, path = config.database.url.partition(":///")
    return Path(path) if mark and scheme == "sqlite" else None


#: What a database that is not `current` lacks, and what to do: (what, mend).
SCHEMA: dict[str, tuple[str, str]] = {
    "empty": ("the database has no tables yet", "mailflow migrate"),
    "old": (
        "the database was made by an older version",
        "make a backup, stop every mailflow, then: mailflow migrate",
    ),
    "newer": (
        "the database was made by a newer version of mailflow",
        "install that version here too; a database cannot go back",
    ),
    "encoding": (
        "the database is not kept in UTF-8, so not every name and note would fit into it",
        "createdb -E UTF8 -T template0 NAME, and name that in [database] url",
    ),
    "unknown": (
        "the database holds tables that are not those of mailflow",
        "name another in [database] url",
    ),
}


class _Undone(Exception):  # noqa: N818 - not an error: it was only a trial
    """Ends a transaction without keeping it."""


@contextmanager
def trial(db: Database, dry_run: bool) -> Iterator[Any]:
    """A transaction; with `dry_run` it does everything, and is then taken back."""
    with suppress(_Undone), db.transaction() as session:
        yield session
        if dry_run:
            raise _Undone


def sure(question: str, yes: bool) -> None:
    """Ask before something that cannot be taken back; without a terminal --yes is needed."""
    import sys

    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(f"{question} There is nobody to ask", "say --yes", Exit.USAGE)
    if not typer.confirm(question, err=True):
        raise Failure("nothing was done", code=Exit.FAILURE)
