"""`mailflow people`: who may ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli import tabular
from mailflow.cli.acting import EVIDENCE, user
from mailflow.cli.common import AsJson, ConfigFile, DryRun, Yes, database, read_config, sure
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.config import Config
    from mailflow.core.request import Person

group = typer.Typer(help="Who may ask for accounts.", no_args_is_help=True)

COLUMNS = ("email", "name", "company", "role", "status", "language")
#: As an address is written here: without name and brackets.
ADDRESS = "ana@partner.example"
ROLES = ("partner", "customer", "support")
#: People stored between two looks at the bar; all of them in one transaction.
CHUNK = 500


@group.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="One line for each person.")],
    config: ConfigFile = None,
    dry_run: DryRun = False,
) -> None:
    """Add people from a CSV file, or change those that are there. All of it, or nothing.

    Columns: email, name, company, role (partner, customer, support), status (active, inactive),
    language. Only email is needed; people who are not in the file stay as they are.

    Example: mailflow people import people.csv --dry-run
    """
    from mailflow.core import roster

    settings = read_config(config)
    service = settings.service
    people = tabular.read(
        file,
        lambda text, name: roster.people(text, name, service.languages, service.internal_domains),
    )
    _store(settings, people, dry_run)


@group.command("list")
def list_people(
    config: ConfigFile = None,
    as_json: AsJson = False,
    search: Annotated[str, typer.Option(help="Part of address, name or company.")] = "",
    inactive: Annotated[bool, typer.Option("--inactive", help="Only inactive ones.")] = False,
) -> None:
    """Show everybody, by address."""
    from mailflow.cli.output import listing
    from mailflow.store import directory

    settings = read_config(config)
    with database(settings) as db, db.reading() as session:
        people = directory.people(
            session, settings.service.internal_domains, words=search, inactive_only=inactive
        )
    rows = [_row(person) for person in people]
    listing(
        rows, [*COLUMNS, "internal"], as_lines=as_json, empty="nobody",
        spare=("internal", "language", "company"),
    )  # fmt: skip


@group.command()
def add(
    email: Annotated[str, typer.Argument(help="The address the person writes from.")],
    config: ConfigFile = None,
    name: Annotated[str, typer.Option(help="Name.")] = "",
    company: Annotated[str, typer.Option(help="Company.")] = "",
    role: Annotated[
        str, typer.Option(help=", ".join(ROLES) + ".", autocompletion=lambda: list(ROLES))
    ] = "partner",
    language: Annotated[str, typer.Option(help="Language code; empty = not known.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Add one person, or change and reactivate him.

    Example: mailflow people add ana@partner.example --name "Ana Ruiz" --language es
    """
    from mailflow.core import roster
    from mailflow.core.sheet import Wrong

    settings = read_config(config)
    values = {"email": email, "name": name, "company": company, "role": role}
    convert = roster.person_from(settings.service.languages, settings.service.internal_domains)
    try:
        person = convert({**values, "language": language})
    except Wrong as wrong:
        mend = f"mailflow people add {ADDRESS} --name … --company …"
        raise Failure(str(wrong), mend, Exit.USAGE) from None
    _store(settings, [person], dry_run)


@group.command()
def deactivate(
    email: Annotated[str, typer.Argument(help="Whose requests are to be refused from now on.")],
    config: ConfigFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Bar somebody from asking. What he asked before stays."""
    from mailflow.cli.output import note
    from mailflow.core.commands import Actor
    from mailflow.flow.office import Office
    from mailflow.store import directory

    with database(read_config(config)) as db:
        with db.reading() as session:
            person = directory.person(session, email)
        if person is None:
            raise Failure(f"{email} is not registered", "mailflow people list", Exit.NOT_FOUND)
        if not person.active:
            note(f"{person.email} is inactive already")
            return
        if dry_run:
            note(f"would deactivate {person.email}; nothing was changed")
            return
        sure(f"Deactivate {person.email}?", yes)
        who = Actor("operator", address=user(), evidence=EVIDENCE)
        Office(db).set_active(person.email, False, who)
    note(f"{person.email} is inactive now")


def _store(settings: Config, people: Sequence[Person], dry_run: bool) -> None:
    from mailflow.cli.common import trial
    from mailflow.cli.output import note
    from mailflow.cli.progress import bar
    from mailflow.core.commands import Actor
    from mailflow.flow.office import Office
    from mailflow.store import directory

    added = changed = unchanged = 0
    with (
        database(settings) as db,
        bar("importing", len(people)) as told,
        trial(db, dry_run) as session,
    ):
        now = db.now(session)
        for start in range(0, len(people), CHUNK):
            counts = directory.upsert_people(session, people[start : start + CHUNK], now)
            added, changed = added + counts.added, changed + counts.changed
            unchanged += counts.unchanged
            told(start + CHUNK)
        who = Actor("operator", address=user(), evidence=EVIDENCE)
        Office(db).note(session, "people_imported", who, added=added, changed=changed)
    would = "; nothing was changed" if dry_run else ""
    note(f"{added} added, {changed} changed, {unchanged} as before{would}")


def _row(person: Person) -> dict[str, Any]:
    return {
        "email": person.email,
        "name": person.name,
        "company": person.company,
        "role": person.role.value,
        "status": "active" if person.active else "inactive",
        "language": person.language,
        "internal": person.internal,
    }
