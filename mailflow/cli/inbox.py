"""`mailflow inbox`: what came in, and what became of it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli.acting import EVIDENCE, user
from mailflow.cli.common import AsJson, ConfigFile, DryRun, Limit, database, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.store.db import Database

group = typer.Typer(help="Mail that came in, and what became of it.", no_args_is_help=True)

STATES = ("waiting", "claimed", "done", "ignored", "refused", "quarantined", "failed")
COLUMNS = ("id", "received_at", "state", "kind", "outcome", "sender", "reason")
MessageId = Annotated[int, typer.Argument(metavar="ID", help="Number in the list.")]
MessageIds = Annotated[list[int] | None, typer.Argument(metavar="ID…", help="Numbers in the list.")]


@group.command("list")
def list_messages(
    config: ConfigFile = None,
    state: Annotated[
        str,
        typer.Option(
            help=f"Only this state: {', '.join(STATES)}.", autocompletion=lambda: list(STATES)
        ),
    ] = "",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Show inbound mail, newest first.

    Example: mailflow inbox list --state failed
    """
    if state and state not in STATES:
        raise Failure(f"--state {state}: no such state", ", ".join(STATES), Exit.USAGE)
    with database(read_config(config)) as db:
        print_list(db, [state] if state else [], limit, as_json)


@group.command()
def show(message: MessageId, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show one inbound mail: where it came from, how it was understood, what became of it.

    With its text, as long as its bytes are kept.
    """
    with database(read_config(config)) as db:
        print_one(db, message, [], as_json)
        if not as_json:
            print_text(db, message)


@group.command()
def retry(
    messages: MessageIds = None,
    config: ConfigFile = None,
    all_failed: Annotated[bool, typer.Option("--all", help="Every failed one.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Work on failed mail again, as if it had just come in.

    Example: mailflow inbox retry 17 18
    """
    from mailflow.cli.output import note
    from mailflow.core.commands import Actor
    from mailflow.flow.office import Office

    with database(read_config(config)) as db:
        ids = chosen(db, messages, all_failed, "failed")
        if dry_run:
            note(f"would retry {len(ids)}; nothing was changed")
            return
        who = Actor("operator", address=user(), evidence=EVIDENCE)
        done = Office(db).retry_inbox(ids, who) if ids else 0
    report(done, len(ids), "will be worked on again", "failed, with its bytes still kept")


def print_list(db: Database, states: list[str], limit: int, as_json: bool) -> None:
    """Print the inbound mails in these states."""
    from mailflow.cli.output import listing
    from mailflow.store import queries

    with db.reading() as session:
        rows = [asdict(row) for row in queries.inbox_rows(session, states=states, limit=limit)]
    listing(rows, COLUMNS, as_lines=as_json, empty="no mail")


def print_one(db: Database, message: int, states: list[str], as_json: bool) -> None:
    """Print one inbound mail, or fail when there is none with this number in these states."""
    from mailflow.cli.output import listing, note, record
    from mailflow.store import queries

    with db.reading() as session:
        found = queries.inbox_rows(session, states=states, ids=[message])
        if not found:
            raise Failure(f"{message}: there is no such mail", code=Exit.NOT_FOUND)
        request = queries.request(session, found[0].request_id) if found[0].request_id else None
        answers = [asdict(mail) for mail in queries.mails(session, inbox_id=message)]
    values: dict[str, Any] = asdict(found[0])
    values["request"] = request.reference if request else ""
    if as_json:
        record({**values, "answers": answers}, as_line=True)
        return
    record({name: v for name, v in values.items() if v not in ("", None)}, as_line=False)
    if answers:
        note("\nanswers:")
        listing(answers, ["id", "kind", "recipient", "state", "answer"], as_lines=False)


def print_text(db: Database, message: int) -> None:
    """Print what a mail says: the headers one judges it by and its text, without secrets."""
    from mailflow.cli.output import note, safe
    from mailflow.store import queries
    from mailflow.web.console.mailtext import shown

    with db.reading() as session:
        mail = shown(queries.inbox_raw(session, message))
    if mail.fault:
        note(f"\n{mail.fault}")
        return
    lines = ["", *(f"{name}: {value}" for name, value in mail.headers), ""]
    lines += mail.text.split("\n") if mail.text else ["(no text)"]
    sys.stdout.write("\n".join(map(safe, lines)) + "\n")


def chosen(db: Database, named: list[int] | None, every: bool, state: str) -> list[int]:
    """The mails that were named, or every one in a state; naming none of both is a mistake."""
    from mailflow.store import queries

    if bool(named) == every:
        raise Failure(f"name the mails, or say --all for every {state} one", code=Exit.USAGE)
    if named:
        with db.reading() as session:
            there = {row.id for row in queries.inbox_rows(session, ids=named, limit=len(named))}
        if missing := [str(number) for number in named if number not in there]:
            raise Failure(f"{', '.join(missing)}: there is no such mail", code=Exit.NOT_FOUND)
        return named
    with db.reading() as session:
        return [row.id for row in queries.inbox_rows(session, states=[state], limit=100_000)]


def report(done: int, asked: int, what: str, condition: str, group_name: str = "inbox") -> None:
    """Say how many it was done to; when it was none of those asked for, that is a failure."""
    from mailflow.cli.output import note

    note(f"{done} {what}")
    if done < asked:
        raise Failure(
            f"{asked - done} left as they are: not {condition}",
            f"look: mailflow {group_name} show ID",
        )
