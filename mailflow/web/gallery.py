"""Every letter, in every situation and language, to look at: `mailflow letters preview`.

    GET /                                the situations, and what lint has to say
    GET /letter/NAME/LANGUAGE            one of them; ?show=html | text | source
    GET /frame/NAME/LANGUAGE/WHOSE       its HTML for the sandboxed frame; WHOSE = own | ours

With an own folder of templates the letter stands beside ours. Templates are read anew when one of
their files has changed, so that one can write and reload. Made-up people only; nothing is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mailflow.config import ServiceSettings
from mailflow.letters import LetterError, Letters, samples
from mailflow.letters.lint import trouble
from mailflow.web.console.kit import ConsoleKit
from mailflow.web.mailbox import HOSTS
from mailflow.web.mailview import FRAME_POLICY, SANDBOX, Opened, for_frame, opened
from mailflow.web.shield import Fault, Shield

#: To whom the samples are addressed.
READER = "reader@customer.example"


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter as one set of templates writes it, or why it cannot."""

    whose: str
    subject: str = ""
    letter: Opened | None = None
    source: str = ""
    fault: str = ""


def gallery(
    service: ServiceSettings, templates: Path | None = None, *, on_fault: Fault = lambda _: None
) -> ASGIApp:
    """The application. `templates` is the operator's own folder. Raises LetterError."""
    pages = _Gallery(service, templates)
    inner = Starlette(
        routes=pages.routes(),
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))],
    )
    return Shield(inner, https=False, on_fault=on_fault)


class _Gallery:
    def __init__(self, service: ServiceSettings, templates: Path | None) -> None:
        self._service, self._templates = service, templates
        self._kit = ConsoleKit(service)
        self._lock = threading.Lock()
        self._read: dict[str, tuple[float, Letters | str]] = {}
        self._by_name = {sample.name: sample for sample in samples.SAMPLES}

    def routes(self) -> list[Route]:
        """The pages."""
        return [
            Route("/", self._index, methods=["GET"]),
            Route("/letter/{name}/{language}", self._letter, methods=["GET"]),
            Route("/frame/{name}/{language}/{whose}", self._frame, methods=["GET"]),
            Route("/style.css", lambda _: self._kit.style(), methods=["GET"]),
        ]

    def _index(self, _: Request) -> Response:
        kinds = [
            (str(kind), list(found))
            for kind, found in groupby(samples.SAMPLES, key=lambda sample: sample.kind)
        ]
        return self._kit.page(
            "gallery.html.j2",
            kinds=kinds,
            languages=self._service.languages,
            faults=trouble(self._service, self._templates),
            own=self._templates,
            session=None, here="/", told="",
        )  # fmt: skip

    def _letter(self, request: Request) -> Response:
        sample, language = self._asked(request)
        shown = [self._write(whose, sample, language) for whose in self._whose()]
        names = list(self._by_name)
        place = names.index(sample.name)
        show = request.query_params.get("show", "html")
        return self._kit.page(
            "letter.html.j2",
            sample=sample,
            language=language,
            languages=self._service.languages,
            shown=shown,
            show=show if show in ("html", "text", "source") else "html",
            sandbox=SANDBOX,
            before=names[place - 1] if place else "",
            after=names[place + 1] if place + 1 < len(names) else "",
            session=None, here="", told="",
        )  # fmt: skip

    def _frame(self, request: Request) -> Response:
        sample, language = self._asked(request)
        whose = request.path_params["whose"]
        if whose not in self._whose():
            raise HTTPException(404)
        found = self._write(whose, sample, language)
        html = for_frame(found.letter.html, "/") if found.letter else ""
        headers = {"Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return HTMLResponse(html, headers=headers)

    def _asked(self, request: Request) -> tuple[samples.Sample, str]:
        sample = self._by_name.get(request.path_params["name"])
        language = request.path_params["language"]
        if sample is None or language not in self._service.languages:
            raise HTTPException(404)
        return sample, language

    def _whose(self) -> Sequence[str]:
        """Whose templates are shown: the operator's beside ours, where he has some."""
        return ("own", "ours") if self._templates else ("ours",)

    def _write(self, whose: str, sample: samples.Sample, language: str) -> Shown:
        letters = self._letters(whose)
        if isinstance(letters, str):
            return Shown(whose, fault=letters)
        try:
            finished = letters.finish(
                samples.letter(sample, READER, language), samples.envelope(sample, self._service)
            )
        except (LetterError, ValueError) as fault:
            return Shown(whose, fault=str(fault))
        source = finished.raw.decode("ascii", "replace").replace("\r\n", "\n")
        return Shown(whose, finished.subject, opened(finished.raw), source)

    def _letters(self, whose: str) -> Letters | str:
        """The letters of these templates, or what is wrong with them as a whole."""
        folder = self._templates if whose == "own" else None
        newest = _newest(folder)
        with self._lock:
            known = self._read.get(whose)
            if known is None or known[0] != newest:
                try:
                    known = (newest, Letters(self._service, folder))
                except LetterError as fault:
                    known = (newest, str(fault))
                self._read[whose] = known
            return known[1]


def _newest(folder: Path | None) -> float:
    """When a file of the folder was last changed; 0.0 for our own templates."""
    if folder is None:
        return 0.0
    times = [path.stat().st_mtime for path in folder.rglob("*") if path.is_file()]
    return max(times, default=0.0) + len(times)
