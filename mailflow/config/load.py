"""From file and environment to one checked `Config`.

Precedence: flag > environment > secret files (`NAME_file`) > TOML file > default. Everything that
is wrong is reported at once: each problem says where it is, what it is, and how to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mailflow.config.checks import contradictions
from mailflow.config.schema import Setting, find
from mailflow.config.settings import Config
from mailflow.config.source import Key, Value, from_environment, from_file, from_flags

_SQLITE = "sqlite:///"


class ConfigError(Exception):
    """The configuration cannot be used. `problems` holds all that is wrong, one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def load(
    path: Path | None, env: Mapping[str, str], flags: Mapping[str, str] | None = None
) -> Config:
    """Read the configuration.

    Args:
        path: the TOML file; None = none, only environment, flags and defaults.
        env: the environment; only `MAILFLOW_…` is looked at.
        flags: settings given on the command line, e.g. {"delivery.mode": "capture"}.

    Raises:
        ConfigError: with every problem found.
    """
    sources = [] if path is None else [from_file(path)]
    sources += [from_environment(env), from_flags(flags or {})]
    problems = [problem for source in sources for problem in source.problems]
    if not all(source.read for source in sources):
        raise ConfigError(problems)  # complaints about missing settings would only distract
    given: dict[Key, Value] = {}
    for source in sources:
        given.update(source.values)
    stronger = {key for source in sources[-2:] for key in source.values}
    values = {key: _resolved(_setting(key), value) for key, value in given.items()}
    problems += _read_secrets(values, given, stronger)
    try:
        config = Config.model_validate(_tree(values))
    except ValidationError as error:
        problems += [_explain(details, given, path) for details in _without_echoes(error.errors())]
        raise ConfigError(problems) from None
    problems += contradictions(config)
    if problems:
        raise ConfigError(problems)
    return config


def _setting(key: Key) -> Setting:
    setting = find(key)
    assert setting is not None  # the sources let nothing else through
    return setting


def _resolved(setting: Setting, value: Value) -> Any:
    """The value, with a relative path taken from the folder of the file that names it."""
    text = value.value
    if not setting.is_path or value.folder is None or not isinstance(text, str) or not text:
        return text
    if text.startswith(_SQLITE):
        return f"{_SQLITE}{value.folder / text.removeprefix(_SQLITE)}"
    return text if "://" in text else str(value.folder / text)


def _read_secrets(values: dict[Key, Any], given: dict[Key, Value], stronger: set[Key]) -> list[str]:
    """Fill each secret from its file, unless the environment or a flag gives the secret itself.

    What is wrong with a secret is then said of its file.
    """
    problems = []
    for file_key, file in list(values.items()):
        key = (*file_key[:-1], file_key[-1].removesuffix("_file"))
        setting = find(key) if key != file_key else None
        if setting is None or not setting.secret or key in stronger:
            continue
        if not file or not isinstance(file, str):
            continue
        try:
            values[key] = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
            given[key] = Value(values[key], f"{file} ({given[file_key].where}):")
        except (OSError, ValueError) as error:  # no text, or a name that no file can have
            why = "there is no such file" if isinstance(error, FileNotFoundError) else "unreadable"
            problems.append(
                f"{given[file_key].where}: {file}: {why}; write the secret into it,"
                " and let only this user read it (chmod 600)"
            )
    return problems


def _tree(values: Mapping[Key, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in values.items():
        table = tree
        for name in key[:-1]:
            table = table.setdefault(name, {})
        table[key[-1]] = value
    tree.setdefault("service", {})
    return tree


def _without_echoes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """A list whose only entry is wrong is also reported as too short: leave that out."""
    entries_wrong = {e["loc"][:-1] for e in errors if isinstance(e["loc"][-1], int)}
    return [e for e in errors if e["loc"] not in entries_wrong]


_SHAPES = {
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "tuple_type": 'must be a list, ["…", "…"]',
    "too_short": "needs at least one value",
}


def _explain(details: ErrorDetails, given: Mapping[Key, Value], path: Path | None) -> str:
    """One problem of the model in our words."""
    location = details["loc"]
    names = tuple(str(part) for part in location if isinstance(part, str))
    # Of an entry that is a table itself, the setting is the list; the rest says where within.
    key = next(names[:end] for end in range(len(names), 0, -1) if find(names[:end]))
    entry = "".join(f", entry {part + 1}" for part in location if isinstance(part, int))
    entry += "".join(f", {name}" for name in names[len(key) :])
    setting = _setting(key)
    if details["type"] in ("missing", "extra_forbidden") and names != key:
        what = "is missing" if details["type"] == "missing" else "is not known there"
        return f"{given[key].where}{entry} {what}; {setting.description}"
    if details["type"] == "missing":
        return (
            f"{path or 'configuration'}: {setting.dotted} is missing; {setting.description}"
            f" Write {setting.name} = … below [{'.'.join(setting.table)}]"
        )
    return f"{given[key].where}{entry} {_fault(details, setting)}"


def _fault(details: ErrorDetails, setting: Setting) -> str:
    kind, context = details["type"], details.get("ctx", {})
    shown = "" if setting.secret else f" (found {details['input']!r})"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        words = ", ".join(setting.choices) or str(context["expected"]).replace("'", "")
        return f"must be one of {words}{shown}"
    if kind == "string_pattern_mismatch":
        return f"has the wrong form; {setting.description}"
    limits = {
        "greater_than_equal": ("at least", "ge"),
        "greater_than": ("more than", "gt"),
        "less_than_equal": ("at most", "le"),
    }
    if kind in limits:
        words, bound = limits[kind]
        return f"must be {words} {context[bound]}{shown}"
    return f"{_SHAPES.get(kind, details['msg'])}{shown}"
