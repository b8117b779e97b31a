"""The pages docs/reference/commands.md and exit-codes.md, made from the commands themselves.

To write them anew: `python -m mailflow.cli.reference`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from mailflow.cli.exits import MEANING, Exit

COMMANDS_INTRO = """\
# Commands

`mailflow` is one command with groups. `mailflow COMMAND --help` says the same as this page.

- Data goes to standard output, everything else to standard error. Colours are used on a terminal
  only, and never when `NO_COLOR` is set.
- `--json` prints one JSON object a line. Keys stay; new ones may come. Times are UTC.
- Control characters in what other people wrote are shown as escapes (`\\x1b`).
- What cannot be taken back asks first, or takes `--yes`; `--dry-run` only says what would happen.
- How a command ends: [exit codes](exit-codes.md). Settings: [configuration](configuration.md).
- `mailflow --install-completion` makes the shell complete commands and options.

This page is made from the program (`python -m mailflow.cli.reference`); a test holds it."""

EXITS_INTRO = """\
# Exit codes

From 64 on they are those of `sysexits.h`. Made from the program; a test holds this page.

| code | name | meaning |
|-|-|-|"""

METRICS_INTRO = """\
# Metrics

<!-- Made from the program by `make reference`; changes here are lost. -->

`/metrics` at `[web] admin_listen` tells these, as Prometheus reads them. Each process counts for
itself; what is read from the database (`inbox_waiting`, `outbox_due`, `outbox_age_seconds`,
`accepted`, `conservation_difference`) is the same on every machine. No label holds anything
personal.

| metric | kind | labels | what it tells |
|---|---|---|---|"""
ALARMS_INTRO = """
## What to be alarmed at

| when | why |
|---|---|"""
ALARMS = (
    ("mailflow_conservation_difference != 0", "an accepted mail is not accounted for: never so"),
    ("increase(mailflow_faults_total[15m]) > 0", "a fault of ours; the log has it (`trouble`)"),
    ("mailflow_outbox_age_seconds > 3600", "letters do not leave: is the relay there?"),
    ("mailflow_relay_up == 0", "the last try did not reach the relay; for minutes it is no alarm"),
    ("mailflow_mailbox_up == 0", "a mailbox cannot be read; its reason is in `mailflow status`"),
    (
        "time() - mailflow_mailbox_last_success_timestamp_seconds > 900",
        "a mailbox has not been read to its end for a quarter of an hour",
    ),
    ("mailflow_inbox_waiting > 1000", "mail comes in quicker than it is worked on"),
    (
        'increase(mailflow_accepted{fate="failed"}[1h]) > 0',
        "a mail was set aside for a fault of ours: `mailflow inbox list --state failed`",
    ),
)


def every_command() -> Iterator[tuple[str, Any]]:
    """Every visible command with its full name, groups first come first."""
    from mailflow.cli.app import app

    yield from _walk(typer.main.get_command(app), "mailflow")


def _walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child_name, child in children.items():
        if not child.hidden:
            yield from _walk(child, f"{name} {child_name}")


def commands_page() -> str:
    """The page of all commands."""
    lines = [COMMANDS_INTRO]
    for name, command in every_command():
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
        usage = " ".join([name, *(_argument(a) for a in arguments)])
        lines += ["", f"## `{usage}`", "", *_paragraphs(command.help or "")]
        if options or arguments:
            lines += ["", "| argument, option | meaning |", "|-|-|"]
        lines += [f"| `{_argument(a)}` | {_cell(a.help)} |" for a in arguments]
        lines += [f"| `{_option(o)}` | {_cell(o.help)}{_default(o)} |" for o in options]
    return "\n".join(lines) + "\n"


def _argument(argument: Any) -> str:
    name = str(argument.metavar or argument.name.upper())
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    if option.is_flag:
        return names
    return f"{names} {option.metavar or option.name.upper()}"


def _default(option: Any) -> str:
    if option.is_flag or option.default in (None, ""):
        return ""
    return f" Default: `{option.default}`."


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _paragraphs(text: str) -> list[str]:
    """Paragraphs of a docstring; what follows "Example:" becomes code."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        words = " ".join(paragraph.split())
        if lines:
            lines.append("")
        if words.startswith("Example: "):
            lines.append(f"    {words.removeprefix('Example: ')}")
        else:
            lines.append(words)
    return lines


def exits_page() -> str:
    """The page of exit codes."""
    rows = [f"| {code.value} | {code.name} | {MEANING[code]} |" for code in Exit]
    return "\n".join([EXITS_INTRO, *rows]) + "\n"


def metrics_page() -> str:
    """The page of metrics and of what to be alarmed at."""
    from mailflow.metrics import Metrics

    rows = [
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{x}`' for x in one.labels)} | {one.text} |"
        for one in Metrics().described
    ]
    alarms = [f"| `{when}` | {why} |" for when, why in ALARMS]
    return "\n".join([METRICS_INTRO, *rows, ALARMS_INTRO, *alarms]) + "\n"


def pages() -> dict[str, str]:
    """The pages by their file in docs/reference."""
    return {
        "commands.md": commands_page(),
        "exit-codes.md": exits_page(),
        "metrics.md": metrics_page(),
    }


def main() -> None:
    """Write the pages of the checkout."""
    folder = Path(__file__).parents[2] / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
