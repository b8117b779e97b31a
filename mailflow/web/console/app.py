"""The console's application: routes, the check before each page, and the calm answers.

GET, POST /login          POST /logout
GET  /                    today, the funnel, how long people take
GET  /requests            ?state= ?q= ?after=      GET, POST /requests/REFERENCE
GET  /quarantine          GET, POST /mail/in/ID    GET, POST /mail/out/ID
GET  /people /accounts    POST to import; a preview first
GET  /health              POST to try failed mail again
GET  /log                 what operators did beside the requests
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Mapping
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mailflow import maillog
from mailflow.flow import Contested, Flow
from mailflow.store.db import Unavailable
from mailflow.web.console import home, mails, people, requests
from mailflow.web.console.frame import Console, Visit
from mailflow.web.console.gate import MAX_NAME
from mailflow.web.console.sessions import Session
from mailflow.web.console.upload import read_upload
from mailflow.web.shield import Fault, Shield, read_form

#: `__Host-`: from us only, for all of us, over a safe channel; browsers count loopback as one.
COOKIE = "__Host-mailflow-console"
#: Passwords checked at once: each costs 32 MiB and much of a core for a tenth of a second.
HASHES_AT_ONCE = 2
#: Where a login may lead on to: a path of ours, nothing that a browser takes for another site.
_PATH = re.compile(r"/(?:[A-Za-z0-9][A-Za-z0-9/_.~-]*)?(?:\?[A-Za-z0-9=&%._~@+-]*)?")
_FORM = "application/x-www-form-urlencoded"


Handler = Callable[[Console, Visit], Response]

#: path → what shows it, what acts on it.
PAGES: Mapping[str, tuple[Handler, Handler | None]] = {
    "/": (home.show, None),
    "/requests": (requests.listing, None),
    "/requests/{reference}": (requests.show, requests.act),
    "/quarantine": (mails.quarantine, None),
    "/mail/in/{id:int}": (mails.show_inbound, mails.act_inbound),
    "/mail/out/{id:int}": (mails.show_outbound, mails.act_outbound),
    "/people": (people.people, people.import_people),
    "/people/status": (people.people, people.set_active),
    "/accounts": (people.accounts, people.import_accounts),
    "/health": (mails.health, mails.retry),
    "/log": (home.log, None),
}


def console(
    flow: Flow,
    *,
    templates: Path | None = None,
    clock: Callable[[], float] = time.monotonic,
    on_fault: Fault = lambda _: None,
) -> ASGIApp:
    """The application. `clock` counts seconds for sessions and limits."""
    shared = Console(flow, templates, clock, on_fault)
    login = _Login(shared)
    routes = [
        Route("/login", login.show, methods=["GET"]),
        Route("/login", login.enter, methods=["POST"]),
        Route("/logout", login.leave, methods=["POST"]),
        Route("/style.css", lambda _: shared.kit.style(), methods=["GET"]),
    ]
    for path, (show, act) in PAGES.items():
        routes.append(Route(path, _looking(shared, show), methods=["GET"]))
        if act is not None:
            routes.append(Route(path, _acting(shared, act), methods=["POST"]))
    handlers: dict[Any, Any] = {
        HTTPException: lambda request, error: _refused(shared, request, error),
        Unavailable: lambda request, _: _message(shared, request, "busy", 503),
        Contested: lambda request, _: _message(shared, request, "busy", 503),
        Exception: lambda request, _: _message(shared, request, "failed", 500),
    }
    inner = Starlette(routes=routes, exception_handlers=handlers)
    return Shield(inner, https=False, on_fault=on_fault)


def _session(shared: Console, request: HttpRequest) -> Session | None:
    return shared.sessions.of(request.cookies.get(COOKIE, ""), shared.clock())


def _looking(shared: Console, handler: Handler) -> Any:
    async def serve(request: HttpRequest) -> Response:
        session = _session(shared, request)
        if session is None:
            return _to_login(request)
        return await run_in_threadpool(handler, shared, Visit(request, session))

    return serve


def _acting(shared: Console, handler: Handler) -> Any:
    async def serve(request: HttpRequest) -> Response:
        session = _session(shared, request)
        if session is None:
            return _to_login(request)
        upload = None
        if request.headers.get("content-type", "").startswith(_FORM):
            fields = await read_form(request, "")
        else:
            fields, upload = await read_upload(request)
        if not hmac.compare_digest(fields.pop("csrf", "").encode(), session.csrf.encode()):
            raise HTTPException(403)
        if not session.may_act:
            return _message(shared, request, "readonly", 403)
        visit = Visit(request, session, fields, upload)
        return await run_in_threadpool(handler, shared, visit)

    return serve


def _to_login(request: HttpRequest) -> Response:
    """The login, and afterwards the page that was wanted. A form is not sent again for anybody."""
    wanted = request.url.path if request.method == "GET" else "/"
    query = request.url.query if request.method == "GET" else ""
    on = f"{wanted}?{query}" if query else wanted
    there = f"?{urlencode({'to': on})}" if on != "/" and _PATH.fullmatch(on) else ""
    return RedirectResponse(f"/login{there}", 303)


class _Login:
    """Coming and going."""

    def __init__(self, shared: Console) -> None:
        self._shared = shared
        self._limiter: list[CapacityLimiter] = []

    def show(self, request: HttpRequest) -> Response:
        return self._form(request.query_params.get("to", ""))

    async def enter(self, request: HttpRequest) -> Response:
        fields = await read_form(request, "")
        if not self._limiter:
            self._limiter.append(CapacityLimiter(HASHES_AT_ONCE))  # belongs to the running loop
        return await run_sync(self._enter, request, fields, limiter=self._limiter[0])

    def _enter(self, request: HttpRequest, fields: Mapping[str, str]) -> Response:
        gate = self._shared.gate
        name, onward = fields.get("name", "").strip()[:MAX_NAME], fields.get("to", "")
        address = request.client.host if request.client else ""
        if wait := gate.wait(name, address):
            answer = self._form(onward, "wait", name, 429, wait=ceil(wait))
            answer.headers["Retry-After"] = str(ceil(wait))
            return answer
        secret = gate.enter(name, fields.get("password", ""), address)
        maillog.console_login(name=name, peer=address, done=bool(secret))
        if not secret:
            return self._form(onward, "wrong", name, 401)
        answer = RedirectResponse(onward if _PATH.fullmatch(onward) else "/", 303)
        answer.set_cookie(COOKIE, secret, path="/", secure=True, httponly=True, samesite="strict")
        return answer

    async def leave(self, request: HttpRequest) -> Response:
        session = _session(self._shared, request)
        fields = await read_form(request, "")
        if session and hmac.compare_digest(fields.get("csrf", "").encode(), session.csrf.encode()):
            self._shared.sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return answer

    def _form(
        self,
        onward: str,
        problem: str = "",
        name: str = "",
        status: int = 200,
        wait: int = 0,
    ) -> Response:
        onward = onward if _PATH.fullmatch(onward) else ""
        return self._shared.kit.page(
            "login.html.j2", status, session=None, here="/login", onward=onward, problem=problem,
            name=name, wait=wait, told="",
        )  # fmt: skip


def _refused(shared: Console, request: HttpRequest, error: HTTPException) -> Response:
    what = {404: "nothing", 405: "nothing", 403: "elsewhere", 413: "large"}.get(
        error.status_code, "unreadable"
    )
    return _message(shared, request, what, error.status_code)


def _message(shared: Console, request: HttpRequest, what: str, status: int) -> Response:
    return shared.kit.page(
        "message.html.j2", status, session=_session(shared, request), here="", what=what, told=""
    )
