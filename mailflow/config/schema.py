"""The models seen from outside: which tables and settings there are. Read by the loader, by the
writer of example files and by the reference, so that none of them keeps a list of its own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from mailflow.config.base import Settings
from mailflow.config.settings import Config

#: Stands in a path for a name that the operator chooses: `[ingress.imap.NAME]`.
NAME = "NAME"
_A_NAME = re.compile(r"[a-z](?:[a-z0-9-]|_(?!_)){0,31}")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `table` and `name` say where, `info` is what the model says of it."""

    table: tuple[str, ...]
    name: str
    info: FieldInfo

    @property
    def path(self) -> tuple[str, ...]:
        """Where it stands, e.g. ("delivery", "port")."""
        return (*self.table, self.name)

    @property
    def dotted(self) -> str:
        """The same for people: `delivery.port`."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "MAILFLOW_" + "__".join(self.path).upper()

    @property
    def description(self) -> str:
        """Its paragraphs, each on one line."""
        paragraphs = (self.info.description or "").split("\n\n")
        return "\n".join(" ".join(p.split()) for p in paragraphs)

    @property
    def default(self) -> Any:
        """The default, or None where the setting is required."""
        return None if self.required else self.info.get_default(call_default_factory=True)

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.info.is_required()

    @property
    def secret(self) -> bool:
        """Whether its value is never shown."""
        return bool(self._extra.get("secret"))

    @property
    def is_path(self) -> bool:
        """Whether its value names a file or folder."""
        return bool(self._extra.get("path"))

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return get_origin(self.info.annotation) is tuple

    @property
    def choices(self) -> tuple[str, ...]:
        """The only words allowed, or () where it is free."""
        arguments = get_args(self.info.annotation)
        return arguments if arguments and all(isinstance(a, str) for a in arguments) else ()

    @property
    def _extra(self) -> dict[str, Any]:
        extra = self.info.json_schema_extra
        return extra if isinstance(extra, dict) else {}


@dataclass(frozen=True, slots=True)
class Table:
    """One `[table]` with its own settings, without those of the tables inside it."""

    path: tuple[str, ...]
    description: str
    settings: tuple[Setting, ...]


def _walk(model: type[Settings], path: tuple[str, ...]) -> Iterator[Table]:
    inner = {name: _table_model(info) for name, info in model.model_fields.items()}
    own = [
        Setting(path, name, info)
        for name, info in model.model_fields.items()
        if inner[name] is None
    ]
    yield Table(path, " ".join((inspect.getdoc(model) or "").split()), tuple(own))
    for name, found in inner.items():
        if found is not None:
            kind, named = found
            yield from _walk(kind, (*path, name, NAME) if named else (*path, name))


def _table_model(info: FieldInfo) -> tuple[type[Settings], bool] | None:
    """The model of a table, and whether there may be any number of them, each with a name."""
    kind = info.annotation
    if get_origin(kind) is Mapping:
        return get_args(kind)[1], True
    if isinstance(kind, type) and issubclass(kind, Settings):
        return kind, False
    return None


@cache
def tables() -> tuple[Table, ...]:
    """Every table, in the order of the file; the first is the top, which has no settings."""
    return tuple(_walk(Config, ()))


@cache
def settings() -> dict[tuple[str, ...], Setting]:
    """Every setting by its path, but those of tables with names."""
    return {path: setting for path, setting in _all().items() if NAME not in path}


@cache
def _all() -> dict[tuple[str, ...], Setting]:
    return {setting.path: setting for table in tables() for setting in table.settings}


def find(path: tuple[str, ...]) -> Setting | None:
    """The setting at a path, which may lead through a name; None where there is none."""
    found = settings().get(path)
    if found is None and NAME not in path and (model := _all().get(_unnamed(path))) is not None:
        found = replace(model, table=path[:-1])
    return found


def is_table(path: tuple[str, ...]) -> bool:
    """Whether a path leads to a table, or to a place where there are tables with names."""
    known = {table.path for table in tables()}
    return NAME not in path and (_unnamed(path) in known or takes_names(path))


def takes_names(path: tuple[str, ...]) -> bool:
    """Whether there are tables with names below this path."""
    return any(table.path == (*path, NAME) for table in tables())


def is_named(path: tuple[str, ...]) -> bool:
    """Whether a path leads to a table with a name."""
    return NAME not in path and NAME in _unnamed(path)[-1:]


def near(path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The settings and tables that stand in the same table as `path`."""
    known = [*_all(), *(table.path for table in tables() if table.path)]
    home = _unnamed(path)[:-1]
    return [(*path[:-1], one[-1]) for one in known if one[:-1] == home]


def _unnamed(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path with the operator's name, if it has one, as `NAME`."""
    for table in tables():
        if NAME in table.path and len(path) >= len(table.path):
            at = table.path.index(NAME)
            if path[:at] == table.path[:at] and _A_NAME.fullmatch(path[at]):
                return (*path[:at], NAME, *path[at + 1 :])
    return path


def in_force(config: Config) -> Iterator[tuple[Setting, Any]]:
    """Every setting with its value, those of tables with names in the place of their model."""
    for table in tables():
        for path, values in _instances(config, table.path):
            for setting in table.settings:
                yield replace(setting, table=path), getattr(values, setting.name)


def _instances(config: Config, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The tables that `path` stands for, each with its own path."""
    if NAME not in path:
        yield path, _at(config, path)
        return
    home = path[: path.index(NAME)]
    for name, values in _at(config, home).items():
        yield (*home, name), values


def _at(config: Config, path: tuple[str, ...]) -> Any:
    value: Any = config
    for name in path:
        value = getattr(value, name)
    return value
