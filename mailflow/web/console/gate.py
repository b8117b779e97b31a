"""The login: who may come in, and how often somebody may be wrong about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mailflow.config import passwords
from mailflow.config.settings import ConsoleUser
from mailflow.web.console.sessions import Sessions
from mailflow.web.guesses import Guesses

#: Wrong passwords of one address, and for one name, before it waits. People mistype.
FREE = 5
#: The longest wait for a name, in seconds: somebody who guesses at an operator's password must not
#: be able to keep him out for long.
LONGEST_FOR_NAME = 60.0
#: No password is longer; the hash of a longer one would only cost time.
MAX_PASSWORD = 1000
MAX_NAME = 200


class Gate:
    """Checks names and passwords. `clock` counts steady seconds."""

    def __init__(
        self, users: Sequence[ConsoleUser], sessions: Sessions, clock: Callable[[], float]
    ) -> None:
        self._users: Mapping[str, ConsoleUser] = {user.name: user for user in users}
        self._sessions, self._clock = sessions, clock
        self._by_address = Guesses(free=FREE)
        self._by_name = Guesses(free=FREE, longest_wait=LONGEST_FOR_NAME)
        # Somebody who does not exist is checked against a hash as well: the time tells nothing.
        self._nobody = users[0].password_hash if users else ""

    def wait(self, name: str, address: str) -> float:
        """Seconds before another try is looked at; 0.0 = now."""
        now = self._clock()
        return max(self._by_address.wait(address, now), self._by_name.wait(_named(name), now))

    def enter(self, name: str, password: str, address: str) -> str:
        """The secret of a new session, or "" where name or password is wrong."""
        user = self._users.get(name)
        kept = user.password_hash if user else self._nobody
        right = len(password) <= MAX_PASSWORD and passwords.verify(password, kept)
        if user is None or not right:
            now = self._clock()
            self._by_address.wrong(address, now)
            self._by_name.wrong(_named(name), now)
            return ""
        return self._sessions.begin(user.name, user.role, self._clock())


def _named(name: str) -> str:
    """The key of a name among the guesses; never taken for an address."""
    return f"name:{name[:MAX_NAME]}"
