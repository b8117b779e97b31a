"""What a DKIM signature is computed over: the two canonical forms of RFC 6376 s3.4.

Our own instead of dkimpy's, for two reasons. Its body pattern takes quadratic time on a long run
of blanks, and it takes bare LF for CRLF, so that what is verified is not what is stored
(PROMISES.md I14, I19). Every step here is one pass of a C function over the bytes; dkimpy serves
the tests as the second opinion.
"""

from __future__ import annotations

_TABS = bytes.maketrans(b"\t", b" ")
_BLANKS = b" \t\r\n"
# RFC 5322 s3.6.8: printable ASCII without the colon. Blanks before the colon are obsolete and
# are read differently by different programs, so they are no field name here.
_FIELD_NAME = bytes(range(ord("!"), ord("~") + 1)).replace(b":", b"")


def split(raw: bytes) -> tuple[list[tuple[bytes, bytes]], bytes] | None:
    """Header fields (name as sent, value with its CRLF) and the body, or None.

    None where two programs could see two different messages: a CR or LF that is not part of a
    CRLF, a NUL, a line in the header that is no field, no end of the header.
    """
    ends = raw.count(b"\r\n")
    if raw.count(b"\r") != ends or raw.count(b"\n") != ends or b"\x00" in raw:
        return None
    head, blank, body = raw.partition(b"\r\n\r\n")
    if not blank:
        if not raw.endswith(b"\r\n"):
            return None
        head = raw[:-2]
    fields: list[tuple[bytes, bytes]] = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            if not fields:
                return None
            name, value = fields[-1]
            fields[-1] = (name, value + line + b"\r\n")
            continue
        name, colon, value = line.partition(b":")
        if not colon or not name or name.translate(None, _FIELD_NAME):
            return None
        fields.append((name, value + b"\r\n"))
    return fields, body


def body(data: bytes, *, relaxed: bool) -> bytes:
    """The canonical body (RFC 6376 s3.4.3, s3.4.4); relaxed and empty stays empty."""
    if relaxed:
        data = _squeeze(data).replace(b" \r\n", b"\r\n")
        if data.endswith(b" "):
            data = data[:-1]
    # Only whole CRLFs are in it (see `split`), so stripping their bytes strips empty lines.
    data = data.rstrip(b"\r\n")
    if data:
        return data + b"\r\n"
    return b"" if relaxed else b"\r\n"


def field(name: bytes, value: bytes, *, relaxed: bool) -> bytes:
    """One canonical header field with its CRLF (RFC 6376 s3.4.1, s3.4.2)."""
    if not relaxed:
        return name + b":" + value
    return name.lower() + b":" + _squeeze(value.replace(b"\r\n", b"")).strip(b" ") + b"\r\n"


def signature_field(name: bytes, value: bytes, *, relaxed: bool) -> bytes:
    """The DKIM-Signature field itself: without the value of b=, and without its last CRLF.

    RFC 6376 s3.5, s3.7: that value is taken out before hashing, all else stays as it was.
    """
    return field(name, b";".join(map(_without_b, value.split(b";"))), relaxed=relaxed).removesuffix(
        b"\r\n"
    )


def _without_b(piece: bytes) -> bytes:
    tag, equals, _ = piece.partition(b"=")
    return tag + equals if equals and tag.strip(_BLANKS) == b"b" else piece


def _squeeze(data: bytes) -> bytes:
    """Each run of blanks and tabs as one blank; halving keeps the time linear."""
    data = data.translate(_TABS)
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data
