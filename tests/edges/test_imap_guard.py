"""Reading an IMAP server's answers: an end in time, and in size."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from mailflow.ingress.imap_guard import COMMAND_TIMEOUTS, LINE_BYTES, Guard, TooMuch
from tests.edges.imap_house import Clock


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


Pair = tuple[socket.socket, socket.socket]


def test_lines_and_pieces_however_they_are_cut(pair: Pair) -> None:
    ours, theirs = pair
    guard = Guard(5, 1000, Clock())
    theirs.sendall(b"* one\r\n* two {4}\r\nabcd)\r\n* th")
    assert guard.readline(ours) == b"* one\r\n"
    assert guard.pending(ours)
    assert guard.readline(ours) == b"* two {4}\r\n"
    assert guard.read(ours, 4) == b"abcd"
    assert guard.readline(ours) == b")\r\n"
    theirs.sendall(b"ree\r\n")
    assert guard.readline(ours) == b"* three\r\n"
    assert not guard.pending(ours)


def test_a_piece_longer_than_agreed_is_not_read(pair: Pair) -> None:
    ours, theirs = pair
    guard = Guard(5, 1000, Clock())
    theirs.sendall(b"x" * 1001)
    with pytest.raises(TooMuch):
        guard.read(ours, 1001)
    assert guard.read(ours, 1000) == b"x" * 1000


def test_a_line_without_an_end_is_not_kept(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailflow.ingress.imap_guard.LINE_BYTES", 5000)
    ours, theirs = pair
    theirs.sendall(b"x" * 20_000)
    with pytest.raises(TooMuch):
        Guard(5, 1000, Clock()).readline(ours)
    assert LINE_BYTES >= 11 * 10**6 // 10  # the UIDs of 10⁵ mails fit well


def test_silence_has_an_end(pair: Pair) -> None:
    with pytest.raises(TimeoutError):
        Guard(0.05, 1000, Clock()).readline(pair[0])


def test_a_whole_command_has_an_end(pair: Pair) -> None:
    ours, theirs = pair
    clock = Clock()
    guard = Guard(5, 1000, clock)
    guard.begin()
    theirs.sendall(b"x")
    assert guard.read(ours, 1) == b"x"
    clock.now = 5 * COMMAND_TIMEOUTS + 1.0
    theirs.sendall(b"y")
    with pytest.raises(TimeoutError, match="too long"):
        guard.read(ours, 1)
    guard.begin(2)
    assert guard.read(ours, 1) == b"y"


def test_a_server_that_hangs_up(pair: Pair) -> None:
    ours, theirs = pair
    theirs.sendall(b"half")
    theirs.close()
    with pytest.raises(ConnectionResetError):
        Guard(5, 1000, Clock()).read(ours, 5)


def test_nothing_of_a_clear_text_connection_survives_starttls(pair: Pair) -> None:
    """What an attacker adds behind the answer to STARTTLS is in the same packet (CVE-2011-0411)."""
    ours, theirs = pair
    guard = Guard(5, 1000, Clock())
    theirs.sendall(b"a1 OK begin TLS\r\n* CAPABILITY INJECTED\r\n")
    assert guard.readline(ours) == b"a1 OK begin TLS\r\n"
    after, server = socket.socketpair()
    with after, server:
        server.sendall(b"* real\r\n")
        assert guard.readline(after) == b"* real\r\n"
