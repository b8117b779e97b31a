"""What every answer carries and every form must pass, whichever page it is.

Forms are safe against other sites without cookies: the secret is the token in the path. The
origin is looked at besides, so that a page elsewhere cannot even send a form it guessed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

#: No script, no foreign style, no frame around us, no form that posts elsewhere.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
#: Two years, as browsers' preload lists ask; sent only where the configured address is https.
HSTS = "max-age=63072000"
#: A reason of 1,000 characters, each three bytes in UTF-8 and percent-encoded, is 9 kB.
MAX_FORM_BYTES = 16 * 1024
MAX_FORM_FIELDS = 20
#: Seconds for a form to arrive.
FORM_SECONDS = 10.0
_FORM_TYPE = "application/x-www-form-urlencoded"

Fault = Callable[[BaseException], None]


class Shield:
    """Wraps an application: headers on each answer, no exception beyond it.

    `https` adds HSTS. `on_fault` hears of what went wrong inside; the client got the calm page
    of the application, or a bare 500 when even that failed.
    """

    def __init__(self, app: Starlette, *, https: bool, on_fault: Fault) -> None:
        # Else `/a/TOKEN/` is sent on to an address made of the Host header, with the secret in it.
        app.router.redirect_slashes = False
        self._app, self._https, self._on_fault = app, https, on_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._https:
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except ClientDisconnect:
            return  # he went away while his form was read; nothing was done
        except Exception as error:
            # Starlette raises again after it has sent its 500, for the server's log; ours is told.
            self._on_fault(error)
            if not started:
                await guarded({"type": "http.response.start", "status": 500, "headers": []})
                await guarded({"type": "http.response.body", "body": b""})


def origin(url: str) -> str:
    """Scheme and host of an address as a browser writes them in `Origin`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def from_elsewhere(headers: Mapping[str, str], own_origin: str) -> bool:
    """Whether a browser says that a form was sent by a page of another site.

    `Sec-Fetch-Site` decides where it is sent. Else `Origin` does, which is "null" for our own
    forms (our `no-referrer` makes it so) and missing for clients that are no browsers: both tell
    nothing, and the token remains the secret.
    """
    site = headers.get("sec-fetch-site", "").lower()
    if site:
        return site not in {"same-origin", "none"}
    sender = headers.get("origin", "").lower()
    if sender in {"", "null"}:
        return False
    return sender != own_origin and urlsplit(sender).netloc != headers.get("host", "").lower()


async def read_form(
    request: Request, own_origin: str, max_bytes: int = MAX_FORM_BYTES
) -> dict[str, str]:
    """The fields of a posted form.

    Raises HTTPException: 403 sent by another site, 408 too slow, 413 too long, 415 not a plain
    form, 400 unreadable or with a field given twice (which of the two was meant?).
    """
    if from_elsewhere(request.headers, own_origin):
        raise HTTPException(403)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM_TYPE:
        raise HTTPException(415)
    body = bytearray()
    try:
        async with asyncio.timeout(FORM_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FORM_FIELDS,
        )
    except ValueError:
        raise HTTPException(400) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise HTTPException(400)
    return fields
