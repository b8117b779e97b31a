"""Partner, customer and smarthost of the bench: whole conversations, as many at once as asked.

    partner ── request ──►            ──► review
    partner ── CONFIRM ──►  service   ──► completion notice, and activation mail to the customer
    customer ─ ACCEPT ───►            ──► confirmation to each

Three mails in, five out. A step lasts from the first command of a mail until the last letter that
follows from it has reached the smarthost.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.mails import INTAKE, Script, addressed
from bench.wire import Client

#: So long a step is waited for, in seconds; then its letters are lost.
PATIENCE_S = 60.0
MAILS_IN, MAILS_OUT = 3, 5

_REPLY_TO = re.compile(rb"^Reply-To: <?([^\s>]+)", re.M | re.I)
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^\s>]+>)", re.M | re.I)


class LostError(Exception):
    """A letter that did not come."""


@dataclass
class Taken:
    """What the smarthost was handed, by recipient; and how often something came twice."""

    boxes: dict[str, asyncio.Queue[bytes]] = field(default_factory=dict)
    ids: set[bytes] = field(default_factory=set)
    letters: int = 0
    copies: int = 0
    strays: int = 0

    def took(self, _sender: str, recipient: str, raw: bytes) -> None:
        """A mail has come; called by the sink."""
        self.letters += 1
        found = _MESSAGE_ID.search(raw)
        key = found[1] if found else raw
        self.copies += key in self.ids
        self.ids.add(key)
        box = self.boxes.get(recipient)
        if box is None:
            self.strays += 1
        else:
            box.put_nowait(raw)

    async def letter(self, recipient: str) -> bytes:
        """The next letter to somebody. Raises `LostError`."""
        try:
            return await asyncio.wait_for(self.boxes[recipient].get(), PATIENCE_S)
        except TimeoutError:
            raise LostError(f"no letter to {recipient}") from None


@dataclass
class Played:
    """One measurement: `steps` in seconds, `seconds` for all."""

    conversations: int
    seconds: float
    steps: list[float]

    @property
    def rate(self) -> float:
        """Conversations in a second."""
        return self.conversations / self.seconds


async def play(scripts: Sequence[Script], in_flight: int, port: int, taken: Taken) -> Played:
    """Play all scripts, `in_flight` at once, each place with a connection of its own."""
    steps: list[float] = []
    rest = iter(scripts)
    lines = [await Client.open(port) for _ in range(min(in_flight, len(scripts)))]
    begun = time.perf_counter()
    await asyncio.gather(*(_place(line, rest, taken, steps) for line in lines))
    seconds = time.perf_counter() - begun
    for line in lines:
        line.close()
    return Played(len(scripts), seconds, steps)


async def _place(line: Client, rest: Iterator[Script], taken: Taken, steps: list[float]) -> None:
    for script in rest:
        await converse(line, script, taken, steps)


async def converse(line: Client, script: Script, taken: Taken, steps: list[float]) -> None:
    """One conversation; its steps are added to `steps`. Raises `LostError`, `wire.Refused`."""
    partner, approver = script.partner, script.approver
    for person in (partner, approver):
        taken.boxes[person] = asyncio.Queue()

    async def step(
        author: str, to: str, raw: bytes, answers: str, readers: Iterable[str]
    ) -> list[bytes]:
        begun = time.perf_counter()
        await line.mail(author, to, addressed(raw, to, answers))
        letters = [await taken.letter(reader) for reader in readers]
        steps.append(time.perf_counter() - begun)
        return letters

    [review] = await step(partner, INTAKE, script.request, "", (partner,))
    _, activation = await step(partner, *_answer(review, script.confirm), (partner, approver))
    await step(approver, *_answer(activation, script.accept), (partner, approver))
    for person in (partner, approver):
        del taken.boxes[person]


def _answer(letter: bytes, raw: bytes) -> tuple[str, bytes, str]:
    """Where the answer to a letter goes, the answer, and what it answers."""
    head = letter[: letter.find(b"\r\n\r\n")]
    to, answered = _REPLY_TO.search(head), _MESSAGE_ID.search(head)
    assert to is not None, head.decode("utf-8", "replace")
    assert answered is not None
    return to[1].decode(), raw, answered[1].decode()
