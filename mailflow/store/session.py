"""One transaction, as the other files of this room and its callers hold it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection


class Session:
    """The connection that a transaction runs on.

    A thin thing on purpose: there are no objects to be tracked, and SQLAlchemy's session spends
    some time at each statement and each commit on looking after them.
    """

    __slots__ = ("_connection", "dialect", "driver")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name
        self.driver = driver_of(connection)

    def connection(self) -> Connection:
        """SQLAlchemy's connection; its transaction has begun."""
        return self._connection


def driver_of(connection: Connection) -> Any:
    """The driver's own connection below SQLAlchemy's."""
    return connection.connection.dbapi_connection
