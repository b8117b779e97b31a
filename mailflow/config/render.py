"""Settings written out: as a commented TOML file, and as the reference page.

`config.example.toml`, what `mailflow init` writes, and docs/reference/configuration.md come from
here. To write the two files of the repository anew: `python -m mailflow.config.render`.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailflow.config.schema import NAME, Setting, Table, tables
from mailflow.config.source import Key

#: What the example shows: a vendor that does not exist, behind a mail server that checks senders.
EXAMPLE: Mapping[Key, Any] = {
    ("service", "organisation"): "Vendor Networks",
    ("service", "address"): "requests@licensing.vendor.example",
    ("service", "public_url"): "https://licensing.vendor.example",
    ("service", "support_url"): "https://support.vendor.example/cases",
    ("service", "feedback_url"): "mailto:feedback@vendor.example",
    ("service", "operator_address"): "licensing-team@vendor.example",
    ("service", "internal_domains"): ("vendor.example",),
    ("database", "url"): "sqlite:///mailflow.db",
    ("ingress", "imap", NAME, "host"): "imap.vendor.example",
    ("ingress", "imap", NAME, "username"): "requests@licensing.vendor.example",
    ("ingress", "imap", NAME, "password_file"): "imap-password",
    ("trust", "authserv_ids"): ("mx.vendor.example",),
    ("delivery", "host"): "smtp.vendor.example",
}

EXAMPLE_INTRO = """\
mailflow: every setting there is. Copy this file to mailflow.toml and change what stands
without a # before it; a line with a # shows the default. `mailflow init` writes such a file
from a few questions, `mailflow check --config FILE` says what is still wrong with it.

A setting may also come from the environment, MAILFLOW_SECTION__KEY (for example
MAILFLOW_DELIVERY__PORT), and a secret from a file (password_file). Relative paths start from
the folder of this file."""

REFERENCE_INTRO = """\
# Configuration

mailflow reads one TOML file: the one named by `--config`, else by `MAILFLOW_CONFIG`, else
`./mailflow.toml`. `mailflow init` writes it, `mailflow check` tries it, `mailflow config show`
prints what is in force.

- A value is taken from the first of these that has it: a flag of the command, an environment
  variable, a secret file (`password_file`, `url_file`), the TOML file, the default.
- The variable of a setting is `MAILFLOW_` and its path in capitals, joined by two underscores:
  `delivery.port` is `MAILFLOW_DELIVERY__PORT`. Lists are separated by commas, or written as in
  TOML. Those of a mailbox carry its name: `MAILFLOW_INGRESS__IMAP__SALES__PASSWORD`.
- Unknown variables that begin with `MAILFLOW_` are refused, except `MAILFLOW_CONFIG`,
  `MAILFLOW_FAILPOINT`, `MAILFLOW_TEST_…` and `MAILFLOW_REQUIRE_…`.
- Relative paths in the file start from its folder; elsewhere from the working directory.
- An unknown setting is an error, with a guess at what was meant. All that is wrong is reported
  at once, and the exit code is 78.
- Seconds end in `_s`, bytes in `_bytes`, days in `_days`. Days are 24 hours, counted in UTC.

This page is made from the program (`python -m mailflow.config.render`); a test holds it."""


def toml(values: Mapping[Key, Any], intro: str) -> str:
    """A complete commented file: `values` set, everything else shown as a commented default."""
    lines = [f"# {line}".rstrip() for line in intro.splitlines()]
    for table in tables():
        if not table.settings:
            continue
        if NAME in table.path:
            lines += ["", *_pattern(table)]
            continue
        lines += ["", f"[{'.'.join(table.path)}]"]
        lines += _comment(table.description)
        for setting in table.settings:
            lines += ["", *_comment(_full_description(setting))]
            if setting.path in values:
                lines.append(f"{setting.name} = {toml_value(values[setting.path])}")
            else:
                lines.append(f"#{setting.name} = {toml_value(setting.default)}")
    return "\n".join(lines) + "\n"


def _pattern(table: Table) -> list[str]:
    """A table with a name, as comments to copy from: there may be none, one or several."""
    lines = [f"# [{'.'.join(table.path)}]", *_comment(table.description)]
    for setting in table.settings:
        value = EXAMPLE.get(setting.path, setting.default)
        lines += ["#", *_comment(_full_description(setting))]
        lines.append(f"# {setting.name} = {toml_value(value)}")
    return lines


def toml_value(value: Any) -> str:
    """One value in TOML: text, number, truth or a list of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for DEL (TOML 1.0, section "String").
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        pairs = (f"{name} = {toml_value(one)}" for name, one in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return "[" + ", ".join(toml_value(item) for item in value) + "]"


def reference() -> str:
    """The page docs/reference/configuration.md."""
    lines = [REFERENCE_INTRO]
    for table in tables():
        if table.settings:
            lines += ["", *_table_section(table)]
    return "\n".join(lines) + "\n"


def _table_section(table: Table) -> list[str]:
    lines = [f"## `[{'.'.join(table.path)}]`", "", table.description, ""]
    lines += ["| setting | default | meaning |", "|-|-|-|"]
    for setting in table.settings:
        default = "required" if setting.required else f"`{toml_value(setting.default)}`"
        meaning = _full_description(setting).replace("\n", "<br>")
        lines.append(f"| `{setting.name}` | {default} | {meaning} |")
    return lines


def _full_description(setting: Setting) -> str:
    bounds = _bounds(setting)
    words = [setting.description]
    if setting.choices and not all(c in setting.description for c in setting.choices):
        words.append(f"One of {', '.join(setting.choices)}.")
    if bounds:
        words.append(bounds)
    return " ".join(words)


def _bounds(setting: Setting) -> str:
    """The limits of a number in words, read from the model's own constraints."""
    limits = {}
    for rule in setting.info.metadata:
        for name in ("ge", "gt", "le"):
            if (bound := getattr(rule, name, None)) is not None:
                limits[name] = bound
    if "le" not in limits:
        return ""
    return (
        f"From {limits['ge']} to {limits['le']}." if "ge" in limits else f"At most {limits['le']}."
    )


def _comment(text: str) -> list[str]:
    return [f"# {line}" for p in text.splitlines() for line in textwrap.wrap(p, 96)]


def main() -> None:
    """Write the two files of the checkout that are made from the models."""
    root = Path(__file__).parents[2]
    (root / "config.example.toml").write_text(toml(EXAMPLE, EXAMPLE_INTRO), encoding="utf-8")
    page = root / "docs" / "reference" / "configuration.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
