"""`Flow`: the one way to change a request."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailflow import failpoints
from mailflow.config import Config
from mailflow.core import classify, machine, reference, token
from mailflow.core.checkup import examine
from mailflow.core.classify import Facts, Reading
from mailflow.core.commands import Actor, Command, Hold, Tick
from mailflow.core.letter import Letter
from mailflow.core.message import Message, Unreadable
from mailflow.core.request import Person, Request, State
from mailflow.flow import clock, loops, strays
from mailflow.flow import facts as gathering
from mailflow.flow import world as surroundings
from mailflow.flow.carry import Decided, carry_out
from mailflow.flow.limits import within
from mailflow.flow.marks import DUPLICATE, effect_key, row_of
from mailflow.flow.post import Answered, Post
from mailflow.flow.record import Entry
from mailflow.flow.values import Applied, Contested, Mail, Page
from mailflow.letters import Letters
from mailflow.store import directory, history, inbox, queries, requests, tokens
from mailflow.store.db import Database, Deadlock, Session

_About = Mapping[int, tuple[Request, Person | None]]
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
            return gathering.gather(session, service, mails)

    def mail(self, mail: Mail) -> Applied:
        """Let a mail that was understood have its effect, and mark its inbox row, at once."""
        return self._transact(lambda session: self._mails(session, [mail])[0])

    def mails(self, batch: Sequence[Mail]) -> list[Applied]:
        """Let several mails have their effects in one transaction: all of them, or none.

        For mails that have nothing to do with each other; they were understood before any of them
        had its effect. Raises whatever stopped one of them: then each is to be tried alone, by
        `mail`, which also decides lost races anew.
        """
        return self._together(lambda session: self._mails(session, batch))

    def apply(self, command: Command, request_id: int, actor: Actor) -> Applied:
        """Apply a command that did not come by mail (operator, clock, machine)."""
        return self._transact(lambda session: self._apply(session, command, request_id, actor))

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
            return self._apply(session, hold, request_id, Actor("system"))

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
            return self._apply(session, command, page.request.id, actor)

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
        return self._apply(session, Tick(), request_id, clock.CLOCK)

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

    def _mails(self, session: Session, batch: Sequence[Mail]) -> list[Applied]:
        """What there is to know is read for all, then each is decided, then all is written."""
        mails, about = self._as_of_now(session, batch)
        now = self.db.now(session)  # after waiting for whoever had one of the requests in hand
        keys = [effect_key(mail) for mail in mails]
        had = queries.effects_known(session, [key for key in keys if key])
        works = [
            Decided(applied=DUPLICATE) if key in had else self._act(session, mail, about, now)
            for mail, key in zip(mails, keys, strict=True)
        ]
        results = carry_out(session, self._post, works, self.policy, now)
        rows = [row_of(*one) for one in zip(mails, results, keys, strict=True)]
        inbox.finish(session, rows)
        return results

    def _as_of_now(self, session: Session, batch: Sequence[Mail]) -> tuple[list[Mail], _About]:
        """Mails, with the requests they are about.

        A customer's answer is read anew, where what he was shown changed since it was read. The
        facts were gathered before this transaction. Under the lock of the request nobody can
        take his secret from him any more, or change what he is about to accept.
        """
        about = self._about(session, {id for mail in batch if (id := mail.reading.request_id)})
        answers = [
            mail for mail in batch if mail.reading.part == "approver" and mail.reading.request_id
        ]
        facts = gathering.gather(
            session,
            self.config.service,
            [(mail.message, mail.claimed.recipients) for mail in answers],
        )
        anew = {
            mail.claimed.id: replace(mail, facts=known, reading=self._read(mail, known))
            for mail, known in zip(answers, facts, strict=True)
            if known.letter != mail.facts.letter
        }
        return [anew.get(mail.claimed.id, mail) for mail in batch], about

    def _read(self, mail: Mail, facts: Facts) -> Reading:
        return classify.read(mail.message, mail.claimed.mail_from, facts, mail.verdict, self.policy)

    def _about(self, session: Session, request_ids: Collection[int]) -> _About:
        """Requests, and whose they are by the directory; ours until the transaction ends."""
        found = requests.load_all(session, sorted(request_ids), lock=True)
        emails = {one.requester.email for one in found}
        people = directory.people_at(session, emails, self.config.service.internal_domains)
        return {one.id: (one, people.get(one.requester.email)) for one in found}

    def _act(self, session: Session, mail: Mail, about: _About, now: datetime) -> Decided:
        """Decide what a mail does."""
        reading, message = mail.reading, mail.message
        if reading.do in ("ignore", "quarantine") or isinstance(message, Unreadable):
            return Decided(applied=Applied(reading.do, reading.why))
        answered = Answered(mail.claimed.id, message.message_id, message.references)
        request, requester = None, mail.facts.person
        if number := reading.request_id:
            # Read anew it may be about another one.
            known = about if number in about else self._about(session, [number])
            request, requester = known.get(number, (None, None))
        if reading.do in ("calm", "redirect"):
            return strays.answer(session, message, reading, request, self.config, answered, now)
        assert reading.command is not None
        if not mail.claimed.vouched_by:
            registered = mail.facts.person is not None
            loop = loops.again(session, message, reading, self.policy, now, known=registered)
            if loop:
                return Decided(applied=Applied("quarantine", loop))
        if number and request is None:
            return Decided(applied=_missing(number))
        actor = Actor(
            reading.part,
            message.sender if reading.part != "system" else "",
            mail.verdict.rule,
            mail.claimed.id,
            min(mail.claimed.received_at, now),
            mail.facts.person,
            self._spoken(reading),
        )
        entry = self._decide(session, reading.command, request, requester, actor, now)
        return Decided(entry, answered)

    def _spoken(self, reading: Reading) -> str:
        """The language of a reply, where we write it too."""
        language = reading.reply.language if reading.reply else ""
        return language if language in self.config.service.languages else ""

    def _apply(self, session: Session, command: Command, request_id: int, actor: Actor) -> Applied:
        """Decide about a request, and store what was decided."""
        about = self._about(session, [request_id])
        if request_id not in about:
            return _missing(request_id)
        now = self.db.now(session)
        works = [Decided(self._decide(session, command, *about[request_id], actor, now))]
        by_clock = actor.part == "clock"
        [applied] = carry_out(session, self._post, works, self.policy, now, by_clock=by_clock)
        return applied

    def _decide(
        self,
        session: Session,
        command: Command,
        request: Request | None,
        requester: Person | None,
        actor: Actor,
        now: datetime,
    ) -> Entry:
        fresh = reference.make(self._chance(8))
        world = surroundings.build(
            session, self.config, self.policy, request, requester, fresh, now
        )
        decision = machine.decide(request, command, actor, world)
        if decision.instead and not all(within(session, limit, now) for limit in decision.spends):
            decision = decision.instead
        return Entry(request, decision, actor)


def _missing(request_id: int) -> Applied:
    return Applied("unknown", f"there is no request {request_id}")
