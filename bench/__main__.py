"""`python -m bench [NAME …]`: run one measurement; without a name, the conversations."""

from __future__ import annotations

import importlib
import sys

NAMES = {
    "loop": "whole conversations by SMTP, against floors and peers",
    "latency": "waiting times at half the rate, and a burst of requests",
    "scale": "cost of a mail with many requests stored, and expiry",
    "desk": "how long an operator waits, with a million requests stored",
    "expiry": "many requests run out at once while mail is answered",
    "dkim": "one check of a signature",
    "reading": "reading mails",
    "fuzz": "reading mutated mails",
}


def main(argv: list[str]) -> int:
    """Run the module of that name with the other arguments."""
    name, *rest = argv if argv and not argv[0].startswith("-") else ["loop", *argv]
    if name not in NAMES:
        lines = [f"  {known:8} {what}" for known, what in NAMES.items()]
        print(f"There is no measurement {name!r}; there are:", *lines, sep="\n")
        return 2
    module = importlib.import_module(f"bench.{name}")
    return int(module.main(rest) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
