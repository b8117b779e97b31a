"""A PostgreSQL server for the bench: the tests' own, but one that syncs as in earnest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg

from tests.postgres import Server, server

__all__ = ["Server", "in_earnest"]


@contextlib.contextmanager
def in_earnest() -> Iterator[Server]:
    """A server for the length of the block, found or started as `tests.postgres` tells."""
    with server() as found:
        with psycopg.connect(found.url, autocommit=True) as line:
            for setting in ("fsync", "full_page_writes"):
                line.execute(f"ALTER SYSTEM SET {setting} = on".encode())
            line.execute("SELECT pg_reload_conf()")
        yield found
