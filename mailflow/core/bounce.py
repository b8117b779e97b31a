"""What a bounce says: for whom delivery failed, for good or not, and which mail of ours it was.

RFC 3464 is read by the library's scanner of our own parts; older forms by `flufl.bounce`, which
knows some twenty mail servers. Which request a bounce belongs to is decided by our return path,
never by this text: reports are easily forged.
"""

from __future__ import annotations

import email.message
import re
from dataclasses import dataclass

from flufl.bounce import all_failures

from mailflow.core.address import find_addresses, parse
from mailflow.core.hygiene import clean_line
from mailflow.core.message import Message

_MAX_TEXT = 60_000  # characters of a bounce that are looked at
_MAX_FAILURES = 100
#: Characters of one line (RFC 5322 s2.1.1). The library's patterns are quadratic in it: 60,000
#: times "1," on one line took two seconds.
_MAX_LINE = 998
#: "smtp; 550 …": in which language the server speaks (RFC 3464 s2.3.6), no help to people.
_TYPE = re.compile(r"^[\w-]{1,20}\s*;\s*")
_FIELD = re.compile(r"^([A-Za-z-]{4,40}):[ \t]*((?:.*)(?:\n[ \t].*){0,20})", re.M)
_ID = re.compile(r"^message-id:\s*(<[^<>\s]{1,990}>)", re.I | re.M)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CODE = re.compile(r"\b([45])\d\d[ -]")


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient. `status` is an enhanced code such as "5.1.1" (RFC 3463) or ""."""

    address: str
    permanent: bool
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """All failed recipients, and the Message-ID of the mail that failed ("" if not given)."""

    failures: tuple[Failure, ...] = ()
    original_message_id: str = ""


def read_bounce(message: Message) -> Bounce | None:
    """The failures that a mail reports, or None if it reports none. Never raises."""
    failures = _standard(message) or _older(message)
    if not failures:
        return None
    return Bounce(tuple(failures), _original(message))


def _standard(message: Message) -> list[Failure]:
    """RFC 3464: one block of fields per recipient, blank lines between."""
    found: dict[str, Failure] = {}
    for status in message.delivery_status:
        for block in re.split(r"\n[ \t]*\n", status[:_MAX_TEXT])[: _MAX_FAILURES + 1]:
            fields = {m.group(1).lower(): clean_line(m.group(2)) for m in _FIELD.finditer(block)}
            target = fields.get("original-recipient") or fields.get("final-recipient", "")
            if not target and "final-recipient" not in fields:
                continue
            action = fields.get("action", "").split(" ", 1)[0].lower()
            code = _STATUS.search(fields.get("status", ""))
            text = _TYPE.sub("", fields.get("diagnostic-code", ""))
            if action in ("delivered", "relayed", "expanded") or (code and code.group(1) == "2"):
                continue
            final = _mailbox(fields.get("final-recipient", "")) or _mailbox(target)
            address = _mailbox(target) or final
            if not address:
                continue
            permanent = action == "failed" and not (code and code.group(1) == "4" and not text)
            if action == "delayed":
                permanent = False
            elif not action:
                permanent = bool(code and code.group(1) == "5")
            shown = code.group() if code else ""
            found[address] = Failure(address, permanent, shown, text[:300])
    return list(found.values())


def _mailbox(field: str) -> str:
    """The address in `rfc822; <ann@acme.example>`."""
    value = field.rpartition(";")[2].strip().strip("<>").strip()
    return parse(value) or next(iter(find_addresses(value)), "")


def _older(message: Message) -> list[Failure]:
    """Bounces in the words of their server. The text is bounded, and any fault means "none"."""
    lines = (message.plain or "")[:_MAX_TEXT].split("\n")
    text = "\n".join([line[:_MAX_LINE] for line in lines])
    old = email.message.Message()
    for name, value in message.headers[:100]:
        if name not in ("content-type", "content-transfer-encoding", "from"):
            old[name] = value[:1000]
    # The library's detectors take the From field apart with the standard parser.
    old["From"] = message.sender or "mailer-daemon@localhost"
    old["Content-Type"] = "text/plain"
    old.set_payload(text.encode("ascii", "replace").decode("ascii"))
    found: dict[str, Failure] = {}
    temporary, permanent = _scan(old)
    for address in sorted(permanent)[:_MAX_FAILURES]:
        found[address] = Failure(address, True, *_words_near(text, address))
    for address in sorted(temporary)[:_MAX_FAILURES]:
        found.setdefault(address, Failure(address, False, *_words_near(text, address)))
    if not found and (failed := message.header("x-failed-recipients")):
        for address in find_addresses(failed)[:_MAX_FAILURES]:
            found[address] = Failure(address, True, *_words_near(text, address))
    if not found:
        found = _plain_words(text)
    return list(found.values())


def _scan(old: email.message.Message) -> tuple[set[str], set[str]]:
    try:
        temporary, permanent = all_failures(old)
    except Exception:
        return set(), set()
    return _plain(temporary), _plain(permanent)


def _plain(found: object) -> set[str]:
    out: set[str] = set()
    for item in found if isinstance(found, (set, frozenset, list, tuple)) else ():
        text = item.decode("ascii", "ignore") if isinstance(item, bytes) else str(item)
        if address := parse(text.strip().strip("<>")):
            out.add(address)
    return out


def _words_near(text: str, address: str) -> tuple[str, str]:
    """(status, diagnostic) out of the lines around the first mention of an address."""
    at = text.lower().find(address)
    near = text[at : at + 800] if at >= 0 else text[:800]
    code = _STATUS.search(near)
    line = next((x for x in near.split("\n") if _STATUS.search(x) or _CODE.search(x)), "")
    return (code.group() if code else ""), clean_line(line)[:300]


def _plain_words(text: str) -> dict[str, Failure]:
    """Last resort: an address beside a 4xx or 5xx code in the first lines."""
    found: dict[str, Failure] = {}
    lines = text.split("\n")[:60]
    for number, line in enumerate(lines):
        addresses = find_addresses(line)
        if len(addresses) != 1:
            continue
        near = "\n".join(lines[number : number + 6])
        code, classic = _STATUS.search(near), _CODE.search(near)
        kind = code.group(1) if code else classic.group(1) if classic else ""
        if kind in ("4", "5"):
            found[addresses[0]] = Failure(
                addresses[0], kind == "5", *_words_near("\n".join(lines[number:]), addresses[0])
            )
    return found


def _original(message: Message) -> str:
    """Message-ID of our mail: from the enclosed headers or mail, else from the references."""
    for text in message.enclosed:
        if match := _ID.search(text[:_MAX_TEXT]):
            return match.group(1)
    if match := _ID.search((message.plain or "")[:_MAX_TEXT]):
        return match.group(1)
    return (message.references or message.in_reply_to or ("",))[-1]
