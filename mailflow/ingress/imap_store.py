"""Hands the mails of a mailbox to the committer, and waits until they are on disk (I1, I12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from mailflow.store.inbox import Incoming, Stored, Unstorable

#: How long a group of mails may wait for its commit.
COMMIT_WAIT_S = 120.0


@dataclass(slots=True)
class Outcome:
    """What became of a group, by UID.

    `doubtful` ones the database will never take; for the rest that is not `stored` it may help to
    try again, and `fault` is what the committer said.
    """

    stored: set[int] = field(default_factory=set)
    doubtful: set[int] = field(default_factory=set)
    fault: Exception | None = None


def store(
    submit: Callable[[Incoming], Future[Stored]],
    mails: Mapping[int, Incoming],
    on_stored: Callable[[Incoming, Stored], None],
) -> Outcome:
    """Store mails together, and tell `on_stored` of each that is on disk."""
    futures = {uid: submit(mail) for uid, mail in mails.items()}
    outcome = Outcome()
    for uid, future in futures.items():
        try:
            result = future.result(COMMIT_WAIT_S)
        except Unstorable:
            outcome.doubtful.add(uid)
        except Exception as error:
            future.cancel()
            outcome.fault = error
        else:
            outcome.stored.add(uid)
            on_stored(mails[uid], result)
    return outcome
