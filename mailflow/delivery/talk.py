"""How a carrier hands over one mail: a conversation that says what it waits for.

A talk is a generator. It yields a `Wire` when it waits for the next reply there, after what was
put on it has been written, and an `Aside` when it waits for a call that may take its time. What
came is sent into it, and what went wrong is raised in it. So the sender holds many talks in one
thread (`crew`), and a command of the operator holds one (`alone`).
"""

from __future__ import annotations

import smtplib
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from mailflow.delivery.outcome import Outcome
from mailflow.delivery.wire import Wire

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Aside:
    """A call that waits: for names to be looked up, a connection, TLS, a login."""

    call: Callable[[], Any]


Talk = Generator[Wire | Aside, Any, Outcome]
Leaving = Generator[Wire | Aside, Any, None]
#: What a talk must be ready for at each yield.
NETWORK = (OSError, smtplib.SMTPException, UnicodeError)


class Carrier(ABC):
    """Takes one mail at a time. Each of the sender's places has its own."""

    @property
    @abstractmethod
    def longest_s(self) -> float:
        """No talk takes longer, in seconds."""

    @abstractmethod
    def talk(self, mail_from: str, recipient: str, raw: bytes) -> Talk:
        """Hand over one mail for one recipient. Does not raise on anything a network can do."""

    @abstractmethod
    def leave(self) -> Leaving:
        """Nothing to send for a while: let go of what one need not hold."""

    def send(self, mail_from: str, recipient: str, raw: bytes) -> Outcome:
        """Hand over one mail, and wait for it."""
        return alone(self.talk(mail_from, recipient, raw))

    def rest(self) -> None:
        """Let go of everything, and wait for it."""
        alone(self.leave())


def alone(talk: Generator[Wire | Aside, Any, T]) -> T:
    """Carry out a talk in this thread, waiting wherever it waits."""
    try:
        waits = next(talk)
        while True:
            try:
                came = waits.call() if isinstance(waits, Aside) else waits.hear()
            except NETWORK as error:
                waits = talk.throw(error)
            else:
                waits = talk.send(came)
    except StopIteration as end:
        result: T = end.value
        return result
