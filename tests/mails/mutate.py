"""One random change to the bytes of a mail: what a broken or hostile program might send."""

from __future__ import annotations

import random

_PIECES = (
    b"\n\n", b"\r", b"\x00", b"\xff\xfe", b"=?utf-8?b?", b"?=", b"<", b">", b"(", b'"', b"\\", b":", b";", b"--b", b"Content-Type: multipart/mixed; boundary=b\n",
    b"Content-Transfer-Encoding: base64\n", b"charset=utf-16", b"<blockquote>", b"</div>", b"<s>", b"\n> ", b"\n-- \n", b"\nFrom: a@b.example\n", b"@", b"\xe2\x80\xae",
    b"On x wrote:", b"CONFIRM", b"Account name: ", b"\t", b"=\n", b"=00", b"&#x110000;", b"\xed\xa0\x80",
)  # fmt: skip


def mutate(raw: bytes, choose: random.Random) -> bytes:
    """`raw` with one to six changes: pieces put in, cut out, doubled, swapped, bits turned."""
    data = bytearray(raw)
    for _ in range(choose.randint(1, 6)):
        at = choose.randrange(len(data) + 1) if data else 0
        kind = choose.randrange(6)
        if kind == 0:
            data[at:at] = choose.choice(_PIECES)
        elif kind == 1:
            del data[at : at + choose.randint(1, 60)]
        elif kind == 2 and at < len(data):
            data[at] ^= 1 << choose.randrange(8)
        elif kind == 3:
            data[at:at] = data[at : at + choose.randint(1, 200)] * choose.randint(1, 5)
        elif kind == 4:
            other = choose.randrange(len(data) + 1)
            data[at:at] = data[other : other + choose.randint(1, 80)]
        else:
            del data[at:]
    return bytes(data)
