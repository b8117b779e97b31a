"""Read the text after DATA: only CRLF.CRLF ends it, and memory stays bounded whatever is sent.

Pure but for the reader it is given. The bytes are not parsed here; they are only refused where
two readers could disagree on where a line or the message ends (I14, I15).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

#: One line of a mail. RFC 5321 asks for 1,000; mail programs that forget to wrap a paragraph or a
#: table make tens of thousands, and their users cannot help it.
MAX_LINE = 65_536
#: After the size limit a client may still send this many bytes that we throw away, so that an
#: honest one gets to read its 552; then the line is cut.
DRAIN = 1_048_576

_END = b"\r\n.\r\n"


class Reader(Protocol):
    """What is needed of `asyncio.StreamReader`."""

    async def readuntil(self, separator: bytes = ...) -> bytes: ...
    async def readexactly(self, n: int) -> bytes: ...


class Room(Protocol):
    """Memory for one message."""

    def reserve(self, more: int) -> bool:
        """Hold `more` bytes; False = there is no room for them."""

    def release(self) -> None:
        """Give all back."""


@dataclass(frozen=True, slots=True)
class Body:
    """What came after DATA: `raw`, or the `refusal` to answer. `cut` = hang up after answering."""

    raw: bytes = b""
    refusal: str = ""
    cut: bool = False


TOO_BIG = "552 5.3.4 Message too big"
TOO_MUCH = "452 4.3.1 Too much mail at once, try again later"
NOT_CLEAN = "554 5.6.0 Bare CR, bare LF or NUL in the message; lines end with CRLF (RFC 5321 2.3.8)"
TOO_LONG = f"554 5.6.0 A line is longer than {MAX_LINE} bytes"


async def read_body(
    reader: Reader,
    limit: int,
    room: Room,
    progress: Callable[[], None] = lambda: None,
) -> Body:
    """Read to the end of data and take the dots off (RFC 5321 §4.5.2).

    `limit` is in bytes of the message; `progress()` is called whenever something came. What is
    kept is reserved in `room` first, and held there on return. Raises
    `asyncio.IncompleteReadError` when the client goes away.
    """
    body = bytearray()
    tail = b"\r\n"  # the end of the DATA line: a dot right after it ends an empty message
    taken = 0
    refusal = ""
    while True:
        try:
            # Whatever ends the data ends with this, and prose seldom does: big bites, exact end.
            piece = await reader.readuntil(b".\r\n")
        except asyncio.LimitOverrunError as over:
            piece = await reader.readexactly(over.consumed)
        progress()
        taken += len(piece) - (tail[-2:] + piece).count(b"\r\n.")  # less the dots that come off
        if not refusal:
            if taken - len(b"\r\n") > limit:  # of the final line
                refusal = TOO_BIG
            elif not room.reserve(len(piece)):
                refusal = TOO_MUCH
            else:
                body += piece
            if refusal:
                body = bytearray()
                room.release()
        tail = (tail + piece[-len(_END) :])[-len(_END) :]
        if tail == _END:
            break
        if refusal and taken > limit + DRAIN:
            return Body(refusal=refusal, cut=True)
    if refusal:
        return Body(refusal=refusal)
    del body[-3:]
    return _finish(body)


def _finish(body: bytearray) -> Body:
    """Judge the bytes between DATA and the final dot, and undo the dot-stuffing."""
    if fault := flaw(body):
        return Body(refusal=fault)
    if body.startswith(b"."):
        del body[:1]
    # A lone dot cannot be left in here, so each "CRLF." is one stuffed line.
    return Body(raw=bytes(body.replace(b"\r\n.", b"\r\n")))


def flaw(body: bytes | bytearray) -> str:
    """Why these bytes are refused, or "" if every line ends with CRLF and there is no NUL."""
    lines = body.count(b"\r\n")
    if body.count(b"\n") != lines or body.count(b"\r") != lines or b"\0" in body:
        return NOT_CLEAN
    start = 0
    while start + MAX_LINE < len(body):  # jumps from line end to line end, a long way each time
        end = body.rfind(b"\n", start, start + MAX_LINE)
        if end < 0:
            return TOO_LONG
        start = end + 1
    return ""
