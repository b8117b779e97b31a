"""`mailflow config`: what is in force, and from where."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mailflow.cli.common import AsJson, ConfigFile, read_config

group = typer.Typer(help="Look at the configuration.", no_args_is_help=True)


@group.command()
def show(
    config: ConfigFile = None,
    as_json: AsJson = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only what differs from the default.")
    ] = False,
) -> None:
    """Show every setting in force: file, environment and defaults together, secrets masked."""
    from mailflow.cli.output import listing
    from mailflow.config.render import toml_value
    from mailflow.config.schema import in_force

    rows = []
    for setting, value in in_force(read_config(config)):
        if changed and not setting.required and value == setting.default:
            continue
        shown = masked(setting.name, value) if setting.secret else value
        rows.append(
            {
                "setting": setting.dotted,
                "value": shown if as_json else toml_value(shown),
                "variable": setting.variable,
            }
        )
    listing(rows, ["setting", "value"], as_lines=as_json)


def masked(name: str, value: Any) -> Any:
    """A secret as it may be shown: a URL without its password, a list entry by entry without
    what is secret in it, anything else as stars."""
    if isinstance(value, tuple):
        return [{"name": one.name, "role": one.role, "password_hash": "***"} for one in value]
    if not value:
        return ""
    if name != "url":
        return "***"
    scheme, mark, rest = value.partition("://")
    login, at, place = rest.rpartition("@")
    if not at:
        return value
    user, colon, _ = login.partition(":")
    return f"{scheme}{mark}{user}{':***' if colon else ''}@{place}"
