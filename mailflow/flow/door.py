"""`Flow`: the one way to change a request."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mailflow import failpoints
from mailflow.config import Config
from mailflow.core import classify, machine, reference, token
from mailflow.core.checkup import examine
from mailflow.core.classify import Facts, Reading
from mailflow.core.commands import Actor, Command, Hold, Tick
from mailflow.core.decision import Decision, Limit
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.message import Message, Unreadable
from mailflow.core.request import OCCUPYING, Person, Request, State
from mailflow.core.verdict import Verdict
from mailflow.flow import facts as gathering
from mailflow.flow import loops
from mailflow.flow import world as surroundings
from mailflow.flow.post import Answered, Post
from mailflow.letters import Letters
from mailflow.store import directory, inbox, outbox, queries, quota, requests, tokens
from mailflow.store.db import Database, Session

_TRIES = 5
_ONCE = timedelta(days=36_500)
#: Unsent letters that invite to something: void once the request has ended (DESIGN.md §2.6).
_INVITING = (
    Kind.ACTIVATION, Kind.REMINDER_CUSTOMER, Kind.RELEASED_CUSTOMER, Kind.STILL_WAITING,
    Kind.REMINDER_PARTNER, Kind.QUESTION, Kind.REVIEW,
)  # fmt: skip


#: Somebody else was faster: load again and decide anew.
_LOST_RACES = (
    requests.Conflict, requests.DomainTaken, requests.AlreadyDecided, inbox.DuplicateEffect,
)  # fmt: skip


class Contested(Exception):  # noqa: N818
    """Somebody else was faster each time. Nothing was changed; try again."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An inbound mail under claim, as far as it was understood."""

    claimed: inbox.Claimed
    message: Message | Unreadable
    reading: Reading
    facts: Facts
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a command."""

    outcome: str
    reason: str
    request: Request | None = None
    letters: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What a page token leads to. `status`: "open", "settled", "withdrawn" or "unknown".

    `part` is "approver" (may act, at /a/) or "partner" (may only look, at /s/).
    """

    status: str
    request: Request | None = None
    person: str = ""
    language: str = ""
    part: str = ""


class Flow:
    """Applies commands, one transaction each.

    Args:
        db: Where everything is kept.
        letters: Writes mails.
        config: Addresses, languages, policy.
        bell: Rung after a commit that put mail into the outbox; a hint, not a promise.
        chance: Gives n random bytes.
    """

    def __init__(
        self,
        db: Database,
        letters: Letters,
        config: Config,
        bell: Callable[[], None] = lambda: None,
        chance: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.db = db
        self.config = config
        self.policy = config.policy.value()
        self.bell = bell
        self._chance = chance
        self._post = Post(letters, config.service, chance)

    # -- the ways in ---------------------------------------------------------------------------

    def gather(self, message: Message | Unreadable, recipients: tuple[str, ...]) -> Facts:
        """What the database knows about a mail; reads only."""
        [facts] = self.gather_all([(message, recipients)])
        return facts

    def gather_all(
        self, mails: Iterable[tuple[Message | Unreadable, tuple[str, ...]]]
    ) -> list[Facts]:
        """What the database knows about each of several mails, at one moment; reads only."""
        service = self.config.service
        with self.db.reading() as session:
            return [gathering.gather(session, service, *mail) for mail in mails]

    def mail(self, mail: Mail) -> Applied:
        """Let a mail that was understood have its effect, and mark its inbox row, at once."""
        return self._transact(lambda session: self._mail(session, mail))

    def mails(self, batch: Sequence[Mail]) -> list[Applied]:
        """Let several mails have their effects in one transaction: all of them, or none.

        For mails that have nothing to do with each other; they were understood before any of them
        had its effect. Raises whatever stopped one of them: then each is to be tried alone, by
        `mail`, which also decides lost races anew.
        """
        return self._together(lambda session: [self._mail(session, mail) for mail in batch])

    def apply(self, command: Command, request_id: int, actor: Actor) -> Applied:
        """Apply a command that did not come by mail (operator, clock, machine)."""
        return self._transact(
            lambda session: self._apply(session, command, request_id, actor, None, None)
        )

    def tick(self, request_id: int) -> Applied:
        """Do what is due for a request; it may be called as often as one likes.

        An expiry waits while a mail that was received before the deadline is still unread: the
        receipt decides, not our speed (DOMAIN.md §6).
        """
        return self._transact(lambda session: self._tick(session, request_id))

    def ticks(self, request_ids: Iterable[int]) -> list[Applied]:
        """`tick` for several requests in one transaction: all of them, or none.

        Raises whatever stopped one of them; then each is to be tried alone.
        """
        return self._together(lambda session: [self._tick(session, one) for one in request_ids])

    def check(self, request_id: int) -> Applied:
        """Run the security checks over a pending request and record them (S25)."""

        def work(session: Session) -> Applied:
            request = requests.load(session, request_id, lock=True)
            if request is None or request.state is not State.PENDING:
                return Applied("nothing_due", "it is not pending")
            now = self.db.now(session)
            service = self.config.service
            email, domain = request.requester.email, request.fields.account_domain
            findings = examine(
                request,
                directory.person(session, email, service.internal_domains),
                directory.account(session, domain),
                now,
                self.policy.bounced_hold_days,
            )
            requests.add_check(session, request_id, now, not findings, findings)
            if not findings:
                return Applied("passed", "security checks", request)
            hold = Hold(f"security check: {', '.join(findings)}", "security check", findings)
            return self._apply(session, hold, request_id, Actor("system"), None, None)

        return self._transact(work)

    def page(self, secret: str) -> Page:
        """What the holder of a page token may see. Reads only."""
        with self.db.reading() as session:
            return self._page(session, secret)

    def timeline(self, request_id: int) -> Sequence[Mapping[str, Any]]:
        """What has happened to a request, as its partner may know it. Reads only."""
        with self.db.reading() as session:
            return queries.timeline(session, request_id)

    def click(self, secret: str, command: Command) -> Applied:
        """The holder of a page token decides by the page's button (POST)."""

        def work(session: Session) -> Applied:
            page = self._page(session, secret)
            if page.request is None or page.part != "approver":
                return Applied("unknown", "the page token gives no right")
            actor = Actor(
                "approver",
                page.person,
                f"page token {secret[:6]}…",
                received_at=self.db.now(session),
            )
            return self._apply(session, command, page.request.id, actor, None, None)

        return self._transact(work)

    def write(self, session: Session, letter: Letter, now: datetime) -> int:
        """Put a letter that belongs to no request into the outbox; returns its id there."""
        return self._post.write(session, letter, now, None)

    # -- in the transaction --------------------------------------------------------------------

    def _together(self, work: Callable[[Session], list[Applied]]) -> list[Applied]:
        """Run several works in one transaction; they are not decided anew."""
        with self.db.transaction() as session:
            results = work(session)
            failpoints.reach("flow.before_commit")
        failpoints.reach("flow.after_commit")
        if any(applied.letters for applied in results):
            self.bell()
        return results

    def _transact(self, work: Callable[[Session], Applied]) -> Applied:
        """Run `work` in a transaction; anew when somebody else was faster."""
        for attempt in range(_TRIES):
            try:
                with self.db.transaction() as session:
                    applied = work(session)
                    failpoints.reach("flow.before_commit")
                failpoints.reach("flow.after_commit")
                break
            except _LOST_RACES as lost:
                if attempt == _TRIES - 1:
                    raise Contested(str(lost)) from lost
        if applied.letters:
            self.bell()
        return applied

    def _tick(self, session: Session, request_id: int) -> Applied:
        request = requests.load(session, request_id)
        now = self.db.now(session)
        if (
            request
            and request.expires_at
            and now >= request.expires_at
            and queries.unfinished_before(session, request.expires_at)
        ):
            return Applied("waiting", "mail from before the deadline is still unread")
        return self._apply(session, Tick(), request_id, Actor("clock"), None, None)

    def _page(self, session: Session, secret: str) -> Page:
        found = tokens.find(session, token.digest(secret))
        if found is None or found.purpose != "page" or found.request_id is None:
            return Page("unknown")
        request = requests.load(session, found.request_id)
        if request is None or found.withdrawn_at:
            return Page("withdrawn")
        status = "open" if request.state is State.PENDING else "settled"
        # Both may be one person: an external customer who decides for his own company.
        if found.person == request.approver:
            language = request.approver_language or request.language
            return Page(status, request, found.person, language, "approver")
        if found.person == request.requester.email:
            return Page(status, request, found.person, request.language, "partner")
        return Page("withdrawn")

    def _mail(self, session: Session, mail: Mail) -> Applied:
        mail = self._as_of_now(session, mail)
        reading, claimed, message = mail.reading, mail.claimed, mail.message
        key: str | None = None
        if mail.verdict.proven and isinstance(message, Message):
            key = _effect_key(message, mail)
        if key and queries.effect_known(session, key):
            applied = Applied("duplicate", "the same mail had its effect before (I2)")
            key = None
        else:
            applied = self._act(session, mail)
        if applied.outcome == "quarantine":
            key = None  # it had no effect; the operator may release it
        state = {"quarantine": "quarantined", "ignore": "ignored"}.get(reading.do, "done")
        if applied.outcome in ("refuse", "quarantine"):
            state = "refused" if applied.outcome == "refuse" else "quarantined"
        request_id = applied.request.id if applied.request else reading.request_id
        inbox.finish(
            session,
            claimed.id,
            claimed.fence,
            state=state,
            kind=reading.kind,
            outcome=applied.outcome,
            reason=_why(applied, reading),
            sender=message.sender if isinstance(message, Message) else "",
            verdict=f"{mail.verdict.result}: {mail.verdict.rule}",
            message_id=message.message_id if isinstance(message, Message) else "",
            effect_key=key,
            request_id=request_id,
        )
        return applied

    def _as_of_now(self, session: Session, mail: Mail) -> Mail:
        """A customer's answer read anew, where what he was shown changed since it was read.

        The facts were gathered before this transaction. Under the lock of the request nobody can
        take his secret from him any more, or change what he is about to accept.
        """
        if mail.reading.part != "approver" or mail.reading.request_id is None:
            return mail
        requests.load(session, mail.reading.request_id, lock=True)
        facts = gathering.gather(
            session, self.config.service, mail.message, mail.claimed.recipients
        )
        if facts.letter == mail.facts.letter:
            return mail
        reading = classify.read(
            mail.message, mail.claimed.mail_from, facts, mail.verdict, self.policy
        )
        return replace(mail, facts=facts, reading=reading)

    def _act(self, session: Session, mail: Mail) -> Applied:
        reading, message = mail.reading, mail.message
        if reading.do in ("ignore", "quarantine") or isinstance(message, Unreadable):
            return Applied(reading.do, reading.why)
        answered = Answered(mail.claimed.id, message.message_id, message.references)
        if reading.do == "calm":
            return self._calm(session, message, reading, answered)
        if reading.do == "redirect":
            return self._redirect(session, message, reading, answered)
        assert reading.command is not None
        now = self.db.now(session)
        if not mail.claimed.vouched_by:
            loop = loops.again(session, message, reading, self.policy, now)
            if loop:
                return Applied("quarantine", loop)
        actor = Actor(
            reading.part,
            message.sender if reading.part != "system" else "",
            mail.verdict.rule,
            mail.claimed.id,
            min(mail.claimed.received_at, now),
            mail.facts.person,
            self._spoken(reading),
        )
        return self._apply(
            session, reading.command, reading.request_id, actor, mail.facts.person, answered
        )

    def _spoken(self, reading: Reading) -> str:
        """The language of a reply, where we write it too."""
        language = reading.reply.language if reading.reply else ""
        return language if language in self.config.service.languages else ""

    def _apply(
        self,
        session: Session,
        command: Command,
        request_id: int | None,
        actor: Actor,
        sender: Person | None,
        answered: Answered | None,
    ) -> Applied:
        """Decide, and store what was decided."""
        request = requests.load(session, request_id, lock=True) if request_id else None
        if request_id and request is None:
            return Applied("unknown", f"there is no request {request_id}")
        fresh = reference.make(self._chance(8))
        world = surroundings.build(
            session, self.db, self.config, self.policy, request, sender, fresh
        )
        decision = machine.decide(request, command, actor, world)
        if decision.instead and not all(
            self._within(session, limit, world.now) for limit in decision.spends
        ):
            decision = decision.instead
        stored = self._store(session, request, decision, actor, world.now)
        limits = self._limits(request, decision, actor)
        letters = self._counted(session, decision.letters, limits, world.now)
        subject = stored[-1] if stored else request
        letters = self._measured(session, decision, letters, subject, world.now)
        for letter in letters:
            self._post.write(session, _with_id(letter, stored), world.now, answered)
        return Applied(decision.outcome, decision.reason, subject, len(letters))

    def _measured(
        self,
        session: Session,
        decision: Decision,
        letters: tuple[Letter, ...],
        request: Request | None,
        now: datetime,
    ) -> tuple[Letter, ...]:
        """The letters without those to added users who had their share today; that is noted."""
        kept = []
        for letter in letters:
            limit = decision.measured.get(letter.to) if letter.audience is Audience.USER else None
            if limit is None or self._within(session, limit, now):
                kept.append(letter)
                continue
            requests.insert_event(
                session,
                request_id=request.id if request else None,
                at=now,
                name="user_spared",
                part="system",
                reason=f"{limit.times} letters to this address in a day (DOMAIN.md S16)",
                data={"address": letter.to},
            )
        return tuple(kept)

    def _limits(
        self, before: Request | None, decision: Decision, actor: Actor
    ) -> tuple[Limit, ...]:
        """How often such letters may go out. What changes nothing is answered a bounded number
        of times an hour, so that no two machines can keep each other writing (I16)."""
        own = (*((decision.limit,) if decision.limit else ()), *decision.further)
        idle = decision.opened is None and (before is None or decision.request == before)
        if not idle or not actor.message:
            return own
        hour, policy = timedelta(hours=1), self.policy
        if actor.address:  # a machine's report has none, and shares no limit with the others'
            by_hour, by_day = policy.idle_answers_per_hour, policy.idle_answers_per_day
            own = (
                *own,
                Limit(f"idle:{actor.address}", by_hour, hour, told=True),
                Limit(f"idle-day:{actor.address}", by_day, 24 * hour, told=True),
            )
        if before is None:
            return own
        thread = f"idle:{before.reference}:{actor.part}"
        return (*own, Limit(thread, policy.idle_answers_per_thread, hour, told=True))

    def _counted(
        self,
        session: Session,
        letters: tuple[Letter, ...],
        limits: tuple[Limit, ...],
        now: datetime,
    ) -> tuple[Letter, ...]:
        """The letters, told which ones they are and whether they are the last for a while; none
        when there have been enough of them."""
        nth, until = 1, None
        for limit in limits if letters else ():
            taken = quota.take(session, limit.key, limit.times, limit.window, now)
            if taken is None:
                return ()
            if limit.numbered:
                nth = taken.count
            if limit.told and taken.count == limit.times:
                until = max(until, taken.until) if until else taken.until
        if nth == 1 and until is None:
            return letters
        return tuple(replace(letter, nth=nth, silent_until=until) for letter in letters)

    def _store(
        self,
        session: Session,
        before: Request | None,
        decision: Decision,
        actor: Actor,
        now: datetime,
    ) -> list[Request]:
        """Save the values of a decision with their history; returns them as stored."""
        stored = []
        after = decision.request
        if before and after is not None and after != before:
            after = requests.save(session, after, before.version, now)
            self._move_account(session, before, after, now)
        if after is not None:
            stored.append(after)
        if decision.opened:
            stored.append(requests.insert(session, decision.opened))
        for address in decision.withdraw:
            if after is not None:
                tokens.withdraw(session, after.id, now, address, ("approver_reply", "page"))
                outbox.withdraw(session, after.id, recipient=address, at=now)
        if decision.silence and after is not None:
            outbox.withdraw(session, after.id, kinds=[str(k) for k in _INVITING], at=now)
        subject = stored[-1] if stored else None
        for event in decision.events:
            requests.insert_event(
                session,
                request_id=subject.id if subject else None,
                at=now,
                name=event.name,
                from_state=before.state if before else "",
                to_state=subject.state if subject else "",
                revision=subject.revision if subject else 0,
                decides=event.decides,
                part=actor.part,
                address=actor.address,
                evidence=actor.evidence,
                reason=event.reason or decision.reason,
                inbox_id=actor.message or None,
                data=dict(event.data),
            )
        if decision.remark:
            requests.add_remark(
                session,
                kind=decision.remark.kind,
                address=actor.address,
                remark=decision.remark.text,
                at=now,
                request_id=subject.id if subject else None,
                inbox_id=actor.message or None,
            )
        return stored

    def _move_account(
        self, session: Session, before: Request, after: Request, now: datetime
    ) -> None:
        """The account follows its request (DOMAIN.md §6: one per domain)."""
        if before.state is after.state:
            return
        if after.state in OCCUPYING and before.state not in OCCUPYING:
            requests.account_create(session, after, str(after.state), now)
        elif before.state in OCCUPYING:
            state = str(after.state) if after.state in OCCUPYING else "ended"
            requests.account_set(session, after, state, now)

    # -- answers outside the rules of a request ------------------------------------------------

    def _calm(
        self, session: Session, message: Message, reading: Reading, answered: Answered
    ) -> Applied:
        """The same calm mail for a secret that never was and for one that was withdrawn."""
        letter = Letter(
            Kind.UNKNOWN_TOKEN,
            message.sender,
            self.config.service.default_language,
            Audience.STRANGER,
            answers=True,
        )
        limit = Limit(f"calm:{message.sender}", 1, timedelta(days=1))
        return self._once(session, letter, limit, "unknown_token", reading.why, answered)

    def _redirect(
        self, session: Session, message: Message, reading: Reading, answered: Answered
    ) -> Applied:
        """The right letter, but not (provably) the right sender: told what to do, once."""
        assert reading.request_id is not None
        request = requests.load(session, reading.request_id)
        if request is None:
            return Applied("quarantine", reading.why)
        unproven = reading.outcome == "unproven"
        known = unproven or reading.outcome == "no_secret"  # the approver himself, by his address
        if unproven and self.config.trust.unproven_replies == "quarantine":
            return Applied("quarantine", reading.why)
        letter = Letter(
            Kind.WRONG_SENDER,
            request.approver if known else message.sender,
            request.approver_language if known else self.config.service.default_language,
            Audience.APPROVER if known else Audience.STRANGER,
            request if known else None,
            {"why": reading.outcome, "part": reading.part},
            answers=True,
        )
        span = timedelta(days=1) if reading.outcome == "no_secret" else _ONCE
        limit = Limit(f"{reading.outcome}:{request.id}:{letter.to}", 1, span)
        return self._once(session, letter, limit, reading.outcome, reading.why, answered)

    def _once(
        self,
        session: Session,
        letter: Letter,
        limit: Limit,
        outcome: str,
        reason: str,
        answered: Answered,
    ) -> Applied:
        now = self.db.now(session)
        if not self._within(session, limit, now):
            return Applied(outcome, reason)
        self._post.write(session, letter, now, answered)
        return Applied(outcome, reason, letters=1)

    @staticmethod
    def _within(session: Session, limit: Limit, now: datetime) -> bool:
        return quota.take(session, limit.key, limit.times, limit.window, now) is not None


def _why(applied: Applied, reading: Reading) -> str:
    """The rule that decided; of an answer also the rule by which it was understood."""
    if reading.reply is None or not reading.why or reading.why in applied.reason:
        return applied.reason
    return f"{applied.reason}; understood as {reading.reply.intent}: {reading.why}"


def _with_id(letter: Letter, stored: list[Request]) -> Letter:
    """Letters are decided on before a new request has its id: give it to them."""
    if letter.request is None:
        return letter
    for request in stored:
        if request.reference == letter.request.reference:
            return replace(letter, request=replace(letter.request, id=request.id))
    return letter


def _effect_key(message: Message, mail: Mail) -> str | None:
    """What one mail is counted by, however many copies of it arrive (DESIGN.md §2.2).

    The request is that of the letter it answers, not that of how it was read: a mail that names
    another approver takes its own secret away, and its copy is read otherwise.

    Received lines and recipients play no part. A mail whose Message-ID is missing, or is not
    covered by the proof of its sender, is told from others by its date and subject, so that
    nobody can have it act again by giving it another one. Without a date it is counted by its
    bytes alone, at the inbox.
    """
    if mail.reading.do not in ("apply", "calm", "redirect"):
        return None
    name = message.message_id if mail.verdict.id_proven else ""
    if not name and message.date:
        name = f"{message.date}\0{message.subject}"
    if not name:
        return None
    letter = mail.facts.returned or mail.facts.letter
    request_id = letter.request_id if letter else 0
    parts = (message.sender, name, message.body_hash, str(request_id))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
