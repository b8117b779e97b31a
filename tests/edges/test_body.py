"""Reading the text after DATA, without a network."""

from __future__ import annotations

import asyncio
import itertools
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailflow.ingress import body
from mailflow.ingress.body import NOT_CLEAN, TOO_BIG, TOO_LONG, TOO_MUCH, Body, flaw, read_body
from mailflow.ingress.connection import READ_AHEAD
from mailflow.ingress.crowd import Budget

BIG = 10_000_000


def read(
    wire: bytes, *, limit: int = BIG, budget: int = 10 * BIG, cuts: tuple[int, ...] = ()
) -> tuple[Body, bytes, int]:
    """What is read of `wire`, what is left for the next command, and what is held of the budget.

    `cuts` are the places where a packet ends.
    """

    async def main() -> tuple[Body, bytes, int]:
        reader = asyncio.StreamReader(limit=READ_AHEAD)
        places = sorted({min(cut, len(wire)) for cut in cuts} | {0, len(wire)})

        async def feed() -> None:
            for start, end in itertools.pairwise(places):
                reader.feed_data(wire[start:end])
                await asyncio.sleep(0)
            reader.feed_eof()

        with Budget(budget).open() as room:
            feeding = asyncio.create_task(feed())
            found = await read_body(reader, limit, room)
            held = room.held
            await feeding
        return found, await reader.read(), held

    # In a thread of its own: a browser's driver may keep a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, main()).result()


def stuffed(raw: bytes) -> bytes:
    """As a client sends it (RFC 5321 §4.5.2)."""
    return re.sub(rb"(?m)^\.", b"..", raw) + b".\r\n"


lines = st.lists(
    st.binary(max_size=20).map(lambda b: re.sub(rb"[\r\n\0]", b".", b)), max_size=30
).map(lambda found: b"".join(line + b"\r\n" for line in found))


@given(
    raw=lines,
    cuts=st.lists(st.integers(0, 700), max_size=8).map(tuple),
    after=st.binary(max_size=30),
)
@example(raw=b"", cuts=(), after=b".\r\n")
@example(raw=b".\r\n", cuts=(1, 2, 3, 4, 5), after=b"")
@example(raw=b"x.\r\n.\r\n", cuts=(), after=b".\r\n")
@example(raw=b"\r\n\r\n", cuts=(3,), after=b"\r\n.\r\n")
def test_what_was_sent_is_what_is_read(raw: bytes, cuts: tuple[int, ...], after: bytes) -> None:
    found, left, held = read(stuffed(raw) + after, cuts=cuts)
    assert found == Body(raw=raw)
    assert left == after
    assert held == len(stuffed(raw))


@given(raw=st.binary(max_size=60) | st.text("\r\n\0.x", max_size=12).map(str.encode))
def test_every_line_ends_with_crlf_or_all_is_refused(raw: bytes) -> None:
    bad = re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw) is not None
    assert flaw(raw) == (NOT_CLEAN if bad else "")


_ENDS = [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\0", b"\0\r\n"]
FAKES = [fake for a in _ENDS for b in _ENDS if b"\r\n.\r\n" not in (fake := a + b"." + b)]


@pytest.mark.parametrize("fake", FAKES, ids=repr)
def test_only_crlf_dot_crlf_ends_the_data(fake: bytes) -> None:
    second = b"MAIL FROM:<evil@attacker.example>\r\n"
    found, left, _ = read(b"first" + fake + second + b"\r\n.\r\nQUIT\r\n")
    assert (found, left) == (Body(refusal=NOT_CLEAN), b"QUIT\r\n")


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def test_the_limit_counts_the_message_without_its_dots(size: int, fits: bool) -> None:
    raw = b".\r\n" * 200 + b"x" * (size - 602) + b"\r\n"
    assert len(raw) == size
    found, left, held = read(stuffed(raw) + b"NOOP\r\n", limit=1000)
    assert found == (Body(raw=raw) if fits else Body(refusal=TOO_BIG))
    assert left == b"NOOP\r\n"
    assert fits or held == 0, "what is thrown away is not held"


@pytest.mark.parametrize("block", [b"x", b"0123456789\r\n", b"..\r\nx.\r\n"])
def test_what_never_ends_is_cut(block: bytes) -> None:
    wire = block * (2 * body.DRAIN // len(block))
    found, _, held = read(b"a" + wire, limit=50_000)
    assert found == Body(refusal=TOO_BIG, cut=True)
    assert held == 0


def test_without_room_it_is_try_again() -> None:
    found, left, held = read(b"x" * 50_000 + b"\r\n.\r\nNOOP\r\n", budget=40_000)
    assert (found, left, held) == (Body(refusal=TOO_MUCH), b"NOOP\r\n", 0)


def test_a_client_that_goes_away() -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        read(b"half a mail\r\n.")


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("at", [0, 5, body.MAX_LINE - 3, 3 * body.MAX_LINE])
def test_the_longest_line(over: int, at: int) -> None:
    raw = b"a\r\n" * (at // 3) + b"x" * (body.MAX_LINE - 2 + over) + b"\r\n" + b"b\r\n" * 5
    assert flaw(raw) == ("" if not over else TOO_LONG)
