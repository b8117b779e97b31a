"""Finishing a letter: from a decision's plain value to bytes that a relay can be handed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

from mailflow.config import ServiceSettings
from mailflow.core.letter import ANSWER_MARK, Audience, Kind, Letter
from mailflow.core.request import FIELD_NAMES
from mailflow.letters import brand, catalogue, mime
from mailflow.letters.answers import Answers, mailto
from mailflow.letters.data import data_of, original
from mailflow.letters.folders import LetterError, find_locales, find_templates
from mailflow.letters.view import view
from mailflow.letters.voice import CUT, Voice, give_voice, load

#: The letters of a request that nothing comes in the way of.
USUAL = (
    Kind.REVIEW, Kind.COMPLETION, Kind.ACTIVATION, Kind.CONFIRMATION_PARTNER,
    Kind.CONFIRMATION_CUSTOMER, Kind.ACCESS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a letter needs besides its words; `flow` mints and stores these.

    `message_id` with angle brackets; `sender` the address in From; `reply_to` the secret reply
    address and `page_url` the secret page, "" where this reader has none; `in_reply_to` and
    `references` come from the mail that is answered and are checked here. `date` is stamped on
    the mail, `now` is business time; both aware.
    """

    message_id: str
    date: datetime
    sender: str
    now: datetime
    reply_to: str = ""
    page_url: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """The mail's bytes (CRLF), and its subject for lists of mails."""

    raw: bytes
    subject: str


class Letters:
    """All letters of one service, in all its languages. Safe to share between threads.

    Raises LetterError at once when a folder, catalogue, logo or kit is missing or broken.
    """

    def __init__(self, service: ServiceSettings, template_folder: Path | None = None) -> None:
        self._service = service
        folders = find_templates(template_folder)
        locales = find_locales(template_folder)
        colours = brand.palette(service.brand.colour)
        logo_file = service.brand.logo_file
        self._logo = brand.load_logo(Path(logo_file)) if logo_file else None
        offered = dict.fromkeys((*service.languages, service.default_language, "en"))
        self._voices = {
            language: give_voice(
                catalogue.load(language, locales),
                service,
                folders,
                colours,
                sandboxed=template_folder is not None,
            )
            for language in offered
        }

    def prepare(self) -> None:
        """Compile the usual letters in the default language now: the first reader need not wait.

        The others are compiled when they are first written. A broken template is no trouble here.
        """
        voice = self._voices[self._service.default_language]
        for kind in USUAL:
            for environment in (voice.text, voice.html):
                with suppress(LetterError):
                    load(environment, f"{kind}.j2")

    def finish(self, letter: Letter, envelope: Envelope) -> Finished:
        """Write a letter. Raises LetterError or ValueError when it cannot be written as it should.

        A language we do not write in falls back to its base, then to the default.
        """
        asked_english = letter.kind is Kind.ENGLISH
        if asked_english:
            letter = original(letter)
        language = catalogue.best(
            letter.language, tuple(self._voices), self._service.default_language
        )
        letter = replace(letter, language=language)
        voice = self._voices[language]
        values = self._values(letter, envelope, voice)
        values["english_asked"] = asked_english
        subject = self._subject(letter, voice, values)
        values["subject"] = subject
        answers = Answers(str(values["reply_to"]), subject, language)
        values["say"], values["reply_with"] = answers.say, answers.reply_with
        name = f"{letter.kind}.j2"
        text = _tidy(_render(voice, "text", name, values))
        html = _render(voice, "html", name, values)
        raw = mime.message(
            self._headers(letter, envelope, subject), text, html, self._logo, envelope.message_id
        )
        return Finished(raw, subject)

    def _values(self, letter: Letter, envelope: Envelope, voice: Voice) -> dict[str, Any]:
        """Everything that templates can name, besides the globals of their environment."""
        request = letter.request
        reply_to = envelope.reply_to
        if reply_to in ("", self._service.address):  # no secret: only a newcomer is answered there
            reply_to = self._service.address if _writes_to_us(letter) else ""
        return {
            "l": letter,
            "r": view(request, letter.audience) if request is not None else None,
            "d": data_of(letter),
            "now": envelope.now,
            "can_reply": bool(reply_to),
            "page_url": envelope.page_url,
            "reply_to": reply_to,
            "form": FIELD_NAMES,
            "mark": self._mark(voice) if reply_to or letter.kind is Kind.ACCESS else "",
            "logo": mime.cid(envelope.message_id) if self._logo else "",
            "mail_to": partial(mailto, self._service.address),
        }

    def _mark(self, voice: Voice) -> str:
        line = voice.speech.gettext("Write your answer above this line")
        return f"{ANSWER_MARK}{line}{ANSWER_MARK[::-1]}"

    def _subject(self, letter: Letter, voice: Voice, values: dict[str, Any]) -> str:
        template = load(voice.text, f"{letter.kind}.j2")
        block = template.blocks.get("subject")
        if block is None:
            raise LetterError(f"template {letter.kind}.j2 has no subject")
        words = " ".join("".join(block(template.new_context(values))).split())
        if not words:
            raise LetterError(f"template {letter.kind}.j2 has an empty subject")
        return f"[{letter.request.reference}] {words}" if letter.request else words

    def _headers(self, letter: Letter, envelope: Envelope, subject: str) -> list[tuple[str, str]]:
        service = self._service
        sender = mime.mailbox(service.sender_name or service.organisation, envelope.sender)
        headers = [
            ("From", sender),
            ("To", f"<{mime.spec(letter.to)}>"),
            ("Subject", mime.unstructured(subject, "Subject")),
            ("Date", format_datetime(envelope.date)),
            ("Message-ID", mime.message_ids([envelope.message_id])),
            ("Reply-To", f"<{mime.spec(envelope.reply_to)}>" if envelope.reply_to else ""),
            ("In-Reply-To", mime.message_ids([envelope.in_reply_to])),
            ("References", mime.message_ids((*envelope.references, envelope.in_reply_to))),
            ("Auto-Submitted", "auto-replied" if letter.answers else "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("Content-Language", letter.language),
        ]
        if not headers[4][1]:
            raise ValueError("the envelope has no proper Message-ID")
        return [(name, value) for name, value in headers if value]


def _writes_to_us(letter: Letter) -> bool:
    """Whoever has no request yet answers to the intake address itself."""
    return letter.request is None and letter.audience in (Audience.PARTNER, Audience.STRANGER)


def _render(voice: Voice, part: str, name: str, values: dict[str, Any]) -> str:
    environment = voice.text if part == "text" else voice.html
    template = load(environment, name)
    try:
        return template.render(values)
    except LetterError as fault:
        raise LetterError(f"template {name} ({voice.catalogue.language}): {fault}") from fault
    except Exception as fault:
        raise LetterError(
            f"template {name} ({voice.catalogue.language}, {part}): {fault}"
        ) from fault


def _tidy(text: str) -> str:
    """Blocks with one empty line between them."""
    pieces = (piece.strip("\n").rstrip() for piece in text.split(CUT))
    whole = "\n\n".join(piece for piece in pieces if piece) + "\n"
    return whole.replace("\n\n--\n\n", "\n\n-- \n", 1)  # mail programs know "-- " (RFC 3676 §4.3)
