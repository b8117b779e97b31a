"""Who is logged in. In memory: a restart logs everybody out, and that is all it does."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: However busy, a session ends after a working day. Seconds.
LONGEST = 12 * 3600.0
#: Sessions at once; the longest unused goes first.
MOST = 200
SECRET_BYTES = 32


@dataclass(slots=True)
class Session:
    """One login. `csrf` is the secret of its forms; `held` what waits for a second click."""

    name: str
    role: str
    csrf: str
    began: float
    seen: float
    held: dict[str, Any] = field(default_factory=dict)

    @property
    def may_act(self) -> bool:
        """Whether this operator may decide, not only look."""
        return self.role == "act"


class Sessions:
    """Times are seconds of one steady clock; `chance(n)` gives n random bytes."""

    def __init__(self, idle: float, chance: Callable[[int], bytes]) -> None:
        self._idle, self._chance = idle, chance
        self._lock = threading.Lock()
        self._all: OrderedDict[str, Session] = OrderedDict()

    def begin(self, name: str, role: str, now: float) -> str:
        """Log somebody in; the secret of his cookie. It is kept here as a hash only."""
        secret, csrf = self._chance(SECRET_BYTES).hex(), self._chance(SECRET_BYTES).hex()
        with self._lock:
            self._all[_key(secret)] = Session(name, role, csrf, now, now)
            while len(self._all) > MOST:
                self._all.popitem(last=False)
        return secret

    def of(self, secret: str, now: float) -> Session | None:
        """The session of a cookie, which counts as used now; None when it is over or never was."""
        key = _key(secret)
        with self._lock:
            session = self._all.get(key)
            if session is None:
                return None
            if now - session.seen > self._idle or now - session.began > LONGEST:
                del self._all[key]
                return None
            session.seen = now
            self._all.move_to_end(key)
            return session

    def end(self, secret: str) -> None:
        """Log out. Harmless twice."""
        with self._lock:
            self._all.pop(_key(secret), None)


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
