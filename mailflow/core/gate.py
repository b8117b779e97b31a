"""Limits on raw bytes, before anything parses them (PROMISES.md I19).

One pass over the header block and a few counts over the rest. What is refused here is set aside
with the reason; it is never lost and never answered.
"""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything one message may have."""

    size: int = 10 * KIB * KIB  # bytes, the whole message
    header_bytes: int = 100 * KIB  # Postfix header_size_limit
    header_lines: int = 1000
    header_line_bytes: int = 10 * KIB
    parts: int = 100
    depth: int = 20
    parameters: int = 30  # of one Content-Type or Content-Disposition
    text_bytes: int = 512 * KIB  # of decoded text or HTML that is read for meaning


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message is not read: `reason` is a fixed code, `detail` a figure or place."""

    reason: str
    detail: str = ""


def header_end(raw: bytes) -> int:
    """Offset of the line that is empty and ends the header block; the length if there is none.

    Works on CRLF and on LF messages; whichever empty line comes first counts.
    """
    if raw.startswith((b"\r\n", b"\n")):
        return 0
    crlf, lf = raw.find(b"\r\n\r\n"), raw.find(b"\n\n")
    mixed = raw.find(b"\n\r\n")
    ends = [at + 2 for at in (crlf,) if at >= 0] + [at + 1 for at in (lf, mixed) if at >= 0]
    return min(ends, default=len(raw))


def to_lf(raw: bytes) -> bytes:
    """The message with LF line ends, made once, for our own reader only."""
    return raw.replace(b"\r\n", b"\n") if b"\r" in raw else raw


def check(raw: bytes, limits: Limits = Limits()) -> Fault | None:
    """The first limit that `raw` breaks, or None.

    A bare CR or a NUL in the header block, and a mixture of bare LF and CRLF there, are refused:
    two programs may see two different sets of header fields in it (PROMISES.md I14). A message
    that has LF alone (a file) is taken as it is. In the body they can only spoil text.
    """
    if not raw.strip(b"\r\n\t \x00"):
        return Fault("empty")
    if len(raw) > limits.size:
        return Fault("too_large", f"{len(raw)} bytes")
    end = header_end(raw)
    if end > limits.header_bytes:
        return Fault("header_too_large", f"{end} bytes")
    head = raw[:end]
    if b"\x00" in head:
        return Fault("nul_in_header")
    if b"\r" in head:
        whole = head.count(b"\r\n")
        if head.count(b"\r") != whole:
            return Fault("bare_cr_in_header")
        if head.count(b"\n") != whole:
            return Fault("bare_lf_in_header")
    lines = head.split(b"\n")
    if len(lines) > limits.header_lines:
        return Fault("too_many_header_lines", str(len(lines)))
    longest = max(map(len, lines))
    if longest > limits.header_line_bytes:
        return Fault("header_line_too_long", f"{longest} bytes")
    return None
