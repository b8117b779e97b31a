"""The real door under any sequence of words, clicks and days, some of them at once.

After each step the database itself is asked whether the invariants of DOMAIN.md §6 and the
promises I5, I9 and I11 hold. Letters are written without templates; all else is the service.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any
from unittest import mock

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from mailflow import processor
from mailflow.core import commands as c
from mailflow.core.machine import TRANSITIONS
from mailflow.core.request import FINAL, OCCUPYING, State
from mailflow.store import queries, tables
from mailflow.store.db import Database
from mailflow.timers import check_all
from tests.edges.life import ALBA, PARTNERS, USERS, Got, Life, Work

LONG = bool(os.environ.get("MAILFLOW_TEST_LONG"))
#: Parts run side by side; together 10,000 sequences on the two databases in the long run.
PARTS, SEQUENCES = (50, 100) if LONG else (1, 30)
STEPS = 12
TERM = timedelta(days=90)
CUSTOMERS = ("tom@harbour.example", "eva@harbour.example", "max@harbour.example")
DOMAINS = ("harbour.example", "dock.example")

PARTNER_WORDS = (
    "CONFIRM", "CONFIRM", "RENEW", "RENEW", "RESEND", "STATUS", "hm, well", "CANCEL",
    f"Customer email: {CUSTOMERS[1]}", f"User emails: {', '.join(USERS)}",
    "Account name: Another", "Customer email: nonsense", "Notice email: desk@cobalt.example",
)  # fmt: skip
CUSTOMER_WORDS = (
    "ACTIVATE", "ACTIVATE", "DECLINE too dear", "NOT ME", "READY", "RESEND", "STATUS", "hm, well",
    *(f"NOMINATE {email}" for email in CUSTOMERS), "NOMINATE x@elsewhere.example", "CONFIRM",
)  # fmt: skip
BUTTONS: tuple[c.Command, ...] = (
    c.Accept("click"), c.Accept("click"), c.Decline("no"), c.NotMe(), c.Ready(), c.Resend(),
    *(c.Nominate(email) for email in CUSTOMERS),
)  # fmt: skip
ORDERS: tuple[c.Command, ...] = (
    c.Hold("odd", "eve"), c.Release("eve"), c.Release("eve"), c.Reject("eve"), c.Cancel(),
    c.Resend(),
)  # fmt: skip

#: How far back somebody goes in his mailbox: mostly to the newest letter.
BACK = st.sampled_from((0, 0, 0, 0, 1, 1, 2, 3, 5, 8))
PARTNER = st.tuples(st.just("partner"), BACK, st.sampled_from(PARTNER_WORDS))
CUSTOMER = st.tuples(st.just("customer"), BACK, st.sampled_from(CUSTOMER_WORDS))
CLICK = st.tuples(st.just("click"), BACK, st.sampled_from(BUTTONS))
STEP = st.one_of(
    CUSTOMER, CUSTOMER, CLICK, CLICK, PARTNER, PARTNER,
    st.tuples(st.just("operate"), BACK, st.sampled_from(ORDERS)),
    st.tuples(st.sampled_from(("bounce", "absence")), BACK),
    st.tuples(st.just("tick")),
    st.tuples(
        st.just("open"), st.sampled_from(PARTNERS), st.sampled_from(DOMAINS),
        st.sampled_from(CUSTOMERS),
    ),
)  # fmt: skip
#: Spans of time; "before" and "after" are half a minute from the end of the newest open term.
PAUSE = st.sampled_from(
    (timedelta(), timedelta(hours=25), timedelta(days=4), timedelta(days=31), "before", "after")
)
#: state → states that may follow, whatever the command.
ARROWS = {
    (str(before), str(after))
    for table in TRANSITIONS.values()
    for before, afters in table.items()
    for after in afters
}

request_, event_, account_, outbox_, token_, inbox_ = (
    getattr(tables, name).__table__
    for name in ("RequestRow", "Event", "Account", "Outbox", "Token", "Inbox")
)


class Model(RuleBasedStateMachine):
    """What people, machines and the clock may do, and what must hold whenever they have."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self.life = Life(db)
        self.ended: dict[int, str] = {}

    # -- steps ---------------------------------------------------------------------------------

    @initialize(
        domain=st.sampled_from(DOMAINS),
        words=st.sampled_from((*("CONFIRM",) * 6, "", "Customer email: nonsense")),
        then=st.sampled_from((*(None,) * 6, c.NotMe(), c.Decline("no"))),
    )
    def begin(self, domain: str, words: str, then: c.Command | None) -> None:
        """Most lives begin where there is something to decide."""
        self._act([("open", ALBA, domain, CUSTOMERS[0])])
        if words:
            self._act([("partner", 0, words)])
        if then:
            self._act([("click", 0, then)])

    @rule(step=STEP)
    def one(self, step: Any) -> None:
        self._act([step])

    @rule(steps=st.lists(STEP, min_size=2, max_size=4), pause=PAUSE)
    def at_once(self, steps: list[Any], pause: Any) -> None:
        """Mails come in, time passes, and then they are all worked on at once."""
        self._act(steps, pause)

    @rule(step=st.one_of(PARTNER, CUSTOMER, CLICK), times=st.integers(2, 4))
    def many_times_at_once(self, step: Any, times: int) -> None:
        self._act([step] * times)

    @rule(step=st.one_of(CUSTOMER, CLICK), pause=st.sampled_from(("after", "before")))
    def last_word(self, step: Any, pause: Any) -> None:
        """Nobody looked at the clock: the receipt alone decides (S27)."""
        self._pass(pause)
        self._act([step])

    @rule(pause=PAUSE, looks=st.booleans())
    def time_passes(self, pause: Any, looks: bool) -> None:
        self._pass(pause)
        if looks:
            self._act([("tick",)])

    @rule()
    def checks(self) -> None:
        self.life.db.clock_offset += timedelta(hours=25)
        check_all(self.life.flow)
        self.life.collect()

    @rule(partner=st.sampled_from(PARTNERS), active=st.booleans())
    def directory_changes(self, partner: Any, active: bool) -> None:
        self.life.bar(partner.email, active)

    @rule()
    def sender_works(self) -> None:
        self.life.send()

    @rule(back=st.integers(0, 5))
    def same_mail_again(self, back: int) -> None:
        """The same mail by another way changes nothing (I2)."""
        if not self.life.sent:
            return
        raw, mail_from, to = self.life.sent[-1 - back % len(self.life.sent)]
        before = self._all_that_counts()
        other_way = f"Received: from mx{len(self.life.sent)}.relay.example\r\n".encode() + raw
        self.life.act([self.life.arrival(other_way, mail_from, to)])
        assert self._all_that_counts() == before

    def _act(self, steps: list[Any], pause: Any = timedelta()) -> None:
        works = [work for step in steps if (work := self._prepared(step))]
        self._pass(pause)
        if works:
            self.life.act(works)
        self.life.collect()

    def _pass(self, pause: Any) -> None:
        """Let time pass; it never goes back."""
        if pause in ("before", "after"):
            open_terms = select(request_.c.expires_at).where(
                request_.c.state.in_(("pending", "hold"))
            )
            ends = [row.expires_at for row in self.life.rows(open_terms)]
            half = timedelta(seconds=30 if pause == "after" else -30)
            pause = max(ends) + half - self.life.now() if ends else timedelta()
        self.life.db.clock_offset += max(pause, timedelta())

    def _prepared(self, step: Any) -> Work | None:
        life, name, rest = self.life, step[0], step[1:]
        if name == "tick":
            return life.tick
        if name == "open":
            partner, domain, customer = rest
            local = customer.partition("@")[0]
            return life.mail(
                partner.email,
                f"Account name: Harbour\nCustomer email: {local}@{domain}\nUser emails: {USERS[0]}",
            )
        if name == "operate":
            ids = [row.id for row in life.rows(select(request_.c.id).order_by(request_.c.id))]
            return life.operate(ids[-1 - rest[0] % len(ids)], rest[1]) if ids else None
        letter = self._letter(name, rest[0])
        if letter is None:
            return None
        if name == "click":
            return life.click(letter, rest[1])
        if name in ("bounce", "absence"):
            return life.bounce(letter) if name == "bounce" else life.absence(letter)
        return life.reply(letter, rest[1])

    def _letter(self, name: str, back: int) -> Got | None:
        """The letter that somebody takes up: so many back among those that serve."""
        serves: dict[str, Callable[[Got], object]] = {
            "partner": lambda x: x.audience == "partner" and "+" in x.reply_to,
            "customer": lambda x: x.audience == "approver" and "+" in x.reply_to,
            "click": lambda x: x.page,
        }
        fit = [x for x in self.life.letters if serves.get(name, lambda x: x.request_id)(x)]
        return fit[-1 - back % len(fit)] if fit else None

    # -- what must hold ------------------------------------------------------------------------

    def _all_that_counts(self) -> list[Any]:
        return [
            self.life.rows(select(table).order_by(*table.primary_key))
            for table in (request_, event_, account_, token_, outbox_)
        ]

    @invariant()
    def holds(self) -> None:
        found = self.life.tables(
            select(request_), select(event_).order_by(event_.c.id),
            select(outbox_).order_by(outbox_.c.id), select(inbox_), select(account_), select(token_),
        )  # fmt: skip
        requests = {row.id: row for row in found[0]}
        events = defaultdict(list)
        for row in found[1]:
            events[row.request_id].append(row)
        letters = defaultdict(list)
        for row in found[2]:
            letters[row.request_id].append(row)
        received = {row.id: row.received_at for row in found[3]}
        self._one_account_per_domain(requests, found[4])
        self._secrets(requests, found[5])
        for number, request in requests.items():
            self._history(request, events[number], received)
            self._letters(request, letters[number])
            assert self.ended.setdefault(number, request.state) == request.state or (
                State(self.ended[number]) not in FINAL
            ), "an ended request changed its state"
            self.ended[number] = request.state
        self._conserved()

    def _one_account_per_domain(self, requests: dict[int, Any], accounts: list[Any]) -> None:
        taken = Counter[str]()
        of_request = {}
        for row in accounts:
            of_request[row.request_id] = row.state
            taken[row.domain] += row.state != "ended"
        assert max(taken.values(), default=0) <= 1, taken
        for number, request in requests.items():
            occupying = State(request.state) in OCCUPYING
            assert of_request.get(number, "ended") == (request.state if occupying else "ended")
            assert (request.created_at is not None) == (number in of_request)

    def _history(self, request: Any, events: list[Any], received: dict[int, Any]) -> None:
        names = Counter(row.name for row in events)
        decided = [row for row in events if row.decides]
        assert len(decided) == (request.state in ("active", "declined")), "one decision"
        assert names["confirmed"] == (request.created_at is not None)
        assert names["expired"] == (request.state == "expired")
        assert names["lapsed"] == (request.state == "lapsed")
        for before, row in pairwise(events):
            one_decision = (row.from_state, row.to_state) == (before.from_state, before.to_state)
            assert one_decision or row.from_state == before.to_state, "a change without its line"
            assert one_decision or (row.from_state, row.to_state) in ARROWS
        assert events[-1].to_state == request.state
        if request.created_at is None:
            return
        assert request.expires_at - request.created_at == TERM
        for row in events:
            counts_at = received.get(row.inbox_id, row.at)
            if row.name == "expired":
                assert row.at >= request.expires_at, "expired early (I11)"
            if row.decides:
                assert counts_at < request.expires_at, "decided late (S27)"

    def _letters(self, request: Any, letters: list[Any]) -> None:
        kinds = Counter(row.kind for row in letters if row.audience in ("partner", "approver"))
        assert kinds["completion"] == (request.created_at is not None)
        assert kinds["confirmation_partner"] == (request.state == "active")
        assert kinds["declined"] == (request.state == "declined")
        assert kinds["lapsed"] == (request.state == "lapsed")
        notices = sum(row.kind == "expiry_notice" for row in letters)
        assert notices == (request.state == "expired"), "exactly one expiry notice (S28)"
        for row in letters:
            if row.audience == "user" or row.recipient in USERS:
                assert request.state == "active", "a user heard before the account was active"
            if row.audience == "approver":
                assert request.created_at is not None, "the customer heard before CONFIRM"
                assert row.created_at >= request.created_at

    def _secrets(self, requests: dict[int, Any], tokens: list[Any]) -> None:
        """Only who may decide now holds a secret that still gives something."""
        for row in tokens:
            request = requests.get(row.request_id)
            if request is None or row.person == request.requester or row.withdrawn_at:
                continue
            if row.purpose in ("approver_reply", "page"):
                assert row.person == request.approver, "a replaced approver's secret is alive"
        for letter in self.life.letters[:3] + self.life.letters[-3:]:
            if not letter.page:
                continue
            page = self.life.flow.page(letter.page)
            holder = requests[letter.request_id or 0].approver
            assert page.part != "approver" or page.person == letter.recipient == holder
            if letter.recipient != holder and letter.audience == "approver":
                assert page.request is None

    def _conserved(self) -> None:
        with self.life.db.reading() as session:
            found = queries.conservation(session)
        assert found.difference == 0
        assert (found.waiting, found.failed) == (0, 0)


@pytest.fixture
def one_mail_each() -> Iterator[None]:
    """Each worker takes one mail at a time, so that mails which came together race."""
    with mock.patch.object(processor, "BATCH", 1):
        yield


@pytest.mark.usefixtures("one_mail_each")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_sequence_breaks_a_promise(
    db: Database, part: int, record_property: Callable[[str, object], None]
) -> None:
    lives = 0

    def live() -> Model:
        nonlocal lives
        lives += 1
        return Model(db)

    run_state_machine_as_test(
        live,
        settings=settings(
            settings.get_profile("long" if LONG else "default"),
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )
    record_property("sequences", lives)
    assert lives >= SEQUENCES, "the search gave up before its time"
