"""`Flow`: the one way to change a request."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailflow import failpoints
from mailflow.config import Config
from mailflow.core import classify, machine, reference, token
from mailflow.core.checkup import examine
from mailflow.core.classify import Facts, Reading
from mailflow.core.commands import Actor, Command, Hold, Tick
from mailflow.core.decision import Limit
from mailflow.core.letter import Letter
from mailflow.core.message import Message, Unreadable
from mailflow.core.request import Person, State
from mailflow.flow import clock, loops, strays
from mailflow.flow import facts as gathering
from mailflow.flow import world as surroundings
from mailflow.flow.carry import carry_out
from mailflow.flow.limits import within
from mailflow.flow.marks import effect_key, state_of, why
from mailflow.flow.post import Answered, Post
from mailflow.flow.record import Entry
from mailflow.flow.values import Applied, Contested, Mail, Page
from mailflow.letters import Letters
from mailflow.store import directory, history, inbox, queries, requests, tokens
from mailflow.store.db import Database, Deadlock, Session

_TRIES = 5
#: Somebody else was faster: load again and decide anew.
_LOST_RACES = (
    requests.Conflict, requests.DomainTaken, history.AlreadyDecided, inbox.DuplicateEffect,
    Deadlock,
)  # fmt: skip


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

    def ticks(
        self, request_ids: Sequence[int], pause: Callable[[], None] = lambda: None
    ) -> list[Applied]:
        """`tick` for several requests in one transaction: all of them, or none.

        `pause` is called now and then while nothing is locked: it may let others go first.
        Requests that somebody else has in hand, or changes meanwhile, are left out. Raises
        whatever stopped one of them; then each is to be tried alone.
        """
        with self.db.reading() as session:
            now = self.db.now(session)
            plans = clock.plan(session, self._post, request_ids, now, self.policy, pause)
        return self._together(lambda session: clock.settle(session, self._post, plans, now))

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
            history.add_check(session, request_id, now, not findings, findings)
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

    def write(self, session: Session, letter: Letter, now: datetime) -> None:
        """Put a letter that belongs to no request into the outbox."""
        self._post.write(session, [(letter, None)], now)

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
        if request and clock.waits(session, [request], self.db.now(session)):
            return clock.WAITING
        return self._apply(session, Tick(), request_id, clock.CLOCK, None, None)

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
            key = effect_key(message, mail)
        if key and queries.effect_known(session, key):
            applied = Applied("duplicate", "the same mail had its effect before (I2)")
            key = None
        else:
            applied = self._act(session, mail)
        if applied.outcome == "quarantine":
            key = None  # it had no effect; the operator may release it
        request_id = applied.request.id if applied.request else reading.request_id
        inbox.finish(
            session,
            claimed.id,
            claimed.fence,
            state=state_of(applied, reading),
            kind=reading.kind,
            outcome=applied.outcome,
            reason=why(applied, reading),
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
            known = mail.facts.person is not None
            loop = loops.again(session, message, reading, self.policy, now, known=known)
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
            within(session, limit, world.now) for limit in decision.spends
        ):
            decision = decision.instead
        entry = Entry(request, decision, actor)
        return carry_out(session, self._post, entry, self.policy, world.now, answered)

    # -- answers outside the rules of a request ------------------------------------------------

    def _calm(
        self, session: Session, message: Message, reading: Reading, answered: Answered
    ) -> Applied:
        letter, limit = strays.calm(message, self.config.service)
        return self._once(session, letter, limit, "unknown_token", reading.why, answered)

    def _redirect(
        self, session: Session, message: Message, reading: Reading, answered: Answered
    ) -> Applied:
        assert reading.request_id is not None
        request = requests.load(session, reading.request_id)
        silent = self.config.trust.unproven_replies == "quarantine"
        if request is None or (silent and reading.outcome == "unproven"):
            return Applied("quarantine", reading.why)
        letter, limit = strays.redirect(message, reading, request, self.config.service)
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
        if not within(session, limit, now):
            return Applied(outcome, reason)
        self._post.write(session, [(letter, answered)], now)
        return Applied(outcome, reason, letters=1)
