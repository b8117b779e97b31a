"""Random sequences of commands: whatever is asked, in whatever order, the invariants hold (I9, I11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import given

from mailflow.core import commands as c
from mailflow.core.decision import World
from mailflow.core.letter import Audience, Kind
from mailflow.core.machine import decide
from mailflow.core.policy import Policy
from mailflow.core.request import FINAL, OCCUPYING, Account, Fields, Request, State
from tests.core.test_machine import NOW, PARTNER, TOM

EVA = "eva@harbour.example"
ADDRESSES = st.sampled_from([TOM, EVA, "max@harbour.example", "x@elsewhere.example", "nonsense"])
LINES = st.builds(
    Fields,
    account_name=st.sampled_from(["", "Harbour", "Harbour Ltd"]),
    customer_email=st.sampled_from(["", TOM, EVA, PARTNER.email, "nonsense"]),
    account_domain=st.sampled_from(["", "harbour.example", "other.example"]),
    user_emails=st.sampled_from([(), ("ann@harbour.example",), ("bad",)]),
    notice_email=st.sampled_from(["", "desk@cobalt.example"]),
)
PARTNERS = st.one_of(
    st.builds(c.Confirm, st.integers(1, 4) | st.none()),
    st.builds(c.Change, st.builds(c.Submission, LINES)),
    st.sampled_from([c.Cancel(), c.Renew(), c.Resend(), c.Status(), c.Help(), c.English()]),
    st.just(c.Unknown("hm", "unclear")),
)
APPROVERS = st.one_of(
    st.builds(c.Nominate, ADDRESSES),
    st.sampled_from(
        [c.Accept(), c.Decline("no"), c.NotMe(), c.Ready(), c.Resend(), c.Status(), c.English()]
    ),
)
OTHERS = st.one_of(
    st.builds(c.AddressFailed, ADDRESSES, st.just("550 5.1.1"), st.just("activation")),
    st.builds(c.Absent, ADDRESSES),
)
OPERATORS = st.sampled_from(
    [c.Hold("odd", "eve"), c.Release("eve"), c.Reject("eve"), c.Cancel(), c.Resend()]
)
STEPS = st.one_of(
    st.tuples(st.just("partner"), PARTNERS),
    st.tuples(st.just("approver"), APPROVERS),
    st.tuples(st.just("system"), OTHERS),
    st.tuples(st.just("operator"), OPERATORS),
    st.tuples(st.just("clock"), st.just(c.Tick())),
)
PAUSES = st.sampled_from([0, 0, 1, 3, 7, 15, 40, 90]).map(lambda days: timedelta(days=days))


def account_of(request: Request | None) -> Account | None:
    """What the account table holds for the one request of the story."""
    if request is None or request.state not in OCCUPYING:
        return None
    return Account(
        request.fields.account_domain, "", str(request.state), request.reference, PARTNER.email
    )


@given(LINES, st.lists(st.tuples(STEPS, PAUSES), max_size=25))
def test_no_sequence_breaks_the_rules(
    lines: Fields, steps: list[tuple[tuple[str, c.Command], timedelta]]
) -> None:
    now, policy = NOW, Policy()
    world = World(now, policy, PARTNER, reference="R-AAAAAAA", operator="ops@vendor.example")
    first = decide(None, c.Open(c.Submission(lines)), c.Actor("partner", PARTNER.email), world)
    request = first.opened
    confirmed, decisions, notices = False, 0, 0
    if request is None:
        assert first.letters, "nobody is left without an answer"
        return
    for (part, command), pause in steps:
        now += pause
        if part == "approver" and not request.approver:
            continue  # nobody holds a customer's letter yet
        taken = account_of(request)
        here = replace(
            world, now=now,
            account_of=lambda d, a=taken: a if a and a.domain == d else None,  # type: ignore[misc]
        )  # fmt: skip
        actor = c.Actor(part, request.approver if part == "approver" else "", received_at=now)
        decision = decide(request, command, actor, here)
        after = decision.request or request
        check_step(request, after, command)
        decisions += sum(event.decides for event in decision.events)
        notices += sum(letter.kind is Kind.EXPIRY_NOTICE for letter in decision.letters
                       if not isinstance(command, c.English))  # fmt: skip
        confirmed = confirmed or after.state is State.PENDING
        for letter in decision.letters:
            assert letter.to
            assert letter.audience is not Audience.USER or after.state is State.ACTIVE
            assert letter.audience is not Audience.APPROVER or confirmed
        assert after.next_due is None or after.state not in FINAL
        assert after.state in FINAL or after.next_due is not None, "forgotten by the clock"
        request = after
    assert decisions <= 1, "one decision per request"
    assert notices <= 1, "exactly one expiry notice"


def check_step(before: Request, after: Request, command: c.Command) -> None:
    """What must hold between two values of a request, whatever was asked."""
    if before.state in FINAL:
        assert replace(after, renewed_as="", ready_told=False) == replace(
            before, renewed_as="", ready_told=False
        )
    if after.state is State.PENDING and before.state is State.REVIEW:
        assert isinstance(command, c.Confirm)
        assert command.revision == before.revision
        assert not before.errors
    if after.state is State.ACTIVE:
        assert before.state in (State.PENDING, State.ACTIVE)
    if before.created_at:
        assert (after.created_at, after.expires_at) == (before.created_at, before.expires_at)
        assert after.fields.account_domain == before.fields.account_domain
    assert after.nominations <= Policy().nominations
    assert after.revision >= before.revision
