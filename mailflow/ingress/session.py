"""What is said at the door, in SMTP and in LMTP: the commands, and the taking of a mail."""

# aiosmtpd finds a command by the name of its method.
# ruff: noqa: N802, N815

from __future__ import annotations

import asyncio
from collections import defaultdict

from aiosmtpd.smtp import Envelope

from mailflow import failpoints, maillog
from mailflow.ingress.body import read_body
from mailflow.ingress.connection import Connection
from mailflow.ingress.paths import NULL_PATH, split_path
from mailflow.store.inbox import Incoming

#: How long a sender waits for our commit before it is told to try again; its own patience at this
#: point is ten minutes (RFC 5321 §4.5.3.2.6).
COMMIT_WAIT_S = 120.0

#: The one answer that makes a mail ours.
STORED = "250 2.0.0 Stored"
_COMMAND_LINE = 512  # RFC 5321 §4.5.3.1.4
_MAIL_LINE = _COMMAND_LINE + 26 + 10  # with SIZE= (RFC 1870) and SMTPUTF8 (RFC 6531)


class Session(Connection):
    """A conversation in SMTP."""

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return split_path(arg) or (None, None)

    async def smtp_EHLO(self, hostname: str) -> None:
        """Greet. aiosmtpd widens one limit for all sessions a little more at each EHLO."""
        self.command_size_limits = defaultdict(lambda: _COMMAND_LINE, MAIL=_MAIL_LINE)
        self.greeting = True
        await super().smtp_EHLO(hostname)
        self.greeting = False

    async def smtp_HELO(self, hostname: str) -> None:
        """Greet a client of old."""
        self.greeting = True
        await super().smtp_HELO(hostname)
        self.greeting = False

    async def smtp_VRFY(self, _arg: str) -> None:
        """Tell nothing, and do not echo what was asked."""
        await self.push("252 2.5.0 Cannot verify, but send some mail and see")

    async def smtp_HELP(self, _arg: str) -> None:
        """Where the rules are."""
        await self.push("214 2.0.0 See RFC 5321")

    async def smtp_AUTH(self, _arg: str) -> None:
        """We have no accounts."""
        await self.push("502 5.5.1 Not offered here")

    async def smtp_GET(self, _arg: str) -> None:
        """A web browser that somebody made speak to us."""
        await self.hang_up("421 4.7.0 This is a mail server")

    smtp_POST = smtp_PUT = smtp_HEAD = smtp_CONNECT = smtp_OPTIONS = smtp_GET

    async def smtp_DATA(self, arg: str) -> None:
        """Take a mail: read it, store it, and only then say yes (I1)."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        assert envelope is not None
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 No valid recipients")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self.in_mail = True
        try:
            cut, answer = await self._take(envelope)
        except asyncio.IncompleteReadError:
            raise ConnectionResetError from None
        finally:
            self.in_mail = False
            self.envelope = self._create_envelope()
        # One mistake, however many recipients are told of it. In LMTP all of them must be, or the
        # rest would be tried again for days.
        for _ in range(self.repeats(len(envelope.rcpt_tos))):
            await self.push(answer, counted=False)
        await self.push(answer)
        if answer == STORED:
            failpoints.reach("smtp.after_250")
        if cut or self.farewell:
            await self.hang_up(self.farewell or "421 4.7.0 Too much data")

    def repeats(self, _recipients: int) -> int:
        """How often the answer to the data is said again."""
        return 0

    async def _take(self, envelope: Envelope) -> tuple[bool, str]:
        """Read and store; whether to hang up afterwards, and the answer."""
        with self.door.budget.open() as room:
            limit = self.door.settings.max_message_bytes
            body = await read_body(self._reader, limit, room, self._reset_timeout)
            return body.cut, body.refusal or await self._store(envelope, body.raw)

    async def _store(self, envelope: Envelope, raw: bytes) -> str:
        """Hand over to the committer, wait for the commit, and say what to answer."""
        failpoints.reach("smtp.text")
        sender = envelope.mail_from
        item = Incoming(
            raw=raw,
            mail_from="" if sender == NULL_PATH else sender,
            recipients=once_each(envelope.rcpt_tos),
            peer=self.peer(),
            source=self.source,
        )
        self.committing = True
        try:
            # When the client goes away, or after the wait, this cancels the committer's future:
            # a mail whose commit has not begun is then not stored.
            async with asyncio.timeout(COMMIT_WAIT_S):
                stored = await self.door.store(item)
        except Exception as error:
            # A mail that was stored nevertheless is recognised when it comes again.
            if isinstance(error, TimeoutError):  # the committer has logged everything else
                maillog.store_failed(mails=1, error=error)
            return "451 4.3.0 Cannot store the message now, try again later"
        finally:
            self.committing = False
        self.replies = 0
        self.door.stored(item, stored)
        failpoints.reach("smtp.before_250")
        return STORED


class LmtpSession(Session):
    """The same in LMTP (RFC 2033): its own greeting, and one answer per recipient."""

    source = "lmtp"
    banner = "LMTP"
    may_require_tls = False  # spoken by a mail server on the same machine or network

    async def smtp_LHLO(self, hostname: str) -> None:
        """The greeting of LMTP."""
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: ARG002
        """Not in LMTP (RFC 2033 §4.1)."""
        await self.push("500 5.5.1 This is LMTP, say LHLO")

    smtp_HELO = smtp_EHLO

    def repeats(self, recipients: int) -> int:
        """An answer for each accepted RCPT; all alike, because a message is one row."""
        return recipients - 1


def once_each(recipients: list[str]) -> tuple[str, ...]:
    """Recipients without repetitions, told apart without regard to case, in order."""
    first: dict[str, str] = {}
    for recipient in recipients:
        first.setdefault(recipient.lower(), recipient)
    return tuple(first.values())
