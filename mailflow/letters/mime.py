"""From two texts and a few headers to the bytes of a mail: small, exact, quick.

The standard library folds and encodes through several layers of objects and takes about a
millisecond for it; a mail of ours has one fixed shape, so the bytes are written here directly:
multipart/alternative of text and HTML (HTML and logo in a multipart/related), UTF-8, 7-bit safe,
CRLF, no line longer than 998 octets (RFC 5322 §2.1.1), every value cleaned of line breaks
(CWE-93, PROMISES.md I17).
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256

from mailflow.core.hygiene import clean_line
from mailflow.letters.brand import Logo

MAX_REFERENCES = 20  # the first and the last ones; RFC 5322 sets no limit, servers do
_MESSAGE_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,120}@[\x21-\x3b\x3d\x3f-\x7e]{1,120}>")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]+@[^\s<>()\[\],;:\\\"@]+")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MAX_OCTETS = 900  # of a line sent as it is; the standard allows 998
_WORD_OCTETS = 42  # of UTF-8 in one encoded word: 56 of base64 and 12 around it, below 75
_LINE = 76  # where a header is folded


def message(
    headers: Sequence[tuple[str, str]], text: str, html: str, logo: Logo | None, seed: str
) -> bytes:
    """The whole mail. `headers` are finished values (see below); `seed` makes the boundary.

    The boundary holds "=_", which neither quoted-printable nor base64 can produce, and a hash that
    nobody can foresee in a text that goes as it is, so that no content can end a part early.
    """
    boundary = "=_" + sha256(seed.encode()).hexdigest()[:24]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    page = _part("text/html", html)
    if logo is not None:
        inner = boundary + "r"
        page = b"\r\n".join((
            f'Content-Type: multipart/related; type="text/html"; boundary="{inner}"\r\n'.encode(),
            b"--" + inner.encode(), page,
            b"--" + inner.encode(), _image(logo, cid(seed)),
            f"--{inner}--\r\n".encode(),
        ))  # fmt: skip
    return b"\r\n".join((
        f'{head}MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"'
        "\r\n".encode(),
        b"--" + boundary.encode(), _part("text/plain", text),
        b"--" + boundary.encode(), page,
        f"--{boundary}--\r\n".encode(),
    ))  # fmt: skip


def cid(seed: str) -> str:
    """The Content-ID of the logo in the mail of this seed (its Message-ID), without brackets."""
    return "logo." + seed.strip("<>")


def unstructured(value: str, name: str) -> str:
    """A text header such as Subject: folded, and as encoded words where it must be (RFC 2047)."""
    value = clean_line(value)
    room = _LINE - len(name) - 2
    if _PLAIN.fullmatch(value) and "=?" not in value and _breakable(value):
        return _folded(value.split(" "), room)
    return _folded(_encoded(value), room)


@lru_cache(maxsize=64)
def mailbox(name: str, address: str) -> str:
    """`"Name" <address>`, the name quoted or encoded as it needs."""
    address = spec(address)
    name = clean_line(name)
    if not name:
        return f"<{address}>"
    if _ATOMS.fullmatch(name) and "=?" not in name and _breakable(name):
        return f"{name}\r\n <{address}>" if len(name) + len(address) > 60 else f"{name} <{address}>"
    if _PLAIN.fullmatch(name) and "=?" not in name and len(name) < 70:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"\r\n <{address}>'
    return _folded([*_encoded(name), f"<{address}>"], _LINE - 10)


def spec(address: str) -> str:
    """An address that may stand in a header. Raises ValueError for anything doubtful."""
    if not address or len(address) > 320 or not _ADDRESS.fullmatch(address):
        raise ValueError("not a plain address")
    if not address.isprintable():
        raise ValueError("not a plain address")
    return address


def message_ids(values: Iterable[str]) -> str:
    """References: only well-formed ids, one a line, the first and the last ones ("" = none)."""
    known = [found[0] for value in values if (found := _MESSAGE_ID.fullmatch(value.strip()))]
    ids = list(dict.fromkeys(known))
    if len(ids) > MAX_REFERENCES:
        ids = [ids[0], *ids[-MAX_REFERENCES + 1 :]]
    return "\r\n ".join(ids)


def _part(kind: str, text: str) -> bytes:
    """One text part, in the lightest encoding that is safe on every way.

    ASCII with short lines goes as it is. In HTML a few other signs become character references,
    so that it is ASCII nearly always; otherwise quoted-printable, or base64 where that is shorter.
    """
    text = text.replace("\n", "\r\n")
    body = text.encode("utf-8")
    spare = len(body) // 3  # what base64 would add
    if kind == "text/html":
        plain = text.encode("ascii", "xmlcharrefreplace")
        body = plain if len(plain) <= len(body) + spare else body
    if body.isascii() and _travels_well(body):
        encoding = "7bit"
    elif 2 * (len(body) - len(text)) > spare:
        encoding = "base64"
        packed = b64encode(body)
        body = b"\r\n".join(packed[i : i + 76] for i in range(0, len(packed), 76))
    else:
        encoding = "quoted-printable"
        body = b2a_qp(body, istext=True)
    head = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + body


def _travels_well(body: bytes) -> bool:
    """No line near the limit of 998 octets, none that an mbox file would change."""
    return len(max(body.split(b"\n"), key=len)) < _MAX_OCTETS and b"\nFrom " not in body


def _image(logo: Logo, content_id: str) -> bytes:
    head = (
        f'Content-Type: image/{logo.subtype}; name="logo.{logo.subtype}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{content_id}>\r\n"
        f'Content-Disposition: inline; filename="logo.{logo.subtype}"\r\n\r\n'
    )
    return head.encode("ascii") + logo.encoded


def _breakable(value: str) -> bool:
    """Whether a plain value can be folded at its blanks without a line that is too long."""
    return all(len(word) < _LINE - 16 for word in value.split(" "))


def _encoded(value: str) -> list[str]:
    """Encoded words, cut between characters, never inside one (RFC 2047 §5)."""
    words, chunk = [], b""
    for character in value:
        octets = character.encode("utf-8", "replace")
        if len(chunk) + len(octets) > _WORD_OCTETS:
            words.append(chunk)
            chunk = b""
        chunk += octets
    return [f"=?utf-8?B?{b64encode(part).decode('ascii')}?=" for part in (*words, chunk)]


def _folded(words: Sequence[str], room: int) -> str:
    """The words on lines of at most `_LINE` characters; `room` is what the first line has left."""
    lines, current = [], words[0]
    for word in words[1:]:
        if len(current) + 1 + len(word) > room:
            lines.append(current)
            current, room = word, _LINE - 1
        else:
            current += " " + word
    return "\r\n ".join((*lines, current))
