"""Reads: which letter a mail answers, what is waiting, and that no mail is unaccounted for."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.core.request import Person
from mailflow.store import directory, history, inbox, outbox, queries, tokens
from mailflow.store.db import Database
from mailflow.store.tables import Inbox
from tests.store.make import (
    MINUTE,
    NOON,
    claimed,
    finish,
    incoming,
    pending,
    posted,
    request,
    sha,
    stored,
)

PAST = timedelta(seconds=-1)
LATER = NOON + timedelta(days=36_500)  # than now by any clock


def test_a_mail_is_tied_to_our_letter_by_its_secret_and_by_message_id(db: Database) -> None:
    one = stored(db, pending("REF"))
    mail = posted(
        db, request_id=one.id, message_id="<1@v.example>", audience="approver", kind="activation",
        recipient="ben@bakery.example", language="es", revision=2,
    )  # fmt: skip
    alone = posted(db, message_id="<2@v.example>")  # a refusal, without a request
    with db.transaction() as session:
        for secret, outbox_id in (("a", mail), ("b", None), ("w", mail)):
            tokens.add(
                session, hash=sha(secret), purpose="approver_reply", person="ben@bakery.example",
                request_id=one.id, outbox_id=outbox_id, revision=2, at=NOON,
            )  # fmt: skip
        tokens.add(
            session, hash=sha("c"), purpose="bounce", person="x@y.example", request_id=None,
            outbox_id=alone, revision=0, at=NOON,
        )  # fmt: skip
    letter = queries.LetterFact(
        mail, one.id, "REF", "pending", "ben@bakery.example", "ana@partner.example",
        "bakery.example", "activation", "approver", "es", 2, "ben@bakery.example",
        "Please review", "Bakery",
    )  # fmt: skip
    with db.reading() as session:
        facts = queries.message_facts(
            session,
            [sha("a"), sha("b"), sha("c"), sha("never")],
            ["<1@v.example>", "<9@x.example>"],
        )
        assert queries.message_facts(session, [], []) == queries.MessageFacts({}, {})
    assert facts.letters == {"<1@v.example>": letter}
    assert set(facts.tokens) == {sha("a"), sha("b"), sha("c")}
    assert facts.tokens[sha("a")] == queries.TokenFact(
        "approver_reply", "ben@bakery.example", one.id, 2, False, letter
    )
    assert facts.tokens[sha("b")].letter is None
    lonely = facts.tokens[sha("c")].letter
    assert lonely is not None
    assert (lonely.outbox_id, lonely.request_id, lonely.reference) == (alone, None, "")


def test_facts_say_whether_a_token_was_taken_back(db: Database) -> None:
    one = stored(db, request())
    with db.transaction() as session:
        tokens.add(
            session, hash="h", purpose="page", person="p", request_id=one.id, outbox_id=None,
            revision=1, at=NOON,
        )  # fmt: skip
        tokens.withdraw(session, one.id, NOON)
        assert queries.message_facts(session, ["h"], []).tokens["h"].withdrawn


def test_the_sweep_waits_for_mail_received_before_the_deadline(db: Database) -> None:
    early = NOON - MINUTE
    inbox.put_many(db, [incoming(b"1", received_at=early)])

    def waiting(deadline: object = NOON) -> bool:
        with db.reading() as session:
            return queries.unfinished_before(session, deadline)  # type: ignore[arg-type]

    assert waiting()
    assert not waiting(early)  # received at the deadline is received too late
    [one] = inbox.claim(db, 1, MINUTE)
    assert waiting()
    inbox.fault(db, one.id, one.fence, "bug", 1, MINUTE)
    assert not waiting()  # failed mail holds nothing up


def test_language_is_the_persons_own_else_that_of_our_last_letter(db: Database) -> None:
    with db.transaction() as session:
        directory.upsert_people(session, [Person("ana@x.example", language="pt")], NOON)
    for language in ("en", "es"):
        posted(db, recipient="ana@x.example", language=language)
        posted(db, recipient="ben@x.example", language=language)
    with db.reading() as session:
        found = [queries.language_of(session, f"{who}@x.example") for who in ("ana", "ben", "eve")]
    assert found == ["pt", "es", ""]


def test_the_timeline_tells_events_and_letters_in_order_with_delivery(db: Database) -> None:
    one = stored(db, request())
    with db.transaction() as session:
        history.add_event(
            session, history.NewEvent(request_id=one.id, at=NOON, name="opened", to_state="review")
        )
    mail = posted(db, request_id=one.id)
    [sent] = outbox.claim(db, 1, MINUTE)
    outbox.mark(db, sent.id, sent.fence, "sent", "250 taken")
    with db.transaction() as session:
        before = queries.timeline(session, one.id)
        outbox.bounced(session, mail, "550 unknown")
        history.add_event(session, history.NewEvent(request_id=one.id, at=LATER, name="bounced"))
        after = queries.timeline(session, one.id)
    assert [(line["what"], line["name"], line["state"], line["answer"]) for line in before] == [
        ("event", "opened", "review", ""),
        ("letter", "review", "sent", "250 taken"),
    ]
    assert [(line["name"], line["state"]) for line in after] == [
        ("opened", "review"), ("review", "bounced"), ("bounced", ""),
    ]  # fmt: skip


def test_captured_mail_is_shown_as_it_is_oldest_first(db: Database) -> None:
    for n in range(3):
        posted(db, raw=b"%d" % n, recipient=f"{n % 2}@x.example")
    *two, last = outbox.claim(db, 9, MINUTE)
    outbox.mark_many(db, [outbox.Mark(one.id, one.fence, "captured") for one in two])
    with db.reading() as session:
        both = queries.captured(session)
        assert [mail.raw for mail in both] == [b"0", b"1"]
        assert queries.captured(session, after_id=both[0].line.id) == both[1:]
        assert queries.captured(session, recipient="1@x.example") == both[1:]
        assert queries.captured(session, limit=1) == both[:1]
        assert queries.outbox_raw(session, last.id) == b"2"
        assert queries.outbox_raw(session, 999) is None


def test_lists_filter_and_turn_pages(db: Database) -> None:
    one = stored(db, request())
    first = claimed(db, b"1")
    finish(db, first, request_id=one.id, message_id="<1@x.example>")
    inbox.put_many(db, [incoming(b"2", recipients=("requests+abcdefghijk@v.example",))])
    posted(db, request_id=one.id, inbox_id=first.id, message_id="<2@v.example>")
    posted(db, recipient="eve@x.example")
    with db.reading() as session:
        mails = queries.inbox_rows(session)
        assert [mail.state for mail in mails] == ["waiting", "done"]
        assert mails[0].recipients == ("requests+abcdef…@v.example",)
        assert queries.inbox_rows(session, ["done", "failed"]) == mails[1:]
        assert queries.inbox_rows(session, request_id=one.id) == mails[1:]
        assert queries.inbox_rows(session, message_id="<1@x.example>") == mails[1:]
        assert queries.inbox_rows(session, limit=1) == mails[:1]
        assert queries.inbox_rows(session, after_id=mails[0].id) == mails[1:]
        assert queries.inbox_raw(session, first.id) == b"1"
        letters = queries.outbox_rows(session, states=["due"])
        assert [letter.recipient for letter in letters] == ["eve@x.example", "ana@partner.example"]
        assert queries.mails(session, request_id=one.id) == letters[1:]
        assert queries.mails(session, inbox_id=first.id) == letters[1:]
        assert queries.mails(session, recipient="eve@x.example") == letters[:1]
        assert queries.outbox_rows(session, message_id="<2@v.example>") == letters[1:]


def test_counts_tell_rows_by_state_and_the_age_of_the_oldest(db: Database) -> None:
    with db.reading() as session:
        assert queries.counts(session) == queries.Counts({}, {}, {}, None, None, {})
        assert queries.last_received(session) is None
    stored(db, request())
    stored(db, pending())
    finish(db, claimed(db, b"1"))
    posted(db)
    inbox.put_many(db, [incoming(b"2")])
    with db.reading() as session:
        now = db.machine_now(session)
        found = queries.counts(session)
        last = queries.last_received(session)
    assert found.inbox == {"done": 1, "waiting": 1}
    assert found.outbox == {"due": 1}
    assert found.requests == {"review": 1, "pending": 1}
    for moment in (found.oldest_inbox, found.oldest_outbox, last):
        assert moment is not None
        assert now - MINUTE < moment < now + MINUTE


# What may become of a mail: its state and outcome, or "wait", "claim", "fault".
FATES = {
    "effect": ("done", "review"),
    "duplicate": ("done", "duplicate"),
    "ignored": ("ignored", "ignore"),
    "refused": ("refused", "refuse"),
    "quarantined": ("quarantined", "quarantine"),
}


def live(db: Database, fates: list[tuple[str, int]]) -> dict[str, int]:
    """Store mails, some several times, and let each have its fate; what is to be counted."""
    expected = dict.fromkeys((*FATES, "failed", "waiting", "accepted", "copies"), 0)
    for number, (fate, copies) in enumerate(fates):
        inbox.put_many(db, [incoming(b"%d" % number)] * copies)
        expected["accepted"] += copies
        expected["copies"] += copies - 1
        if fate == "waiting":
            expected["waiting"] += 1
            continue
        [one] = [c for c in inbox.claim(db, 99, PAST) if c.raw == b"%d" % number]
        if fate == "claimed":
            expected["waiting"] += 1
        elif fate == "failed":
            inbox.fault(db, one.id, one.fence, "bug", 1, MINUTE)
            expected["failed"] += 1
        else:
            state, outcome = FATES[fate]
            finish(db, one, state=state, outcome=outcome, reason="because")
            expected[fate] += 1
    return expected


lives = st.lists(
    st.tuples(st.sampled_from([*FATES, "failed", "waiting", "claimed"]), st.integers(1, 3)),
    max_size=8,
)


def assert_conserved(db: Database, expected: dict[str, int]) -> None:
    with db.reading() as session:
        found = queries.conservation(session)
    assert found == queries.Conservation(
        accepted=expected["accepted"],
        effects=expected["effect"],
        ignored=expected["ignored"],
        failed=expected["failed"],
        quarantined=expected["quarantined"],
        refused=expected["refused"],
        duplicates=expected["duplicate"] + expected["copies"],
        waiting=expected["waiting"],
    )
    assert found.difference == 0


@settings(max_examples=15)
@given(lives)
def test_every_accepted_mail_is_accounted_for(
    sqlite_db: Database, fates: list[tuple[str, int]]
) -> None:
    with sqlite_db.transaction() as session:
        for table in ("inbox_raw", "inbox"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    assert_conserved(sqlite_db, live(sqlite_db, fates))


def test_every_kind_of_end_is_accounted_for(db: Database) -> None:
    fates = [(fate, 1 + n % 2) for n, fate in enumerate([*FATES, "failed", "waiting", "claimed"])]
    assert_conserved(db, live(db, fates))


def test_a_mail_that_says_nothing_of_its_fate_is_a_difference(db: Database) -> None:
    finish(db, claimed(db, b"1"))
    finish(db, claimed(db, b"2"))
    with db.transaction() as session:
        session.connection().execute(
            Inbox.__table__.update().where(Inbox.id == 1).values(outcome="")  # type: ignore[attr-defined,arg-type]
        )
        assert queries.conservation(session).difference == 1
