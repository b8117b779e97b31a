"""A run: traffic while workers are killed and frozen at random moments, then the accounting."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from bench.faults.account import Account, account
from bench.faults.fleet import Fleet
from bench.faults.traffic import Traffic
from bench.faults.zygote import Zygote

#: A worker lives so long at least, in seconds; from 0 to the moment it works takes about 0.2.
LEAST_LIFE_S = 0.1
#: And so long at most without any mail being taken in.
LONGEST_LIFE_S = 6.0
FINISH_S = 600.0


@dataclass
class Outcome:
    """What a run came to. `troubles`: what kept it from its end."""

    account: Account
    kills: int
    freezes: int
    troubles: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.account.clean and not self.troubles

    def faults(self) -> Iterator[str]:
        """Every single thing that should not be, the first of each kind."""
        found = self.account
        for kind, what in (
            ("lost", found.lost), ("duplicated", found.duplicated),
            ("unexpected", found.unexpected), ("copies", found.bad_copies),
            ("trouble", self.troubles),
        ):  # fmt: skip
            yield from (f"{kind}: {one}" for one in what[:10])


def random_kills(
    folder: Path, url: str, *, kills: int, messages: int, workers: int = 1, freezes: int = 0,
    seed: int = 1, zygote: Zygote | None = None,
    minutes: float = 1e9,
) -> Outcome:  # fmt: skip
    """Spread `kills` and `freezes` over the traffic of `messages`, then let it come to an end."""
    chance = random.Random(seed)
    traffic = Traffic([], messages)
    fleet = Fleet(folder, url, traffic.smarthost.port, workers, zygote)
    traffic.ports = fleet.ports
    blows = ["kill"] * kills + ["freeze"] * freezes
    chance.shuffle(blows)
    struck = {"kill": 0, "freeze": 0}
    troubles = []
    step = traffic.conversations * 3 / max(1, len(blows))
    try:
        fleet.start_all()
        traffic.start()
        end = time.monotonic() + 60 * minutes
        for number, blow in enumerate(blows):
            if time.monotonic() > end:
                traffic.enough()
                break
            _life(traffic, (number + chance.random()) * step, chance)
            fleet.thaw_due()
            victim = chance.randrange(workers)
            if fleet.has_ended(victim):
                code = fleet.zygote.wait(fleet.pids[victim])
                troubles.append(f"worker {victim} had ended by itself, {code}: {fleet.said()}")
                fleet.start(victim)
            if blow == "freeze" and not fleet.is_frozen(victim):
                fleet.freeze(victim)
            else:
                fleet.kill(victim)
                fleet.start(victim)
                blow = "kill"
            struck[blow] += 1
            if number % 100 == 99:
                print(f"  {number + 1} blows, {traffic.progress} mails", file=sys.stderr)
        deadline = time.monotonic() + FINISH_S
        while not traffic.wait(1.0) and time.monotonic() < deadline:
            fleet.thaw_due()
        if not traffic.wait(0):
            troubles.append(f"the traffic did not come to its end: {fleet.said()}")
        if not fleet.drain():
            troubles.append("it did not drain")
        codes = fleet.terminate()
        # -15: told to end before it had set itself up to be told.
        if not {*codes} <= {0, -15}:
            troubles.append(f"ended with {codes}: {fleet.said()}")
    finally:
        fleet.close()
        traffic.stop()
    troubles += [f"refused: {answer}" for answer in _permanent(traffic.refused)]
    return Outcome(account(url, traffic, fleet.faults), struck["kill"], struck["freeze"], troubles)


def _life(traffic: Traffic, progress: float, chance: random.Random) -> None:
    """Wait until so many mails were taken in, and then a random moment."""
    time.sleep(LEAST_LIFE_S)
    deadline = time.monotonic() + LONGEST_LIFE_S
    while traffic.progress < progress and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.05))


def _permanent(answers: list[str]) -> list[str]:
    """Those that would have cost a mail."""
    return [answer for answer in chain(answers) if answer.lstrip("({'").startswith("5")]
