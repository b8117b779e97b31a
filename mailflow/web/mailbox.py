"""The demo's mailbox: every captured mail, answered as the person it was for.

    GET  /                 all mails, newest first; ?to=ADDRESS one person's; ?before=ID older ones
    GET  /mail/ID          one mail with its answer form; ?show=html | text | source; ?text=WORDS
    GET  /mail/ID/frame    its HTML, for the sandboxed frame
    POST /mail/ID          answers it: word=… (a button), or text=… with the quotation
    GET  /new              a new request of the partner; ?example=NAME fills it in
    POST /new              sends it
    POST /time             days=N: lets time pass

It shows secret addresses and links as they are and asks nobody who he is, so it belongs to the
demo on a loopback port, never to a service. Whatever is written here leaves as a mail through
`Desk.send`, the same door as everybody's.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mailflow.config import ServiceSettings
from mailflow.web import compose, words
from mailflow.web.answers import answers_to
from mailflow.web.desk import Desk
from mailflow.web.kit import Kit
from mailflow.web.mailview import FRAME_POLICY, SANDBOX, Captured, first_words, for_frame, opened
from mailflow.web.shield import Fault, Shield, read_form

#: A quoted letter comes back with the form.
MAX_FORM_BYTES = 512 * 1024
#: How often the list looks again, each second, for the answer to what was just sent.
LOOKS = 15
#: And how often once something has come: what one mail brings about comes one by one.
LAST_LOOKS = 2
#: Other names in Host would be another site's name pointed at this machine (DNS rebinding).
HOSTS = ("127.0.0.1", "localhost", "[::1]")
#: Mails on one page of the list: a demo in which one has played for long stays quick.
MAX_ROWS = 50
#: The longest leap in time, days.
MAX_DAYS = 400


def mailbox(
    desk: Desk,
    service: ServiceSettings,
    *,
    templates: Path | None = None,
    hosts: Sequence[str] = HOSTS,
    on_fault: Fault = lambda _: None,
) -> ASGIApp:
    """The application. `hosts` are the names under which it may be asked for."""
    handlers = _Mailbox(desk, service, Kit(service, templates))
    inner = Starlette(
        routes=handlers.routes(),
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
    )
    return Shield(inner, https=False, on_fault=on_fault)


class _Mailbox:
    def __init__(self, desk: Desk, service: ServiceSettings, kit: Kit) -> None:
        self._desk, self._service, self._kit = desk, service, kit
        self._begins: dict[int, str] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/", self._list, methods=["GET"]),
            Route("/mail/{id:int}", self._mail, methods=["GET"]),
            Route("/mail/{id:int}", self._answer, methods=["POST"]),
            Route("/mail/{id:int}/frame", self._frame, methods=["GET"]),
            Route("/new", self._new, methods=["GET"]),
            Route("/new", self._send_new, methods=["POST"]),
            Route("/time", self._time, methods=["POST"]),
            Route("/style.css", lambda _: self._kit.style(), methods=["GET"]),
        ]

    # --- reading

    def _list(self, request: Request) -> Response:
        mails = self._desk.mails()
        to = request.query_params.get("to", "")
        since = _number(request.query_params.get("since"))
        looks = min(_number(request.query_params.get("looks")), LOOKS)
        shown = [mail for mail in mails if not to or mail.recipient == to]
        before = _number(request.query_params.get("before"))
        fresh = any(mail.id > since for mail in shown)
        if fresh:
            looks = min(looks, LAST_LOOKS)
        rest = [mail for mail in shown if not before or mail.id < before]
        page, left = rest[:MAX_ROWS], len(rest[MAX_ROWS:])
        again = urlencode({"to": to, "since": since, "looks": looks - 1})
        return self._page(
            request,
            "mailbox/list.html.j2",
            mails=mails,
            rows=[(mail, self._words(mail)) for mail in page],
            older=f"/?{urlencode({'to': to, 'before': page[-1].id})}" if page and left else "",
            left=left,
            newer=f"/?{urlencode({'to': to})}" if before else "",
            to=to,
            since=since,
            fresh=fresh,
            asked="looks" in request.query_params,
            again=f"/?{again}" if looks else "",
        )

    def _mail(self, request: Request) -> Response:
        return self._show(request, self._find(request))

    def _show(
        self, request: Request, mail: Captured, problem: str = "", status: int = 200
    ) -> Response:
        letter = opened(mail.raw)
        show = request.query_params.get("show", "html" if letter.html else "text")
        return self._page(
            request,
            "mailbox/mail.html.j2",
            status,
            mails=self._desk.mails(),
            to=mail.recipient,
            mail=mail,
            letter=letter,
            show=show,
            source=mail.raw.decode("utf-8", "replace") if show == "source" else "",
            sandbox=SANDBOX,
            answers=answers_to(mail.kind, mail.language) if letter.reply_to else (),
            text=request.query_params.get("text", "")[:2000],
            quotation=compose.quotation(mail, letter),
            problem=problem,
        )

    def _frame(self, request: Request) -> Response:
        mail = self._find(request)
        html = for_frame(opened(mail.raw).html, f"/mail/{mail.id}")
        return HTMLResponse(
            html,
            headers={"Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"},
        )

    def _find(self, request: Request) -> Captured:
        mail = self._desk.mail(request.path_params["id"])
        if mail is None:
            raise HTTPException(404)
        return mail

    # --- writing

    async def _answer(self, request: Request) -> Response:
        fields = await read_form(request, "", MAX_FORM_BYTES)
        return await run_in_threadpool(self._post_answer, request, fields)

    def _post_answer(self, request: Request, fields: Mapping[str, str]) -> Response:
        mail = self._find(request)
        quotation = compose.quotation(mail, opened(mail.raw)).rstrip()
        text = fields.get("text", "").replace("\r\n", "\n").rstrip()
        untouched = text.endswith(quotation)
        own = text.removesuffix(quotation).strip() if untouched else text
        if word := fields.get("word", ""):
            own, untouched = word, True
        if not own:
            return self._show(request, mail, "empty", 422)
        out = compose.answer(
            mail,
            own,
            name=self._desk.names.get(mail.recipient, ""),
            now=self._desk.now(),
            message_id=_message_id(mail.recipient),
            quote=untouched,
        )
        since = self._newest()  # before sending: the answer may be quicker than we are
        if refused := self._send(out):
            return self._show(request, mail, refused, 422)
        return _look_out(mail.recipient, since)

    def _new(self, request: Request) -> Response:
        wanted = request.query_params.get("example", "")
        examples = self._desk.examples
        chosen = next((e for e in examples if e.name == wanted), examples[0] if examples else None)
        return self._show_new(
            request, chosen.subject if chosen else "", chosen.text if chosen else ""
        )

    def _show_new(
        self, request: Request, subject: str, text: str, problem: str = "", status: int = 200
    ) -> Response:
        return self._page(
            request,
            "mailbox/new.html.j2",
            status,
            mails=self._desk.mails(),
            to="",
            writer=self._desk.writer,
            examples=self._desk.examples,
            subject=subject,
            text=text,
            problem=problem,
        )

    async def _send_new(self, request: Request) -> Response:
        fields = await read_form(request, "", MAX_FORM_BYTES)
        return await run_in_threadpool(self._post_new, request, fields)

    def _post_new(self, request: Request, fields: Mapping[str, str]) -> Response:
        writer = self._desk.writer
        subject, text = fields.get("subject", ""), fields.get("text", "").replace("\r\n", "\n")
        out = compose.new(
            sender=writer.email,
            name=writer.name,
            recipient=self._service.address,
            subject=subject,
            text=text,
            now=self._desk.now(),
            message_id=_message_id(writer.email),
        )
        since = self._newest()
        if refused := self._send(out):
            return self._show_new(request, subject, text, refused, 422)
        return _look_out(writer.email, since)

    async def _time(self, request: Request) -> Response:
        days = _number((await read_form(request, "")).get("days"))
        if not 0 < days <= MAX_DAYS:
            raise HTTPException(400)
        since = await run_in_threadpool(self._newest)
        await run_in_threadpool(self._desk.pass_days, days)
        return _look_out("", since)

    def _send(self, out: compose.Outgoing) -> str:
        return self._desk.send(out.mail_from, out.recipient, out.raw)

    def _newest(self) -> int:
        mails = self._desk.mails()
        return mails[0].id if mails else 0

    # --- showing

    def _words(self, mail: Captured) -> str:
        """The beginning of a mail; taken apart once, for a list looks again each second."""
        if mail.id not in self._begins:
            brand = self._service.brand.name or self._service.organisation
            self._begins[mail.id] = first_words(opened(mail.raw).text, brand=brand)
        return self._begins[mail.id]

    def _page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        accept = request.headers.get("accept-language", "")
        language = words.choose(self._kit.languages, accept=accept, default=self._kit.default)
        mails: Sequence[Captured] = values["mails"]
        roles = {mail.recipient: mail.audience for mail in mails}
        counts = Counter(mail.recipient for mail in mails)
        return self._kit.page(
            template,
            language,
            status,
            people=sorted(counts.items(), key=lambda item: (_rank(roles[item[0]]), item[0])),
            names=self._desk.names,
            roles=roles,
            today=self._desk.now(),
            **values,
        )


def _rank(audience: str) -> int:
    """Who writes and decides stands first."""
    return {"partner": 0, "approver": 1}.get(audience, 2)


def _look_out(to: str, since: int) -> Response:
    """To the list, which looks again until something newer than `since` has come."""
    return RedirectResponse(f"/?{urlencode({'to': to, 'since': since, 'looks': LOOKS})}", 303)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _message_id(address: str) -> str:
    return f"<{secrets.token_hex(12)}@{address.rpartition('@')[2]}>"
