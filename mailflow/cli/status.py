"""`mailflow status`: where everything stands, and whether every accepted mail is accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from mailflow.cli.common import AsJson, ConfigFile, database, read_config
from mailflow.cli.exits import Failure
from mailflow.cli.output import cell

if TYPE_CHECKING:
    from mailflow.config import Config
    from mailflow.store.mailboxes import Mailbox
    from mailflow.store.queries import Conservation, Counts
    from mailflow.store.workers import Worker


def add_to(app: typer.Typer) -> None:
    """Put this command at the top level."""
    app.command()(status)


def status(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show who is at work, counts by state, and the account of every accepted mail.

    Warns when nobody has a role that the configuration needs: mail would wait. Ends with 1 when
    a mail that was accepted is not accounted for.
    """
    from dataclasses import asdict

    from mailflow.cli.output import note, record
    from mailflow.store import mailboxes, queries, workers

    settings = read_config(config)
    with database(settings) as db:
        living = workers.living(db)
        with db.reading() as session:
            counts = queries.counts(session)
            account = queries.conservation(session)
            newest = queries.last_received(session)
            boxes = mailboxes.mailboxes(session)
    missing = sorted(_needed(settings) - {role for one in living for role in _roles(one)})
    values: dict[str, Any] = {**asdict(counts), "last_received": newest}
    values["processes"] = [
        {"host": x.host, "pid": x.pid, "roles": _roles(x), "started_at": x.started_at}
        for x in living
    ]
    values["roles_missing"] = missing
    values["conservation"] = {**asdict(account), "difference": account.difference}
    values["mailboxes"] = [asdict(box) for box in boxes]
    if as_json:
        record(values, as_line=True)
    else:
        shown = {"at work": "; ".join(map(_process, living)) or "nobody"}
        shown |= _for_people(counts, account, newest)
        record(shown | {f"mailbox {box.name}": _mailbox(box) for box in boxes}, as_line=False)
    if not living:
        note("warning: no mailflow process is at work: start one with mailflow run")
    elif missing:
        names = ", ".join(missing)
        note(
            f"warning: nobody has the role {names}: start one with mailflow run --role {missing[0]}"
        )
    if account.difference:
        raise Failure(
            f"{account.difference} accepted mails are not accounted for",
            "keep the database as it is, and report it",
        )


def _needed(config: Config) -> set[str]:
    """The roles that somebody must have, for all that is configured to be done."""
    ingress = config.ingress
    wanted = {
        "smtp": ingress.smtp.enabled,
        "imap": bool(ingress.imap),
        "web": config.web.enabled or config.console.enabled,
    }
    return {"processor", "sender", "timers"} | {role for role, on in wanted.items() if on}


def _roles(worker: Worker) -> list[str]:
    return worker.roles.split(",")


def _process(worker: Worker) -> str:
    roles = worker.roles.replace(",", ", ")
    return f"{worker.host} {worker.pid} since {cell(worker.started_at)} ({roles})"


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
