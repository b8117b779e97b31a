"""`mailflow check`: what is wrong with a configuration and its surroundings, and how to mend it.

Each module looks at one part and yields findings; nothing is changed and no mail is sent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.check.finding import Finding, Level
from mailflow.cli.common import AsJson, ConfigFile, config_path, read_config
from mailflow.cli.exits import Exit

if TYPE_CHECKING:
    from mailflow.cli.check.dns import Record
    from mailflow.config import Config


def add_to(app: typer.Typer) -> None:
    """Put this command at the top level."""
    app.command()(check)


def check(
    config: ConfigFile = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask neither DNS nor mail servers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try everything the service needs: configuration, files, database, ports, mail server, DNS.

    Each fault comes with its mend. Also prints the DNS records to publish, ready to paste.
    Ends with 1 when something is wrong, 78 when the configuration cannot be read.

    Example: mailflow check --config /etc/mailflow/mailflow.toml
    """
    from mailflow.cli.check.dns import wanted
    from mailflow.cli.output import listing

    settings = read_config(config)
    findings = list(examine(settings, config_path(config), offline=offline))
    if as_json:
        rows = [
            {"code": f.code, "level": f.level.value, "what": f.what, "mend": f.mend}
            for f in findings
        ]
        listing(rows, [], as_lines=True)
    else:
        _print(findings, wanted(settings))
    if any(finding.level is Level.FAULT for finding in findings):
        raise typer.Exit(Exit.FAILURE)


def examine(config: Config, path: Path | None, *, offline: bool) -> Iterator[Finding]:
    """Everything, in the order in which one would mend it."""
    from mailflow.cli.check import (
        dns,
        doors,
        files,
        looks,
        mailboxes,
        sending,
        storage,
        trust,
    )

    yield from files.examine(config, path)
    yield from storage.examine(config)
    yield from doors.examine(config)
    yield from trust.examine(config)
    yield from looks.examine(config)
    yield from sending.examine(config, offline=offline)
    if not offline:
        yield from mailboxes.examine(config)
        yield from dns.examine(config, dns.ask)


def _print(findings: list[Finding], records: list[Record]) -> None:
    from rich.table import Table
    from rich.text import Text

    from mailflow.cli.output import console, safe, several

    out = console()
    marks = {
        Level.OK: ("ok", "green"),
        Level.WARNING: ("warning", "yellow"),
        Level.FAULT: ("fault", "bold red"),
    }
    rows = Table.grid(padding=(0, 1, 0, 0))
    rows.add_column(no_wrap=True, min_width=7)
    rows.add_column(overflow="fold")
    for finding in findings:
        mark, style = marks[finding.level]
        rows.add_row(Text(mark, style=style), Text(safe(finding.what)))
        if finding.mend:
            rows.add_row("", Text.assemble(("mend: ", "bold"), safe(finding.mend)))
    with out.capture() as printed:
        out.print(rows)
    # Without the blanks that fill a table up: they wrap where a terminal has become narrower.
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in printed.get().splitlines()))
    out.print(Text("\nDNS records to publish (yours may differ where you know better):"))
    for record in records:
        out.print(Text(record.line), soft_wrap=True)  # to be pasted in one piece
    out.print(Text("; and the DKIM record of your outgoing mail server, as it prints it"))
    levels = [finding.level for finding in findings]
    faults = several(levels.count(Level.FAULT), "fault")
    out.print(Text(f"\n{faults}, {several(levels.count(Level.WARNING), 'warning')}"))
