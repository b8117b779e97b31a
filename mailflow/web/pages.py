"""The customer's pages: what he is asked to accept, and what he may answer (DOMAIN.md S22, S23).
And the partner's: where his request stands (S26).

    GET  /              says what this server is, for whoever wants to know before he follows a link
    GET  /a/TOKEN       shows the request, or the state it has come to; changes nothing
    POST /a/TOKEN       do=accept | decline | nominate | not_me | ready; then 303 to the GET
    GET  /s/TOKEN       shows the partner what has happened so far; there is nothing to press
    GET  /done/WHAT     thanks somebody whose link has stopped working by what he did
    GET  /style.css     the style sheet

A token never issued and one withdrawn from its holder get the same page with the same status
(DOMAIN.md §4); the holder of a spent one is told the state.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mailflow.config import ServiceSettings
from mailflow.core.commands import Command, Nominate
from mailflow.core.request import State
from mailflow.letters.history import history
from mailflow.web import words
from mailflow.web.forms import FormError, command
from mailflow.web.guesses import Guesses
from mailflow.web.kit import Kit
from mailflow.web.ports import Door, Page
from mailflow.web.shield import Fault, Shield, origin, read_form
from mailflow.web.view import view

#: No token is longer; what is, is not looked up.
MAX_TOKEN = 64
#: Seconds after which a client may try again when the database is away.
RETRY_SECONDS = 5
_GONE = {"withdrawn", "unknown"}
_ACTING, _LOOKING = frozenset({"approver"}), frozenset({"partner"})


def pages(
    door: Door,
    service: ServiceSettings,
    *,
    templates: Path | None = None,
    temporary: tuple[type[Exception], ...] = (),
    clock: Callable[[], float] = time.monotonic,
    on_fault: Fault = lambda _: None,
) -> ASGIApp:
    """The application of the public pages.

    `templates` is the operator's own folder; `temporary` the exceptions of `door` that mean "try
    again" (503); `clock` counts seconds for the limit on guesses; `on_fault` hears of exceptions.
    """
    return _Pages(door, service, templates, temporary, clock, on_fault).app()


class _Pages:
    """The handlers, with what they share."""

    def __init__(
        self,
        door: Door,
        service: ServiceSettings,
        templates: Path | None,
        temporary: tuple[type[Exception], ...],
        clock: Callable[[], float],
        on_fault: Fault,
    ) -> None:
        parts = urlsplit(service.public_url)
        self._door, self._service, self._clock = door, service, clock
        self._kit = Kit(service, templates, parts.path.rstrip("/"))
        self._own_origin, self._https = origin(service.public_url), parts.scheme == "https"
        self._guesses = Guesses()
        self._temporary, self._on_fault = temporary, on_fault

    def app(self) -> ASGIApp:
        handlers: dict[type[Exception] | int, Callable[[HttpRequest, Exception], Response]] = {
            HTTPException: self._refused,
            Exception: self._failed,
        }
        handlers.update(dict.fromkeys(self._temporary, self._busy))
        routes = [
            Route("/", self._about, methods=["GET"]),
            Route("/a/{token}", self._show, methods=["GET"]),
            Route("/a/{token}", self._act, methods=["POST"]),
            Route("/s/{token}", self._status, methods=["GET"]),
            Route("/done/{what}", self._done, methods=["GET"]),
            Route("/style.css", self._style, methods=["GET"]),
        ]
        inner = Starlette(routes=routes, exception_handlers=handlers)
        return Shield(inner, https=self._https, on_fault=self._on_fault)

    # --- looking

    def _show(self, request: HttpRequest) -> Response:
        page = self._look(request, _ACTING)
        return page if isinstance(page, Response) else self._render(request, page)

    def _status(self, request: HttpRequest) -> Response:
        page = self._look(request, _LOOKING)
        if isinstance(page, Response):
            return page
        assert page.request is not None
        return self._kit.page(
            "status.html.j2",
            self._language(request, page),
            steps=history(self._door.timeline(page.request.id)),
            **view(page.request, page.person),
        )

    def _look(self, request: HttpRequest, parts: frozenset[str]) -> Page | Response:
        """The page of the token in the path; an answer, and a wrong guess, when it is nobody's.

        `parts` are those for whom this path is. A right token is served however many wrong ones
        came from the same address: an office or a provider may share one with a guesser. He learns
        nothing by it: nobody hits one of 160 random bits.
        """
        token = request.path_params["token"]
        shaped = len(token) <= MAX_TOKEN and token.isascii() and token.isalnum()
        page = self._door.page(token) if shaped else None
        gone = page is None or page.status in _GONE or page.request is None
        if page is None or gone or not self._for(page, parts):
            client, now = _client(request), self._clock()
            if wait := self._guesses.wait(client, now):
                return self._slow_down(request, wait)
            self._guesses.wrong(client, now)
            return self._gone(request)
        return page

    @staticmethod
    def _for(page: Page, parts: frozenset[str]) -> bool:
        """Who decides for his own company (an external customer) is both in one."""
        both = page.request is not None and page.person == page.request.requester.email
        return page.part in parts or ("partner" in parts and both)

    def _render(
        self,
        request: HttpRequest,
        page: Page,
        problem: str = "",
        typed: str = "",
        status: int = 200,
    ) -> Response:
        assert page.request is not None
        template = "activate" if page.request.state == State.PENDING else "state"
        return self._kit.page(
            f"{template}.html.j2",
            self._language(request, page),
            status,
            here=self._here(request),
            problem=problem,
            typed=typed,
            **view(page.request, page.person),
        )

    # --- acting

    async def _act(self, request: HttpRequest) -> Response:
        if self._guesses.wait(_client(request), self._clock()):
            # Who is to wait has no form read, unless his token is a right one.
            page = await run_in_threadpool(self._look, request, _ACTING)
            if isinstance(page, Response):
                return page
        fields = await read_form(request, self._own_origin)
        return await run_in_threadpool(self._post, request, fields)

    def _post(self, request: HttpRequest, fields: dict[str, str]) -> Response:
        page = self._look(request, _ACTING)
        if isinstance(page, Response):
            return page
        typed = fields.get("address", "")[:254]
        try:
            wanted = command(fields)
        except FormError as unclear:
            if not unclear.field:
                raise HTTPException(400) from None
            return self._render(request, page, unclear.why, typed, 422)
        applied = self._door.click(request.path_params["token"], wanted)
        if applied.outcome in _GONE:  # withdrawn between the look and the click
            return self._gone(request)
        if applied.outcome.startswith("nominee_"):  # why this person cannot be named
            return self._render(request, page, applied.outcome, typed, 422)
        return RedirectResponse(self._after(request, wanted, applied.outcome), 303)

    def _after(self, request: HttpRequest, wanted: Command, outcome: str) -> str:
        """Where the browser goes after a click; a reload there repeats nothing."""
        if isinstance(wanted, Nominate) and outcome == "nominated":
            return f"{self._kit.prefix}/done/nominated{self._query(request)}"
        return self._here(request)

    def _done(self, request: HttpRequest) -> Response:
        if request.path_params["what"] != "nominated":
            raise HTTPException(404)
        return self._say(request, "nominated")

    # --- answers that tell nothing of any request

    def _about(self, request: HttpRequest) -> Response:
        return self._kit.page("about.html.j2", self._language(request))

    def _style(self, _: HttpRequest) -> Response:
        return self._kit.style()

    def _gone(self, request: HttpRequest) -> Response:
        return self._say(request, "gone", 404)

    def _slow_down(self, request: HttpRequest, wait: float) -> Response:
        return self._say(request, "slow_down", 429, {"Retry-After": str(ceil(wait))})

    def _busy(self, request: HttpRequest, _: Exception) -> Response:
        return self._say(request, "busy", 503, {"Retry-After": str(RETRY_SECONDS)})

    def _failed(self, request: HttpRequest, _: Exception) -> Response:
        return self._say(request, "failed", 500)

    def _refused(self, request: HttpRequest, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        what = {404: "nothing", 405: "method", 403: "elsewhere"}.get(
            error.status_code, "unreadable"
        )
        return self._say(request, what, error.status_code, dict(error.headers or {}))

    def _say(
        self,
        request: HttpRequest,
        what: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        response = self._kit.page(
            "message.html.j2", self._language(request), status, here="", what=what
        )
        response.headers.update(headers or {})
        return response

    # --- the reader

    def _language(self, request: HttpRequest, page: Page | None = None) -> str:
        """`?lang=`, else that of the letter with the link, else the browser's, else ours."""
        return words.choose(
            self._kit.languages,
            request.query_params.get("lang", ""),
            page.language if page else "",
            accept=request.headers.get("accept-language", ""),
            default=self._kit.default,
        )

    def _query(self, request: HttpRequest) -> str:
        """Keeps a language chosen by hand through forms and redirects."""
        lang = request.query_params.get("lang", "")
        return f"?lang={lang}" if lang in self._kit.languages else ""

    def _here(self, request: HttpRequest) -> str:
        """This page's own path, from the configuration and the token, never from Host."""
        return f"{self._kit.prefix}/a/{request.path_params['token']}{self._query(request)}"


def _client(request: HttpRequest) -> str:
    return request.client.host if request.client else ""
