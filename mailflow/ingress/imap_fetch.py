"""Gets the bytes of mails out of a server that may not hand them out, or not all of them (I12).

A mail that makes trouble is asked for again by itself, and given up after some tries, so that it
stops nobody else's. Nothing is known of tries after a restart; then they begin anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailflow.ingress.imap_errors import Broken, Refused, TooLarge
from mailflow.ingress.imap_said import Facts, Folder

#: One FETCH brings at most so many bytes, or one mail that is larger.
BATCH_BYTES = 4_194_304
BATCH_MAILS = 50
#: So often a mail that the server does not hand out is asked for.
MAX_TRIES = 6
#: Some servers only estimate RFC822.SIZE. Other bytes than announced are taken when the same have
#: come so many times, each time by a fetch of its own.
SAME_BYTES = 3
#: After so many such mails the sizes of this server are taken for estimates, until the next start.
ESTIMATES = 3


class Source(Protocol):
    """What is needed of `imap_box.Box`."""

    def select(self) -> Folder: ...
    def uids(self, low: int, high: int, *, without_flag: bool = False) -> list[int]: ...
    def facts(self, uids: Sequence[int]) -> dict[int, Facts]: ...
    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]: ...
    def clear(self, uids: Sequence[int], *, refused: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """Mails that came whole, with the time at which they were received, and mails that are never
    taken, with the reason. Those in neither are asked for again."""

    bodies: dict[int, tuple[bytes, datetime | None]]
    refused: dict[int, str]


@dataclass(slots=True)
class _Doubt:
    """What was wrong with a mail so far."""

    tries: int = 0
    reason: str = ""
    digest: str = ""  # of the bytes that came last
    same: int = 0  # how often these came


class Fetcher:
    """Fetches from one folder; `most_bytes` is the size of the largest mail that is taken."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._doubts: dict[int, _Doubt] = {}
        self._estimates = 0  # mails that were whole, of another size than announced

    def forget(self, but: Collection[int] = ()) -> None:
        """Forget the trouble with all mails but these."""
        self._doubts = {uid: doubt for uid, doubt in self._doubts.items() if uid in but}

    def doubt(self, uid: int, reason: str, tries: int = 1) -> None:
        """Count a try that failed."""
        one = self._doubts.setdefault(uid, _Doubt())
        one.tries += tries
        one.reason = reason

    def order(self, uids: Sequence[int]) -> tuple[list[int], list[int]]:
        """Mails that may be fetched together, and those that are fetched alone, worst last."""
        alone = [uid for uid in uids if uid in self._doubts]
        alone.sort(key=lambda uid: self._doubts[uid].tries)
        return [uid for uid in uids if uid not in self._doubts], alone

    def batches(self, uids: Sequence[int], facts: dict[int, Facts]) -> Iterator[list[int]]:
        """Groups that are small enough to be held in memory."""
        batch: list[int] = []
        room = BATCH_BYTES
        for uid in uids:
            size = facts[uid].size if uid in facts else 0
            if size is not None and size > self._most:
                size = 0  # it is not fetched at all
            need = BATCH_BYTES if size is None else size  # of unknown size: alone
            if batch and (need > room or len(batch) == BATCH_MAILS):
                yield batch
                batch, room = [], BATCH_BYTES
            batch.append(uid)
            room -= need
        if batch:
            yield batch

    def fetch(self, source: Source, uids: Sequence[int], facts: dict[int, Facts]) -> Fetched:
        """Fetch one batch. Raises `Broken`, after noting whom it may be due to."""
        refused = {uid: why for uid in uids if (why := self._refusal(uid, facts.get(uid)))}
        wanted = [uid for uid in uids if uid not in refused]
        came = self._fetch(source, wanted)
        bodies = {}
        for uid, body in came.items():
            fact = facts.get(uid, Facts(None, None))
            if len(body) > self._most:
                refused[uid] = f"too large: {len(body)} bytes"
            elif self._whole(uid, body, fact.size):
                bodies[uid] = (body, fact.received_at)
        return Fetched(bodies, refused)

    def _refusal(self, uid: int, fact: Facts | None) -> str:
        """Why a mail is not even asked for; "" if it is."""
        if fact is not None and (fact.size or 0) > self._most:
            return f"too large: {fact.size} bytes"
        doubt = self._doubts.get(uid)
        if doubt is not None and doubt.tries >= MAX_TRIES:
            return doubt.reason
        return ""

    def _fetch(self, source: Source, uids: Sequence[int]) -> dict[int, bytes]:
        if not uids:
            return {}
        try:
            found = source.bodies(uids)
        except TooLarge as error:
            # Of one mail alone there is no doubt which one it is.
            for uid in uids:
                self.doubt(uid, f"too large: {error}", MAX_TRIES if len(uids) == 1 else 1)
            raise
        except Broken as error:
            for uid in uids:
                self.doubt(uid, f"the connection breaks over it: {error}")
            raise
        except Refused as error:
            if len(uids) > 1:  # the others are innocent
                return {u: body for uid in uids for u, body in self._fetch(source, [uid]).items()}
            self.doubt(uids[0], f"the server does not hand it out: {error}")
            return {}
        for uid in uids:
            if uid not in found:  # or it has just been deleted, then it is not listed next time
                self.doubt(uid, "the server lists it, but does not hand it out")
        return found

    def _whole(self, uid: int, body: bytes, size: int | None) -> bool:
        """Whether these are all the bytes of a mail."""
        if size is None or len(body) == size or self._estimates >= ESTIMATES:
            return True
        self.doubt(uid, f"{len(body)} bytes came instead of {size}")
        one = self._doubts[uid]
        digest = hashlib.sha256(body).hexdigest()
        one.same = one.same + 1 if digest == one.digest else 1
        one.digest = digest
        if one.same < SAME_BYTES:
            return False
        self._estimates += 1
        return True
