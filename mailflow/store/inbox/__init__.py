"""Inbound mail: stored before it is acknowledged, claimed by one worker at a time, finished once.

    waiting ──claim──► claimed ──finish──► done | ignored | refused | quarantined
       ▲                  │ fault, give back, or the lease runs out
       └──────────────────┘──fault, the last allowed──► failed

A claimed row whose lease has run out is waiting again: nothing has to notice a dead worker. Each
claim has a number (the fence); a worker that was frozen longer than its lease carries an old one,
and its late word is refused (`LeaseLost`).
"""

from mailflow.store.inbox.arrival import Incoming, Stored, Unstorable, put_many
from mailflow.store.inbox.desk import drop, release, retry
from mailflow.store.inbox.work import (
    MAX_MESSAGE_ID,
    Claimed,
    DuplicateEffect,
    Finished,
    LeaseLost,
    begin,
    claim,
    fault,
    finish,
    give_back,
    give_back_own,
    put_off,
    stored_message_id,
)

__all__ = [
    "MAX_MESSAGE_ID",
    "Claimed",
    "DuplicateEffect",
    "Finished",
    "Incoming",
    "LeaseLost",
    "Stored",
    "Unstorable",
    "begin",
    "claim",
    "drop",
    "fault",
    "finish",
    "give_back",
    "give_back_own",
    "put_many",
    "put_off",
    "release",
    "retry",
    "stored_message_id",
]
