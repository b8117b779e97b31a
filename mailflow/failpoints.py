"""Places where a process can be made to die, so that a test can look at what it leaves behind.

`MAILFLOW_FAILPOINT=name` kills the process with SIGKILL the first time it comes by that place,
`name:n` the n-th time. Nothing is cleaned up, flushed or told: it is as if the power went. Without
the variable a place costs one call of an empty function.

`MAILFLOW_TEST_LEASE_S` shortens every lease to so many seconds, so that a test can freeze a
worker for longer than its lease.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

#: Every place there is, in the order in which a mail comes by, and what has happened by then.
FAILPOINTS = {
    "smtp.text": "a mail's text has come in; nothing is stored",
    "inbox.before_commit": "a group of mails is written, not committed",
    "inbox.after_commit": "a group of mails is on disk; nobody was answered",
    "smtp.before_250": "a mail is on disk; its 250 is about to be written",
    "smtp.after_250": "the 250 of a mail was written",
    "inbox.after_claim": "mails are claimed, none is begun",
    "flow.before_commit": "an effect is written, not committed",
    "flow.after_commit": "an effect is on disk; nobody was rung",
    "timers.before_tick": "a request is due; nothing is done",
    "timers.after_tick": "what was due is done",
    "outbox.after_claim": "letters are claimed, none is begun",
    "relay.before_text": "the relay takes the recipient; the text is about to be sent",
    "relay.after_250": "the relay has taken a letter; we have not kept that",
    "sender.before_told": "a letter failed for good; its request is about to be told",
    "sender.after_told": "the request was told; the letter is not marked",
    "outbox.before_mark": "how letters ended is written, not committed",
    "outbox.after_mark": "how letters ended is on disk",
    "workers.before_give_back": "a worker was found dead; its claims are about to be given back",
    "imap.after_fetch": "a mail was fetched; nothing is stored",
    "imap.after_commit": "a fetched mail is on disk; it is not marked in its mailbox",
    "imap.after_flag": "a mail is flagged in its mailbox, not moved",
    "imap.after_move": "a mail was moved in its mailbox",
    "migrate.before_commit": "the schema is changed, not committed",
}


def _nothing(_name: str) -> None:
    """Where no place is armed."""


def armed(setting: str) -> Callable[[str], None]:
    """`reach` for one setting, "name" or "name:n"; raises ValueError for a place there is not."""
    name, _, number = setting.partition(":")
    if name not in FAILPOINTS:
        raise ValueError(f"MAILFLOW_FAILPOINT: there is no place {name!r}; mailflow failpoints")
    left = int(number or 1)
    guard = threading.Lock()

    def reach(here: str) -> None:
        nonlocal left
        if here != name:
            return
        with guard:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return reach


def _from_environment() -> Callable[[str], None]:
    setting = os.environ.get("MAILFLOW_FAILPOINT", "")
    return armed(setting) if setting else _nothing


#: Called at each place with its name.
reach: Callable[[str], None] = _from_environment()


def lease_s(usual: float) -> float:
    """How long a lease lasts, in seconds: `usual`, or shorter in a fault run."""
    return min(usual, float(os.environ.get("MAILFLOW_TEST_LEASE_S", "inf")))
