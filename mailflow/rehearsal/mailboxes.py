"""What the people of a story have in their mailboxes, and which letter they take up."""

from __future__ import annotations

from collections.abc import Iterable

from mailflow.config import ServiceSettings
from mailflow.rehearsal.script import ScriptError, Step
from mailflow.rehearsal.service import Written
from mailflow.web.mailview import opened


class Mailboxes:
    """Every letter written so far, oldest first. What is not found raises `ScriptError`."""

    def __init__(self, service: ServiceSettings) -> None:
        self._service = service
        self._letters: list[Written] = []

    def put(self, letters: Iterable[Written]) -> None:
        """More letters arrive."""
        self._letters += letters

    def letter(self, step: Step, holder: str) -> Written:
        """The letter to `holder` that a step answers: of the kind it names, else the newest."""
        if not step.kind:
            return self.newest(holder, step.line, answerable=True)
        found = [x for x in self._letters if x.recipient == holder and x.kind == step.kind]
        if not found:
            raise ScriptError(step.line, f"{holder} got no {step.kind}")
        return found[0] if step.first else found[-1]

    def newest(self, holder: str, line: int, *, answerable: bool = False) -> Written:
        """The newest letter to `holder`; `answerable`: that has a secret reply address."""
        ours = self._service.address
        for letter in reversed(self._letters):
            if letter.recipient == holder and not (
                answerable and (opened(letter.raw).reply_to or ours) == ours
            ):
                return letter
        raise ScriptError(line, f"{holder} got no letter that can be answered")

    def page(self, step: Step, holder: str) -> str:
        """The secret of a page: of the newest letter to `holder` that leads to one."""
        public = f"{self._service.public_url}/"
        found = [
            text.partition(f"{public}{path}/")[2].split()[0]
            for letter in self._letters
            if letter.recipient == holder and (not step.kind or letter.kind == step.kind)
            for text in [opened(letter.raw).text]
            for path in ("a", "s")
            if f"{public}{path}/" in text
        ]
        if not found:
            raise ScriptError(step.line, f"{holder} got no letter with a page")
        return found[0] if step.first else found[-1]
