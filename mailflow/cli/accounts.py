"""`mailflow accounts`: which domains are taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli import tabular
from mailflow.cli.acting import EVIDENCE, user
from mailflow.cli.common import AsJson, ConfigFile, DryRun, database, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.core.request import Account

group = typer.Typer(help="Accounts: provisional, active, imported.", no_args_is_help=True)

COLUMNS = ("domain", "name", "status", "reference", "requester", "administrators")
#: Accounts stored between two looks at the bar; all of them in one transaction.
CHUNK = 500


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="One line for each account.")],
    config: ConfigFile = None,
    dry_run: DryRun = False,
) -> None:
    """Take over accounts that exist elsewhere, so that nobody asks for them twice.

    Columns: domain, name, status (active, pending, hold, ended), administrators (addresses,
    blanks between). Domain and name are needed. A domain that belongs to a request here is a
    conflict: nothing at all is imported then.

    Example: mailflow accounts import accounts.csv --dry-run
    """
    from mailflow.cli.common import trial
    from mailflow.cli.output import note
    from mailflow.cli.progress import bar
    from mailflow.core import roster
    from mailflow.core.commands import Actor
    from mailflow.flow.office import Office
    from mailflow.store import directory

    accounts = tabular.read(file, roster.accounts)
    added = changed = 0
    conflicts: list[str] = []
    with (
        database(read_config(config)) as db,
        bar("importing", len(accounts)) as told,
        trial(db, dry_run) as session,
    ):
        now = db.now(session)
        for start in range(0, len(accounts), CHUNK):
            counts = directory.import_accounts(session, accounts[start : start + CHUNK], now)
            added, changed = added + counts.added, changed + counts.changed
            conflicts += counts.conflicts
            told(start + CHUNK)
        if conflicts:
            raise Failure(
                "\n".join(f"{d}: belongs to a request here" for d in conflicts),
                "take these lines out (mailflow requests list shows them); nothing was imported",
                Exit.DATA,
            )
        who = Actor("operator", address=user(), evidence=EVIDENCE)
        Office(db).note(session, "accounts_imported", who, added=added, changed=changed)
    would = "; nothing was changed" if dry_run else ""
    note(f"{added} added, {changed} renewed{would}")


@group.command("list")
def list_accounts(
    config: ConfigFile = None,
    as_json: AsJson = False,
    ended: Annotated[bool, typer.Option("--ended", help="Ended ones too.")] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, help="How many at most; else 1000, with --json all."),
    ] = None,
) -> None:
    """Show accounts, by domain."""
    from mailflow.cli.output import listing, note
    from mailflow.store import directory

    most = limit or (None if as_json else 1000)
    with database(read_config(config)) as db, db.reading() as session:
        found = directory.accounts(session, with_ended=ended, limit=most)
    rows = [_row(account) for account in found]
    listing(rows, COLUMNS, as_lines=as_json, empty="no accounts", spare=COLUMNS[:2:-1])
    if not as_json and len(rows) == most:
        note(f"There may be more; these are the first {most:,} (--limit, --json).")


def _row(account: Account) -> dict[str, Any]:
    return {
        "domain": account.domain,
        "name": account.name,
        "status": account.state,
        "reference": account.reference,
        "requester": account.requester,
        "administrators": account.administrators,
    }
