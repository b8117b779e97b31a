"""From a letter that was decided on to a finished mail in the outbox, with its secrets.

Runs inside the transaction of the decision: a template fault shows before anything has changed,
and each retry sends the same bytes (I4, I5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailflow.config import ServiceSettings
from mailflow.core import token
from mailflow.core.letter import WITH_STATUS_PAGE, Audience, Kind, Letter
from mailflow.letters import Envelope, Letters
from mailflow.store import outbox, tokens
from mailflow.store.db import Session
from mailflow.store.queries.threads import last_letters
from mailflow.store.tokens import NewToken

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


@dataclass(frozen=True, slots=True)
class Finished:
    """A letter as it will be sent, and its secrets by their purpose ("" where it has none)."""

    mail: outbox.Mail
    secrets: Mapping[str, str]


class Post:
    """Writes letters into the outbox. `chance(n)` gives n random bytes."""

    def __init__(
        self, letters: Letters, service: ServiceSettings, chance: Callable[[int], bytes]
    ) -> None:
        self._letters = letters
        self._service = service
        self._chance = chance

    def write(
        self,
        session: Session,
        letters: Sequence[tuple[Letter, Answered | None]],
        now: datetime,
        *,
        by_clock: bool = False,
    ) -> None:
        """Finish letters, each with the mail it answers, and put them into the outbox.

        Written `by_clock` they are sent after those that somebody has just asked for.
        """
        self.put(session, self.finish(session, letters, now, by_clock=by_clock), now)

    def finish(
        self,
        session: Session,
        letters: Sequence[tuple[Letter, Answered | None]],
        now: datetime,
        *,
        by_clock: bool = False,
        pause: Callable[[], None] = lambda: None,
    ) -> list[Finished]:
        """Finish letters, see `write`; only reads. `pause` is called before each of them."""
        about = {letter.request.id for letter, _ in letters if letter.request}
        last = last_letters(session, sorted(about - {0}))
        finished = []
        for letter, answered in letters:
            pause()
            finished.append(self._finish(letter, answered, last, now, by_clock=by_clock))
        return finished

    def put(self, session: Session, finished: Sequence[Finished], now: datetime) -> None:
        """Put finished letters into the outbox, with what their secrets may do."""
        ids = outbox.add_all(session, [one.mail for one in finished], now)
        given = [
            NewToken(
                hash=token.digest(secret),
                purpose=purpose,
                person=one.mail.recipient,
                request_id=one.mail.request_id,
                outbox_id=outbox_id,
                revision=one.mail.revision,
            )
            for outbox_id, one in zip(ids, finished, strict=True)
            for purpose, secret in one.secrets.items()
            if secret
        ]
        tokens.add_many(session, given, now)

    def _finish(
        self,
        letter: Letter,
        answered: Answered | None,
        last: dict[tuple[int, str], str],
        now: datetime,
        *,
        by_clock: bool,
    ) -> Finished:
        """One letter.

        `last` holds the newest letter about each request to each recipient; this one is noted.
        """
        service = self._service
        request = letter.request
        bounce = self._secret()
        reply, page = self._secrets(letter)
        message_id = f"<{self._chance(15).hex()}@{service.domain}>"
        if letter.answers and answered is None:
            letter = replace(letter, answers=False)
        above = last.get((request.id, letter.to), "") if request else ""
        in_reply_to, references = _thread(letter, answered, above)
        if request and request.id:
            last[request.id, letter.to] = message_id
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
        mail = outbox.Mail(
            request_id=request.id if request else None,
            inbox_id=answered.inbox_id if answered else None,
            kind=letter.kind,
            audience=letter.audience,
            language=letter.language,
            revision=request.revision if request else 0,
            recipient=letter.to,
            mail_from=service.bounce_address(bounce),
            message_id=message_id,
            subject=finished.subject,
            raw=finished.raw,
            by_clock=by_clock,
        )
        secrets = {"bounce": bounce, f"{letter.audience}_reply": reply, "page": page}
        return Finished(mail, secrets)

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


def _thread(letter: Letter, answered: Answered | None, above: str) -> tuple[str, tuple[str, ...]]:
    """In-Reply-To and References: below the mail it answers, else below our last letter."""
    if letter.answers and answered and answered.message_id:
        chain = (*answered.references, answered.message_id)
        return answered.message_id, chain[:1] + chain[1:][-_MAX_REFERENCES:]
    return (above, (above,)) if above else ("", ())
