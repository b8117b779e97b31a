"""Health and figures for machines, on a loopback port of their own.

    GET /livez     200 when the loops beat, else 503: restart me
    GET /readyz    200 when work can be done (database, schema, …), else 503: send nothing
    GET /metrics   Prometheus text

A check is a function that returns "" when all is well, else a few words for the operator. They
and the figures hold no addresses and no secrets; an exception is told to `on_fault` only (I29).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import anyio
from anyio.to_thread import run_sync
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mailflow.web.shield import Fault, Shield

Check = Callable[[], str]

#: A supervisor asks every few seconds and gives up soon; a check that hangs is an answer as well.
CHECK_SECONDS = 4.0
#: Checks that hang may not use up the threads of the others.
THREADS = 8


def admin(
    *,
    alive: Mapping[str, Check],
    ready: Mapping[str, Check],
    registry: CollectorRegistry,
    refresh: Callable[[], None] = lambda: None,
    on_fault: Fault = lambda _: None,
) -> ASGIApp:
    """The application. The names of the checks stand in the answer.

    `refresh` sets the gauges that are read from the database, before each look; where it cannot,
    the figures of this process are told all the same.
    """
    threads: list[anyio.CapacityLimiter] = []

    async def ask(check: Check) -> str:
        if not threads:
            threads.append(anyio.CapacityLimiter(THREADS))  # belongs to the running loop
        said = "no answer in time"
        with anyio.move_on_after(CHECK_SECONDS):
            try:
                said = await run_sync(check, abandon_on_cancel=True, limiter=threads[0])
            except Exception as error:
                on_fault(error)
                return "the check itself failed"
        return said

    def answering(checks: Mapping[str, Check]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(_: Request) -> Response:
            said: dict[str, str] = {}

            async def one(name: str, check: Check) -> None:
                said[name] = await ask(check) or "ok"

            async with anyio.create_task_group() as group:
                for name, check in checks.items():
                    group.start_soon(one, name, check)
            well = all(word == "ok" for word in said.values())
            body = {"status": "ok" if well else "failing", "checks": dict(sorted(said.items()))}
            return JSONResponse(body, 200 if well else 503)

        return answer

    def figures(_: Request) -> Response:
        try:
            refresh()
        except Exception as error:
            on_fault(error)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    routes = [
        Route("/livez", answering(alive), methods=["GET"]),
        Route("/readyz", answering(ready), methods=["GET"]),
        Route("/metrics", figures, methods=["GET"]),
    ]
    return Shield(Starlette(routes=routes), https=False, on_fault=on_fault)
