"""SMTP as it should not be spoken: each file in dialogs/ is one conversation with the door.

The first line of a file says why it is there. Then, line by line:

    door lmtp                the other listener (before anything is said)
    with max_errors=3        a setting of the door (before anything is said)
    C EHLO a.example         send this line, with CRLF
    c abc\\r\\n                send these bytes as they are; \\r \\n \\0 \\t \\\\ \\xNN are understood
    C*5 NOOP, c*9999 x       the same, so many times
    S 250                    the next reply begins with this; the banner is read by itself
    S*5 250                  so many replies
    S 554 5.6.0 Bare|421     one of several
    closed                   the other side has hung up
    stored 1 a@b.example     mails in the inbox in the end, and their senders in order

Without a `stored` line nothing may have been stored. After each dialogue an honest client must
still be served.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mailflow.store.db import Database
from tests.edges.mail_door import Client, House, open_house

FOLDER = Path(__file__).parent / "dialogs"
FILES = sorted(FOLDER.glob("*.txt"))
_LINE = re.compile(r"(?P<verb>[A-Za-z]+)(?:\*(?P<times>\d+))?(?: (?P<rest>.*))?")


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dialog(path: Path, sqlite_db: Database) -> None:
    why, *lines = path.read_text(encoding="utf-8").splitlines()
    assert why.startswith("# "), "the first line says why this dialogue is here"
    steps = [_LINE.fullmatch(line) for line in lines if line]
    assert all(steps), "a line that is not understood"
    settings: dict[str, Any] = {}
    for step in steps:
        if step["verb"] == "with":
            name, _, value = step["rest"].partition("=")
            settings[name] = value
    lmtp = any(step["verb"] == "door" for step in steps)
    with open_house(sqlite_db, **settings) as house:
        _play(steps, house, Client(house.lmtp if lmtp else house.smtp))
        with Client(house.smtp) as honest:
            assert honest.greet().mail(b"Subject: honest\r\n\r\n").startswith("250 ")


def _play(steps: list[Any], house: House, client: Client) -> None:
    expected: list[str] = []
    with client:
        assert client.reply().startswith("220 mx.vendor.example ")
        for step in steps:
            rest, times = step["rest"] or "", int(step["times"] or 1)
            match step["verb"]:
                case "C":
                    client.send((_bytes(rest) + b"\r\n") * times)
                case "c":
                    client.send(_bytes(rest) * times)
                case "S":
                    for _ in range(times):
                        reply = client.reply()
                        _harmless(reply)
                        last = reply.splitlines()[-1] if reply else "(hung up)"
                        assert last.startswith(tuple(rest.split("|"))), (step.string, reply)
                case "closed":
                    assert client.reply() == ""
                case "stored":
                    expected = rest.split(" ")[1:]
                    assert len(expected) == int(rest.split(" ")[0])
                case "with" | "door":
                    pass
                case verb:
                    pytest.fail(f"unknown verb {verb}")
    assert [mail.mail_from or "<>" for mail in house.mails()] == expected


def _bytes(text: str) -> bytes:
    """Text with escapes as bytes, everything else as UTF-8."""

    def one(found: re.Match[str]) -> str:
        sign = found[1]
        if sign[0] == "x":
            number = int(sign[1:], 16)
            return chr(number if number < 128 else 0xDC00 + number)  # a byte that is no UTF-8
        return {"r": "\r", "n": "\n", "0": "\0", "t": "\t", "\\": "\\"}[sign]

    return re.sub(r"\\(x[0-9a-fA-F]{2}|[rn0t\\])", one, text).encode("utf-8", "surrogateescape")


def _harmless(reply: str) -> None:
    """No reply shows anything of the inside, and each is printable ASCII with one code (I29)."""
    assert len({line[:3] for line in reply.splitlines()}) <= 1, reply
    assert re.fullmatch(r"[ -~\n]*", reply)
    for word in ("Traceback", "Error:", "Exception", "sqlite", "/tmp", "python", "aiosmtpd"):
        assert word.lower() not in reply.lower()
