"""One client at the door: aiosmtpd's protocol with the limits that it lacks (I21).

aiosmtpd 1.4.6 has no limit on connections, errors, commands or time, and shows exceptions to the
client as permanent errors (PROMISES.md §1). What may be said is in `session`.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import Any

from aiosmtpd.smtp import SMTP, TLSSetupException

from mailflow import maillog
from mailflow.ingress.door import Door
from mailflow.ingress.rules import Rules, enhanced

#: The reader stops taking from the network at twice this. Command lines are far shorter, and are
#: limited by themselves.
READ_AHEAD = 32_768
#: Replies a client may get without handing in a mail. Two mails with the most recipients fit.
IDLE_REPLIES = 200
#: A client that does not read our farewell is cut off after this.
FAREWELL_S = 2.0


class Connection(SMTP):
    """Comes, is counted, may be sent away, goes. A `crowd.Guest`."""

    line_length_limit = READ_AHEAD  # of the reader; lines of a mail are judged in `body`
    source = "smtp"
    banner = "ESMTP"
    may_require_tls = True

    def __init__(
        self, door: Door, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None
    ) -> None:
        settings = door.settings
        super().__init__(
            Rules(door.is_ours, settings.max_recipients, door.has_room),
            data_size_limit=settings.max_message_bytes,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            ident=self.banner,
            tls_context=tls,
            require_starttls=self.may_require_tls and settings.require_tls,
            timeout=settings.idle_timeout_s,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),  # we have no passwords to check
            loop=loop,
        )
        self.door = door
        self.in_mail = False  # from DATA to the answer
        self.committing = False
        self.farewell = ""  # to be said as soon as the commit is answered
        self.greeting = False  # replies to a greeting carry no enhanced code (RFC 2034 §3)
        self.replies = 0  # lines of reply since the last mail
        self._held = b""  # lines of a reply that is not complete yet
        self._errors = 0
        self._inside = False
        self._leaving = False
        self._too_long: asyncio.TimerHandle | None = None
        self._spoken_at = self._active_at = loop.time()

    # Coming and going

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here, or has just switched to TLS."""
        if self._original_transport is not None:
            super().connection_made(transport)
            return
        assert isinstance(transport, asyncio.Transport)
        self.door.lines.add(self)
        address = peer_address(transport)
        if not self.door.crowd.admit(self, address):
            answer = "421 4.7.0 Too many connections, try again later"
            self.door.refused(answer, self.source, address)
            self._leaving = True
            self.transport = transport
            transport.write(answer.encode() + b"\r\n")
            transport.close()
            return
        self._inside = True
        self.door.came(self.source)
        self._too_long = self.loop.call_later(
            self.door.settings.session_timeout_s,
            self.send_away,
            "421 4.4.2 Connection open for too long",
        )
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone. aiosmtpd calls this twice after a failed TLS handshake."""
        self.door.lines.discard(self)
        if not self._inside:
            return
        self._inside = False
        if self._too_long is not None:
            self._too_long.cancel()
        self.door.crowd.leave(self)
        self.door.went(self.source)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Bytes from the client; none are taken after our farewell."""
        if not self._leaving:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """The client will send no more; a mail that it has not finished is dropped."""
        if not self._inside:
            return None
        kept: bool | None = super().eof_received()
        return kept

    def _reset_timeout(self, duration: float | None = None) -> None:
        """The client has done something. aiosmtpd's own sets a new timer at each command."""
        self._active_at = self.loop.time()
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(
                duration or self._timeout_duration, self._timeout_cb
            )

    def _timeout_cb(self) -> None:
        now = self.loop.time()
        if self.committing:  # it is we who keep the client waiting
            self._active_at = now
        left = self._active_at + self._timeout_duration - now
        if left > 0:
            self._timeout_handle = self.loop.call_later(left, self._timeout_cb)
        else:
            self.send_away("421 4.4.2 Idle for too long")

    def quiet_for(self) -> float | None:
        """Seconds since the last reply; None in the middle of a mail."""
        if self.in_mail or (self.envelope is not None and self.envelope.mail_from is not None):
            return None
        return self.loop.time() - self._spoken_at

    def send_away(self, farewell: str) -> None:
        """Say why and close; while a commit is under way, after its answer."""
        if self.committing:
            self.farewell = farewell
            return
        if self._leaving or self.transport is None:
            return
        self._leaving = True
        self.door.refused(farewell, self.source, self.peer())
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(farewell.encode("ascii") + b"\r\n")
        # A client that does not read would keep a half-closed connection for ever.
        self.loop.call_later(FAREWELL_S, self._socket().abort)
        self.transport.close()
        assert self._handler_coroutine is not None
        self._handler_coroutine.cancel()

    async def hang_up(self, farewell: str) -> None:
        """Send away the client that this very conversation is with; does not return."""
        self.send_away(farewell)
        await asyncio.sleep(0)  # here the cancelled conversation ends

    def abort(self) -> None:
        """Cut the line without a word."""
        if self.transport is not None:
            self._socket().abort()

    def _socket(self) -> asyncio.Transport:
        """The transport itself, below TLS if there is any."""
        transport = self._original_transport or self.transport
        assert isinstance(transport, asyncio.Transport)
        return transport

    def peer(self) -> str:
        """Address and greeting of the client, as the inbox row keeps them."""
        helo = (self.session.host_name or "") if self.session is not None else ""
        assert self.transport is not None
        return f"{peer_address(self.transport)} {re.sub('[^!-~]', '?', helo[:255])}".rstrip()

    # Replies

    async def push(self, status: str | bytes, *, counted: bool = True) -> None:
        """The one way to the client: cleaned, with an enhanced code, noted when it says no.

        A reply of several lines goes out as one, so that no farewell gets between its lines.
        `counted` is false for a reply that only repeats the last one.
        """
        text = status if isinstance(status, str) else status.decode("ascii", "replace")
        text = enhanced(text, greeting=self.greeting)
        self._spoken_at = self.loop.time()
        self.replies += 1
        if text[3:4] == "-":
            self._held += text.encode("ascii") + b"\r\n"
            return
        if counted and text[:1] in "45":
            self.door.refused(text, self.source, self.peer())
        reply, self._held = self._held + text.encode("ascii"), b""
        await super().push(reply)
        if counted and text[:1] == "5":
            self._errors += 1
        if counted and self._errors >= self.door.settings.max_errors:
            await self.hang_up("421 4.7.0 Too many errors")
        if self.replies > IDLE_REPLIES + 2 * self.door.settings.max_recipients:
            await self.hang_up("421 4.7.0 Too many commands without a mail")

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is never the mail's fault: try again, and no inner detail (I6, I29)."""
        if not isinstance(error, TLSSetupException):  # that is the client's, and has no answer
            maillog.trouble(loop=self.source, error=error)
        return "451 4.3.0 Something went wrong here, try again later"


def peer_address(transport: asyncio.BaseTransport) -> str:
    """The client's IP address; "" if it was gone before it could be asked for."""
    peer: Any = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""
