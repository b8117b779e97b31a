"""Takes what is new in a folder: list, fetch, store, and only after the commit move or flag (I12).

A mail counts as taken when it is in the inbox. Whether the folder shows that is for people and
for other programs; what we go by is our own record of UIDs, and under it the inbox, which knows
the same bytes when they come again. So every step may be repeated, and none may be skipped:

    fetched ──► in the inbox ──► on record ──► moved or flagged ──► on record as cleared
             ▲ died here: fetched again, counted as a copy
                              ▲ died here: the same
                                            ▲ died here: moved or flagged again

A mail that cannot be taken (too large, not handed out) is put aside the same way with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from mailflow import failpoints, maillog
from mailflow.config import ImapSettings
from mailflow.ingress.imap_errors import Refused
from mailflow.ingress.imap_fetch import Fetched, Fetcher, Source
from mailflow.ingress.imap_said import HIGHEST_UID, Folder
from mailflow.ingress.imap_store import store
from mailflow.store import mailboxes
from mailflow.store.db import Database
from mailflow.store.inbox import Incoming, Stored

#: Sizes that are asked for at once.
FACTS_AT_ONCE = 400
#: UIDs that are looked through at once: a list of them takes 200 kB on the wire.
WINDOW = 20_000
#: The whole folder is compared this often; in between only what is new.
FULL_EVERY_S = 3600.0
#: The same while a mail could not be moved or flagged.
FULL_SOON_S = 300.0


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found: mails `taken`, and mails `left` that could not be taken this time."""

    taken: int
    left: int


class Taker:
    """Takes the mails of one folder. Lives longer than a connection, and has a thread to itself.

    Args:
        name: The mailbox's name in the configuration.
        settings: Its settings.
        db: Where its mails are on record.
        submit: The committer's.
        read: Makes an `Incoming` of the bytes and the time of receipt.
        on_stored: Told of each mail that is on disk.
        on_refused: Told of each mail that is put aside: UID, reason.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        name: str,
        settings: ImapSettings,
        db: Database,
        submit: Callable[[Incoming], Future[Stored]],
        *,
        read: Callable[[bytes, datetime | None], Incoming],
        on_stored: Callable[[Incoming, Stored], None],
        on_refused: Callable[[int, str], None],
        clock: Callable[[], float],
    ) -> None:
        self._name = name
        self._settings = settings
        self._db = db
        self._submit = submit
        self._read = read
        self._on_stored = on_stored
        self._on_refused = on_refused
        self._clock = clock
        self._fetcher = Fetcher(settings.max_message_bytes)
        self._folder = Folder(-1, 0, 0, keeps_flag=False)  # none yet
        self._floor = 1  # everything below is taken, refused or gone
        self._full_at = clock()
        self._taken = 0

    def connected(self) -> None:
        """A new connection: the folder may have changed meanwhile, so compare all of it."""
        self._full_at = self._clock()

    def look(self, source: Source, stopping: Callable[[], bool] = lambda: False) -> Looked:
        """Take everything that is new. When `stopping` it ends soon, and leaves something.

        Raises `Broken` or `Refused` for the server, and the store's `Unavailable`. Whatever was
        taken until then stays taken.
        """
        self._taken = 0
        self._open(source)
        full = self._clock() >= self._full_at
        if full:
            self._full_at = self._clock() + FULL_EVERY_S
        left: set[int] = set()
        highest = 0
        try:
            for low, high in _windows(1 if full else self._floor, self._folder):
                uids = source.uids(low, high)
                highest = max([highest, *uids[-1:]])
                left |= self._window(source, low, high, uids, full=full, stopping=stopping)
                if stopping():
                    return Looked(self._taken, max(1, len(left)))
        except BaseException:
            self._full_at = self._clock()  # what was not reached is looked at next time
            raise
        self._fetcher.forget(but=left)
        self._floor = min(left, default=max(self._folder.uidnext, highest + 1))
        return Looked(self._taken, len(left))

    def _open(self, source: Source) -> None:
        before, self._folder = self._folder, source.select()
        validity = self._folder.uidvalidity
        if validity == before.uidvalidity:
            return
        box = self._settings
        place = f"{box.host.lower()} {box.username} {box.folder}"
        if mailboxes.begin(self._db, self._name, place, validity) and before.uidvalidity > 0:
            maillog.mailbox_renumbered(mailbox=self._name, uidvalidity=validity)
        self._floor, self._full_at = 1, self._clock()
        self._fetcher.forget()

    def _window(
        self,
        source: Source,
        low: int,
        high: int,
        uids: Sequence[int],
        *,
        full: bool,
        stopping: Callable[[], bool],
    ) -> set[int]:
        """Deal with the mails from `low` to `high`; returns those that could not be taken."""
        validity = self._folder.uidvalidity
        known = mailboxes.known(self._db, self._name, validity, low, high) if uids else {}
        again = {uid for uid in uids if uid in known and not known[uid].cleared}
        if full:
            again |= self._came_back(source, low, high, uids, known)
        for refused in (False, True):
            self._clear(source, [u for u in sorted(again) if known[u].refused == refused], refused)
        left = self._take(source, [uid for uid in uids if uid not in known], stopping)
        if full:
            mailboxes.prune(self._db, self._name, validity, low, high, set(uids))
        return left

    def _came_back(
        self,
        source: Source,
        low: int,
        high: int,
        uids: Sequence[int],
        known: Mapping[int, mailboxes.Known],
    ) -> set[int]:
        """Mails that the server said it has moved or flagged, and did not."""
        if self._settings.after == "move":
            return {uid for uid in uids if uid in known}
        stored = {uid for uid in known if not known[uid].refused}
        if stored and self._folder.keeps_flag:
            with suppress(Refused):  # a server that cannot search for flags
                return stored & set(source.uids(low, high, without_flag=True))
        return set()

    def _take(self, source: Source, uids: Sequence[int], stopping: Callable[[], bool]) -> set[int]:
        """Fetch and store mails; returns those that could not be."""
        left = set(uids)
        together, alone = self._fetcher.order(uids)
        for start in range(0, len(together), FACTS_AT_ONCE):
            part = together[start : start + FACTS_AT_ONCE]
            facts = source.facts(part)
            for batch in self._fetcher.batches(part, facts):
                if stopping():
                    return left
                left -= self._finish(source, self._fetcher.fetch(source, batch, facts))
        for uid in alone:
            if stopping():
                return left
            fetched = self._fetcher.fetch(source, [uid], source.facts([uid]))
            left -= self._finish(source, fetched)
        return left

    def _finish(self, source: Source, fetched: Fetched) -> set[int]:
        """Store what came, put it on record, clear it; returns what needs no further work."""
        if fetched.bodies:
            failpoints.reach("imap.after_fetch")
        stored = self._store({u: self._read(*came) for u, came in fetched.bodies.items()})
        if stored:
            failpoints.reach("imap.after_commit")
        mailboxes.note(self._db, self._name, self._folder.uidvalidity, stored, fetched.refused)
        for uid, reason in fetched.refused.items():
            self._on_refused(uid, reason)
        self._clear(source, sorted(stored), refused=False)
        self._clear(source, sorted(fetched.refused), refused=True)
        return stored | set(fetched.refused)

    def _store(self, mails: Mapping[int, Incoming]) -> set[int]:
        """Store mails; returns those that are on disk.

        Raises what the committer said where trying again may help.
        """
        outcome = store(self._submit, mails, self._on_stored)
        for uid in outcome.doubtful:
            self._fetcher.doubt(uid, "the database does not take it")
        self._taken += len(outcome.stored)
        if outcome.fault is not None:
            mailboxes.note(self._db, self._name, self._folder.uidvalidity, outcome.stored)
            raise outcome.fault
        return outcome.stored

    def _clear(self, source: Source, uids: Sequence[int], refused: bool) -> None:
        """Move or flag. Where the server refuses, the mails stay, and it is tried again later."""
        if not uids:
            return
        pointless = self._settings.after == "flag" and not (self._folder.keeps_flag or refused)
        try:
            if not pointless:
                source.clear(uids, refused=refused)
        except Refused as error:
            maillog.mailbox_not_cleared(mailbox=self._name, mails=len(uids), reason=str(error))
            self._full_at = min(self._full_at, self._clock() + FULL_SOON_S)
            return
        mailboxes.cleared(self._db, self._name, self._folder.uidvalidity, uids)


def _windows(low: int, folder: Folder) -> Iterator[tuple[int, int]]:
    """Ranges of UIDs from `low` up. The last has no end, in case UIDNEXT is old or unknown."""
    while folder.exists > WINDOW and low + WINDOW < folder.uidnext:
        yield low, low + WINDOW - 1
        low += WINDOW
    yield low, HIGHEST_UID
