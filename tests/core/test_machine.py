"""The table of transitions, walked: every command in every state, and the rules that guard them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailflow.core import commands as c
from mailflow.core.decision import Decision, World
from mailflow.core.form import read_form
from mailflow.core.letter import Audience, Kind
from mailflow.core.machine import TRANSITIONS, decide
from mailflow.core.message import read
from mailflow.core.newtext import own_text
from mailflow.core.policy import Policy
from mailflow.core.request import FINAL, Account, Fields, Person, Request, Role, State

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PARTNER = Person("alba@partner.example", "Alba Vidal", "Cobalt Partners", language="en")
TOM = "tom@harbour.example"
FIELDS = Fields(
    account_name="Harbour Logistics",
    customer_email=TOM,
    account_domain="harbour.example",
    user_emails=("ann@harbour.example", "bo@dockyard.example"),
)
ACTORS = {
    "partner": c.Actor("partner", PARTNER.email, "test", person=PARTNER),
    "approver": c.Actor("approver", TOM, "test", received_at=NOW),
    "operator": c.Actor("operator", "support@vendor.example", "test"),
    "system": c.Actor("system"),
    "clock": c.Actor("clock"),
}
COMMANDS: dict[str, tuple[str, c.Command]] = {
    "Confirm": ("partner", c.Confirm(1)),
    "Change": ("partner", c.Change(c.Submission(Fields(account_name="Harbour Ltd")))),
    "Cancel": ("partner", c.Cancel()),
    "Renew": ("partner", c.Renew()),
    "Resend": ("partner", c.Resend()),
    "Accept": ("approver", c.Accept()),
    "Decline": ("approver", c.Decline("too early")),
    "Nominate": ("approver", c.Nominate("eva@harbour.example")),
    "NotMe": ("approver", c.NotMe()),
    "Ready": ("approver", c.Ready()),
    "Status": ("partner", c.Status()),
    "Help": ("partner", c.Help()),
    "Case": ("partner", c.Case("please call")),
    "Feedback": ("partner", c.Feedback("nice")),
    "English": ("partner", c.English()),
    "Unknown": ("partner", c.Unknown("hm", "no_words")),
    "AddressFailed": ("system", c.AddressFailed(TOM, "550 no such user", "activation")),
    "Absent": ("system", c.Absent(TOM, "2026-12-01")),
    "Hold": ("operator", c.Hold("looks odd", "eve")),
    "Release": ("operator", c.Release("eve")),
    "Reject": ("operator", c.Reject("eve", "not a customer")),
    "Tick": ("clock", c.Tick()),
}


def request_in(state: State, **changes: object) -> Request:
    """A request as it would stand in `state`, one day after its last step."""
    request = Request("R-ACDEFGH", state, PARTNER, FIELDS, NOW - DAY, NOW - DAY, id=7)
    if state not in (State.DRAFT, State.REVIEW, State.LAPSED):
        request = replace(request, approver=TOM, created_at=NOW - DAY, expires_at=NOW + 89 * DAY)
    if state in FINAL:
        request = replace(request, ended_at=NOW - DAY / 2)
    return replace(request, **changes)  # type: ignore[arg-type]


def world(now: datetime = NOW, **changes: object) -> World:
    plain = World(now, Policy(), PARTNER, reference="R-NEWNEWN", operator="support@vendor.example")
    return replace(plain, **changes)  # type: ignore[arg-type]


def every_command() -> Iterator[tuple[State, str]]:
    for name in TRANSITIONS:
        for state in State:
            yield state, name


@pytest.mark.parametrize(("state", "name"), list(every_command()))
def test_every_command_in_every_state_follows_the_table_and_says_why(
    state: State, name: str
) -> None:
    part, command = COMMANDS[name]
    request = request_in(state)
    decision = decide(request, command, ACTORS[part], world())
    assert decision.request is not None
    assert decision.request.state in TRANSITIONS[name][state]
    assert decision.outcome
    assert decision.reason
    if state in FINAL:
        changed = replace(decision.request, renewed_as="", ready_told=False)
        assert changed == replace(request, next_due=None), "an ended request changes no more"
    if decision.request.state is not state:
        assert decision.events, "a transition without a line in the history"


def test_the_table_has_a_row_for_every_command_of_a_request() -> None:
    named = {
        kind.__name__
        for kind in c.Command.__args__
        if kind is not c.Open  # type: ignore[attr-defined]
    }
    assert named == set(TRANSITIONS) == set(COMMANDS)


def test_every_arrow_of_the_table_is_taken_by_somebody() -> None:
    """No arrow is drawn that nothing can walk."""
    late = replace(ACTORS["approver"], received_at=NOW + 90 * DAY)
    reached: set[tuple[str, State, State]] = set()
    for state, name in every_command():
        part, command = COMMANDS[name]
        for now, actor in ((NOW, ACTORS[part]), (NOW + 100 * DAY, ACTORS[part]), (NOW, late)):
            if part != "approver" and actor is late:
                continue
            for request in (request_in(state), request_in(state, fields=Fields())):
                done = decide(request, command, actor, world(now)).request
                assert done is not None
                reached.add((name, state, done.state))
    mend = c.Change(c.Submission(FIELDS))
    done = decide(
        request_in(State.DRAFT, fields=Fields()), mend, ACTORS["partner"], world()
    ).request
    spoil = c.Change(c.Submission(Fields(customer_email=PARTNER.email)))
    spoilt = decide(request_in(State.REVIEW), spoil, ACTORS["partner"], world()).request
    assert done is not None
    assert spoilt is not None
    reached |= {("Change", State.DRAFT, done.state), ("Change", State.REVIEW, spoilt.state)}
    drawn = {
        (name, state, target)
        for name, row in TRANSITIONS.items()
        for state, targets in row.items()
        for target in targets
        if target is not state
    }
    assert drawn <= reached


def letters(decision: Decision) -> list[tuple[Kind, str]]:
    return [(letter.kind, letter.to) for letter in decision.letters]


def test_confirm_creates_the_provisional_account_and_writes_to_partner_and_customer() -> None:
    decision = decide(request_in(State.REVIEW), c.Confirm(1), ACTORS["partner"], world())
    assert decision.request is not None
    assert decision.request.state is State.PENDING
    assert decision.request.created_at == NOW
    assert decision.request.expires_at == NOW + 90 * DAY
    assert letters(decision) == [(Kind.COMPLETION, PARTNER.email), (Kind.ACTIVATION, TOM)]


def test_the_notice_address_hears_of_completion_too() -> None:
    fields = replace(FIELDS, notice_email="desk@partner.example")
    decision = decide(
        request_in(State.REVIEW, fields=fields), c.Confirm(1), ACTORS["partner"], world()
    )
    assert (Kind.COMPLETION, "desk@partner.example") in letters(decision)


@pytest.mark.parametrize("said", ["confirm", "unknown"])
def test_a_value_changed_in_the_quotation_is_shown_and_decides_nothing(said: str) -> None:
    quoted = (c.Quoted("customer_email", ("eva@harbour.example",)),)
    command = (
        c.Confirm(1, quoted, Kind.REVIEW)
        if said == "confirm"
        else c.Unknown("see below", "unclear", revision=1, quoted=quoted, letter=Kind.REVIEW)
    )
    decision = decide(request_in(State.REVIEW), command, ACTORS["partner"], world())
    assert decision.request is not None
    assert (decision.request.state, decision.request.revision) == (State.REVIEW, 2)
    assert decision.request.fields.customer_email == "eva@harbour.example"
    (letter,) = decision.letters
    assert (letter.kind, letter.data["said"]) == (Kind.REVIEW, "quoted")
    assert letter.data["was"] == {"customer_email": TOM}


def test_a_quotation_that_says_what_we_sent_changes_nothing() -> None:
    quoted = (
        c.Quoted("account_name", ("Harbour Logistics",)),
        c.Quoted("customer_email", (TOM,)),
        c.Quoted("notice_email", (PARTNER.email,)),
    )
    confirm = c.Confirm(1, quoted, Kind.REVIEW)
    decision = decide(request_in(State.REVIEW), confirm, ACTORS["partner"], world())
    assert decision.outcome == "confirmed"


@pytest.mark.parametrize("revision", [0, 2, None])
def test_a_confirm_of_another_revision_shows_the_newest_review(revision: int | None) -> None:
    request = request_in(State.REVIEW, revision=3)
    decision = decide(request, c.Confirm(revision), ACTORS["partner"], world())
    assert decision.outcome == "older_revision"
    assert decision.request == replace(request, next_due=decision.request.next_due)  # type: ignore[union-attr]
    assert letters(decision) == [(Kind.REVIEW, PARTNER.email)]
    assert decision.letters[0].data["older"] is True


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (None, "not_registered"),
        (replace(PARTNER, active=False), "inactive_account"),
        (replace(PARTNER, internal=True), "internal_staff"),
    ],
)
def test_confirm_looks_again_whether_the_partner_may(person: Person | None, code: str) -> None:
    decision = decide(
        request_in(State.REVIEW), c.Confirm(1), ACTORS["partner"], world(requester=person)
    )
    assert decision.outcome == "refuse"
    assert decision.letters[0].data["code"] == code
    assert decision.request is None or decision.request.state is State.REVIEW


def test_confirm_looks_again_whether_the_domain_is_free() -> None:
    taken = Account("harbour.example", "Harbour", "pending", "R-OTHERAA", "other@rival.example")
    decision = decide(
        request_in(State.REVIEW), c.Confirm(1), ACTORS["partner"],
        world(account_of=lambda _d: taken),
    )  # fmt: skip
    assert decision.outcome == "already_pending"
    assert letters(decision) == [(Kind.DUPLICATE, PARTNER.email)]
    assert decision.letters[0].data["own_reference"] == "", "another's request is not named"


def test_acceptance_tells_partner_customer_and_each_user() -> None:
    decision = decide(request_in(State.PENDING), c.Accept(), ACTORS["approver"], world())
    assert decision.request is not None
    assert decision.request.state is State.ACTIVE
    assert letters(decision) == [
        (Kind.CONFIRMATION_CUSTOMER, TOM),
        (Kind.CONFIRMATION_PARTNER, PARTNER.email),
        (Kind.ACCESS, "ann@harbour.example"),
        (Kind.ACCESS, "bo@dockyard.example"),
    ]
    assert [event.decides for event in decision.events] == [True]


def test_users_hear_nothing_before_activation() -> None:
    for state in State:
        for part, command in COMMANDS.values():
            decision = decide(request_in(state), command, ACTORS[part], world())
            if decision.request is None or decision.request.state is not State.ACTIVE:
                assert all(letter.audience is not Audience.USER for letter in decision.letters)


def test_the_customer_hears_nothing_before_confirm() -> None:
    for state in (State.DRAFT, State.REVIEW, State.LAPSED):
        for part, command in COMMANDS.values():
            decision = decide(request_in(state), command, ACTORS[part], world())
            if decision.request is not None and decision.request.state is not State.PENDING:
                assert all(letter.to != TOM for letter in decision.letters)


@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, State.ACTIVE), (0, State.EXPIRED), (1, State.EXPIRED)]
)
def test_the_receipt_decides_to_the_second(seconds: int, state: State) -> None:
    """I11: in time is before the last instant, however late it is read."""
    request = request_in(State.PENDING)
    assert request.expires_at is not None
    actor = replace(ACTORS["approver"], received_at=request.expires_at + timedelta(seconds=seconds))
    late_reading = world(request.expires_at + timedelta(hours=5))
    decision = decide(request, c.Accept(), actor, late_reading)
    assert decision.request is not None
    assert decision.request.state is state


@pytest.mark.parametrize(
    ("nominee", "outcome"),
    [
        ("eva@harbour.example", "nominated"),
        ("eva@ops.harbour.example", "nominated"),
        ("eva@elsewhere.example", "nominee_outside"),
        (PARTNER.email, "nominee_outside"),
        (TOM, "nominee_same"),
        ("not an address", "nominee_invalid"),
    ],
)
def test_a_nominee_must_sit_in_the_account_domain(nominee: str, outcome: str) -> None:
    decision = decide(request_in(State.PENDING), c.Nominate(nominee), ACTORS["approver"], world())
    assert decision.outcome == outcome
    if outcome == "nominated":
        assert decision.withdraw == (TOM,)
        assert {kind for kind, _ in letters(decision)} == {
            Kind.ACTIVATION, Kind.APPROVER_REPLACED, Kind.APPROVER_CHANGED,
        }  # fmt: skip


def test_a_fourth_nomination_is_too_many() -> None:
    decision = decide(
        request_in(State.PENDING, nominations=3), c.Nominate("eva@harbour.example"),
        ACTORS["approver"], world(),
    )  # fmt: skip
    assert decision.outcome == "nominee_too_many"


def test_a_new_customer_address_keeps_the_deadline_and_ends_the_old_right() -> None:
    request = request_in(State.PENDING, undeliverable="550 no such user")
    change = c.Change(c.Submission(Fields(customer_email="rita@harbour.example")))
    decision = decide(request, change, ACTORS["partner"], world())
    assert decision.request is not None
    assert decision.request.approver == "rita@harbour.example"
    assert decision.request.expires_at == request.expires_at
    assert decision.request.undeliverable == ""
    assert decision.withdraw == (TOM,)
    assert letters(decision) == [
        (Kind.APPROVER_CHANGED, PARTNER.email),
        (Kind.ACTIVATION, "rita@harbour.example"),
    ], "nobody writes to an address that failed"


@pytest.mark.parametrize("field", ["account_name", "account_domain"])
def test_name_and_domain_are_fixed_after_confirm(field: str) -> None:
    value = {"account_name": "Other", "account_domain": "other.example"}[field]
    change = c.Change(c.Submission(Fields(**{field: value})))
    decision = decide(request_in(State.PENDING), change, ACTORS["partner"], world())
    assert decision.outcome == "refused_change"
    assert decision.letters[0].data["why_code"] == "cancel_first"


def test_resend_works_once_a_day() -> None:
    first = decide(request_in(State.PENDING), c.Resend(), ACTORS["partner"], world())
    assert first.outcome == "resent"
    assert first.request is not None
    soon = decide(first.request, c.Resend(), ACTORS["partner"], world(NOW + DAY / 2))
    assert soon.outcome == "resend_later"
    later = decide(first.request, c.Resend(), ACTORS["partner"], world(NOW + DAY))
    assert later.outcome == "resent"


def walk(request: Request, days: int, step: timedelta = DAY) -> list[tuple[int, Kind, str]]:
    """Let the clock run and collect (day, letter, to)."""
    seen = []
    now, start = request.created_at or request.touched_at, request.created_at or request.touched_at
    while now <= start + days * DAY:
        decision = decide(request, c.Tick(), ACTORS["clock"], world(now))
        assert decision.request is not None
        request = decision.request
        seen += [((now - start) // DAY, letter.kind, letter.to) for letter in decision.letters]
        now += step
    return seen


def test_ninety_days_in_one_glance() -> None:
    request = request_in(State.PENDING, created_at=NOW, expires_at=NOW + 90 * DAY)
    assert walk(request, 120) == [
        (7, Kind.REMINDER_CUSTOMER, TOM),
        (30, Kind.REMINDER_CUSTOMER, TOM),
        (60, Kind.REMINDER_CUSTOMER, TOM),
        (60, Kind.STILL_WAITING, PARTNER.email),
        (83, Kind.REMINDER_CUSTOMER, TOM),
        (83, Kind.STILL_WAITING, PARTNER.email),
        (90, Kind.EXPIRY_NOTICE, PARTNER.email),
        (90, Kind.EXPIRY_CUSTOMER, TOM),
    ]


def test_an_order_makes_reminders_denser() -> None:
    fields = replace(FIELDS, order_number="PO-17", order_date="2026-11-01")
    request = request_in(State.PENDING, created_at=NOW, expires_at=NOW + 90 * DAY, fields=fields)
    days = [day for day, kind, _ in walk(request, 89) if kind is Kind.REMINDER_CUSTOMER]
    assert days == [3, 7, 14, 21, 30, 45, 60, 75, 83]


def test_what_was_missed_while_nobody_looked_is_one_reminder() -> None:
    request = request_in(State.PENDING, created_at=NOW, expires_at=NOW + 90 * DAY)
    decision = decide(request, c.Tick(), ACTORS["clock"], world(NOW + 65 * DAY))
    assert letters(decision) == [
        (Kind.REMINDER_CUSTOMER, TOM),
        (Kind.STILL_WAITING, PARTNER.email),
    ]


def test_nobody_is_reminded_where_no_mail_arrives() -> None:
    request = request_in(State.PENDING, created_at=NOW, undeliverable="550 no such user")
    skipped = decide(request, c.Tick(), ACTORS["clock"], world(NOW + 8 * DAY))
    assert (skipped.outcome, skipped.letters) == ("reminder_skipped", ())
    assert [event.name for event in skipped.events] == ["reminder_skipped"]
    assert skipped.request is not None
    assert skipped.request.next_due == NOW + 30 * DAY
    partner = decide(skipped.request, c.Tick(), ACTORS["clock"], world(NOW + 61 * DAY))
    assert letters(partner) == [(Kind.STILL_WAITING, PARTNER.email)]
    assert [event.name for event in partner.events] == ["reminded"]


def test_a_new_review_marks_what_has_changed() -> None:
    change = c.Change(c.Submission(Fields(account_name="Harbour Ltd")))
    decision = decide(request_in(State.REVIEW), change, ACTORS["partner"], world())
    assert decision.letters[0].data["changed"] == ("account_name",)


def test_an_unfinished_request_is_reminded_once_and_lapses() -> None:
    request = request_in(State.REVIEW, touched_at=NOW)
    assert walk(request, 20) == [
        (3, Kind.REMINDER_PARTNER, PARTNER.email),
        (14, Kind.LAPSED, PARTNER.email),
    ]


def test_expiry_writes_one_notice_to_the_notice_address() -> None:
    fields = replace(FIELDS, notice_email="desk@partner.example")
    request = request_in(State.PENDING, fields=fields)
    decision = decide(request, c.Tick(), ACTORS["clock"], world(NOW + 91 * DAY))
    assert letters(decision) == [
        (Kind.EXPIRY_NOTICE, "desk@partner.example"),
        (Kind.EXPIRY_CUSTOMER, TOM),
    ]


def test_renew_opens_a_linked_request_once() -> None:
    expired = request_in(State.EXPIRED)
    first = decide(expired, c.Renew(), ACTORS["partner"], world())
    assert first.opened is not None
    assert first.opened.state is State.REVIEW
    assert first.opened.previous == expired.reference
    assert first.opened.fields == expired.fields
    assert letters(first) == [(Kind.REVIEW, PARTNER.email)]
    assert first.request is not None
    again = decide(first.request, c.Renew(), ACTORS["partner"], world())
    assert again.opened is None


def test_a_late_customer_can_say_once_that_he_is_ready() -> None:
    told = decide(request_in(State.EXPIRED), c.Ready(), ACTORS["approver"], world())
    assert (Kind.CUSTOMER_READY, PARTNER.email) in letters(told)
    assert told.request is not None
    again = decide(told.request, c.Ready(), ACTORS["approver"], world())
    assert (Kind.CUSTOMER_READY, PARTNER.email) not in letters(again)


def test_support_requests_on_behalf() -> None:
    support = Person("sam@vendor.example", "Sam", "Vendor", Role.SUPPORT, internal=True)
    decision = decide(
        None, c.Open(c.Submission(FIELDS)), replace(ACTORS["partner"], address=support.email),
        world(requester=support),
    )  # fmt: skip
    assert decision.opened is not None
    assert decision.opened.on_behalf


def test_a_partner_cannot_speak_as_the_customer() -> None:
    decision = decide(request_in(State.PENDING), c.Accept(), ACTORS["partner"], world())
    assert decision.outcome == "unknown"
    assert decision.request is not None
    assert decision.request.state is State.PENDING


def prose(text: str, subject: str = "") -> Decision:
    """What follows a first mail without labels."""
    own = own_text(read(f"From: {PARTNER.email}\r\n\r\n{text}".encode()))  # type: ignore[arg-type]
    submission = read_form(own, subject, Policy())
    actor = replace(ACTORS["partner"], address=PARTNER.email)
    return decide(None, c.Open(submission), actor, world())


def test_prose_is_answered_with_a_form_that_is_filled_in_but_nothing_is_taken() -> None:
    decision = prose(f"Could you make an account for Tom, {TOM}?\r\nThanks, {PARTNER.email}")
    assert decision.opened is None
    assert decision.letters[0].kind is Kind.HELP
    assert decision.letters[0].data["filled"] == {"customer_email": TOM}


def test_an_address_in_prose_is_proposed_for_the_missing_customer() -> None:
    decision = prose(f"It is for Tom, {TOM}.", "Account for Harbour Logistics")
    assert decision.opened is not None
    assert decision.opened.fields.customer_email == ""
    (problem,) = decision.opened.errors
    assert (problem.code, problem.suggestion) == ("missing:customer_email", TOM)


def test_two_addresses_in_prose_are_not_chosen_from() -> None:
    decision = prose(f"Ask {TOM} or eva@harbour.example.", "Account for Harbour Logistics")
    assert decision.opened is not None
    assert decision.opened.errors[0].suggestion == ""


def test_who_said_not_me_is_not_asked_whether_he_would_still_like_it() -> None:
    for reason, offer in (("not_me", False), ("security check: bounced", True)):
        request = request_in(State.HOLD, hold_reason=reason)
        decision = decide(request, c.Tick(), ACTORS["clock"], world(NOW + 91 * DAY))
        (line,) = [x for x in decision.letters if x.kind is Kind.EXPIRY_CUSTOMER]
        assert line.data["offer"] is offer


def test_a_case_outside_any_request_reaches_the_operator() -> None:
    decision = decide(None, c.Case("please call"), ACTORS["partner"], world())
    assert letters(decision) == [
        (Kind.CASE, PARTNER.email),
        (Kind.OPERATOR_NOTICE, "support@vendor.example"),
    ]
    feedback = decide(None, c.Feedback("nice"), ACTORS["partner"], world())
    assert letters(feedback) == [(Kind.FEEDBACK_THANKS, PARTNER.email)]


def test_who_writes_can_be_reached() -> None:
    request = request_in(State.PENDING, undeliverable="552 full", undeliverable_since=NOW)
    decision = decide(request, c.Unknown("hm"), ACTORS["approver"], world())
    assert decision.request is not None
    assert (decision.request.undeliverable, decision.request.undeliverable_since) == ("", None)
    late = replace(ACTORS["approver"], received_at=NOW + 90 * DAY)
    over = decide(request, c.Accept(), late, world(NOW + 90 * DAY))
    assert (Kind.EXPIRY_CUSTOMER, TOM) in letters(over), "he wrote: he is answered"


def test_a_failed_notice_address_is_told_to_the_partner() -> None:
    fields = replace(FIELDS, notice_email="desk@partner.example")
    failed = c.AddressFailed("desk@partner.example", "550 no such user", "completion")
    for state in (State.PENDING, State.EXPIRED):
        decision = decide(request_in(state, fields=fields), failed, ACTORS["system"], world())
        assert letters(decision) == [(Kind.ADDRESS_FAILED, PARTNER.email)]
        assert decision.request is not None
        assert decision.request.undeliverable == ""


def test_the_approver_among_the_users_is_written_to_once() -> None:
    fields = replace(FIELDS, user_emails=(TOM, "ann@harbour.example"))
    decision = decide(
        request_in(State.PENDING, fields=fields), c.Accept(), ACTORS["approver"], world()
    )
    access = [to for kind, to in letters(decision) if kind == Kind.ACCESS]
    assert access == ["ann@harbour.example"]
