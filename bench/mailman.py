"""GNU Mailman 3 as a peer: subscribe → confirm → welcome, two mails in and two out, on loopback.

It comes from PyPI into a virtual environment of its own, bench/.peers/mailman, beforehand:
`python -m bench.mailman`. It runs as it is shipped, with SQLite, and checks no signatures.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.play import Played, Taken
from bench.process import Group, free_port, wait_for_port
from bench.wire import Client

HOME = Path(__file__).resolve().parent / ".peers" / "mailman"
LIST = "bench@lists.vendor.example"
MAILS = 4
_CONFIRM = re.compile(rb"^From:\s+(bench-confirm\+[^@\s]+@lists\.vendor\.example)", re.M)


@dataclass
class Peer:
    """A started Mailman."""

    group: Group
    port: int
    taken: Taken

    async def run(self, name: str, count: int, in_flight: int) -> Played:
        """Let so many people subscribe."""
        steps: list[float] = []
        people = (f"reader{number}@{name}.example" for number in range(count))
        lines = [await Client.open(self.port, hello=b"LHLO") for _ in range(in_flight)]
        begun = time.perf_counter()
        await asyncio.gather(*(self._place(line, people, steps) for line in lines))
        seconds = time.perf_counter() - begun
        for line in lines:
            line.close()
        return Played(count, seconds, steps)

    async def _place(self, line: Client, people: Iterator[str], steps: list[float]) -> None:
        for person in people:
            self.taken.boxes[person] = asyncio.Queue()
            question = await self._step(line, person, "bench-join@lists.vendor.example", steps)
            found = _CONFIRM.search(question)
            assert found is not None, question.decode("utf-8", "replace")
            await self._step(line, person, found[1].decode(), steps)
            del self.taken.boxes[person]

    async def _step(self, line: Client, person: str, to: str, steps: list[float]) -> bytes:
        begun = time.perf_counter()
        raw = (
            f"From: {person}\r\nTo: {to}\r\nSubject: subscribe\r\n"
            f"Message-ID: <{begun}.{person}>\r\n\r\nPlease.\r\n"
        )
        await line.mail(person, to, raw.encode())
        letter = await self.taken.letter(person)
        steps.append(time.perf_counter() - begun)
        return letter


async def start(folder: Path, relay: int, taken: Taken) -> Peer:
    """Set up an installation in `folder`, start it, make a list."""
    if not (HOME / "bin" / "mailman").exists():
        raise SystemExit("There is no Mailman yet. Set it up once with: python -m bench.mailman")
    place = folder / "mailman"
    place.mkdir()
    port, rest = free_port(), free_port()
    config = place / "mailman.cfg"
    config.write_text(
        f"[mailman]\nlayout: here\nsite_owner: owner@vendor.example\n"
        f"[paths.here]\nvar_dir: {place}\n"
        f"[mta]\nincoming: mailman.mta.null.NullMTA\n"
        f"lmtp_host: 127.0.0.1\nlmtp_port: {port}\nsmtp_host: 127.0.0.1\nsmtp_port: {relay}\n"
        f"[webservice]\nport: {rest}\n"
    )
    command = [str(HOME / "bin" / "mailman"), "--run-as-root", "-C", str(config)]

    def call(*arguments: str) -> None:
        subprocess.run([*command, *arguments], check=True, cwd=place, stdout=subprocess.DEVNULL)

    # What it writes goes to loggers of its own; `master` stays in the foreground.
    await asyncio.to_thread(call, "create", LIST)
    master = [str(HOME / "bin" / "master"), "-C", str(config)]
    group = Group(master, place / "master.log", cwd=place)
    await asyncio.to_thread(wait_for_port, port)
    return Peer(group, port, taken)


def main() -> None:
    """Make the virtual environment, and install."""
    subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
    subprocess.run([str(HOME / "bin" / "pip"), "install", "--quiet", "mailman"], check=True)


if __name__ == "__main__":
    main()
