"""The corpus of replies: what it holds, how it is read, and the table that `make corpus` prints.

    .venv/bin/python -m tests.corpus [--misses]

Cases are phrases × languages × shapes of mail programs, picked by a fixed seed, and the odd mails
in tests/mails/odd, each a file with its expectation and a line that says why it is there.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mailflow.core.automatic import automatic
from mailflow.core.message import Unreadable, read
from mailflow.core.newtext import own_text
from mailflow.core.reply import read_reply
from tests.mails import phrases as p
from tests.mails.clients import SHAPES, Reply

SEED = 20250303
ODD = Path(__file__).parent / "mails" / "odd"
#: Intents that change something for good: to read one where there is none is the worst fault.
DECISIONS = frozenset({"confirm", "accept", "cancel", "decline", "not_me", "nominate"})


@dataclass(frozen=True)
class Case:
    """One mail, who is supposed to have sent it, and what it must be read as."""

    name: str
    raw: bytes
    part: str
    expected: str  # an intent, or "machine"
    category: str
    why: str = ""


@dataclass(frozen=True)
class Outcome:
    case: Case
    got: str
    why: str

    @property
    def false(self) -> bool:
        """A decision read where there is none, or another than the one meant."""
        return self.got in DECISIONS and self.got != self.case.expected

    @property
    def missed(self) -> bool:
        return self.got != self.case.expected and not self.false


def cases() -> Iterator[Case]:
    """All cases, in an order that never changes."""
    choose = random.Random(SEED)
    yield from _said(choose)
    yield from _never(choose)
    yield from odd()


def _shapes(choose: random.Random, count: int) -> list[str]:
    return choose.sample(sorted(SHAPES), count)


def _said(choose: random.Random) -> Iterator[Case]:
    groups = [
        ("confirm", "partner", "plain", p.CONFIRM_PLAIN, 4),
        ("confirm", "partner", "natural", p.CONFIRM_NATURAL, 4),
        ("accept", "approver", "plain", p.ACCEPT, 4),
        ("decline", "approver", "plain", p.DECLINE, 3),
        ("not_me", "approver", "plain", p.NOT_ME, 2),
        ("cancel", "partner", "plain", p.CANCEL, 3),
    ]
    for intent, part, level, table, count in groups:
        for language, texts in table.items():
            for number, text in enumerate(texts):
                for shape in _shapes(choose, count):
                    yield _case(
                        text, language, shape, part, intent, f"{intent} {level} {language}", number
                    )
    for shape in sorted(SHAPES):  # every program in every language, once with the bare word
        for language in p.CONFIRM_PLAIN:
            yield _case(
                p.CONFIRM_PLAIN[language][0],
                language,
                shape,
                "partner",
                "confirm",
                f"shape × word {language}",
            )
    more = [(i, "partner", t) for i, texts in p.OTHERS.items() for t in texts]
    more += [("renew", "partner", t) for t in p.RENEW] + [("ready", "approver", t) for t in p.READY]
    for number, (intent, part, text) in enumerate(more):
        yield _case(text, "en", _shapes(choose, 1)[0], part, intent, "other words", number)


def _never(choose: random.Random) -> Iterator[Case]:
    for rule, texts in p.NEVER.items():
        for number, text in enumerate(texts):
            for shape in _shapes(choose, 3):
                yield _case(text, "en", shape, "partner", "unknown", f"never: {rule}", number)
    for number, text in enumerate(p.NEVER_ACCEPT):
        for shape in _shapes(choose, 3):
            yield _case(text, "es", shape, "approver", "unknown", "never: accept", number)
    for shape in sorted(SHAPES):  # nothing but our own letter, quoted
        for language in p.CONFIRM_PLAIN:
            for part in ("partner", "approver"):
                yield _case("", language, shape, part, "unknown", f"only quoted {language}")


def _case(
    text: str, language: str, shape: str, part: str, expected: str, category: str, number: int = 0
) -> Case:
    raw = SHAPES[shape](Reply(text, language))
    return Case(f"{category}/{number}/{shape}: {text!r}", raw, part, expected, category)


def odd() -> Iterator[Case]:
    """The hand-written mails. NAME.json beside NAME.eml: part, expected, why."""
    for path in sorted(ODD.glob("*.eml")):
        says = json.loads(path.with_suffix(".json").read_text("utf-8"))
        raw = path.read_bytes()
        yield Case(
            path.stem, raw, says["part"], says["expected"], says.get("category", "odd"), says["why"]
        )


def judge(case: Case) -> Outcome:
    """Read one mail as the daemon does: machine first, then its new text."""
    message = read(case.raw)
    if isinstance(message, Unreadable):
        return Outcome(case, "unreadable", message.reason)
    machine = automatic(message, None)
    if machine:
        return Outcome(case, "machine", machine.why)
    reply = read_reply(own_text(message), case.part, message.subject)
    return Outcome(case, str(reply.intent), reply.why)


def main(argv: list[str]) -> int:
    totals: Counter[str] = Counter()
    false: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for outcome in map(judge, cases()):
        category = outcome.case.category
        totals[category] += 1
        false[category] += outcome.false
        missed[category] += outcome.missed
        if "--misses" in argv and (outcome.false or outcome.missed):
            print(
                f"{'FALSE' if outcome.false else 'missed'} {outcome.case.name}\n      {outcome.got}: {outcome.why}",
                file=sys.stderr,
            )
    width = max(map(len, totals))
    print(f"{'category':{width}}  cases  false decisions  missed")
    for category in totals:
        print(
            f"{category:{width}}  {totals[category]:5}  {false[category]:15}  {missed[category]:6}"
        )
    print(f"{'all':{width}}  {totals.total():5}  {false.total():15}  {missed.total():6}")
    return 1 if false.total() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
