"""Keeping and forgetting: `mailflow export`, `backup` and `purge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailflow.cli.common import AsJson, ConfigFile, DryRun, Yes, database, read_config, sure
from mailflow.cli.exits import Exit, Failure


def add_to(app: typer.Typer) -> None:
    """Put these commands at the top level."""
    app.command()(export)
    app.command()(backup)
    app.command()(purge)


def export(
    config: ConfigFile = None,
    request: Annotated[
        str, typer.Option(metavar="REFERENCE", help="Only this request and what belongs to it.")
    ] = "",
) -> None:
    """Print everything that is known, one JSON object a line: people, requests, events, mails.

    `table` says what each line is. The texts of mails are not part of it, and secrets are cut.

    Example: mailflow export > mailflow.jsonl
    """
    import sys

    from mailflow.cli.output import as_json
    from mailflow.cli.progress import bar
    from mailflow.store import export as rows_of
    from mailflow.store import queries

    with database(read_config(config)) as db, db.reading() as session:
        wanted = None
        if request:
            found = queries.request_by_reference(session, request.strip())
            if found is None:
                raise Failure(f"{request}: there is no such request", code=Exit.NOT_FOUND)
            wanted = found.id
        total = None if wanted else rows_of.count(session)
        with bar("exporting", total) as told:
            for number, row in enumerate(rows_of.rows(session, wanted), start=1):
                sys.stdout.write(as_json(row) + "\n")
                if number % 500 == 0:
                    told(number)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; must not exist yet.")],
    config: ConfigFile = None,
) -> None:
    """Copy the database into a new file while the service runs. The copy is checked.

    To restore: stop every mailflow, put the copy in the place of the database, remove the files
    named like it with -wal and -shm, and start. For SQLite; with PostgreSQL use pg_dump.

    Example: mailflow backup /var/backups/mailflow-2026-11-24.db
    """
    from mailflow.cli.configuration import masked
    from mailflow.cli.output import note
    from mailflow.store.backup import CannotBackUp
    from mailflow.store.backup import backup as copy

    settings = read_config(config)
    with database(settings) as db:
        if db.dialect != "sqlite":
            raise Failure(
                "a PostgreSQL database is backed up by its own tool",
                f"pg_dump --format=custom --file={file} '{masked('url', settings.database.url)}'",
            )
        try:
            size = copy(db, file)
        except CannotBackUp as why:
            folder = file.absolute().parent
            mend = "" if folder.is_dir() else f"mkdir -p {folder}, or choose another place"
            raise Failure(str(why), mend, Exit.CANNOT_CREATE) from None
    note(f"{file}: {size:,} bytes; it holds whole mails and sign-ins: keep it secret")


def purge(
    config: ConfigFile = None,
    days: Annotated[
        int | None,
        typer.Option(min=0, help="Of mail finished so long ago; else [policy] keep_raw_days."),
    ] = None,
    person: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Blank this person in ended requests instead.")
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Wipe the bytes of finished mail, or what is known of a person. It cannot be taken back.

    The service wipes by itself once an hour; this is for less patience. What became of each mail,
    and the hash of its bytes, stay; only where mail that led to nothing is over its quota
    ([policy] max_quarantine_bytes), the oldest is forgotten but for a count. Requests that still
    run keep their people.

    Example: mailflow purge --person ana@partner.example --dry-run
    """
    from datetime import timedelta

    from mailflow.cli.output import record
    from mailflow.cli.progress import bar
    from mailflow.core.address import parse
    from mailflow.store import retention, strangers

    settings = read_config(config)
    keep = timedelta(days=settings.policy.keep_raw_days if days is None else days)
    with database(settings) as db:
        if person:
            address = parse(person)
            if address is None:
                raise Failure(f"{person!r} is not a mail address", code=Exit.USAGE)
            if not dry_run:
                sure(f"Blank {address} in all ended requests?", yes)
            with db.transaction() as session:
                requests = retention.erase(session, address, dry_run=dry_run)
            record({"requests": requests, "dry_run": dry_run}, as_line=as_json)
            return
        most = settings.policy.max_quarantine_bytes
        found = retention.wipe_raw(db, keep, dry_run=True)
        over = strangers.limit(db, most, dry_run=True)
        total = found.inbound + found.outbound + over.wiped + over.forgotten
        if not dry_run and total:
            sure(f"Wipe the bytes of {total} mails?", yes)
            with bar("wiping", total) as told:
                found = retention.wipe_raw(db, keep)
                over = strangers.limit(db, most)
                told(total)
    values = {
        "inbound": found.inbound, "outbound": found.outbound, "over_quota": over.wiped,
        "forgotten": over.forgotten, "dry_run": dry_run,
    }  # fmt: skip
    record(values, as_line=as_json)
