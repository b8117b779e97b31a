"""Whether the database is away: told once when it goes and once when it is back.

Every loop meets it, several times a second; a line for each would bury what else is in the log.
"""

from __future__ import annotations

import threading
import time

import sqlalchemy.exc as errors

from mailflow import maillog

#: PostgreSQL, SQLSTATE: no connection, shut down or starting, too many clients or no disk.
_AWAY = ("08", "57P", "53")
#: SQLite: somebody else is writing. That is no outage.
_BUSY = ("database is locked", "database is busy", "database table is locked")


class Outage:
    """What is known of it in this process.

    Uses are told apart ("read", "write", "line"), because a full disk is still read from: it is
    over when each use that failed has worked again.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._failing: set[str] = set()
        self._since = 0.0
        self._tries = 0

    @property
    def lasts(self) -> bool:
        """Whether there is one."""
        return bool(self._failing)

    def noticed(self, use: str, error: errors.DBAPIError) -> bool:
        """The driver failed; whether that is an outage, which the log then has."""
        if not _is_away(error):
            return False
        with self._guard:
            if not self._failing:
                self._since, self._tries = time.monotonic(), 0
                maillog.database_away(error=error.orig or error)
            self._failing.add(use)
            self._tries += 1
        return True

    def over(self, use: str) -> None:
        """That use worked."""
        with self._guard:
            if use not in self._failing:
                return
            self._failing.discard(use)
            if not self._failing:
                maillog.database_back(after=time.monotonic() - self._since, tries=self._tries)


def _is_away(error: errors.DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return str(state).startswith(_AWAY)
    # A connection that cannot be had has no state at all.
    return not str(error.orig).startswith(_BUSY)
