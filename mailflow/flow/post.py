"""From a letter that was decided on to a finished mail in the outbox, with its secrets.

Runs inside the transaction of the decision: a template fault shows before anything has changed,
and each retry sends the same bytes (I4, I5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from mailflow.config import ServiceSettings
from mailflow.core import token
from mailflow.core.letter import WITH_STATUS_PAGE, Audience, Kind, Letter
from mailflow.letters import Envelope, Letters
from mailflow.store import outbox, tokens
from mailflow.store.db import Session
from mailflow.store.queries.threads import last_letter

#: Told that nothing is wanted of them any more: these letters carry no secret.
_SILENT = frozenset({Kind.APPROVER_REPLACED})
#: Where a page token leads: the approver may act there, the partner only look.
_PAGE_PATH = {Audience.APPROVER: "a", Audience.PARTNER: "s"}
_MAX_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """The mail that letters answer: its inbox row, and what threads hang on."""

    inbox_id: int
    message_id: str
    references: tuple[str, ...]


class Post:
    """Writes letters into the outbox. `chance(n)` gives n random bytes."""

    def __init__(
        self, letters: Letters, service: ServiceSettings, chance: Callable[[int], bytes]
    ) -> None:
        self._letters = letters
        self._service = service
        self._chance = chance

    def write(
        self, session: Session, letter: Letter, now: datetime, answered: Answered | None
    ) -> int:
        """Finish one letter and put it into the outbox; returns its id."""
        service = self._service
        request = letter.request
        request_id = request.id if request else None
        bounce = self._secret()
        reply, page = self._secrets(letter)
        message_id = f"<{self._chance(15).hex()}@{service.domain}>"
        if letter.answers and answered is None:
            letter = replace(letter, answers=False)
        in_reply_to, references = self._thread(session, letter, answered)
        finished = self._letters.finish(
            letter,
            Envelope(
                message_id=message_id,
                date=now,
                sender=service.address,
                reply_to=service.reply_address(reply) if reply else service.address,
                page_url=self._page_url(letter, page),
                in_reply_to=in_reply_to,
                references=references,
                now=now,
            ),
        )
        revision = request.revision if request else 0
        outbox_id = outbox.add(
            session,
            outbox.Mail(
                request_id=request_id,
                inbox_id=answered.inbox_id if answered else None,
                kind=letter.kind,
                audience=letter.audience,
                language=letter.language,
                revision=revision,
                recipient=letter.to,
                mail_from=service.bounce_address(bounce),
                message_id=message_id,
                subject=finished.subject,
                raw=finished.raw,
            ),
            now,
        )
        for purpose, secret in (
            ("bounce", bounce),
            (f"{letter.audience}_reply", reply),
            ("page", page),
        ):
            if secret:
                tokens.add(
                    session,
                    hash=token.digest(secret),
                    purpose=purpose,
                    person=letter.to,
                    request_id=request_id,
                    outbox_id=outbox_id,
                    revision=revision,
                    at=now,
                )
        return outbox_id

    def _secret(self) -> str:
        return token.make(self._chance(token.BITS // 8))

    def _secrets(self, letter: Letter) -> tuple[str, str]:
        """Reply and page token of a letter; "" where it has none."""
        if letter.request is None or letter.kind in _SILENT:
            return "", ""
        if letter.audience is Audience.PARTNER:
            kind = letter.data.get("original_kind", letter.kind)
            shown = kind in WITH_STATUS_PAGE
            return self._secret(), self._secret() if shown else ""
        if letter.audience is Audience.APPROVER:
            return self._secret(), self._secret()
        return "", ""

    def _page_url(self, letter: Letter, page: str) -> str:
        """The link of the letter's page, "" where it has none."""
        if not page:
            return ""
        return f"{self._service.public_url}/{_PAGE_PATH[letter.audience]}/{page}"

    def _thread(
        self, session: Session, letter: Letter, answered: Answered | None
    ) -> tuple[str, tuple[str, ...]]:
        """In-Reply-To and References: below the mail it answers, else below our last letter."""
        if letter.answers and answered and answered.message_id:
            chain = (*answered.references, answered.message_id)
            return answered.message_id, chain[:1] + chain[1:][-_MAX_REFERENCES:]
        if letter.request is None or not letter.request.id:
            return "", ()
        last = last_letter(session, letter.request.id, letter.to)
        return (last, (last,)) if last else ("", ())
