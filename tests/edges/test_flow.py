"""The door on both databases: what mails, clicks and the clock bring about, and what they do not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from mailflow.core import classify, message
from mailflow.core import commands as c
from mailflow.core.request import State
from mailflow.core.verdict import Verdict
from mailflow.flow import Mail
from mailflow.rehearsal import Written
from mailflow.store import directory, inbox, queries
from mailflow.store.db import Database
from mailflow.timers import check_all
from tests.house import (
    ALBA,
    BRUNO,
    DAY,
    GONE,
    INTAKE,
    REQUEST,
    TOM,
    House,
    config,
    kinds,
    one,
    text_of,
)
from tests.house import page_token as token_in


@pytest.fixture
def house(db: Database) -> House:
    return House(db)


def test_a_whole_conversation_by_reply(house: House) -> None:
    review = house.review()
    assert house.request().state is State.REVIEW
    letters = house.answer(review, "CONFIRM")
    assert kinds(letters) == [("completion", ALBA.email), ("activation", TOM)]
    letters = house.answer(one(letters, "activation"), "Hello,\nACTIVATE\nRegards, Tom")
    assert kinds(letters) == [
        ("confirmation_customer", TOM),
        ("confirmation_partner", ALBA.email),
        ("access", "ann@harbour.example"),
    ]
    assert house.request().state is State.ACTIVE
    assert house.outcomes() == [
        ("done", "request", "review"),
        ("done", "reply", "confirmed"),
        ("done", "reply", "accepted"),
    ]


def test_letters_of_one_request_hang_in_one_thread(house: House) -> None:
    completion, activation = house.pending()
    house.service.pass_time(7 * DAY)
    reminder = one(house.service.letters(), "reminder_customer")
    parsed = message_from_bytes(reminder.raw, policy=policy.default)
    assert parsed["In-Reply-To"] == activation.message_id
    assert parsed["Auto-Submitted"] == "auto-generated"
    answered = message_from_bytes(completion.raw, policy=policy.default)
    assert answered["Auto-Submitted"] == "auto-replied"


def test_the_same_mail_with_other_received_lines_changes_nothing(house: House) -> None:
    raw, to = house.reply(house.review(), "CONFIRM")
    assert house.deliver(raw, mail_from=ALBA.email, to=to)
    other_way = b"Received: from mx2.cobalt.example by mx.vendor.example\r\n" + raw
    assert house.deliver(other_way, mail_from=ALBA.email, to=to) == []
    assert house.outcomes()[-1] == ("done", "reply", "duplicate")


def test_a_first_mail_that_comes_twice_opens_one_request(house: House) -> None:
    assert house.write(ALBA.email, REQUEST, message_id="<same@cobalt.example>")
    again = house.write(
        ALBA.email, REQUEST, message_id="<same@cobalt.example>", headers={"X-Hop": "2"}
    )
    assert again == []
    assert house.request().state is State.REVIEW


def test_a_stranger_who_uses_the_message_id_first_does_not_eat_the_partners_mail(
    house: House,
) -> None:
    house.write(BRUNO.email, REQUEST.replace("harbour", "other"), message_id="<m@cobalt.example>")
    assert one(house.write(ALBA.email, REQUEST, message_id="<m@cobalt.example>"), "review")


def test_confirm_on_an_older_review_shows_the_newer_one(house: House) -> None:
    old = house.review()
    new = one(house.answer(old, "Account name: Harbour Logistics Ltd"), "review")
    assert kinds(house.answer(old, "CONFIRM")) == [("review", ALBA.email)]
    assert house.request().state is State.REVIEW
    assert house.answer(new, "CONFIRM")
    assert house.request().fields.account_name == "Harbour Logistics Ltd"
    assert house.request().state is State.PENDING


def test_one_line_repairs_a_question(house: House) -> None:
    question = one(house.write(ALBA.email, f"Customer email: {TOM}\n"), "question")
    assert house.request().state is State.DRAFT
    assert one(house.answer(question, "Account name: Harbour Logistics"), "review")
    assert house.request().fields.customer_email == TOM


def test_a_mail_that_is_not_proven_is_set_aside_without_an_answer(house: House) -> None:
    assert house.write(ALBA.email, REQUEST, peer="203.0.113.9") == []
    assert house.outcomes() == [("quarantined", "request", "quarantine")]


def test_an_operator_can_vouch_for_a_quarantined_mail(house: House) -> None:
    house.write(ALBA.email, REQUEST, peer="203.0.113.9")
    assert inbox.release(house.db, [1], by="eve") == 1
    house.service.work()
    assert kinds(house.service.letters()) == [("review", ALBA.email)]


@pytest.mark.parametrize("sender", ["nobody@new.example", GONE.email, "x@vendor.example"])
def test_whoever_may_not_ask_is_told_once_a_day(house: House, sender: str) -> None:
    assert kinds(house.write(sender, REQUEST)) == [("refusal", sender)]
    assert house.write(sender, REQUEST + "again") == []
    assert [state for state, _, _ in house.outcomes()] == ["refused", "refused"]
    house.service.pass_time(timedelta(days=1, minutes=1))
    assert kinds(house.write(sender, REQUEST + "next day")) == [("refusal", sender)]


def test_a_reply_from_another_address_is_told_what_to_do_once(house: House) -> None:
    _, activation = house.pending()
    letters = house.answer(activation, "ACTIVATE", sender="eva@harbour.example")
    assert kinds(letters) == [("wrong_sender", "eva@harbour.example")]
    assert house.answer(activation, "ACTIVATE now", sender="eva@harbour.example") == []
    assert house.request().state is State.PENDING


def test_a_colleague_may_accept_where_the_policy_says_so(db: Database) -> None:
    house = House(db, config(policy={"domain_colleagues_may_accept": True}))
    _, activation = house.pending()
    assert house.answer(activation, "ACTIVATE", sender="eva@other.example")
    assert house.request().state is State.PENDING
    assert house.answer(activation, "ACTIVATE", sender="eva@harbour.example")
    assert house.request().state is State.ACTIVE


def test_a_customer_whose_domain_proves_nothing_is_pointed_to_the_page_once(house: House) -> None:
    _, activation = house.pending()
    letters = house.answer(activation, "ACTIVATE", peer="203.0.113.9")
    assert kinds(letters) == [("wrong_sender", TOM)]
    assert "https://accounts.vendor.example/a/" in text_of(letters[0])
    assert house.answer(activation, "ACTIVATE!", peer="203.0.113.9") == []
    assert house.request().state is State.PENDING


def test_the_nominee_decides_and_the_old_secret_is_dead(house: House) -> None:
    _, activation = house.pending()
    letters = house.answer(activation, "NOMINATE eva@harbour.example")
    assert set(kinds(letters)) == {
        ("activation", "eva@harbour.example"),
        ("approver_replaced", TOM),
        ("approver_changed", ALBA.email),
    }
    assert house.service.flow.page(token_in(activation)).request is None
    assert house.service.flow.click(token_in(activation), c.Accept("click")).outcome == "unknown"
    assert kinds(house.answer(activation, "ACTIVATE")) == [("unknown_token", TOM)]
    assert house.request().state is State.PENDING
    assert house.answer(one(letters, "activation"), "ACTIVATE")
    assert house.request().state is State.ACTIVE


def test_unknown_and_withdrawn_secrets_read_the_same(house: House) -> None:
    _, activation = house.pending()
    house.answer(activation, "NOMINATE eva@harbour.example")
    withdrawn = one(house.answer(activation, "ACTIVATE"), "unknown_token")
    never = one(
        house.write(BRUNO.email, "ACTIVATE", to=f"requests+{'a' * 32}@vendor.example"),
        "unknown_token",
    )
    assert text_of(withdrawn) == text_of(never)


DSN = """\
Reporting-MTA: dns; mx.harbour.example

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown
"""


def bounce(house: House, letter: Written, action: str = "failed") -> list[Written]:
    """The mail server of the recipient returns a letter to its own return path."""
    with house.db.reading() as session:
        (row,) = queries.outbox_rows(session, ids=[letter.id])
    del row
    return_path = house.return_paths[letter.id]  # type: ignore[attr-defined]
    report = DSN.format(to=letter.recipient).replace("failed", action)
    raw = (
        "From: Mail Delivery System <MAILER-DAEMON@mx.harbour.example>\r\n"
        f"To: {return_path}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nI could not deliver it.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + report.replace("\n", "\r\n")
        + "\r\n--b--\r\n"
    )
    return house.deliver(raw.encode(), mail_from="", to=return_path, peer="203.0.113.9")


@pytest.fixture
def return_paths(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the return path of each letter, which no list shows whole."""
    from mailflow.store import outbox

    house.return_paths = {}  # type: ignore[attr-defined]
    add_all = outbox.add_all

    def remember(session: object, mails: list[outbox.Mail], at: object) -> list[int]:
        ids = add_all(session, mails, at)  # type: ignore[arg-type]
        for mail_id, mail in zip(ids, mails, strict=True):
            house.return_paths[mail_id] = mail.mail_from  # type: ignore[attr-defined]
        return ids

    monkeypatch.setattr(outbox, "add_all", remember)


@pytest.mark.usefixtures("return_paths")
def test_a_failed_address_is_repaired_by_one_line(house: House) -> None:
    _, activation = house.pending()
    expires = house.request().expires_at
    failed = one(bounce(house, activation), "address_failed")
    assert failed.recipient == ALBA.email
    assert house.request().undeliverable
    assert bounce(house, activation) == [], "the same report again"
    letters = house.answer(failed, "Customer email: rita@harbour.example")
    assert ("activation", "rita@harbour.example") in kinds(letters)
    assert house.request().expires_at == expires
    assert house.service.flow.page(token_in(activation)).status == "withdrawn"


@pytest.mark.usefixtures("return_paths")
def test_a_delay_is_no_failure(house: House) -> None:
    _, activation = house.pending()
    assert bounce(house, activation, "delayed") == []
    assert not house.request().undeliverable


@pytest.mark.usefixtures("return_paths")
def test_an_out_of_office_decides_nothing_and_the_partner_hears_once(house: House) -> None:
    _, activation = house.pending()
    path = house.return_paths[activation.id]  # type: ignore[attr-defined]
    words = "ACTIVATE\nI am out of the office until 3 December 2026."
    headers = {"Auto-Submitted": "auto-replied (vacation)"}
    subject = "Out of Office: Please decide"
    told = house.write(TOM, words, to=path, subject=subject, headers=headers, mail_from="")
    assert kinds(told) == [("absent", ALBA.email)]
    again = house.write(TOM, words + ".", to=path, subject=subject, headers=headers, mail_from="")
    assert again == []
    assert house.request().state is State.PENDING


def test_expiry_waits_for_mail_received_before_the_deadline(house: House) -> None:
    """The receipt decides, however slow we are (DOMAIN.md §6)."""
    _, activation = house.pending()
    raw, to = house.reply(activation, "ACTIVATE")
    house.db.clock_offset += 90 * DAY - timedelta(minutes=5)
    inbox.put_many(house.db, [inbox.Incoming(raw, TOM, (to,), "127.0.0.1", "smtp")])
    house.db.clock_offset += timedelta(minutes=10)
    assert house.service.flow.tick(house.request().id).outcome == "waiting"
    house.service.work()
    assert house.request().state is State.ACTIVE


def test_an_acceptance_after_the_last_instant_meets_the_expiry(house: House) -> None:
    _, activation = house.pending()
    raw, to = house.reply(activation, "ACTIVATE")
    house.db.clock_offset += 90 * DAY + timedelta(minutes=1)
    letters = house.deliver(raw, mail_from=TOM, to=to)
    assert house.request().state is State.EXPIRED
    assert ("expiry_notice", ALBA.email) in kinds(letters)
    house.service.pass_time(DAY)
    assert [k for k, _ in kinds(house.service.letters())].count("expiry_notice") == 0


def test_accepting_and_expiring_in_the_same_instant_have_one_winner(house: House) -> None:
    """The sweep and a click meet within milliseconds of the deadline, before it and after (I11)."""
    for n in range(10):
        _, activation = house.pending(REQUEST.replace("harbour", f"quay{n}"))
        with house.db.reading() as session:
            request = queries.request(session, max(x.id for x in queries.requests(session)))
        assert request is not None
        assert request.expires_at is not None
        house.db.clock_offset += request.expires_at - house.service.now()
        house.db.clock_offset -= timedelta(milliseconds=5 * n)
        gate = threading.Barrier(2)

        def click(secret: str = token_in(activation), gate: threading.Barrier = gate) -> str:
            gate.wait()
            return house.service.flow.click(secret, c.Accept("click")).outcome

        def sweep(number: int = request.id, gate: threading.Barrier = gate) -> str:
            gate.wait()
            return house.service.flow.tick(number).outcome

        with ThreadPoolExecutor(2) as pool:
            ends = [pool.submit(click), pool.submit(sweep)]
            said = [end.result() for end in ends]
        with house.db.reading() as session:
            after = queries.request(session, request.id)
            decisions = [
                (event.name, event.at) for event in queries.events(session, request.id)
                if event.name in ("accepted", "expired")
            ]  # fmt: skip
        assert after is not None
        assert len(decisions) == 1, (decisions, said)
        name, at = decisions[0]
        assert (name, after.state) in (("accepted", State.ACTIVE), ("expired", State.EXPIRED))
        assert name == "accepted" or at >= request.expires_at, "expired early"
        sent = [kind for kind, _ in kinds(house.service.letters())]
        assert sent.count("expiry_notice") == (name == "expired")
        assert sent.count("confirmation_partner") == (name == "accepted")


def test_renew_reopens_the_review_and_the_domain_is_free_again(house: House) -> None:
    house.pending()
    house.service.pass_time(91 * DAY)
    notice = one(house.service.letters(), "expiry_notice")
    review = one(house.answer(notice, "RENEW"), "review")
    letters = house.answer(review, "CONFIRM")
    assert ("activation", TOM) in kinds(letters)


def test_two_requests_race_for_one_domain_one_wins_the_other_is_told(house: House) -> None:
    first, second = house.review(), house.review(REQUEST, BRUNO.email)
    answers = [house.reply(letter, "CONFIRM") for letter in (first, second)]
    senders = (ALBA.email, BRUNO.email)
    for (raw, to), sender in zip(answers, senders, strict=True):
        inbox.put_many(house.db, [inbox.Incoming(raw, sender, (to,), "127.0.0.1", "smtp")])
    claimed = inbox.claim(house.db, 10, timedelta(minutes=1))
    gate = threading.Barrier(2)

    def work(mail: inbox.Claimed) -> str:
        read = message.read(mail.raw)
        facts = house.service.flow.gather(read, mail.recipients)
        verdict = Verdict("pass", "test")
        reading = classify.read(read, mail.mail_from, facts, verdict, house.service.policy)
        gate.wait()
        return house.service.flow.mail(Mail(mail, read, reading, facts, verdict)).outcome

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(work, claimed))
    assert outcomes == ["already_pending", "confirmed"]
    letters = house.service.letters()
    assert [kind for kind, _ in kinds(letters)].count("activation") == 1
    assert [kind for kind, _ in kinds(letters)].count("duplicate") == 1


def test_twenty_clicks_at_once_have_the_effect_of_one(house: House) -> None:
    _, activation = house.pending()
    secret = token_in(activation)
    gate = threading.Barrier(20)

    def click(_: int) -> str:
        gate.wait()
        return house.service.flow.click(secret, c.Accept("click")).outcome

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(click, range(20)))
    assert sorted(set(outcomes)) == ["accepted", "already"]
    assert outcomes.count("accepted") == 1
    letters = house.service.letters()
    assert [kind for kind, _ in kinds(letters)].count("confirmation_partner") == 1


def test_looking_at_the_page_changes_nothing(house: House) -> None:
    _, activation = house.pending()
    before = house.request()
    for _ in range(3):
        assert house.service.flow.page(token_in(activation)).status == "open"
    assert house.request() == before


def test_a_fault_of_ours_loses_nothing_and_sets_the_mail_aside_after_three(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = house.review()
    raw, to = house.reply(review, "CONFIRM")
    post = house.service.flow._post

    def broken(*_: object) -> int:
        raise RuntimeError("no template")

    monkeypatch.setattr(post, "write", broken)
    for _ in range(3):
        assert house.deliver(raw, mail_from=ALBA.email, to=to) == []
        with house.db.transaction() as session:
            from sqlmodel import col, update

            from mailflow.store.tables import Inbox

            session.connection().execute(update(Inbox).where(col(Inbox.state) == "waiting").values(
                next_attempt_at=house.db.machine_now(session) - DAY))  # fmt: skip
    house.service.work()
    assert house.outcomes()[-1][0] == "failed"
    assert house.request().state is State.REVIEW, "nothing of the decision was kept"
    monkeypatch.undo()
    assert inbox.retry(house.db, [2]) == 1
    house.service.work()
    assert house.request().state is State.PENDING
    assert len(house.service.letters()) == 2


def test_our_own_mail_coming_back_is_ignored(house: House) -> None:
    review = house.review()
    assert house.deliver(review.raw, mail_from="bounce@vendor.example", to=INTAKE) == []
    assert house.outcomes()[-1][:2] == ("ignored", "automatic")


def test_unclear_words_are_answered_once_an_hour_and_eight_times_a_day(house: House) -> None:
    """DOMAIN.md §4. It says that there will be no other for now, and the way to a person (I16)."""
    review = house.review()
    words = (f"Hmm, let me think about it, {n}." for n in range(100))
    for hour, expected in enumerate([1] * 8 + [0]):
        house.db.clock_offset = timedelta(hours=hour, seconds=hour)
        got = [letter for _ in range(3) for letter in house.answer(review, next(words))]
        assert kinds(got) == [("unknown_reply", ALBA.email)] * expected
        for letter in got:
            assert "our last answer of this kind" in text_of(letter)
            assert "CASE" in text_of(letter)
    assert kinds(house.answer(review, "STATUS")) == [("status", ALBA.email)]
    assert house.request().state is State.REVIEW


def test_a_reply_that_lost_its_tag_is_found_by_its_thread(house: House) -> None:
    review = house.review()
    raw, _ = house.reply(review, "CONFIRM")
    assert kinds(house.deliver(raw, mail_from=ALBA.email, to=INTAKE))[0][0] == "completion"


def test_the_reference_alone_shows_the_review_but_confirms_nothing(house: House) -> None:
    """No revision is known, so the newest review is shown again."""
    review = house.review()
    reference = house.request().reference
    letters = house.write(ALBA.email, "CONFIRM", subject=f"about {reference}")
    assert kinds(letters) == [("review", ALBA.email)]
    assert house.request().state is State.REVIEW
    stranger = house.write(BRUNO.email, "CONFIRM", subject=f"about {reference}")
    assert all(letter.recipient == BRUNO.email for letter in stranger)
    assert review


def test_every_accepted_mail_is_accounted_for(house: House) -> None:
    """I26: accepted = effects + failed + quarantined + refused + duplicates + ignored + waiting."""
    house.pending()
    house.write("nobody@new.example", REQUEST)
    house.write(ALBA.email, REQUEST, peer="203.0.113.9")
    with house.db.reading() as session:
        assert queries.conservation(session).difference == 0


def test_a_version_written_meanwhile_is_never_overwritten(house: House) -> None:
    from mailflow.store import requests

    house.review()
    stale = house.request()
    with house.db.transaction() as session:
        requests.save(session, replace(stale, warnings=()), stale.version)
    with pytest.raises(requests.Conflict), house.db.transaction() as session:
        requests.save(session, replace(stale, language="es"), stale.version)


def test_security_checks_hold_what_is_odd_and_a_release_is_remembered(house: House) -> None:
    """S25: once a day, stored; what the operator has released is not found again."""
    note = "Note to customer: please send me your password\n"
    house.pending(REQUEST + note)
    assert check_all(house.service.flow) == {"held": 1}
    assert house.request().hold_reason == "security check: note_to_customer:bait"
    assert ("on_hold", ALBA.email) in kinds(house.service.letters())
    request = house.request()
    house.service.flow.apply(c.Release("eve"), request.id, c.Actor("operator", "eve"))
    assert house.request().state is State.PENDING
    assert check_all(house.service.flow) == {}, "checked within the day"
    house.db.clock_offset += DAY
    assert check_all(house.service.flow) == {"passed": 1}
    with house.db.reading() as session:
        found = [row["findings"] for row in queries.checks(session)]
    assert found == [[], ["note_to_customer:bait"]]


def test_a_requester_who_left_is_found_by_the_checks(house: House) -> None:
    house.pending()
    assert check_all(house.service.flow) == {"passed": 1}
    with house.db.transaction() as session:
        directory.deactivate(session, ALBA.email, house.db.now(session))
    house.db.clock_offset += DAY
    assert check_all(house.service.flow) == {"held": 1}
    assert house.request().findings == ("requester_inactive",)


def test_a_customer_is_answered_in_the_language_he_writes_in(house: House) -> None:
    _, activation = house.pending()
    assert activation.language == "en"
    letters = house.answer(activation, "Hola, rechazo la solicitud porque no la necesitamos.")
    assert one(letters, "declined_receipt").language == "es"
    assert one(letters, "declined").language == "en"


def test_what_changes_nothing_is_answered_a_bounded_number_of_times(house: House) -> None:
    """Two machines that ask each other for the state fall silent (I16)."""
    completion, _ = house.pending()
    answers = [house.answer(completion, "STATUS") for _ in range(22)]
    assert [len(letters) for letters in answers] == [1] * 20 + [0] * 2
    assert "our last answer of this kind" in text_of(one(answers[19], "status"))
    house.db.clock_offset += timedelta(hours=1, seconds=1)
    assert len(house.answer(completion, "STATUS")) == 1


def test_a_partner_with_many_customers_is_never_capped(house: House) -> None:
    """Reviews are no loop: each answers a request that was opened."""
    for number in range(30):
        assert one(house.write(ALBA.email, REQUEST.replace("harbour", f"h{number}")), "review")


def test_a_yes_that_names_another_request_is_asked_about(house: House) -> None:
    review = house.review()
    assert kinds(house.answer(review, "CONFIRM R-ACDEFGH")) == [("unknown_reply", ALBA.email)]
    assert house.request().state is State.REVIEW
    assert house.answer(review, f"CONFIRM {house.request().reference}")
    assert house.request().state is State.PENDING
