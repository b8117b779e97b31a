"""The accounting: what was answered 250 held against what happened.

The four sets of Jepsen's total queue, over three things: mails taken in, effects, letters sent.

    lost         answered 250, and without effect; written, and never delivered
    duplicated   the same effect twice; the same letter written twice
    unexpected   an effect, a row or a letter that nobody asked for
    copies       the same letter delivered again: allowed only where a kill, a freeze or a fault
                 lies between the two, and only with the same Message-ID and the same bytes
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import text

from bench.faults.traffic import Traffic
from mailflow.store import queries
from mailflow.store.db import Database

#: What one conversation brings about, each once: the request's history, and its letters.
EVENTS = Counter(["opened", "review_sent", "confirmed", "activation_sent", "accepted"])
#: To the partner: review, that it was sent, that it is active. To the customer: activation, that
#: it is active.
LETTERS = 5


@dataclass
class Account:
    """The result of a run. All but `mails`, `letters` and `copies` should be empty or 0."""

    mails: int = 0
    letters: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    copies: int = 0
    repeats: int = 0
    bad_copies: list[str] = field(default_factory=list)
    difference: int = 0

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        faults = (self.lost, self.duplicated, self.unexpected, self.bad_copies)
        return not any(faults) and self.difference == 0

    def row(self) -> str:
        """Figures for the table."""
        return (
            f"mails {self.mails}, letters {self.letters}, lost {len(self.lost)}, duplicated"
            f" effects {len(self.duplicated)}, unexpected {len(self.unexpected)}, copies"
            f" {self.copies} (unexplained {len(self.bad_copies)}), mails sent again"
            f" {self.repeats}, conservation difference {self.difference}"
        )


def account(url: str, traffic: Traffic, faults: Sequence[float]) -> Account:
    """Count. `faults` are the moments (monotonic) of kills, freezes and thaws, in order."""
    result = Account()
    db = Database(url)
    with db.reading() as session:
        connection = session.connection()
        result.difference = queries.conservation(session).difference
        inbox = connection.execute(text("SELECT content_hash, state, outcome FROM inbox")).all()
        events = connection.execute(
            text("SELECT r.domain, r.state, e.name FROM request r JOIN event e"
                 " ON e.request_id = r.id")
        ).all()  # fmt: skip
        outbox = connection.execute(
            text("SELECT message_id, o.state, kind, r.domain, recipient, attempts FROM outbox o"
                 " LEFT JOIN request r ON o.request_id = r.id")
        ).all()  # fmt: skip
        requests = connection.execute(text("SELECT domain, state FROM request")).all()
    db.close()
    _mails(result, traffic, inbox)
    _effects(result, traffic, requests, events)
    _letters(result, traffic, outbox, faults)
    return result


def _mails(result: Account, traffic: Traffic, inbox: Sequence[tuple[str, ...]]) -> None:
    rows = Counter(row[0] for row in inbox)
    ends = {row[0]: (row[1], row[2]) for row in inbox}
    result.mails = len(traffic.sent)
    result.repeats = sum(mail.tries - 1 for mail in traffic.sent.values())
    known = {hashlib.sha256(mail.raw).hexdigest(): mail for mail in traffic.sent.values()}
    for digest, mail in known.items():
        if not rows[digest]:
            result.lost.append(f"{mail.message_id} (accepted: {mail.accepted}) has no row")
        elif ends[digest][0] != "done":
            result.lost.append(f"{mail.message_id} ended as {ends[digest]}")
    for digest, number in rows.items():
        if digest not in known:
            result.unexpected.append(f"inbox {digest}")
        elif number > 1:
            result.duplicated.append(f"{known[digest].message_id} has {number} rows")


def _effects(
    result: Account,
    traffic: Traffic,
    requests: Sequence[tuple[str, str]],
    events: Sequence[tuple[str, str, str]],
) -> None:
    number = Counter(domain for domain, _ in requests)
    state = dict(requests)
    history: dict[str, Counter[str]] = {}
    for domain, _, name in events:
        history.setdefault(domain, Counter())[name] += 1
    wanted = {f"harbour{n}.example" for n in range(traffic.conversations)}
    for domain in wanted:
        if not number[domain]:
            result.lost.append(f"{domain}: no request")
            continue
        if number[domain] > 1:
            result.duplicated.append(f"{domain}: {number[domain]} requests")
        if state[domain] != "active":
            result.lost.append(f"{domain}: ended as {state[domain]}")
        for name, times in (history[domain] - EVENTS).items():
            what = result.duplicated if name in EVENTS else result.unexpected
            what.append(f"{domain}: {name} {times} times more")
        for name in EVENTS - history[domain]:
            result.lost.append(f"{domain}: no {name}")
    result.unexpected += [f"request {domain}" for domain in number if domain not in wanted]


def _letters(
    result: Account, traffic: Traffic, outbox: Sequence[tuple[str, ...]], faults: Sequence[float]
) -> None:
    written = {row[0] for row in outbox}
    result.letters = len(written)
    kinds = Counter((row[3], row[2], row[4]) for row in outbox)
    result.duplicated += [f"letter {key} {n} times" for key, n in kinds.items() if n > 1]
    each = Counter(row[3] for row in outbox)
    for n in range(traffic.conversations):
        if each[f"harbour{n}.example"] < LETTERS:
            result.lost.append(f"harbour{n}.example: {each[f'harbour{n}.example']} letters")
    for message_id, state, *_ in outbox:
        # Withdrawn: it was delivered, we died before we kept that, and its answer came before the
        # second try.
        if state not in ("sent", "withdrawn"):
            result.lost.append(f"letter {message_id} is {state}")
        if message_id not in traffic.deliveries:
            result.lost.append(f"letter {message_id} ({state}) never came")
    for message_id, copies in traffic.deliveries.items():
        if message_id not in written:
            result.unexpected.append(f"letter {message_id} without a row")
        result.copies += len(copies) - 1
        if len({(one.recipient, one.digest) for one in copies}) > 1:
            result.bad_copies.append(f"{message_id}: not the same bytes")
        for first, second in pairwise(copies):
            if not any(first.at - 0.5 <= fault <= second.at for fault in faults):
                result.bad_copies.append(f"{message_id}: no fault between the two")
