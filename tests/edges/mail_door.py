"""A real door on a real database, and a bare client that says exactly what it is told to."""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mailflow.config import SmtpIngressSettings
from mailflow.core.token import is_ours
from mailflow.ingress.committer import Committer
from mailflow.ingress.smtp import SmtpIngress
from mailflow.metrics import Metrics
from mailflow.store import inbox
from mailflow.store.db import Database
from mailflow.store.inbox import Claimed, Incoming, Stored

INTAKE = "requests@licensing.vendor.example"
BOUNCE = "bounce@licensing.vendor.example"
#: Nothing in these tests should take longer, in seconds; a hang becomes a failure.
PATIENCE = 10.0


@dataclass
class House:
    """A door that is open, and what is behind it."""

    door: SmtpIngress
    committer: Committer
    metrics: Metrics
    db: Database
    groups: list[int] = field(default_factory=list)  # mails in each call of the store

    @property
    def smtp(self) -> tuple[str, int]:
        return "127.0.0.1", self.door.ports[0]

    @property
    def lmtp(self) -> tuple[str, int]:
        return "127.0.0.1", self.door.ports[1]

    def mails(self) -> list[Claimed]:
        """Everything stored that is still waiting, in order."""
        return inbox.claim(self.db, 10_000, timedelta(minutes=1))

    def count(self, name: str, **labels: str) -> float:
        """A metric's value, 0 if it was never touched."""
        return self.metrics.registry.get_sample_value(f"mailflow_{name}", labels) or 0


Put = Callable[[Sequence[Incoming]], Sequence[Stored]]


@contextlib.contextmanager
def open_house(
    db: Database,
    *,
    put: Callable[[House, Put], Put] | None = None,
    **settings: Any,
) -> Iterator[House]:
    """A door on free ports. `put(house, real)` may stand in front of the store's `put_many`."""
    values = {
        "listen": ("smtp://127.0.0.1:0", "lmtp://127.0.0.1:0"),
        "hostname": "mx.vendor.example",
        **settings,
    }
    metrics = Metrics()
    house: House
    real: Put = functools.partial(inbox.put_many, db)

    def store(items: Sequence[Incoming]) -> Sequence[Stored]:
        house.groups.append(len(items))
        return (put(house, real) if put else real)(items)

    checked = SmtpIngressSettings.model_validate(values)
    committer = Committer(
        store, group_max=checked.group_commit_max, on_stored=lambda: None, metrics=metrics
    )
    door = SmtpIngress(checked, lambda a: is_ours(a, INTAKE, BOUNCE), committer.submit, metrics)
    house = House(door, committer, metrics, db)
    committer.start()
    door.start()
    try:
        yield house
    finally:
        door.stop(grace=1.0)
        committer.stop()


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do; fails when it does not happen."""
    pause = threading.Event()
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.005)


class Client:
    """A socket that speaks lines. Replies are read whole, with all their lines."""

    def __init__(self, address: tuple[str, int], source: str = "127.0.0.1") -> None:
        self.sock = socket.create_connection(address, PATIENCE, source_address=(source, 0))
        self._file = self.sock.makefile("rb")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.sock.close()

    def send(self, data: bytes) -> None:
        """These bytes, and no others."""
        self.sock.sendall(data)

    def reply(self) -> str:
        """The next reply, its lines joined by a line feed; "" when the other side hung up."""
        lines = []
        while True:
            try:
                line = self._file.readline()
            except ConnectionError:
                line = b""
            if not line:
                return ""
            lines.append(line.decode("latin-1").rstrip("\r\n"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def say(self, line: str) -> str:
        """A command line, and its reply."""
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def greet(self, word: str = "EHLO") -> Client:
        """Read the banner and greet."""
        assert self.reply().startswith("220 ")
        assert self.say(f"{word} client.example").startswith("250")
        return self

    def envelope(
        self, sender: str = "tom@partner.example", *recipients: str, params: str = ""
    ) -> Client:
        """MAIL, RCPT and DATA; what follows is the text."""
        assert self.say(f"MAIL FROM:<{sender}>{params}").startswith("250")
        for recipient in recipients or (INTAKE,):
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250")
        assert self.say("DATA").startswith("354")
        return self

    def mail(self, raw: bytes, *recipients: str) -> str:
        """A whole mail; `raw` needs no dot-stuffing. The reply after its end."""
        self.envelope("tom@partner.example", *recipients)
        self.send(raw + b".\r\n")
        return self.reply()
