"""The door: SMTP and LMTP listeners in one thread with its own event loop.

    with thread "door": accept → session (limits) → committer → commit → 250

A mail is only checked for what must be checked before it is stored; parsing comes later.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

from mailflow import maillog
from mailflow.config import SmtpIngressSettings
from mailflow.ingress.courier import Courier
from mailflow.ingress.door import Door
from mailflow.ingress.session import LmtpSession, Session
from mailflow.metrics import Metrics
from mailflow.store.inbox import Incoming, Stored

#: Connections that the kernel holds for us while we are busy.
BACKLOG = 512
#: What a stop leaves to sessions in the middle of a mail.
GRACE_S = 4.0
#: In which its loop takes up the smallest thing; below what a health check waits.
PING_S = 3.0

_PROTOCOLS = {"smtp": Session, "lmtp": LmtpSession}


class SmtpIngress:
    """Listens where `settings.listen` says: smtp://HOST:PORT, lmtp://HOST:PORT.

    `is_ours` judges recipients; `submit` is the committer's; `has_room` says whether the disk has
    room for more mail, and is asked for each. `ports` holds the bound ports in the
    order of `listen` once `start` has returned.
    """

    def __init__(
        self,
        settings: SmtpIngressSettings,
        is_ours: Callable[[str], bool],
        submit: Callable[[Incoming], Future[Stored]],
        metrics: Metrics,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        courier = Courier(self._loop)
        self._door = Door(
            settings, is_ours, lambda item: courier.awaited(submit(item)), metrics, has_room
        )
        self._tls = tls_context(settings.tls_cert_file, settings.tls_key_file)
        self._servers: list[asyncio.Server] = []
        self.ports: list[int] = []
        self.thread = threading.Thread(target=self._run, name="door", daemon=True)

    def start(self) -> None:
        """Bind and listen; returns when connections are taken. Raises OSError if it cannot bind."""
        self.thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except BaseException:
            self.stop()
            raise

    def stop(self, grace: float = GRACE_S) -> None:
        """Take no more, let mails in progress finish within `grace` seconds, close the rest."""
        if self.thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._close(grace), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self.thread.join()
        if not self._loop.is_closed():
            self._loop.close()

    def answers(self) -> str:
        """For /livez: "" when the door's loop takes up work in time, or is not there to do so."""
        if not self.thread.is_alive():
            return ""
        heard = threading.Event()
        self._loop.call_soon_threadsafe(heard.set)
        return "" if heard.wait(PING_S) else f"has not answered for {PING_S:.0f} s"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(_tell)
        self._loop.run_forever()

    async def _open(self) -> None:
        for url in self._settings.listen:
            parts = urlsplit(url)
            assert parts.port is not None  # the configuration has looked
            protocol = _PROTOCOLS[parts.scheme]

            def session(protocol: type[Session] = protocol) -> Session:
                return protocol(self._door, self._loop, self._tls)

            server = await self._loop.create_server(
                session, parts.hostname, parts.port, backlog=BACKLOG
            )
            port = server.sockets[0].getsockname()[1]
            self._servers.append(server)
            self.ports.append(port)
            maillog.listening(url=url, port=port)

    async def _close(self, grace: float) -> None:
        for server in self._servers:
            server.close()
        lines = self._door.lines
        deadline = self._loop.time() + grace
        await asyncio.sleep(0.02)  # connections that were just being taken come in
        while lines and self._loop.time() < deadline:
            for guest in self._door.crowd.guests():
                if guest.quiet_for() is not None:
                    guest.send_away("421 4.3.2 Shutting down, try again later")
            await asyncio.sleep(0.02)
        for line in list(lines):
            line.abort()
        while lines and self._loop.time() < deadline + 1:
            await asyncio.sleep(0.01)


def _tell(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What went wrong in a callback of the loop, e.g. no file descriptor left for a connection."""
    error = context.get("exception") or RuntimeError(str(context.get("message")))
    maillog.trouble(loop="door", error=error)


def tls_context(cert_file: str, key_file: str) -> ssl.SSLContext | None:
    """For STARTTLS, TLS 1.2 or newer; None without a certificate."""
    if not cert_file:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file or None)
    return context
