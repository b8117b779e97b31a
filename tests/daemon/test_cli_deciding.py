"""What an operator decides on the command line, keeps, forgets, and the letters he looks at."""

from __future__ import annotations

import io
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from mailflow.cli.exits import Exit
from mailflow.config import passwords
from mailflow.core.request import State
from mailflow.letters.folders import find_templates
from mailflow.store import history, queries
from mailflow.store.db import Database
from tests.daemon.harness import Smarthost
from tests.daemon.shell import Shell
from tests.daemon.test_cli_mail import ask, take


@pytest.fixture
def db(shell: Shell, sqlite_db: Database) -> Database:
    """The database of the shell's configuration."""
    assert shell.folder
    return sqlite_db


def state(db: Database, reference: str) -> State:
    with db.reading() as session:
        found = queries.request_by_reference(session, reference)
    assert found
    return found.state


def last_event(db: Database, request_id: int) -> tuple[str, str, str]:
    with db.reading() as session:
        event = queries.events(session, request_id)[-1]
    return event.name, event.address, event.evidence


def test_a_request_is_held_released_and_rejected_by_name(shell: Shell, db: Database) -> None:
    asked = ask(db, "R-2222222", State.PENDING, "mill.example")
    assert shell("requests", "hold", "r-2222222", "--reason", "odd", "--by", "Eva").code == 0
    assert state(db, "R-2222222") is State.HOLD
    assert last_event(db, asked.id) == ("held", "Eva", "command line")
    (row,) = shell("requests", "release", "R-2222222", "--by", "Eva", "--json").rows
    assert (row["outcome"], row["state"]) == ("released", "pending")
    shell("requests", "hold", "R-2222222", "--reason", "odd again")
    rejected = shell("requests", "reject", "R-2222222", "--reason", "not theirs", "--yes")
    assert rejected.code == 0
    assert state(db, "R-2222222") is State.CANCELLED
    again = shell("requests", "reject", "R-2222222", "--reason", "x", "--yes")
    assert again.code == Exit.FAILURE
    assert "not on hold" in again.err


def test_a_request_is_resent_and_cancelled(shell: Shell, db: Database) -> None:
    ask(db, "R-2222222", State.PENDING, "mill.example")
    (row,) = shell("requests", "resend", "R-2222222", "--json").rows
    assert (row["outcome"], row["letters"]) == ("resent", 1)
    dry = shell("requests", "cancel", "R-2222222", "--dry-run")
    assert "would cancel R-2222222" in dry.err
    assert state(db, "R-2222222") is State.PENDING
    assert shell("requests", "cancel", "R-2222222").code == Exit.USAGE  # nobody to ask
    assert shell("requests", "cancel", "R-2222222", "--yes").code == 0
    assert state(db, "R-2222222") is State.CANCELLED


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["resend", "R-9999999"], Exit.NOT_FOUND),
        (["hold", "R-2222222"], Exit.USAGE),
        (["hold", "R-2222222", "--reason", " "], Exit.USAGE),
        (["release", "R-2222222"], Exit.FAILURE),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    shell: Shell, db: Database, line: list[str], code: Exit
) -> None:
    ask(db, "R-2222222", State.PENDING, "mill.example")
    assert shell("requests", *line).code == code
    assert state(db, "R-2222222") is State.PENDING


def test_security_checks_are_listed(shell: Shell, db: Database) -> None:
    asked = ask(db, "R-2222222", State.PENDING, "mill.example")
    assert "no checks yet" in shell("requests", "checks").err
    with db.transaction() as session:
        now = db.now(session)
        history.add_check(session, asked.id, now, True, ())
        history.add_check(session, asked.id, now, False, ("requester_inactive",))
    assert [row["passed"] for row in shell("requests", "checks", "--json").rows] == [False, True]
    (row,) = shell("requests", "checks", "--failed", "--json").rows
    assert (row["reference"], row["findings"]) == ("R-2222222", ["requester_inactive"])


# --- keeping and forgetting


def test_an_export_is_one_object_a_line_without_secrets(shell: Shell, db: Database) -> None:
    ask(db, "R-2222222", State.PENDING, "mill.example")
    take(db, "one", "quarantined")
    result = shell("export")
    assert {row["table"] for row in result.rows} >= {"request", "account", "mail_in"}
    assert "abcdefabcdefabcdefabcdefabcdefab" not in result.out
    assert result.err == ""
    own = shell("export", "--request", "R-2222222").rows
    assert [row["table"] for row in own] == ["request", "account", "event"]
    assert own[0]["reference"] == "R-2222222"
    assert shell("export", "--request", "R-9999999").code == Exit.NOT_FOUND


def test_a_backup_is_a_database_one_can_look_at(shell: Shell, db: Database) -> None:
    ask(db, "R-2222222", State.PENDING, "mill.example")
    assert shell("backup", "copy.db").code == 0
    assert shell("backup", "copy.db").code == Exit.CANNOT_CREATE
    assert shell("backup", "no/copy.db").code == Exit.CANNOT_CREATE
    text = shell.file.read_text().replace("mailflow.db", "copy.db")
    shell.write("copy.toml", text)
    (row,) = shell("requests", "list", "--config", "copy.toml", "--json").rows
    assert row["reference"] == "R-2222222"


def test_purge_asks_and_wipes_what_is_old_enough(shell: Shell, db: Database) -> None:
    mail = take(db, "one", "ignored")
    kept = take(db, "two", "quarantined")
    assert shell("purge", "--json").rows == [
        {"inbound": 0, "outbound": 0, "over_quota": 0, "forgotten": 0, "dry_run": False}
    ]
    dry = shell("purge", "--days", "0", "--dry-run", "--json").rows
    assert dry == [{"inbound": 1, "outbound": 0, "over_quota": 0, "forgotten": 0, "dry_run": True}]
    assert shell("purge", "--days", "0").code == Exit.USAGE  # nobody to ask
    with db.reading() as session:
        assert queries.inbox_raw(session, mail)
    assert shell("purge", "--days", "0", "--yes").code == 0
    with db.reading() as session:
        assert queries.inbox_raw(session, mail) is None
        assert queries.inbox_raw(session, kept)


def test_a_person_is_blanked_in_ended_requests_only(shell: Shell, db: Database) -> None:
    ask(db, "R-2222222", State.PENDING, "mill.example")
    ask(db, "R-3333333", State.EXPIRED, "old.example")
    dry = shell("purge", "--person", "ana@partner.example", "--dry-run", "--json").rows
    assert dry == [{"requests": 1, "dry_run": True}]
    shell("purge", "--person", "ana@partner.example", "--yes")
    rows = {row["reference"]: row for row in shell("requests", "list", "--json").rows}
    assert rows["R-2222222"]["requester"] == "ana@partner.example"
    assert "ana" not in rows["R-3333333"]["requester"]
    assert shell("purge", "--person", "nobody").code == Exit.USAGE


# --- the console's login


def test_a_password_is_asked_for_and_only_its_hash_printed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    result = shell("console", "password", 'An"a', "--role", "read")
    assert result.code == 0
    assert "correct horse" not in result.out + result.err
    (user,) = tomllib.loads(result.out)["console"]["users"]
    assert (user["name"], user["role"]) == ('An"a', "read")
    assert passwords.verify("correct horse battery", user["password_hash"])
    shell.write("console.toml", f"{shell.file.read_text()}\n{result.out}")
    shown = shell("config", "show", "--config", "console.toml").out
    assert user["password_hash"] not in shown
    assert 'password_hash = "***"' in shown


@pytest.mark.parametrize(
    ("typed", "role"), [("short\n", "act"), ("correct horse battery\n", "boss"), ("", "act")]
)
def test_a_poor_password_or_role_is_refused(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, typed: str, role: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    result = shell("console", "password", "ana", "--role", role)
    assert (result.code, result.out) == (Exit.USAGE, "")


# --- letters


@pytest.fixture
def own(shell: Shell) -> Path:
    """A folder with one letter of the operator's own."""
    letters = shell.folder / "own" / "letters"
    letters.mkdir(parents=True)
    shutil.copy(find_templates()[-1] / "letters" / "review.j2", letters)
    return letters


def speak(shell: Shell, *languages: str) -> None:
    """The languages of the service; each of them costs the writing of every letter."""
    text = shell.file.read_text()
    new = f'default_language = "{languages[0]}"\nlanguages = {list(languages)}'
    changed = re.sub(r"(default_language = .*\n)?languages = .*", new, text)
    assert changed != text
    shell.file.write_text(changed)


def test_lint_finds_what_is_wrong_with_own_templates(shell: Shell, own: Path) -> None:
    speak(shell, "en", "es")
    assert shell("letters", "lint", "--templates", "own").code == 0
    speak(shell, "es")
    review = own / "review.j2"
    review.write_text(
        review.read_text().replace(
            "{% block body %}",
            '{% block body %}{{ p(nonsense) }}{{ p(_("Hello from us")) }}{{ p(link("https://")) }}',
        )
    )
    (own / "activtion.j2").write_text("")
    result = shell("letters", "lint", "--templates", "own", "--json")
    assert result.code == Exit.FAILURE
    said = "\n".join(row["fault"] for row in result.rows)
    for words in ("'nonsense' is undefined", "Hello from us", "did you mean activation.j2"):
        assert words in said
    assert shell("letters", "lint", "--templates", "nowhere").code == Exit.FAILURE


def test_the_gallery_shows_own_beside_ours_and_reads_anew(shell: Shell, own: Path) -> None:
    speak(shell, "en", "es")
    running = subprocess.Popen(
        [sys.executable, "-m", "mailflow", "letters", "preview", "--templates", "own"],
        cwd=shell.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert running.stdout
        base = running.stdout.readline().strip()

        def get(path: str) -> str:
            with urllib.request.urlopen(base.rstrip("/") + path, timeout=30) as answer:
                return answer.read().decode()

        index = get("/")
        assert "Nothing is wrong" in index
        names = set(re.findall(r'href="/letter/([^/]+)/es"', index))
        assert {"review", "activation", "settled-ready"} <= names
        assert "Yours" in get("/letter/review/es")
        assert "CONFIRMAR" in get("/letter/review/es?show=text")
        assert "Auto-Submitted" in get("/letter/review/es?show=source")
        review = own / "review.j2"
        changed = review.read_text().replace("{% block body %}", "{% block body %}{{ p('NEWLY') }}")
        review.write_text(changed)
        assert "NEWLY" in get("/frame/review/en/own")
        assert "NEWLY" not in get("/frame/review/en/ours")
        review.write_text(changed.replace("'NEWLY'", "nonsense"))
        assert "is undefined" in get("/letter/review/en")
        for path in ("/letter/none/en", "/letter/review/xx", "/frame/review/en/theirs"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                get(path)
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 0
    finally:
        running.kill()
        running.communicate(timeout=10)


def test_a_letter_is_sent_to_try(shell: Shell) -> None:
    smarthost = Smarthost()
    smarthost.start()
    try:
        shell.write(
            "send.toml",
            shell.file.read_text().replace(
                'mode = "capture"',
                f'host = "127.0.0.1"\nport = {smarthost.port}\nsecurity = "none"',
            ),
        )
        line = ["letters", "test-send", "me@vendor.example", "--config", "send.toml"]
        assert shell(*line, "--language", "es").code == 0
        (taken,) = smarthost.taken
        assert taken.recipient == "me@vendor.example"
        assert taken.message["Content-Language"] == "es"
        assert taken.mail_from == "bounce@licensing.vendor.example"
        assert "did you mean" in shell(*line, "--letter", "activtion").err
        assert shell(*line, "--language", "xx").code == Exit.USAGE
        assert len(smarthost.taken) == 1
    finally:
        smarthost.stop()
    assert shell(*line).code == Exit.UNAVAILABLE
    captured = shell("letters", "test-send", "me@vendor.example")
    assert captured.code == Exit.CONFIG
    assert "nothing is ever sent" in captured.err
    assert shell("letters", "test-send", "nobody").code == Exit.USAGE


def test_places_to_die_are_listed_but_hidden_from_help(shell: Shell) -> None:
    assert "smtp.before_250" in {row["name"] for row in shell("failpoints", "--json").rows}
    assert "failpoints" not in shell("--help").out
