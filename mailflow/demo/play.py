"""The script: who writes what, and which letters must follow, or the demo fails."""

from __future__ import annotations

import urllib.request
from email import message_from_bytes, policy
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlencode

from mailflow.core.letter import Kind
from mailflow.demo.show import Show
from mailflow.demo.stage import MissingError, Stage
from mailflow.web import compose
from mailflow.web.mailview import Captured, opened

ALBA = "alba@cobalt-partners.example"
TOM = "tom.weaver@harbour-logistics.example"
LUCIA = "lucia@socios-andinos.example"
MARTA = "marta.ibanez@bodega-ibanez.example"
OSEI = "j.osei@meridian-clinics.example"


def play(stage: Stage, show: Show, examples: Path) -> None:
    """The whole play. Raises `MissingError` at the first letter that does not come."""
    script = _Script(stage, show, examples)
    show.act("A partner asks, confirms; the customer activates by reply")
    script.by_reply()
    show.act("The same, and the customer activates on the web page")
    script.by_click()
    show.act("A request in Spanish that nobody answers: 90 days on a virtual clock")
    script.to_expiry()


class _Script:
    def __init__(self, stage: Stage, show: Show, examples: Path) -> None:
        self._stage, self._show, self._examples = stage, show, examples

    def by_reply(self) -> None:
        """request → review → CONFIRM → completion, activation → ACTIVATE → confirmations."""
        self._request("request.eml")
        (review,) = self._expect((Kind.REVIEW, ALBA))
        self._answer(review, "CONFIRM")
        _, activation = self._expect((Kind.COMPLETION, ALBA), (Kind.ACTIVATION, TOM))
        self._answer(activation, "ACTIVATE\n\nThanks, Tom", name="Tom Weaver")
        self._expect(
            (Kind.CONFIRMATION_CUSTOMER, TOM),
            (Kind.CONFIRMATION_PARTNER, ALBA),
            (Kind.ACCESS, "ann.lee@harbour-logistics.example"),
            (Kind.ACCESS, "bo@dockyard-it.example"),
        )

    def by_click(self) -> None:
        """An HTML request; looking at the page changes nothing, its button does."""
        self._request("request-by-click.eml")
        (review,) = self._expect((Kind.REVIEW, ALBA))
        self._answer(review, "Hi, yes, CONFIRM please.\n\nRegards,\nAlba")
        _, activation = self._expect((Kind.COMPLETION, ALBA), (Kind.ACTIVATION, OSEI))
        page = self._page(activation)
        self._show.web("GET", page, _fetch(page))
        self._show.web("POST", f"{page}  do=accept", _fetch(page, {"do": "accept"}))
        self._expect(
            (Kind.CONFIRMATION_CUSTOMER, OSEI),
            (Kind.CONFIRMATION_PARTNER, ALBA),
            (Kind.ACCESS, "it@meridian-clinics.example"),
        )

    def to_expiry(self) -> None:
        """Reminders, expiry notice, and RENEW, which opens the review again."""
        self._request("request-es.eml")
        (review,) = self._expect((Kind.REVIEW, LUCIA))
        self._answer(review, "Confirmo la solicitud, gracias.")
        self._expect((Kind.COMPLETION, LUCIA), (Kind.ACTIVATION, MARTA))
        for days, letters in (
            (7, [(Kind.REMINDER_CUSTOMER, MARTA)]),
            (23, [(Kind.REMINDER_CUSTOMER, MARTA)]),
            (30, [(Kind.REMINDER_CUSTOMER, MARTA), (Kind.STILL_WAITING, LUCIA)]),
            (23, [(Kind.REMINDER_CUSTOMER, MARTA), (Kind.STILL_WAITING, LUCIA)]),
        ):
            self._pass(days)
            self._expect(*letters)
        self._pass(7)
        notice, _ = self._expect((Kind.EXPIRY_NOTICE, LUCIA), (Kind.EXPIRY_CUSTOMER, MARTA))
        self._answer(notice, "RENOVAR")
        self._expect((Kind.REVIEW, LUCIA))

    # -- steps ---------------------------------------------------------------------------------

    def _request(self, name: str) -> None:
        raw = (self._examples / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        message = message_from_bytes(raw, policy=policy.default)
        sender = parseaddr(str(message["From"]))[1]
        self._show.written(name, raw)
        self._send(sender, self._stage.daemon.config.service.address, raw)

    def _answer(self, letter: Captured, words: str, name: str = "") -> None:
        answer = compose.answer(
            letter,
            words,
            name=name or self._stage.names.get(letter.recipient, ""),
            now=self._stage.now(),
            message_id=self._stage.message_id(letter.recipient),
        )
        self._show.answered(letter, words)
        self._send(answer.mail_from, answer.recipient, answer.raw)

    def _send(self, sender: str, recipient: str, raw: bytes) -> None:
        if refusal := self._stage.send(sender, recipient, raw):
            raise MissingError(f"the SMTP port refused a mail of {sender}: {refusal}")

    def _expect(self, *wanted: tuple[Kind, str]) -> list[Captured]:
        letters = self._stage.letters(*((str(kind), to) for kind, to in wanted))
        for letter in letters:
            self._show.letter(letter, opened(letter.raw))
        return letters

    def _pass(self, days: int) -> None:
        self._stage.pass_days(days)
        self._show.days(days, self._stage.now())

    def _page(self, activation: Captured) -> str:
        """The page link in a letter."""
        text = opened(activation.raw).text
        public = f"{self._stage.daemon.config.service.public_url}/a/"
        if public not in text:
            raise MissingError("the activation mail has no link to the page")
        return public + text.partition(public)[2].split()[0]


def _fetch(url: str, form: dict[str, str] | None = None) -> int:
    """Status code of a GET, or of a POST of `form`, redirects followed."""
    data = urlencode(form).encode() if form else None
    request = urllib.request.Request(url, data=data)  # noqa: S310 - our own loopback port
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        return int(response.status)
