"""`mailflow read`: what it says of a mail is what the service would do with it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mailflow.cli.exits import Exit
from mailflow.core.request import FIELD_NAMES
from mailflow.store.db import Database
from tests.daemon.shell import Shell

REQUEST = """\
From: Ana <ana@partner.example>
To: requests@licensing.vendor.example
Subject: New account
Message-ID: <1@partner.example>
Return-Path: <ana@partner.example>

Account name: Harbour Logistics
Customer email: tom@harbour.example
User emails: ann@harbour.example
"""
KEYS = {
    "file", "kind", "outcome", "intent", "language", "fields", "errors", "warnings", "reason",
    "authenticated", "authenticated_by", "reply", "letters", "why",
}  # fmt: skip


def read(shell: Shell, text: str, *options: str) -> dict[str, object]:
    path = shell.write("mail.eml", text)
    (row,) = shell("read", path, "--json", *options).rows
    assert set(row) == KEYS
    return row


def body(text: str) -> str:
    return REQUEST.partition("\n\n")[0] + "\n\n" + text + "\n"


def test_without_database_it_says_so(shell: Shell) -> None:
    row = read(shell, REQUEST, "--authenticated")
    assert (row["kind"], row["outcome"], row["reply"]) == ("request", "review", True)
    assert row["warnings"] == ["domain_derived"]
    assert "no database" in str(row["why"])
    fields = row["fields"]
    assert isinstance(fields, dict)
    assert tuple(fields) == FIELD_NAMES
    assert fields["account_domain"] == "harbour.example"
    assert fields["user_emails"] == ["ann@harbour.example"]
    assert not (shell.folder / "mailflow.db").exists()


def test_the_database_knows_people_and_accounts(shell: Shell, sqlite_db: Database) -> None:
    row = read(shell, REQUEST, "--authenticated")
    assert (row["outcome"], row["reason"]) == ("refuse", "not_registered")
    shell("people", "add", "ana@partner.example", "--language", "es")
    assert read(shell, REQUEST, "--authenticated")["outcome"] == "review"
    shell.write("accounts.csv", "domain,name\nharbour.example,Harbour\n")
    shell("accounts", "import", "accounts.csv")
    assert read(shell, REQUEST, "--authenticated")["outcome"] == "existing_account"
    shell("people", "deactivate", "ana@partner.example", "--yes")
    row = read(shell, REQUEST, "--authenticated")
    assert (row["outcome"], row["reason"]) == ("refuse", "inactive_account")


def test_staff_is_kept_out(shell: Shell) -> None:
    staff = REQUEST.replace("ana@partner.example", "kim@vendor.example")
    assert read(shell, staff, "--authenticated")["reason"] == "internal_staff"


def test_it_changes_nothing(shell: Shell, sqlite_db: Database) -> None:
    shell("people", "add", "ana@partner.example")
    before = (shell.folder / "mailflow.db").read_bytes()
    read(shell, REQUEST, "--authenticated")
    assert (shell.folder / "mailflow.db").read_bytes() == before
    (status,) = shell("status", "--json").rows
    assert (status["requests"], status["inbox"], status["outbox"]) == ({}, {}, {})


@pytest.mark.parametrize(
    ("header", "result"),
    [
        ("", "none"),
        ("Authentication-Results: mx.vendor.example; dkim=pass header.d=partner.example\n", "pass"),
        ("Authentication-Results: mx.other.example; dkim=pass header.d=partner.example\n", "none"),
        ("Authentication-Results: mx.vendor.example; dkim=pass header.d=other.example\n", "none"),
    ],
)
def test_the_sender_is_judged_as_the_service_does(shell: Shell, header: str, result: str) -> None:
    row = read(shell, header + REQUEST)
    assert row["authenticated"] == result
    assert row["outcome"] == ("review" if result == "pass" else "quarantine")
    assert row["reply"] is (result == "pass")


@pytest.mark.parametrize(
    ("part", "text", "intent"),
    [
        ("partner", "CONFIRM", "confirm"),
        ("partner", "Customer email: new@harbour.example", "change"),
        ("partner", "CANCEL", "cancel"),
        ("partner", "STATUS", "status"),
        ("partner", "I CONFIRM if the domain is right?", "unknown"),
        ("customer", "ACCEPT", "accept"),
        ("customer", "Rechazo", "decline"),
        ("customer", "NOMINATE bob@harbour.example", "nominate"),
        ("customer", "NOT ME", "not_me"),
        ("customer", "YES", "unknown"),
    ],
)
def test_replies(shell: Shell, part: str, text: str, intent: str) -> None:
    row = read(shell, body(text), "--reply-as", part, "--authenticated")
    assert (row["kind"], row["intent"]) == ("reply", intent)


def test_an_unproven_reply_decides_nothing(shell: Shell) -> None:
    row = read(shell, body("CONFIRM"), "--reply-as", "partner")
    assert (row["kind"], row["outcome"], row["intent"]) == ("reply", "quarantine", "")


def test_machines_are_not_answered(shell: Shell) -> None:
    row = read(shell, "Auto-Submitted: auto-replied\n" + body("CONFIRM"), "--authenticated")
    assert (row["kind"], row["outcome"], row["reply"]) == ("automatic", "ignore", False)
    bounce = body("CONFIRM").replace("<ana@partner.example>\n\n", "<>\n\n")
    assert read(shell, bounce, "--authenticated")["reply"] is False


@pytest.mark.parametrize("raw", [b"", b"\0\xff\xfe", b"From: a@[\r\n\r\n", b"x" * 200_000, b"\r\n"])
def test_whatever_comes_is_one_line(shell: Shell, raw: bytes) -> None:
    (shell.folder / "mail.eml").write_bytes(raw)
    result = shell("read", "mail.eml", "--json")
    assert result.code == 0
    assert result.rows[0]["reply"] is False


def test_the_clock_can_be_set(shell: Shell) -> None:
    assert (
        read(shell, REQUEST, "--authenticated", "--at", "2027-02-22T08:30Z")["outcome"] == "review"
    )
    assert shell("read", "mail.eml", "--at", "tomorrow").code == Exit.USAGE


def test_folders_and_standard_input(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell.folder / "deep").mkdir()
    for name in ("deep/b.eml", "a.eml", "note.txt"):
        shell.write(name, REQUEST)
    rows = shell("read", shell.folder, "--json", "--authenticated").rows
    assert [Path(str(row["file"])).name for row in rows] == ["a.eml", "b.eml"]
    lines = shell("read", shell.folder, "--authenticated").out.splitlines()
    assert len(lines) == 2
    assert all("  request  review  " in line for line in lines)

    class Standard:
        buffer = io.BytesIO(REQUEST.encode())

    monkeypatch.setattr("sys.stdin", Standard)
    (row,) = shell("read", "-", "--json", "--authenticated").rows
    assert row["outcome"] == "review"


def test_wrong_use(shell: Shell) -> None:
    assert shell("read", "none.eml").code == Exit.NOT_FOUND
    assert shell("read").code == Exit.USAGE
    shell.write("mail.eml", REQUEST)
    assert shell("read", "mail.eml", "--reply-as", "boss").code == Exit.USAGE


def test_one_mail_is_shown_to_people(shell: Shell) -> None:
    shell.write("mail.eml", REQUEST.replace("Harbour Logistics", "Harbour \x1b[31m Logistics"))
    shown = shell("read", "mail.eml", "--authenticated").out
    assert "account name" in shown
    assert "tom@harbour.example" in shown
    assert "\x1b" not in shown
