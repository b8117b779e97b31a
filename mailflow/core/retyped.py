"""Whether the same body could be read as another mail, under a Content-Type that nobody signed.

Some large senders leave Content-Type out of their DKIM signature. Whoever has such a mail can send
it again with another one, and so make us read a piece of it as the whole: an earlier mail that was
quoted in it, say, written by himself. Sending it again without harm is not to be prevented; so a
body under an unsigned type counts only where it shows by itself that it is of that type.
"""

from __future__ import annotations

import re

from mailflow.core.gate import Fault, Limits
from mailflow.core.mime import parameters

#: Of which a large sender's mail is made; "message/rfc822" and the like are not sent bare.
_TEXTS = frozenset({"text/plain", "text/html"})
#: Under these any bytes are other letters than they seem.
_SHIFTING = re.compile(r"utf-?(?:16|32)|unicode$|hz", re.I)
#: "This is a multi-part message in MIME format.", "… cryptographically signed message in MIME …":
#: what programs put before the first part.
_PREAMBLE = re.compile(
    rb"[^\r\n]{0,120}\b(?:multi[- ]?part|mime)\b[^\r\n]{0,120}\r\n(?:\r\n)?", re.I
)
_TYPE = re.compile(r"\s*(text(?![\w/])|[^\s/;]{1,60}/[^\s/;]{1,100})")
_MIME_INSIDE = re.compile(rb"--[^\s-][^\r\n]*\r\ncontent-", re.I)
_HTML_INSIDE = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.I)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<|[^<>\r\n]{0,200}<(?:br|p|div|span|b|i|u|a|em|strong|font|table|h\d)\b)",
    re.I,
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\r\n \t]")
#: A line break that no encoder of text writes so: it would take a line out of its quotation.
_HIDDEN_BREAK = re.compile(rb"=0[AD]", re.I)


def doubt(content_type: str, encoding: str, body: bytes) -> str:
    """Why a body may be another mail than its unsigned header makes it, "" if it shows what it is.

    Args:
        content_type: The value of Content-Type, "" if there is none.
        encoding: That of Content-Transfer-Encoding, "" if there is none.
        body: As received, with CRLF.
    """
    typed = _TYPE.match(content_type)
    kind = typed.group(1).lower() if typed and "/" in typed.group(1) else "text/plain"
    found = parameters(content_type, Limits())
    if isinstance(found, Fault):
        return found.reason
    if kind.startswith("multipart/"):
        return _multipart(found.get("boundary", "").rstrip(), body)
    if kind not in _TEXTS:
        return f"a bare {kind}"
    if _SHIFTING.match(found.get("charset", "").strip()):
        return "an odd character set"
    encoding = encoding.strip().lower()
    if encoding == "base64":
        return "text that is no base64" if _NOT_BASE64.search(body) else ""
    if encoding == "quoted-printable" and _HIDDEN_BREAK.search(body):
        return "line breaks that are written as signs"
    if _MIME_INSIDE.match(body):
        return "several parts under the type of one"
    if kind == "text/html":
        return "" if _HTML.match(body) else "text under the type of HTML"
    return "HTML under the type of text" if _HTML_INSIDE.match(body) else ""


def _multipart(boundary: str, body: bytes) -> str:
    """The first part begins at once, and nothing comes after the last."""
    mark = b"--" + boundary.encode("utf-8", "replace")
    if before := _PREAMBLE.match(body):
        body = body[before.end() :]
    lines = body.lstrip(b"\r\n").partition(b"\r\n")
    if not boundary or lines[0].rstrip(b" \t") != mark:
        return "text before the first part"
    _, end, after = body.rpartition(b"\r\n" + mark + b"--")
    return "text after the last part" if not end or after.strip() else ""
