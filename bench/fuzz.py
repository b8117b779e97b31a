"""Mutated mails against the whole reader: nothing may raise, nothing may take long or grow.

Run from the checkout: `python -m bench.fuzz [COUNT] [SEED]` (100,000 and 1). Each mail of
`tests.corpus` gets random changes, and goes through every step of reading. Ends with 1 if one
raised, took more than 5 s of CPU, or if memory grew by more than 40 MiB over a batch (I19).
"""

from __future__ import annotations

import logging
import random
import resource
import sys
import time

from tests.core.test_hostile import whole
from tests.corpus import cases
from tests.mails.mutate import mutate

SECONDS = 5.0
MIB = 40
BATCH = 10_000


def main(argv: list[str]) -> int:
    """Run COUNT mutations; print the slowest and each failure with its seed."""
    logging.getLogger("flufl.bounce").disabled = True  # it logs and survives its own faults
    count = int(argv[0]) if argv else 100_000
    seed = int(argv[1]) if len(argv) > 1 else 1
    seeds = [case.raw for case in cases()]
    slowest, failed = 0.0, 0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(count):
        choose = random.Random(seed * 1_000_003 + number)
        raw = mutate(choose.choice(seeds), choose)
        start = time.process_time()
        try:
            whole(raw)
        except Exception as fault:  # a raise is what we look for
            failed += 1
            print(f"mutation {number} of seed {seed}: {fault!r}")
        taken = time.process_time() - start
        slowest = max(slowest, taken)
        if taken > SECONDS:
            failed += 1
            print(f"mutation {number} of seed {seed}: {taken:.1f} s")
        if number % BATCH == BATCH - 1:
            now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            grown = (now - memory) / 1024
            failed += number >= 2 * BATCH and grown > MIB
            memory = now
            print(f"{number + 1} mails, slowest {slowest * 1000:.0f} ms, +{grown:.0f} MiB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
