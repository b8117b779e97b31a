"""Bytes to text: declared, missing, wrong and hostile character sets.

Only codecs on the list are used, so no message can reach a codec that runs long, opens files or
hides letters (UTF-7). Labels lie often; three lies are common enough to be seen through: UTF-8
under a Latin label, windows-1252 under a UTF-8 label, and eight-bit signs under `us-ascii`.
"""

from __future__ import annotations

import base64
import binascii
import re

from mailflow.core.hygiene import clean_line

_WESTERN = frozenset(
    {"", "us-ascii", "ascii", "ansi_x3.4-1968", "iso-8859-1", "iso8859-1", "latin1", "latin-1",
     "l1", "windows-1252", "cp1252", "cp-1252", "x-ansi", "unknown-8bit", "unknown", "8bit",
     "x-unknown", "default", "default_charset", "x-user-defined", "binary"}
)  # fmt: skip
_CODECS: dict[str, str] = {
    "utf-8": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-8-sig": "utf-8-sig",
    "utf8mb4": "utf-8", "x-utf-8": "utf-8",
    "utf-16": "utf-16", "utf16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "unicode": "utf-16", "utf-32": "utf-32",
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)},
    "iso-8859-8-i": "iso8859-8", "iso-8859-6-i": "iso8859-6", "latin-9": "iso8859-15",
    "latin9": "iso8859-15", "iso8859-15": "iso8859-15", "latin2": "iso8859-2",
    **{f"windows-{n}": f"cp{n}" for n in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258, 874)},
    **{f"cp{n}": f"cp{n}" for n in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258, 437, 850, 852,
                                    858, 866)},
    "ibm850": "cp850", "ibm437": "cp437", "macintosh": "mac-roman", "mac": "mac-roman",
    "x-mac-roman": "mac-roman", "koi8-r": "koi8-r", "koi8-u": "koi8-u",
    "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-kr": "iso2022_kr", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "cp932": "cp932", "euc-jp": "euc_jp",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "x-gbk": "gb18030",
    "cp936": "gb18030", "hz-gb-2312": "hz", "big5": "big5hkscs", "big5-hkscs": "big5hkscs",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "cp949": "cp949", "tis-620": "tis-620",
    "viscii": "cp1258",
}  # fmt: skip
_WORD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?([^?\s]*)\?=")
_BETWEEN = re.compile(
    r"(\?=)[ \t\r\n]+(?==\?[A-Za-z0-9_.:+-]{1,40}(?:\*[A-Za-z0-9-]{0,20})?\?[bBqQ]\?)"
)


def decode(data: bytes, charset: str) -> str:
    """Text of `data` by its label, with the usual lies seen through. Never raises."""
    label = charset.strip().strip("'\"").lower()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if label in _WESTERN:
        return _western(data)
    codec = _CODECS.get(label)
    if codec is None:
        return _western(data)
    if codec == "utf-8":
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            # Cut in the middle of a sign is still UTF-8; signs that never occur in it are not.
            text = data.decode("utf-8", "replace")
            return (
                text
                if text.count("\ufffd") * 20 < len(text) and len(text) > 200
                else (data.decode("cp1252", "replace"))
            )
    if codec.startswith("utf-16") and b"\x00" not in data and data.isascii():
        return data.decode("ascii")  # labelled before it was re-encoded
    if codec == "utf-16":
        codec = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
    try:
        return data.decode(codec, "replace")
    except (LookupError, ValueError):
        return _western(data)


def _western(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def transfer_decode(data: bytes, encoding: str) -> bytes:
    """Undo base64 or quoted-printable; broken input gives what can be saved of it."""
    encoding = encoding.strip().lower()
    if encoding == "base64":
        data = data.lstrip(b"\n").partition(b"\n\n")[0]  # a gateway's footer may follow
        kept = re.sub(rb"[^A-Za-z0-9+/=]", b"", data)
        head = kept.rstrip(b"=")
        usable = len(head) - (1 if len(head) % 4 == 1 else 0)
        try:
            return binascii.a2b_base64(head[:usable] + b"=" * (-usable % 4))
        except (binascii.Error, ValueError):
            return b""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    return data


def decode_words(raw: str) -> str:
    """A header value with its encoded words (RFC 2047) decoded, on one line, cleaned."""
    if "=?" not in raw:
        plain = raw.isascii() and raw.isprintable()
        return " ".join(raw.split()) if plain else clean_line(raw)
    joined = _BETWEEN.sub(r"\1", raw)
    # Neighbours of one charset are joined before decoding: some programs cut inside a sign.
    out: list[str] = []
    end = 0
    pending: tuple[str, bytes] | None = None
    for match in _WORD.finditer(joined):
        between = joined[end : match.start()]
        data = _word_bytes(match.group(2), match.group(3))
        label = match.group(1).lower()
        if pending and not between and pending[0] == label:
            pending = (label, pending[1] + data)
        else:
            if pending:
                out.append(decode(pending[1], pending[0]))
            out.append(between)
            pending = (label, data)
        end = match.end()
    if pending:
        out.append(decode(pending[1], pending[0]))
    out.append(joined[end:])
    return clean_line("".join(out))


def _word_bytes(kind: str, text: str) -> bytes:
    data = text.encode("ascii", "ignore")
    if kind in "bB":
        try:
            return base64.b64decode(data + b"=" * (-len(data) % 4))
        except (binascii.Error, ValueError):
            return b""
    return binascii.a2b_qp(data, header=True)
