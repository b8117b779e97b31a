"""`column IN (a list)` with the list as one parameter, so that a statement keeps its shape."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Boolean, Dialect, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Text, TypeDecorator, TypeEngine


class _List(TypeDecorator[Any]):
    """A list of plain values: an array for PostgreSQL, JSON for SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = ARRAY(self.item) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class _IsIn(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "is_in"

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        """It is a condition by itself; SQLAlchemy would write `… = 1`, which no index answers."""
        return self


def is_in(column: Any, parameter: str) -> _IsIn:
    """Whether `column` is one of the values in the bound `parameter`, a list."""
    return _IsIn(column, bindparam(parameter, type_=_List(column.type)))


@compiles(_IsIn, "sqlite")
def _sqlite(element: _IsIn, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both parts come from the compiler


@compiles(_IsIn, "postgresql")
def _postgresql(element: _IsIn, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} = ANY({values})"
