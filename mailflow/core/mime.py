"""The structure of a message: header fields and parts, in linear time, never raising.

The standard parser raises on some real mail and takes seconds on some hostile mail (PROMISES.md
§1). This reader does only what is needed here: split, count, give up at a limit. Bytes come in
with LF line ends (`gate.to_lf`), after `gate.check`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from mailflow.core.charset import decode, decode_words
from mailflow.core.gate import Fault, Limits

_PARAM = re.compile(
    r";\s*([A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,60})\s*=\s*(?:\"((?:[^\"\\]|\\.){0,2000})\"|([^;\s]{0,2000}))"
)
_TYPE = re.compile(r"\s*([A-Za-z0-9!#$&^_.+-]{1,60})\s*/\s*([A-Za-z0-9!#$&^_.+-]{1,100})")
_COMMENT = re.compile(r"\([^()]*\)")
_SECTION = re.compile(r"(.+?)\*(\d{1,2})?(\*)?$")


@dataclass(slots=True)
class Part:
    """One node of the tree. `body` is still transfer-encoded; empty for a multipart."""

    headers: list[tuple[str, bytes]]  # lower-case name, raw unfolded value
    type: str = "text/plain"
    params: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    filename: str = ""
    encoding: str = ""
    body: bytes = b""
    children: list[Part] = field(default_factory=list)

    def get(self, name: str) -> str:
        """First value of a header field as text, undecoded; "" if it is missing."""
        return next((latin(v) for n, v in self.headers if n == name), "")


def latin(value: bytes) -> str:
    """Header bytes as text: UTF-8 where it is, else windows-1252."""
    return value.decode("ascii") if value.isascii() else decode(value, "")


def split_headers(data: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Header fields and the body. A line that is no field ends the block and begins the body."""
    end = 0 if data.startswith(b"\n") else data.find(b"\n\n")
    block, body = (data, b"") if end < 0 else (data[:end], data[end + (1 if end == 0 else 2) :])
    fields: list[tuple[str, bytes]] = []
    lines = block.split(b"\n") if block else []
    if lines and lines[0].startswith((b"From ", b">From ")):
        del lines[0]  # the envelope line of an mbox file
    parts: list[bytes] = []
    name = ""
    for number, line in enumerate(lines):
        if line[:1] in (b" ", b"\t"):
            if name:
                parts.append(line)
            continue
        head, colon, value = line.partition(b":")
        head = head.rstrip(b" \t")
        if not colon or not head or b" " in head or not head.isascii():
            if name:
                fields.append((name, b"".join(parts).strip()))
            rest = b"\n".join(lines[number:])
            return fields, rest + b"\n\n" + body if body else rest
        if name:
            fields.append((name, b"".join(parts).strip()))
        name, parts = head.decode("ascii").lower(), [value]
    if name:
        fields.append((name, b"".join(parts).strip()))
    return fields, body


def parameters(value: str, limits: Limits) -> dict[str, str] | Fault:
    """Parameters of a Content-Type or Content-Disposition, RFC 2231 pieces put together."""
    if ";" not in value:
        return {}
    if value.count(";") > limits.parameters + 20:
        return Fault("too_many_parameters", str(value.count(";")))
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, str, bool]]] = {}
    for count, match in enumerate(_PARAM.finditer(value)):
        if count >= limits.parameters:
            return Fault("too_many_parameters")
        name = match.group(1).lower()
        text = match.group(3) if match.group(2) is None else re.sub(r"\\(.)", r"\1", match.group(2))
        section = _SECTION.match(name) if "*" in name else None
        if section:
            order = int(section.group(2) or 0)
            extended = bool(section.group(3)) or section.group(2) is None
            pieces.setdefault(section.group(1), []).append((order, text, extended))
        else:
            plain.setdefault(name, text)
    for name, found in pieces.items():
        found.sort()
        charset, data = "", b""
        for order, text, extended in found:
            if extended and order == 0 and text.count("'") >= 2:
                charset, _, text = text.split("'", 2)
            data += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
        plain[name] = decode(data, charset)
    return plain


def parse(data: bytes, limits: Limits) -> Part | Fault:
    """The tree of parts of a message, or the limit that it breaks."""
    left = [limits.parts]
    return _parse(data, limits, 0, left, "text/plain")


def _parse(data: bytes, limits: Limits, depth: int, left: list[int], default: str) -> Part | Fault:
    if depth > limits.depth:
        return Fault("too_deep", str(depth))
    left[0] -= 1
    if left[0] < 0:
        return Fault("too_many_parts", str(limits.parts))
    fields, body = split_headers(data)
    if depth and len(fields) > limits.header_lines:
        return Fault("too_many_header_lines", "in a part")
    part = Part(fields, type=default)
    content_type, disposition = "", ""
    for name, raw in fields:
        if not name.startswith("content-"):
            continue
        if len(raw) > limits.header_line_bytes:
            return Fault("header_line_too_long", name)
        if name == "content-type" and not content_type:
            content_type = latin(raw)
        elif name == "content-disposition" and not disposition:
            disposition = latin(raw)
        elif name == "content-transfer-encoding" and not part.encoding:
            part.encoding = _COMMENT.sub("", latin(raw)).strip().lower()
    if content_type:
        params = parameters(content_type, limits)
        if isinstance(params, Fault):
            return params
        part.params = params
        kind = _TYPE.match(_COMMENT.sub("", content_type))
        if kind:
            part.type = f"{kind.group(1)}/{kind.group(2)}".lower()
        elif content_type.strip().lower().startswith("text"):
            part.type = "text/plain"
        else:
            part.type = "application/octet-stream"
    if disposition:
        params = parameters(disposition, limits)
        if isinstance(params, Fault):
            return params
        part.disposition = disposition.partition(";")[0].strip().lower()
        part.filename = decode_words(params.get("filename", ""))
    if not part.filename and "name" in part.params:
        part.filename = decode_words(part.params["name"])
    boundary = part.params.get("boundary", "").rstrip()
    if part.type.startswith("multipart/") and boundary:
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for piece in _split(body, boundary.encode("utf-8", "replace"), left[0]):
            child = _parse(piece, limits, depth + 1, left, default)
            if isinstance(child, Fault):
                return child
            part.children.append(child)
        if part.children:
            return part
    if part.type.startswith("multipart/"):
        part.type = "text/plain"  # no boundary found: what is there is all there is to read
    part.body = body
    if part.type == "message/rfc822" and part.encoding in ("", "7bit", "8bit", "binary"):
        child = _parse(body.lstrip(b"\n"), limits, depth + 1, left, "text/plain")
        if isinstance(child, Fault):
            return child
        part.children.append(child)
    return part


def _split(body: bytes, boundary: bytes, most: int) -> list[bytes]:
    """The pieces between boundary lines; one more than `most` at the most."""
    mark = b"--" + boundary
    pieces: list[bytes] = []
    start = -1
    at = 0 if body.startswith(mark) else body.find(b"\n" + mark) + 1 or -1
    while at >= 0:
        end = at + len(mark)
        line_end = body.find(b"\n", end)
        tail = body[end : line_end if line_end >= 0 else len(body)]
        closing = tail.startswith(b"--")
        if tail.strip(b" \t") == b"" or closing:
            if start >= 0:
                pieces.append(body[start : max(start, at - 1)])
            start = line_end + 1 if line_end >= 0 else len(body)
            if closing or len(pieces) > most:
                return pieces
        at = body.find(b"\n" + mark, end - 1)
        at = at + 1 if at >= 0 else -1
    if start >= 0 and body[start:].strip():
        pieces.append(body[start:])  # the closing line is missing: cut short on the way
    return pieces
