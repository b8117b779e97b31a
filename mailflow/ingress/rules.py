"""What may be said at the door: the judgements on greeting, sender and recipient, and reply texts.

No state of its own; `connection` keeps that.
"""

# aiosmtpd finds a hook by the name of its method.
# ruff: noqa: N802

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mailflow.ingress.paths import NULL_PATH

#: Enhanced codes (RFC 3463) for aiosmtpd's own replies, which have none.
_ENHANCED = {
    "250": "2.0.0", "221": "2.0.0", "500": "5.5.2", "501": "5.5.4", "502": "5.5.1",
    "503": "5.5.1", "530": "5.7.0", "552": "5.3.4", "553": "5.1.7", "554": "5.7.0",
    "555": "5.5.4", "454": "4.7.0", "451": "4.3.0",
}  # fmt: skip
_HAS_CODE = re.compile(r"\d{3} \d\.\d{1,3}\.\d{1,3} ")
_UNPRINTABLE = re.compile(r"[^ -~]")


@lru_cache(256)  # of the same few replies, mail after mail
def enhanced(reply: str, *, greeting: bool = False) -> str:
    """A reply line in printable ASCII, with an enhanced code unless it answers a greeting.

    A client's own bytes, which aiosmtpd echoes here and there, cannot become a line of their own.
    """
    reply = _UNPRINTABLE.sub("?", reply).replace("Error: ", "", 1)
    code = _ENHANCED.get(reply[:3])
    if greeting or code is None or reply[3:4] != " " or _HAS_CODE.match(reply):
        return reply
    return f"{reply[:3]} {code} {reply[4:]}"


class Rules:
    """The hooks that aiosmtpd asks. Argument names and results are aiosmtpd's."""

    def __init__(
        self,
        is_ours: Callable[[str], bool],
        max_recipients: int,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._is_ours = is_ours
        self._max_recipients = max_recipients
        self._has_room = has_room

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Our extensions: no AUTH; pipelining works, because input is never thrown away."""
        session.host_name = hostname
        offered = [line for line in responses if line[4:].split(" ")[0] not in ("AUTH", "HELP")]
        return [*offered, "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Any sender that can be stored. Who it really is, is judged later."""
        if not address.isascii() and not envelope.smtp_utf8:
            return "553 5.6.7 Non-ASCII sender without SMTPUTF8"
        if not self._has_room():
            return "452 4.3.1 Not enough storage, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Ours, or 550: nothing is relayed."""
        if len(envelope.rcpt_tos) >= self._max_recipients:
            return "452 4.5.3 Too many recipients"
        if address == NULL_PATH or not self._is_ours(address):
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"
