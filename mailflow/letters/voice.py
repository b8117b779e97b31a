"""One language, ready to write: two Jinja environments with their kits, words and dates.

Text: autoescape off. HTML: autoescape on, always, whatever a template is called (a suffix-based
choice would miss `*.j2`). Both are strict: an unknown variable ends the letter. Operators' own
templates run in Jinja's sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup

from mailflow.config import ServiceSettings
from mailflow.core.failure import plain_reason
from mailflow.letters import dates, inert
from mailflow.letters.catalogue import Catalogue, Speech
from mailflow.letters.fold import FoldingEnvironment, SandboxedFoldingEnvironment
from mailflow.letters.folders import LetterError
from mailflow.letters.history import history
from mailflow.letters.pieces import given, joiner
from mailflow.letters.style import StyledLoader, stylesheet
from mailflow.letters.values import Known
from mailflow.letters.view import foreign_words, in_order, own_words
from mailflow.letters.words import tongues, word

CUT = "\x1e"  # between blocks of the text part; cleaned values cannot contain it
WIDTH = 72  # columns of the text part
_MACROS = (
    "strong", "link", "heading", "section", "p", "small", "note", "fields", "items", "steps",
    "choices", "answer", "button", "quote", "copy", "in_tongues",
)  # fmt: skip


_FIXED = ("service", "brand_name", "cut", "colours", "about_url", "head_css", "tongues")
_PURE = ("_", "gettext", "ngettext", "word")
_DIRECT = (*_PURE, "moment", "day")  # filters as well: Jinja calls those without detours
_LABELS = ("label", "state_name")  # in templates/letters/_labels.j2


@dataclass(frozen=True, slots=True)
class Voice:
    """The two environments of one language."""

    catalogue: Catalogue
    speech: Speech  # for the few sentences that no template holds
    text: Environment
    html: Environment


def give_voice(
    catalogue: Catalogue,
    service: ServiceSettings,
    folders: Sequence[Path],
    colours: Mapping[str, str],
    *,
    sandboxed: bool,
) -> Voice:
    """Set up both environments. Raises LetterError when the kit is incomplete."""
    brand_name = service.brand.name or service.organisation
    shared: dict[str, Any] = {
        "service": service,
        "brand_name": brand_name,
        "colours": colours,
        "cut": CUT,
        "locale": catalogue.locale,
        "about_url": service.guide_url or f"{service.public_url}/?lang={catalogue.language}",
        "tongues": tongues(service.languages, catalogue.language),
        **_formatters(catalogue, service),
    }
    constants = {"term": service.account_term, "organisation": service.organisation}

    def paths(part: str) -> list[Path]:
        return [f / sub for f in folders for sub in (f"kit/{part}", "letters")]

    css = stylesheet("style.css", folders, colours)
    head = Markup(stylesheet("head.css", folders, colours))  # noqa: S704 - our own file
    make = SandboxedFoldingEnvironment if sandboxed else FoldingEnvironment
    options: dict[str, Any] = {
        "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True,
        "auto_reload": False, "cache_size": -1, "finalize": _filled,
    }  # fmt: skip
    text = make(loader=FileSystemLoader(paths("text")), autoescape=False, **options)
    html = make(loader=StyledLoader(paths("html"), css), autoescape=True, **options)
    for part, escaped in ((text, False), (html, True)):
        speech = Speech(catalogue, constants, escaped=escaped)
        part.globals.update(
            shared, _=speech.gettext, gettext=speech.gettext, ngettext=speech.ngettext,
            word=partial(word, language=catalogue.language), head_css=head,
        )  # fmt: skip
        part.filters.update(
            fill=fill, quoted=quoted, own_lines=own_lines, url=real_link,
            written_day=shared["written_day"],
            foreign=foreign_words, own=own_words, in_order=in_order, history=history,
            plain_reason=plain_reason,
        )  # fmt: skip
        direct = {name: cast(Callable[..., Any], part.globals[name]) for name in _DIRECT}
        part.filters.update(direct, given=given, joined=joiner(escaped=escaped))
        part.known = Known(
            fixed={name: part.globals[name] for name in _FIXED},
            pure={name: direct[name] for name in _PURE},
            direct=frozenset(_DIRECT),
            sentence=speech.pieces,
        )
        _learn(part, "kit.j2", _MACROS)
        _learn(part, "_labels.j2", _LABELS)
    return Voice(catalogue, Speech(catalogue, constants, escaped=False), text, html)


def _learn(
    part: FoldingEnvironment | SandboxedFoldingEnvironment, name: str, macros: Sequence[str]
) -> None:
    """Let every template of this part use these macros without importing them, and fold them."""
    module = load(part, name).module
    for macro in macros:
        if not hasattr(module, macro):
            raise LetterError(f"template {name} has no macro {macro!r}")
        part.globals[macro] = getattr(module, macro)
    home = part.home(name)
    part.kit = {**part.kit, **{m: home.macros[m] for m in macros if m in home.macros}}


def load(environment: Environment, name: str) -> Template:
    """A template, or LetterError with its name and what is wrong with it."""
    try:
        return environment.get_template(name)
    except TemplateNotFound as fault:
        raise LetterError(f"template {fault.name} is missing") from fault
    except TemplateSyntaxError as fault:
        where = f"{fault.name or name}, line {fault.lineno}"
        raise LetterError(f"template {where}: {fault.message}") from fault
    except Exception as fault:
        raise LetterError(f"template {name}: {fault}") from fault


def fill(text: str, first: str = "", rest: str = "") -> str:
    """A paragraph in lines of at most 72 columns; a longer word (a link) stays whole.

    `first` and `rest` begin the first and the other lines.

    >>> fill("one two", "- ", "  ")
    '- one two'
    """
    text = " ".join(text.split())
    out, lead = [], first
    while len(text) > WIDTH - len(lead):
        room = WIDTH - len(lead)
        cut = text.rfind(" ", 0, room + 1)
        if cut <= 0:
            cut = text.find(" ", room)
            if cut < 0:
                break
        out.append(lead + text[:cut])
        text, lead = text[cut + 1 :], rest
    out.append((lead + text).rstrip())
    return "\n".join(out)


def quoted(text: str) -> list[str]:
    """Foreign words as lines in which nothing can become a link."""
    return [inert.unlink(piece) for piece in inert.lines(text)]


def own_lines(text: str) -> list[str]:
    """Somebody's own words, shown back to him as he wrote them, but for certain links."""
    return [inert.unlink_url(piece) for piece in inert.lines(text)]


def real_link(address: str) -> str:
    """The link, if it leads somewhere: a dead one ends the letter (S35)."""
    kind, colon, rest = address.partition(":")
    if not colon or not rest.strip("/#?") or any(c in address for c in " <>\"'\r\n\\"):
        raise LetterError(f"dead link {address[:40]!r}")
    if kind not in ("https", "http", "mailto"):
        raise LetterError(f"a link must be https, http or mailto: {address[:40]!r}")
    return address


def _filled(value: Any) -> Any:
    if value is None:
        raise LetterError("a template shows a value that is not there")
    return value


def _formatters(catalogue: Catalogue, service: ServiceSettings) -> dict[str, Callable[..., str]]:
    """Dates in the recipient's language and the service's time zone."""
    zone, locale = dates.zone(service.time_zone), catalogue.locale
    return {
        "moment": lambda value: dates.moment(value, zone, locale),
        "day": lambda value: dates.day(value.astimezone(zone).date(), locale),
        "written_day": lambda value: dates.written_day(value, locale),
    }
