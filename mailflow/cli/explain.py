"""`mailflow explain`: the story of a request or a mail, with the evidence of each step."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli.common import AsJson, ConfigFile, database, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.chronicle import Entry, Record
    from mailflow.core.request import Request


def add_to(app: typer.Typer) -> None:
    """Put this command at the top level."""
    app.command()(explain)


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="REF|MESSAGE-ID",
            help="Reference of a request, Message-ID of a mail, or its number in the inbox.",
        ),
    ],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell what happened to a request or a mail, in plain sentences, with the evidence.

    What came, how it was proven, why it was understood so, what followed, and what became of each
    letter.

    Example: mailflow explain R-7K3MPXC
    """
    from mailflow import chronicle
    from mailflow.cli.output import note

    with database(read_config(config)) as db, db.reading() as session:
        whole = chronicle.of_request(session, name)
        records = [whole] if whole else chronicle.of_mail(session, name)
    if not records:
        raise Failure(
            f"{name}: there is no such request or mail",
            "mailflow requests list --search …, mailflow inbox list",
            Exit.NOT_FOUND,
        )
    for record in records:
        entries = chronicle.tell(record)
        if as_json:
            _print_json(record, entries)
        else:
            _print(record, entries)
    if len(records) > 1 and not as_json:
        note(f"{len(records)} mails have this Message-ID")


def _print(record: Record, entries: Sequence[Entry]) -> None:
    from mailflow.chronicle import letter_line
    from mailflow.cli.output import cell, console, safe

    lines = [_head(record.request)] if record.request else []
    for entry in entries:
        lines += ["", f"{cell(entry.at)}  {safe(entry.said)}"]
        if entry.state:
            lines.append(f"    now: {entry.state}")
        if entry.rule:
            lines.append(f"    why: {cell(entry.rule)}")
        if entry.proof:
            lines.append(f"    proof: {safe(entry.proof)}")
        if entry.mail:
            mail = entry.mail
            named = f", {safe(mail.message_id)}" if mail.message_id else ""
            lines.append(f"    mail: {mail.id}{named}, SHA-256 {mail.content_hash}")
        lines += [f"    → {safe(letter_line(letter))}" for letter in entry.letters]
    if record.request and record.request.renewed_as:
        lines += ["", f"It was asked for again as {record.request.renewed_as}."]
    out = console()
    if out.is_terminal:  # long lines go on below where they began
        lines = [part for line in lines for part in _wrapped(line, out.width)]
    sys.stdout.write("\n".join(lines).lstrip("\n") + "\n")


def _wrapped(line: str, width: int) -> list[str]:
    begins = len(line) - len(line.lstrip())
    hanging = " " * (begins + 2 if begins else 18 if line[:4].isdecimal() else 0)
    wrapped = textwrap.wrap(
        line, width, subsequent_indent=hanging, break_on_hyphens=False, break_long_words=False
    )
    return wrapped or [""]


def _head(request: Request) -> str:
    from mailflow.cli.output import safe

    fields = request.fields
    return safe(
        f"{request.reference}  {fields.account_name or '(no name)'}"
        f" ({fields.account_domain or 'no domain'})  {request.state}"
    )


def _print_json(record: Record, entries: Sequence[Entry]) -> None:
    from mailflow.chronicle import delivery
    from mailflow.cli.output import as_json

    reference = record.request.reference if record.request else ""
    for entry in entries:
        mail = entry.mail
        line: dict[str, Any] = {
            "request": reference,
            "at": entry.at,
            "said": entry.said,
            "state": entry.state,
            "rule": entry.rule,
            "proof": entry.proof,
            "mail": mail.id if mail else None,
            "message_id": mail.message_id if mail else "",
            "sha256": mail.content_hash if mail else "",
            "letters": [
                {
                    "kind": letter.kind,
                    "to": letter.recipient,
                    "language": letter.language,
                    "message_id": letter.message_id,
                    "state": letter.state,
                    "delivery": delivery(letter),
                }
                for letter in entry.letters
            ],
        }
        sys.stdout.write(as_json(line) + "\n")
