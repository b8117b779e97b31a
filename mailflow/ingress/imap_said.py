"""What an IMAP server says of a folder and of its mails, as values that can be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: The largest UID there can be (RFC 3501 §2.3.1.1).
HIGHEST_UID = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as the server opened it. 0 stands for a number that the server did not give."""

    uidvalidity: int
    uidnext: int
    exists: int  # how many mails there are
    keeps_flag: bool  # whether our own flag stays on a mail


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server says of a mail before we fetch it; None where it does not."""

    size: int | None
    received_at: datetime | None


def folder_of(said: Mapping[bytes, Any], done_flag: str) -> Folder:
    """The answer to SELECT. Where it does not say which flags stay, all do (RFC 3501 §7.1)."""
    flags = {flag.lower() for flag in said.get(b"PERMANENTFLAGS", (b"\\*",))}
    return Folder(
        int(said.get(b"UIDVALIDITY", 0)),
        int(said.get(b"UIDNEXT", 0)),
        int(said.get(b"EXISTS", 0)),
        bool({b"\\*", done_flag.encode().lower()} & flags),
    )


def facts_of(said: Mapping[bytes, Any]) -> Facts:
    """The answer to FETCH RFC822.SIZE INTERNALDATE for one mail."""
    return Facts(_number(said.get(b"RFC822.SIZE")), _moment(said.get(b"INTERNALDATE")))


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _moment(value: Any) -> datetime | None:
    """INTERNALDATE in UTC. Without a zone it could be any time: then it is not known."""
    try:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError):  # a zone or year that does not exist
        pass
    return None
