"""A raw mail as one value: who wrote it, what it answers, the text and HTML of its author.

`read` never raises. Identity follows PROMISES.md I13: exactly one From field with exactly one
address of our own grammar, or no sender at all, with the reason.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailflow.core import gate, mime
from mailflow.core.address import find_addresses
from mailflow.core.charset import decode, decode_words, transfer_decode
from mailflow.core.gate import Fault, Limits
from mailflow.core.hygiene import clean_line, clean_text
from mailflow.core.sender import read_sender

_ID = re.compile(r"<[^<>\s]{1,990}>")
_BARE_ID = re.compile(r"[^<>\s@]{1,500}@[^<>\s@]{1,480}")
_MAX_IDS = 100  # of References; the newest are the last
_ONCE = ("from", "message-id", "content-type", "sender", "date", "subject", "to", "cc",
         "reply-to", "in-reply-to", "references", "mime-version",
         "content-transfer-encoding")  # RFC 5322 s3.6: at most one each  # fmt: skip

_MAX_ENCLOSED = 60_000  # characters of a report or of enclosed headers
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ENCLOSED_TYPES = (
    "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartInfo:
    """One leaf of the message, for showing and for finding machine mail."""

    type: str
    filename: str
    disposition: str
    size: int  # bytes as sent


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that is set aside: a code of `gate` and a figure or place."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What a mail says of itself. Strings are decoded, on one line and free of controls."""

    sender: str = ""  # ASCII lower-case; "" = not exactly one From with exactly one address
    sender_name: str = ""
    sender_fault: str = ""  # why `sender` is ""
    subject: str = ""
    message_id: str = ""  # with its brackets; "" = missing, doubled or broken
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    to: tuple[str, ...] = ()  # To and Cc
    date: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    plain: str | None = None  # None = no such part
    html: str | None = None
    attached: tuple[str, ...] = ()  # text of attached mails (message/rfc822), first level
    delivery_status: tuple[str, ...] = ()  # text of message/delivery-status parts
    enclosed: tuple[str, ...] = ()  # header text of enclosed mails (a bounce's original)
    parts: tuple[PartInfo, ...] = ()
    root_type: str = "text/plain"
    root_params: tuple[tuple[str, str], ...] = ()
    flowed: bool = False  # RFC 3676 format=flowed
    delsp: bool = False
    body_hash: str = ""
    faults: tuple[str, ...] = ()  # e.g. "duplicate:from"
    size: int = 0  # bytes as received
    index: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    #: The same as they came in, unfolded: (lower-case name, bytes), for who proves the sender.
    fields: Sequence[tuple[str, bytes]] = field(default=(), repr=False, compare=False)

    def header(self, name: str) -> str:
        """The first field of that name (lower case), "" if there is none."""
        return self.index.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Every field of that name, in order."""
        return self.index.get(name, ())


def read(raw: bytes, limits: Limits = Limits()) -> Message | Unreadable:  # noqa: B008 - immutable
    """The message in `raw`, or why it is not read."""
    fault = gate.check(raw, limits)
    if fault is None:
        root = mime.parse(gate.to_lf(raw), limits)
        if not isinstance(root, Fault):
            return _message(root, len(raw), limits)
        fault = root
    return Unreadable(fault.reason, fault.detail)


@dataclass(slots=True)
class _Found:
    """What the walk over the parts collects."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    delivery_status: list[str] = field(default_factory=list)
    enclosed: list[str] = field(default_factory=list)
    parts: list[PartInfo] = field(default_factory=list)
    flowed: bool = False
    delsp: bool = False
    budget: int = 0


def _message(root: mime.Part, size: int, limits: Limits) -> Message:
    raw_fields: dict[str, list[bytes]] = {}
    headers: list[tuple[str, str]] = []
    index: dict[str, tuple[str, ...]] = {}
    for name, value in root.headers:
        raw_fields.setdefault(name, []).append(value)
        shown = decode_words(mime.latin(value))
        headers.append((name, shown))
        index[name] = (*index[name], shown) if name in index else (shown,)
    faults = tuple(f"duplicate:{name}" for name in _ONCE if len(raw_fields.get(name, ())) > 1)

    sender, name, fault = read_sender(raw_fields.get("from", []))
    ids = _ID.findall(_first(raw_fields, "message-id"))
    found = _Found(budget=limits.text_bytes)
    _walk(root, found)
    plain = "\n".join(found.plain) if found.plain else None
    html = "\n".join(found.html) if found.html else None
    return Message(
        sender=sender,
        sender_name=name,
        sender_fault=fault,
        subject=index.get("subject", ("",))[0],
        message_id=ids[0] if len(ids) == 1 and len(raw_fields["message-id"]) == 1 else "",
        in_reply_to=_ids(_first(raw_fields, "in-reply-to")),
        references=_ids(_first(raw_fields, "references")),
        to=find_addresses(
            "\n".join(mime.latin(v) for n in ("to", "cc") for v in raw_fields.get(n, ()))
        ),
        date=index.get("date", ("",))[0],
        headers=tuple(headers),
        plain=plain,
        html=html,
        attached=tuple(found.attached),
        delivery_status=tuple(found.delivery_status),
        enclosed=tuple(found.enclosed),
        parts=tuple(found.parts),
        root_type=root.type,
        root_params=tuple(root.params.items()),
        flowed=found.flowed,
        delsp=found.delsp,
        body_hash=_hash(plain, html, root),
        faults=faults,
        size=size,
        index=index,
        fields=root.headers,
    )


def _first(fields: dict[str, list[bytes]], name: str) -> str:
    values = fields.get(name)
    return mime.latin(values[0]) if values else ""


def _ids(text: str) -> tuple[str, ...]:
    found = _ID.findall(text)
    if not found and (bare := _BARE_ID.search(text)):
        found = [f"<{bare.group()}>"]  # some programs forget the brackets
    return tuple(dict.fromkeys(found[-_MAX_IDS:]))


def _walk(part: mime.Part, found: _Found, *, top: bool = True) -> None:
    """Collects the author's text: body parts in order, never what is attached or enclosed."""
    if part.children and part.type.startswith("multipart/"):
        children = part.children
        if part.type in ("multipart/signed", "multipart/appledouble"):
            children, rest = children[:1], children[1:]
            for child in rest:
                _note(child, found)
        elif part.type == "multipart/related":
            children = _related(part)
        for child in children:
            _walk(child, found, top=top)
        return
    _note(part, found)
    if part.type in _STATUS_TYPES:
        found.delivery_status.append(_text_of(part)[:_MAX_ENCLOSED])
        return
    if part.type in _ENCLOSED_TYPES and len(found.enclosed) < 5:
        found.enclosed.append(_text_of(part)[:_MAX_ENCLOSED])
    if part.type == "message/rfc822":
        if part.children and len(found.attached) < 5:
            inner = _Found(budget=found.budget)
            _walk(part.children[0], inner)
            text = "\n".join(inner.plain) or "\n".join(inner.html)
            if text:
                found.attached.append(text)
        return
    if part.disposition == "attachment" or part.type not in ("text/plain", "text/html"):
        return
    if part.filename and not (top and not found.plain and not found.html):
        return
    data = transfer_decode(part.body, part.encoding)[: found.budget]
    found.budget -= len(data)
    text = clean_text(decode(data, part.params.get("charset", "")), tabs=part.type == "text/plain")
    if part.type == "text/html":
        found.html.append(text)
        return
    if not found.plain and part.params.get("format", "").lower() == "flowed":
        found.flowed = True
        found.delsp = part.params.get("delsp", "").lower() == "yes"
    found.plain.append(text)


def _text_of(part: mime.Part) -> str:
    return decode(transfer_decode(part.body, part.encoding)[: 2 * _MAX_ENCLOSED], "")


def _related(part: mime.Part) -> list[mime.Part]:
    """The root of a multipart/related comes first; what else is in it is furniture."""
    start = part.params.get("start", "")
    children = part.children
    if start:
        named = [c for c in children if c.get("content-id").strip() == start]
        children = named + [c for c in children if c not in named]
    return children[:1] + [c for c in children[1:] if not c.type.startswith("text/")]


def _note(part: mime.Part, found: _Found) -> None:
    found.parts.append(
        PartInfo(part.type, clean_line(part.filename)[:200], part.disposition, len(part.body))
    )


def _hash(plain: str | None, html: str | None, root: mime.Part) -> str:
    """SHA-256 of the decoded text, so that re-encoding on the way changes nothing.

    Line ends and blanks at the end of lines are left out: relays change them. A message without
    any text is known by its bytes.
    """
    if plain is None and html is None:
        digest = hashlib.sha256(b"raw\x00")
        stack = [root]
        while stack:
            part = stack.pop()
            digest.update(part.type.encode() + b"\x00" + part.body)
            stack.extend(reversed(part.children))
        return digest.hexdigest()
    lines = ((plain or "") + "\x00" + (html or "")).split("\n")
    text = "\n".join([line.rstrip() for line in lines]).strip()
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
