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
Raw = Annotated[
    bool, typer.Option("--raw", help="The mail as it came, to the last byte, for a file.")
]


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
def show(
    message: MessageId, config: ConfigFile = None, as_json: AsJson = False, raw: Raw = False
) -> None:
    """Show one inbound mail: where it came from, how it was understood, what became of it.

    With its text, as long as its bytes are kept.

    Example: mailflow inbox show 17 --raw > 17.eml
    """
    with database(read_config(config)) as db:
        if raw:
            print_raw(db, message)
            return
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
        left = left_alone(db, ids, "failed")
        who = Actor("operator", address=user(), evidence=EVIDENCE)
        done = Office(db).retry_inbox(ids, who) if ids else 0
    report(done, len(ids), "will be worked on again", left)


def print_list(db: Database, states: list[str], limit: int, as_json: bool) -> None:
    """Print the inbound mails in these states."""
    from mailflow.cli.output import listing
    from mailflow.store import queries

    with db.reading() as session:
        rows = [asdict(row) for row in queries.inbox_rows(session, states=states, limit=limit)]
    listing(rows, COLUMNS, as_lines=as_json, empty="no mail", spare=("outcome", "kind", "reason"))


def print_raw(db: Database, message: int) -> None:
    """Write the bytes of a mail as they came, secrets and all; never to a terminal."""
    from mailflow.cli.output import note
    from mailflow.store import queries

    with db.reading() as session:
        known = queries.inbox_rows(session, ids=[message])
        raw = queries.inbox_raw(session, message)
    if not known:
        raise Failure(f"{message}: there is no such mail", "mailflow inbox list", Exit.NOT_FOUND)
    if raw is None:
        raise Failure(f"{message}: its bytes were wiped", "see [policy] keep_raw_days")
    if sys.stdout.isatty():
        # A stranger's bytes could move the cursor, and worse (PROMISES.md I17).
        raise Failure("a terminal is no place for a stranger's bytes", "… > FILE.eml", Exit.USAGE)
    sys.stdout.buffer.write(raw)
    sys.stdout.flush()
    note("a mail may hold secret addresses and links: keep the file to yourself")


def print_one(db: Database, message: int, states: list[str], as_json: bool) -> None:
    """Print one inbound mail, or fail when there is none with this number in these states."""
    from mailflow.cli.output import listing, note, record
    from mailflow.store import queries

    with db.reading() as session:
        found = queries.inbox_rows(session, states=states, ids=[message])
        if not found:
            raise Failure(
                f"{message}: there is no such mail", "mailflow inbox list", Exit.NOT_FOUND
            )
        request = queries.request(session, found[0].request_id) if found[0].request_id else None
        answers = [asdict(mail) for mail in queries.mails(session, inbox_id=message)]
    values: dict[str, Any] = asdict(found[0])
    values["request"] = request.reference if request else ""
    if as_json:
        record({**values, "answers": answers}, as_line=True)
        return
    record({name: v for name, v in values.items() if v not in ("", None)}, as_line=False)
    if answers:
        note("", "answers:")
        listing(answers, ["id", "kind", "recipient", "state", "answer"], as_lines=False)


def print_text(db: Database, message: int) -> None:
    """Print what a mail says: the headers one judges it by and its text, without secrets."""
    from mailflow.cli.output import note, safe
    from mailflow.store import queries
    from mailflow.web.console.mailtext import shown

    with db.reading() as session:
        mail = shown(queries.inbox_raw(session, message))
    if mail.fault:
        note("", mail.fault)
        return
    lines = ["", *(f"{name}: {value}" for name, value in mail.headers), ""]
    lines += mail.text.split("\n") if mail.text else ["(no text)"]
    sys.stdout.write("\n".join(map(safe, lines)) + "\n")


def chosen(db: Database, named: list[int] | None, every: bool, state: str) -> list[int]:
    """The mails that were named, or every one in a state; naming none of both is a mistake."""
    from mailflow.store import queries

    if bool(named) == every:
        raise Failure(
            "no mail is named", f"name numbers, or --all for every {state} one", Exit.USAGE
        )
    if named:
        with db.reading() as session:
            there = {row.id for row in queries.inbox_rows(session, ids=named, limit=len(named))}
        if missing := [str(number) for number in named if number not in there]:
            raise Failure(
                f"{', '.join(missing)}: there is no such mail", "mailflow inbox list",
                Exit.NOT_FOUND,
            )  # fmt: skip
        return named
    with db.reading() as session:
        return [row.id for row in queries.inbox_rows(session, states=[state], limit=100_000)]


def left_alone(db: Database, asked: list[int], state: str) -> str:
    """Why some of these cannot be acted upon, line by line: not in `state`, bytes wiped; or ""."""
    from mailflow.cli.output import safe
    from mailflow.store import queries

    lines = []
    with db.reading() as session:
        for row in queries.inbox_rows(session, ids=asked, limit=len(asked)):
            if row.state != state:
                why = f": {safe(row.reason)}" if row.reason else ""
                lines.append(f"{row.id} is not {state} but {row.state}{why}")
            elif queries.inbox_raw(session, row.id) is None:
                lines.append(f"{row.id}: its bytes were wiped, so nothing can be done with it")
    return "\n".join(sorted(lines))


def report(done: int, asked: int, what: str, left: str) -> None:
    """Say how many it was done to; when it was none of those asked for, that is a failure.

    `left` says which were left as they are, and why.
    """
    from mailflow.cli.output import note

    note(f"{done} {what}")
    if done < asked:
        raise Failure(
            left or f"{asked - done} left as they are: bytes wiped, or somebody was quicker"
        )
