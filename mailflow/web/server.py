"""uvicorn in a thread of its own: start, stop, and a port that one can ask for.

uvicorn takes signals only in the main thread, so a server here never sees any: whoever owns the
process says `stop()`. The listening socket is opened by the caller's thread, so that a port in
use is an error of `start()` and port 0 has its number at once.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

#: A client that has not sent a whole request header within this time is closed (slow readers
#: of one page need far less; a held socket costs a file descriptor).
IDLE_SECONDS = 10.0
#: Open connections at once. One more makes room by closing the oldest that asks for nothing, so
#: that whoever holds many hurts only himself.
MAX_CONNECTIONS = 200
#: Time for pages in work to finish on stop; the daemon as a whole has 10 s.
GRACE_SECONDS = 5
#: What one may hold of a header that has not ended yet (one read of the socket may bring more).
MAX_HEADER_BYTES = 16 * 1024


class _Crowd:
    """The open connections of one server, oldest first. Used by its event loop only."""

    def __init__(self) -> None:
        self._all: dict[_Patient, None] = {}

    def enter(self, newcomer: _Patient) -> None:
        """Counts him in; at the limit the oldest without a request in work has to go."""
        self._all[newcomer] = None
        if len(self._all) > MAX_CONNECTIONS:
            oldest = next(client for client in self._all if not client.busy)
            self.leave(oldest)
            oldest.transport.close()

    def leave(self, client: _Patient) -> None:
        self._all.pop(client, None)


class _Patient(H11Protocol):
    """uvicorn's HTTP/1.1, but a connection that asks for nothing is closed.

    uvicorn arms its keep-alive timer only after the first answer, so a client that never finishes
    its first header would hold the socket for ever.
    """

    def __init__(self, crowd: _Crowd, **options: Any) -> None:
        super().__init__(**options)
        self._crowd = crowd
        self._seen: object = None
        self._watch: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether a request is in work."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch = self.loop.call_later(IDLE_SECONDS, self._look)
        self._crowd.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._crowd.leave(self)
        super().connection_lost(exc)

    def _look(self) -> None:
        """Closes when no request is in work and none has come since the last look."""
        if not self.busy and self.cycle is self._seen:
            self.transport.close()
            return
        self._seen = self.cycle
        self._watch = self.loop.call_later(IDLE_SECONDS, self._look)


class _Uvicorn(uvicorn.Server):
    """uvicorn's server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Server:
    """One application on one address.

    `host` is an address to listen on, `port` a number, 0 for any free one. `trusted_proxies` are
    addresses or networks whose `X-Forwarded-For` and `-Proto` are believed; nobody else's are.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        trusted_proxies: Sequence[str] = (),
        name: str = "web",
    ) -> None:
        self._host, self._port, self._name = host, port, name
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.failure: BaseException | None = None
        options: dict[str, Any] = {"proxy_headers": bool(trusted_proxies)}
        if trusted_proxies:
            options["forwarded_allow_ips"] = list(trusted_proxies)
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                app,
                http=partial(_Patient, _Crowd()),  # type: ignore[arg-type]
                ws="none",
                lifespan="off",
                log_config=None,  # the process owns the logs
                access_log=False,  # a page's address holds its token (I29)
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                h11_max_incomplete_event_size=MAX_HEADER_BYTES,
                **options,
            )
        )

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port that is bound. Before `start()` it is the one asked for."""
        return self._port

    @property
    def alive(self) -> bool:
        """Whether the thread runs; when it died by itself, `failure` says of what."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, timeout: float = 10.0) -> None:
        """Binds, starts the thread, and returns when requests are served.

        `timeout` in seconds. Raises OSError when the address cannot be bound, RuntimeError when
        the thread ends before it serves.
        """
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._socket = socket.create_server((self._host, self._port), family=family, backlog=128)
        self._port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        self._uvicorn.ready.wait(timeout)
        if not self._uvicorn.started:
            self.stop()
            raise RuntimeError(f"{self._name}: the server did not start") from self.failure

    def stop(self, timeout: float = GRACE_SECONDS + 2.0) -> None:
        """Stops listening, lets pages in work finish, and joins the thread. Harmless twice."""
        self._uvicorn.should_exit = True
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        if self._socket is not None:
            self._socket.close()

    def _run(self) -> None:
        try:
            self._uvicorn.run(sockets=[self._socket] if self._socket else None)
        except (
            BaseException
        ) as error:  # SystemExit too: uvicorn calls sys.exit when it cannot start
            self.failure = error
        finally:
            self._uvicorn.ready.set()
