"""Forgetting: bytes after their time, a person on demand, and nothing that is still needed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from mailflow.core.request import Fields, Person, State
from mailflow.store import history, inbox, outbox, queries, retention, tokens
from mailflow.store.db import Database
from mailflow.store.tables import Event, Inbox, Outbox, Remark, RequestRow, Token
from tests.store.make import MINUTE, NOON, claimed, finish, incoming, posted, request, rows, stored

MONTH = timedelta(days=30)


def age(db: Database, days: int) -> None:
    """Let everything that is finished have been so for some days."""
    with db.transaction() as session:
        finished = db.machine_now(session) - timedelta(days=days)
        for table in (Inbox, Outbox):
            column = table.__table__.c.finished_at  # type: ignore[attr-defined]
            change = table.__table__.update().where(column.is_not(None))  # type: ignore[attr-defined]
            session.connection().execute(change.values(finished_at=finished))


def bodies(db: Database) -> tuple[int, int]:
    with db.reading() as session:
        one, two = (
            session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("inbox_raw", "outbox_raw")
        )
    return one, two


def test_bytes_of_finished_mail_are_wiped_after_their_time_and_not_before(db: Database) -> None:
    one = claimed(db, b"1")
    finish(db, one, effect_key="k")
    inbox.put_many(db, [incoming(b"waits")])
    posted(db)
    [sent] = outbox.claim(db, 1, MINUTE)
    outbox.mark(db, sent.id, sent.fence, "sent", "250")
    posted(db)
    age(db, 29)
    assert retention.wipe_raw(db, MONTH) == retention.Wiped(0, 0)
    age(db, 31)
    assert retention.wipe_raw(db, MONTH, dry_run=True) == retention.Wiped(1, 1)
    assert bodies(db) == (2, 2)
    assert retention.wipe_raw(db, MONTH) == retention.Wiped(1, 1)
    assert bodies(db) == (1, 1)
    with db.reading() as session:
        assert queries.inbox_raw(session, one.id) is None
        assert queries.effects_known(session, ["k"]) == {"k": one.id}  # hash and meaning stay
    [copy] = inbox.put_many(db, [incoming(b"1")])
    assert copy == inbox.Stored(one.id, copy=True)


def test_what_waits_for_a_person_keeps_its_bytes(db: Database) -> None:
    for number, state in enumerate(("quarantined", "failed")):
        finish(db, claimed(db, b"%d" % number), state=state, reason="look at it")
    posted(db)
    [mail] = outbox.claim(db, 1, MINUTE)
    outbox.mark(db, mail.id, mail.fence, "failed", "550")
    age(db, 400)
    assert retention.wipe_raw(db, MONTH) == retention.Wiped(0, 0)


def test_a_mail_without_its_bytes_is_not_tried_again(db: Database) -> None:
    one = claimed(db, b"1")
    finish(db, one, state="quarantined", reason="not proven")
    with db.transaction() as session:
        session.connection().execute(text("DELETE FROM inbox_raw"))
    assert inbox.release(db, [one.id], "olga") == 0


def test_more_than_one_batch_is_wiped(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        finish(db, claimed(db, b"%d" % number))
    age(db, 31)
    assert retention.wipe_raw(db, MONTH).inbound == 5
    assert bodies(db) == (0, 0)


def test_a_person_is_blanked_in_what_has_ended_and_nowhere_else(db: Database) -> None:
    ana, ben = "ana@partner.example", "ben@bakery.example"
    plain = {
        "requester": Person(ana, "Ana", "Partner"),
        "fields": Fields("Bakery", ben, "bakery.example", user_emails=("cy@bakery.example",)),
        "approver": ben,
    }
    ended = stored(
        db, request("ENDED", state=State.CANCELLED, end_reason=f"asked by {ben}", **plain)
    )
    runs = stored(db, request("RUNS", **plain))
    other = stored(db, request("OTHER", state=State.LAPSED, fields=Fields("Shop")))
    mail = claimed(db, b"from ben")
    finish(db, mail, sender=ben, request_id=ended.id)
    with db.transaction() as session:
        for one in (ended, runs):
            history.add_event(session, history.NewEvent(request_id=one.id, at=NOON, name="declined", address=ben,
                evidence="dkim pass", reason="word", data={"said": f"ask {ben}", "n": 1},
            ))  # fmt: skip
            history.add_remark(
                session, kind="case", address=ben, remark="help", at=NOON, request_id=one.id
            )
            tokens.add(
                session, hash=one.reference, purpose="page", person=ben, request_id=one.id,
                outbox_id=None, revision=1, at=NOON,
            )  # fmt: skip
    posted(db, request_id=ended.id, recipient=ben)
    [letter] = outbox.claim(db, 1, MINUTE)
    outbox.mark(db, letter.id, letter.fence, "sent", "250 for ben")
    waiting = posted(db, request_id=ended.id, recipient=ana)
    with db.transaction() as session:
        assert retention.erase(session, ben, dry_run=True) == 1
        assert retention.erase(session, ben) == 1
        assert retention.erase(session, ben) == 0
    with db.reading() as session:
        found = queries.request(session, ended.id)
        assert found is not None
        assert (found.fields.customer_email, found.approver, found.end_reason) == ("erased",) * 3
        assert found.fields.account_domain == "bakery.example"
        assert found.fields.user_emails == ("cy@bakery.example",)
        assert found.requester == ended.requester
        assert queries.request(session, runs.id) == runs
        assert queries.request(session, other.id) == other
        events = rows(session, Event)
        assert [row.address for row in events] == ["erased", ben]
        assert [row.data for row in events] == [
            {"said": "erased", "n": 1},
            {"said": f"ask {ben}", "n": 1},
        ]
        assert sorted(row.person for row in rows(session, Token)) == [ben, "erased"]
        assert [row.text for row in rows(session, Remark)] == ["erased", "help"]
        assert [row.recipient for row in rows(session, Outbox)] == ["erased", ana]
        assert [row.sender for row in rows(session, Inbox)] == ["erased"]
        assert [row.approver for row in rows(session, RequestRow)][:2] == ["erased", ben]
        assert queries.inbox_raw(session, mail.id) is None
        assert queries.outbox_raw(session, letter.id) is None
        assert queries.outbox_raw(session, waiting) is not None


def test_a_requester_is_blanked_with_name_and_company(db: Database) -> None:
    ended = stored(db, request(state=State.LAPSED))
    with db.transaction() as session:
        assert retention.erase(session, "ana@partner.example") == 1
        found = queries.request(session, ended.id)
    assert found is not None
    assert (found.requester.email, found.requester.name, found.requester.company) == ("erased",) * 3
    assert found.requester.role == ended.requester.role
