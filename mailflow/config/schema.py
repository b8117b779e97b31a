"""The models seen from outside: which tables and settings there are. Read by the loader, by the
writer of example files and by the reference, so that none of them keeps a list of its own."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from mailflow.config.settings import Config, Settings


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
    own = [
        Setting(path, name, info)
        for name, info in model.model_fields.items()
        if _table_model(info) is None
    ]
    yield Table(path, inspect.getdoc(model) or "", tuple(own))
    for name, info in model.model_fields.items():
        inner = _table_model(info)
        if inner is not None:
            yield from _walk(inner, (*path, name))


def _table_model(info: FieldInfo) -> type[Settings] | None:
    kind = info.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Settings) else None


@cache
def tables() -> tuple[Table, ...]:
    """Every table, in the order of the file; the first is the top, which has no settings."""
    return tuple(_walk(Config, ()))


@cache
def settings() -> dict[tuple[str, ...], Setting]:
    """Every setting by its path."""
    return {setting.path: setting for table in tables() for setting in table.settings}
