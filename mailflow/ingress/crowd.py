"""Who may come in, and how much they may bring: the limits that many sessions share (I21).

All of it is used from the one thread of the door's event loop; there are no locks.
"""

from __future__ import annotations

from collections import Counter
from typing import Protocol

#: A session that has said nothing for so long, between two mails, makes room when it is crowded.
PATIENCE_S = 0.5
#: This share of the bytes in flight is kept for small messages, so that a few senders who hold
#: big ones half-sent keep nobody else out.
SMALL_SHARE = 0.25
SMALL_BYTES = 262_144


class Guest(Protocol):
    """One open session."""

    def quiet_for(self) -> float | None:
        """Seconds since it last said something; None while it is in the middle of a mail."""

    def send_away(self, farewell: str) -> None:
        """Say why, and close."""

    def abort(self) -> None:
        """Close without a word."""


class Crowd:
    """The open sessions, counted in all and by address.

    When it is full, the session that has been idle longest is sent away (421, which every mail
    system takes as "come again"): idlers can fill the house but keep nobody out.
    """

    def __init__(self, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._guests: dict[Guest, str] = {}
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._guests)

    def guests(self) -> list[Guest]:
        """All open sessions, oldest first."""
        return list(self._guests)

    def admit(self, guest: Guest, address: str) -> bool:
        """Let `guest` in, if need be in place of an idler; False = no room now."""
        if self._by_address[address] >= self._most_per_address and not self._make_room(address):
            return False
        if len(self._guests) >= self._most and not self._make_room(None):
            return False
        self._guests[guest] = address
        self._by_address[address] += 1
        return True

    def leave(self, guest: Guest) -> None:
        """`guest` is gone. Harmless when it was never in, or has left already."""
        address = self._guests.pop(guest, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def _make_room(self, address: str | None) -> bool:
        """Send the longest idler away (of `address`, if given)."""
        longest, idler = PATIENCE_S, None
        for guest, its_address in self._guests.items():
            if address is not None and its_address != address:
                continue
            quiet = guest.quiet_for()
            if quiet is not None and quiet >= longest:
                longest, idler = quiet, guest
        if idler is None:
            return False
        self.leave(idler)
        idler.send_away("421 4.7.0 Too many connections, idle ones are closed")
        return True


class Budget:
    """Bytes of mail that may be in memory over all sessions, from the first to the commit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_for_big = int(most * (1 - SMALL_SHARE))
        self.used = 0

    def open(self) -> Share:
        """An empty share, for one message."""
        return Share(self)

    def _take(self, more: int, size: int) -> bool:
        most = self._most if size <= SMALL_BYTES else self._most_for_big
        if self.used + more > most:
            return False
        self.used += more
        return True


class Share:
    """What one message holds of the budget. A context manager: it gives all back at its end."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.held = 0

    def __enter__(self) -> Share:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Give back what is held so far."""
        self._budget.used -= self.held
        self.held = 0

    def reserve(self, more: int) -> bool:
        """Room for `more` bytes? If so they are held until the end."""
        if not self._budget._take(more, self.held + more):
            return False
        self.held += more
        return True
