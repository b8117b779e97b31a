"""A started service on a full database: how soon it takes mail, and what memory a mail leaves.

Started twice: with nothing of the file in memory, as after a boot, and again. Then whole
conversations are played over SMTP, and the memory is looked at ten times meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from bench.mails import Signer, script
from bench.play import MAILS_IN, Taken, play
from bench.service import Service

IN_FLIGHT = 16
#: Conversations that only warm it, and so many pieces in which the others are played.
WARM, PIECES = 400, 10
#: For the last marks, before memory is looked at.
REST_S = 0.5


@dataclass(frozen=True, slots=True)
class Start:
    """From exec until a client has read the 220: seconds waited, and CPU."""

    seconds: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, CPU {self.cpu_s:.1f} s"


def forget(folder: Path) -> None:
    """Put the files of a folder out of this machine's memory, as after a boot."""
    for path in folder.iterdir():
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def remember(folder: Path) -> None:
    """Read the files of a folder, so that they are in memory as far as it suffices.

    A store that has just been filled by other means than a year of mail would otherwise be read
    from the disk, page by page, while it is measured.
    """
    for path in folder.iterdir():
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.read(2**20):
                    pass


async def start(service: Service) -> Start:
    """Start a service, wait for its greeting, and end it."""
    begun = time.perf_counter()
    group = await asyncio.to_thread(service.start)
    try:
        greeting = await asyncio.to_thread(_greeting, service.port)
        seconds, used = time.perf_counter() - begun, group.use().cpu_s
    finally:
        await asyncio.to_thread(group.end)
    if not greeting.startswith(b"220"):
        raise RuntimeError(f"instead of its greeting: {greeting!r}")
    return Start(seconds, used)


def _greeting(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        return line.recv(512)


async def memory(service: Service, signer: Signer, taken: Taken, mails: int) -> str:
    """Start it, let so many mails come in, in whole conversations, and say what that left.

    The slope is that of the line that fits the second half best.
    """
    each = max(IN_FLIGHT, mails // MAILS_IN // PIECES)
    group = await asyncio.to_thread(service.start)
    try:
        await play([script(signer, "w", n) for n in range(WARM)], IN_FLIGHT, service.port, taken)
        seen = [group.use().pss_mb]
        for piece in range(PIECES):
            scripts = [script(signer, f"m{piece}", n) for n in range(each)]
            await play(scripts, IN_FLIGHT, service.port, taken)
            taken.ids.clear()
            await asyncio.sleep(REST_S)
            seen.append(group.use().pss_mb)
    finally:
        await asyncio.to_thread(group.end)
    later = seen[PIECES // 2 :]
    came = [piece * each * MAILS_IN / 100_000 for piece in range(len(later))]
    slope = statistics.linear_regression(came, later).slope
    return (
        f"memory over {each * PIECES * MAILS_IN} mails, MB by tenths:"
        f" {' '.join(f'{one:.1f}' for one in seen)}; slope of the second half"
        f" {slope:+.1f} MB for 100,000 mails"
    )
