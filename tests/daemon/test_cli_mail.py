"""Inbox, quarantine, outbox and requests on the command line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow.cli.exits import Exit
from mailflow.core.request import Fields, Person, Request, State
from mailflow.store import history, inbox, outbox, queries, requests, workers
from mailflow.store.db import Database
from mailflow.store.watch import Watch
from tests.daemon.shell import Shell
from tests.store.make import finish

LEASE = timedelta(minutes=5)


def take(db: Database, subject: str, state: str, reason: str = "the rule") -> int:
    """A mail that came in and ended in `state`; returns its number."""
    raw = f"From: a@b.example\r\nSubject: {subject}\r\n\r\n".encode()
    recipients = ("requests+abcdefabcdefabcdefabcdefabcdefab@licensing.vendor.example",)
    inbox.put_many(db, [inbox.Incoming(raw, "a@b.example", recipients, "192.0.2.1", "smtp")])
    (claimed,) = inbox.claim(db, 1, LEASE)
    if state == "failed":
        inbox.fault(db, claimed.id, claimed.fence, reason, 1, timedelta())
    else:
        finish(
            db, claimed, state=state, outcome="quarantine", reason=reason,
            sender="a@b.example\x1b[2J",
        )  # fmt: skip
    return claimed.id


def send(db: Database, number: int, state: str) -> int:
    """An outgoing mail in `state`; returns its number."""
    mail = outbox.Mail(
        None, None, "review", "partner", "en", 1, f"to{number}@partner.example",
        "bounce+abcdefabcdefabcdefabcdefabcdefab@licensing.vendor.example",
        f"<{number}@licensing.vendor.example>", "Review", b"Subject: Review\r\n\r\n",
    )  # fmt: skip
    with db.transaction() as session:
        mail_id = outbox.add(session, mail, db.now(session))
    if state != "due":
        (claimed,) = outbox.claim(db, 1, LEASE)
        outbox.mark(db, mail_id, claimed.fence, state, "550 no such user")
    return mail_id


def operators(db: Database) -> list[tuple[str, str, str]]:
    """(what, who, how) of what operators did besides requests, newest first."""
    with db.reading() as session:
        return [(e.name, e.address, e.evidence) for e in queries.operator_events(session)]


def ask(db: Database, reference: str, state: State, domain: str) -> Request:
    """A stored request, and the account that it occupies."""
    with db.transaction() as session:
        now = db.now(session)
        request = Request(
            reference=reference,
            state=state,
            requester=Person("ana@partner.example", "Ana Ruiz", "Partner One"),
            fields=Fields("Old Mill: Bakery & Café", f"boss@{domain}", domain),
            opened_at=now,
            touched_at=now,
            approver=f"boss@{domain}",
        )
        if state is State.PENDING:
            request = replace(request, created_at=now, expires_at=now + timedelta(days=90))
        request = requests.insert(session, request)
        history.add_event(session, history.NewEvent(request_id=request.id, at=now, name="opened", to_state=state.value,
            part="partner", address="ana@partner.example", reason="all there\x1b[31m",
        ))  # fmt: skip
        if state is State.PENDING:
            requests.account_create(session, request, "pending", now)
    return request


def states(shell: Shell, box: str) -> dict[int, str]:
    return {row["id"]: row["state"] for row in shell(box, "list", "--json").rows}


def test_inbox_list_show_retry(shell: Shell, sqlite_db: Database) -> None:
    failed, done = take(sqlite_db, "one", "failed", "it broke"), take(sqlite_db, "two", "done")
    assert states(shell, "inbox") == {failed: "failed", done: "done"}
    assert len(shell("inbox", "list", "--state", "failed", "--json").rows) == 1
    (row,) = shell("inbox", "show", failed, "--json").rows
    assert (row["reason"], row["answers"]) == ("it broke", [])
    assert "\x1b" not in shell("inbox", "show", done).out
    assert shell("inbox", "show", 999).code == Exit.NOT_FOUND
    assert shell("inbox", "retry", 999).code == Exit.NOT_FOUND
    assert "would retry 1" in shell("inbox", "retry", "--all", "--dry-run").err
    result = shell("inbox", "retry", failed, done)  # only a failed one can be retried
    assert result.code == Exit.FAILURE
    assert "2 is not failed but done: the rule" in result.err
    assert states(shell, "inbox") == {failed: "waiting", done: "done"}
    assert "0 will be" in shell("inbox", "retry", "--all").err


def test_no_view_shows_a_whole_secret(shell: Shell, sqlite_db: Database) -> None:
    came, goes = take(sqlite_db, "one", "done"), send(sqlite_db, 1, "sent")
    for line in (
        ["inbox", "list", "--json"], ["inbox", "show", came], ["inbox", "show", came, "--json"],
        ["outbox", "list", "--json"], ["outbox", "show", goes], ["outbox", "show", goes, "--json"],
    ):  # fmt: skip
        result = shell(*line)
        assert result.code == 0
        assert "abcdefabcdef" not in result.out


def test_quarantine(shell: Shell, sqlite_db: Database) -> None:
    numbers = [take(sqlite_db, str(n), "quarantined", "not proven") for n in range(4)]
    take(sqlite_db, "other", "done")
    assert [row["id"] for row in shell("quarantine", "list", "--json").rows] == numbers[::-1]
    shown = shell("quarantine", "show", numbers[0]).out
    assert "not proven" in shown
    assert "subject: 0" in shown
    assert "(no text)" in shown
    assert numbers[0] in [row["id"] for row in shell("quarantine", "list", "--json").rows]
    assert shell("quarantine", "show", 5).code == Exit.NOT_FOUND  # done, not set aside

    nameless = shell("quarantine", "release", numbers[0], "--yes")
    assert (nameless.code, "--by" in nameless.err) == (Exit.USAGE, True)
    assert shell("quarantine", "release", numbers[0], "--by", "Ana").code == Exit.USAGE  # not asked
    dry = shell("quarantine", "release", numbers[0], "--by", "Ana", "--dry-run")
    assert (dry.code, "would release 1" in dry.err) == (0, True)
    assert shell("quarantine", "release", numbers[0], "--by", "Ana", "--yes").code == 0
    assert shell("quarantine", "drop", numbers[1], "--by", "Ana", "--yes").code == 0
    again = shell("quarantine", "release", numbers[1], "--by", "Bo", "--yes")
    assert again.code == Exit.FAILURE
    assert f"{numbers[1]} is not quarantined but refused: dropped by Ana; was: not pro" in again.err
    (row,) = shell("inbox", "show", numbers[0], "--json").rows
    assert (row["state"], row["vouched_by"]) == ("waiting", "Ana")
    assert shell("quarantine", "drop", "--all", "--by", "Ana", "--yes").code == 0
    assert operators(sqlite_db) == [
        ("mail_dropped", "Ana", "command line"),
        ("mail_dropped", "Ana", "command line"),
        ("mail_released", "Ana", "command line"),
    ]
    assert shell("quarantine", "list", "--json").rows == []
    assert "nothing is set aside" in shell("quarantine", "drop", "--all", "--by", "A", "-y").err


STRANGE = """\
From: Ana Ruiz <ana@partner.example>
To: requests@licensing.vendor.example
Subject: =?utf-8?q?Neues_Konto_f=C3=BCr_=1B[2JHafen?=

Account name: Harbour
Customer email: jan@harbour.example
""".replace("\n", "\r\n").encode()


def test_one_sees_what_a_quarantined_mail_says_before_vouching_for_it(
    shell: Shell, sqlite_db: Database
) -> None:
    recipients = ("requests@licensing.vendor.example",)
    inbox.put_many(sqlite_db, [inbox.Incoming(STRANGE, "a@b.example", recipients, "", "smtp")])
    (mail,) = inbox.claim(sqlite_db, 1, LEASE)
    finish(
        sqlite_db, mail, state="quarantined", outcome="quarantine", reason="not proven (I13)",
        sender="ana@partner.example",
    )  # fmt: skip
    listed = shell("quarantine", "list").out
    assert "Neues Konto für" in listed
    assert "\x1b" not in listed
    shown = shell("quarantine", "show", mail.id)
    assert "if its sender is vouched for:" in shown.err
    for words in ("not_registered", "customer email  jan@", "subject: Neues Konto für"):
        assert words in shown.out
    raw = shell("quarantine", "show", mail.id, "--raw")
    assert raw.out.encode() == STRANGE
    assert "keep the file to yourself" in raw.err
    assert shell("inbox", "show", mail.id, "--raw").out.encode() == STRANGE
    assert shell("inbox", "show", 99, "--raw").code == Exit.NOT_FOUND
    assert "would release 1" in shell("quarantine", "release", mail.id, "--dry-run").err


def test_outbox_list_show_retry(shell: Shell, sqlite_db: Database) -> None:
    sent = send(sqlite_db, 1, "sent")
    failed = send(sqlite_db, 2, "failed")
    assert states(shell, "outbox") == {sent: "sent", failed: "failed"}
    (row,) = shell("outbox", "list", "--recipient", "to2@partner.example", "--json").rows
    assert (row["id"], row["answer"]) == (failed, "550 no such user")
    assert "550 no such user" in shell("outbox", "show", failed).out
    assert shell("outbox", "show", 999).code == Exit.NOT_FOUND
    assert shell("outbox", "retry", 999).code == Exit.NOT_FOUND
    assert "would retry 1" in shell("outbox", "retry", "--all", "--dry-run").err
    assert shell("outbox", "retry", sent).code == Exit.FAILURE
    assert shell("outbox", "retry", "--all").code == 0
    assert states(shell, "outbox") == {sent: "sent", failed: "due"}


def test_requests_list_and_show(shell: Shell, sqlite_db: Database) -> None:
    ask(sqlite_db, "SA-AAAAAA", State.REVIEW, "one.example")
    ask(sqlite_db, "SA-BBBBBB", State.PENDING, "two.example")
    rows = shell("requests", "list", "--json").rows
    assert [row["reference"] for row in rows] == ["SA-BBBBBB", "SA-AAAAAA"]
    (row,) = shell("requests", "list", "--state", "pending", "--json").rows
    assert row["domain"] == "two.example"
    assert len(shell("requests", "list", "--search", "one.ex", "--json").rows) == 1
    assert len(shell("requests", "list", "-n", "1", "--json").rows) == 1
    (row,) = shell("requests", "show", "sa-bbbbbb", "--json").rows
    assert row["timeline"][0]["name"] == "opened"
    shown = shell("requests", "show", "SA-BBBBBB")
    assert "Old Mill: Bakery & Café" in shown.out
    assert "all there\\x1b[31m" in shown.out
    assert shell("requests", "show", "SA-CCCCCC").code == Exit.NOT_FOUND


def test_an_account_of_a_request_is_never_replaced_by_an_import(
    shell: Shell, sqlite_db: Database
) -> None:
    ask(sqlite_db, "SA-AAAAAA", State.PENDING, "two.example")
    text = "domain,name\nnew.example,New\ntwo.example,Two\n"
    result = shell("accounts", "import", shell.write("accounts.csv", text))
    assert result.code == Exit.DATA
    assert "two.example: belongs to a request" in result.err
    (row,) = shell("accounts", "list", "--json").rows  # new.example was taken back, too
    assert (row["domain"], row["reference"]) == ("two.example", "SA-AAAAAA")


def test_status_counts(shell: Shell, sqlite_db: Database) -> None:
    take(sqlite_db, "one", "failed", "it broke")
    take(sqlite_db, "two", "quarantined")
    send(sqlite_db, 1, "due")
    ask(sqlite_db, "SA-AAAAAA", State.PENDING, "two.example")
    (row,) = shell("status", "--json").rows
    assert (row["inbox"], row["outbox"]) == ({"failed": 1, "quarantined": 1}, {"due": 1})
    assert row["requests"] == {"pending": 1}
    assert row["conservation"]["accepted"] == 2
    assert "2 = 0 effects + 0 refused + 0 ignored + 1 quarantined + 1 failed" in shell("status").out


def test_status_tells_what_is_only_counted(
    shell: Shell, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailflow.store import strangers

    monkeypatch.setattr(strangers, "NEWEST", 0)
    take(sqlite_db, "one", "quarantined")
    assert strangers.limit(sqlite_db, 0).forgotten == 1
    (row,) = shell("status", "--json").rows
    assert (row["inbox"], row["forgotten"]) == ({}, {"quarantined": 1})
    assert row["conservation"]["quarantined"] == 1
    text = shell("status").out
    assert "1 mails that led to nothing (1 quarantined)" in text
    assert "1 = 0 effects + 0 refused + 0 ignored + 1 quarantined" in text


def test_status_is_alarmed_when_a_mail_is_lost(
    shell: Shell, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailflow.store import queries

    lost = queries.Conservation(3, 1, 0, 0, 0, 0, 0, 1)
    monkeypatch.setattr(queries, "conservation", lambda _session: lost)
    result = shell("status", "--json")
    assert result.code == Exit.FAILURE
    assert "1 accepted mails are not accounted for" in result.err


def test_status_tells_who_is_at_work_and_which_role_nobody_has(
    shell: Shell, sqlite_db: Database
) -> None:
    assert "warning: no mailflow process is at work" in shell("status").err
    door = Watch(sqlite_db, "smtp,web", lambda _: None)
    door.start()
    try:
        said = shell("status")
        assert "(smtp, web)" in said.out
        assert "warning: nobody has the role processor, sender, timers" in said.err
        (row,) = shell("status", "--json").rows
        assert row["roles_missing"] == ["processor", "sender", "timers"]
        assert [one["roles"] for one in row["processes"]] == [["smtp", "web"]]
        rest = workers.LockedFile(sqlite_db, 4711)
        workers.put_on_list(sqlite_db, 4711, "processor,sender,timers")
        assert shell("status").err == ""
        rest.close()
        assert "warning: nobody has the role" in shell("status").err
    finally:
        door.stop()
