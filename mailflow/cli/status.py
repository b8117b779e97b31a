"""`mailflow status`: where everything stands, and whether every accepted mail is accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mailflow.cli.common import AsJson, ConfigFile, database, read_config
from mailflow.cli.exits import Failure
from mailflow.cli.output import cell

if TYPE_CHECKING:
    from mailflow.store.mailboxes import Mailbox
    from mailflow.store.queries import Conservation, Counts


def add_to(app: typer.Typer) -> None:
    """Put this command at the top level."""
    app.command()(status)


def status(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show counts by state, the oldest waiting mail, and the account of every accepted mail.

    Ends with 1 when a mail that was accepted is not accounted for.
    """
    from dataclasses import asdict

    from mailflow.cli.output import record
    from mailflow.store import mailboxes, queries

    with database(read_config(config)) as db, db.reading() as session:
        counts = queries.counts(session)
        account = queries.conservation(session)
        newest = queries.last_received(session)
        boxes = mailboxes.mailboxes(session)
    values: dict[str, Any] = {**asdict(counts), "last_received": newest}
    values["conservation"] = {**asdict(account), "difference": account.difference}
    values["mailboxes"] = [asdict(box) for box in boxes]
    if as_json:
        record(values, as_line=True)
    else:
        shown = _for_people(counts, account, newest)
        record(shown | {f"mailbox {box.name}": _mailbox(box) for box in boxes}, as_line=False)
    if account.difference:
        raise Failure(
            f"{account.difference} accepted mails are not accounted for",
            "keep the database as it is, and report it",
        )


def _for_people(counts: Counts, account: Conservation, newest: Any) -> dict[str, Any]:
    return {
        "requests": _sum_up(counts.requests),
        "inbox": _sum_up(counts.inbox),
        "outbox": _sum_up(counts.outbox),
        "last mail came in": newest or "never",
        "oldest waiting mail": counts.oldest_inbox or "none",
        "oldest unsent mail": counts.oldest_outbox or "none",
        "only counted": _only_counted(counts),
        "accepted mail": (
            f"{account.accepted} = {account.effects} effects + {account.refused} refused"
            f" + {account.ignored} ignored + {account.quarantined} quarantined"
            f" + {account.failed} failed + {account.duplicates} duplicates"
            f" + {account.waiting} waiting"
        ),
    }


def _only_counted(counts: Counts) -> str:
    """Mail that led to nothing and whose rows are gone: part of what was accepted."""
    if not counts.forgotten:
        return "none"
    total = sum(counts.forgotten.values())
    return f"{total} mails that led to nothing ({_sum_up(counts.forgotten)})"


def _mailbox(box: Mailbox) -> str:
    words = [f"read {cell(box.looked_at)}" if box.looked_at else "never read"]
    if box.refused:
        words.append(f"{box.refused} mails put aside there, which cannot be taken")
    if box.trouble:
        words.append(box.trouble)
    return "; ".join(words)


def _sum_up(numbers: Any) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(numbers.items())) or "none"
