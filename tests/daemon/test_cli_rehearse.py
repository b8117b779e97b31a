"""`mailflow rehearse`: who would get what, when, in which language; nothing is sent or kept."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailflow.cli import progress
from mailflow.cli.exits import Exit
from mailflow.cli.playbill import print_table
from mailflow.rehearsal.folder import Happening
from mailflow.rehearsal.service import Written
from tests.daemon.shell import Shell

ROOT = Path(__file__).parents[2]
TOM = "tom.weaver@harbour-logistics.example"
ALBA = "alba@cobalt-partners.example"


def answer(sender: str, words: str, day: int) -> str:
    return (
        f"From: {sender}\nTo: requests@vendor.example\nSubject: Re: your mail\n"
        f"Date: {day:02} Nov 2026 10:00:00 +0000\nMessage-ID: <{day}@reply.example>\n\n{words}\n"
    )


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    """The first example, its confirmation on the next day, and its acceptance two weeks later."""
    folder = tmp_path / "mails"
    folder.mkdir()
    shutil.copy(ROOT / "examples/request.eml", folder / "1.eml")
    shutil.copy(ROOT / "examples/people.csv", folder)
    (folder / "2.eml").write_text(answer(f"Alba <{ALBA}>", "CONFIRM", 3))
    (folder / "3.eml").write_text(answer(TOM, "ACTIVATE", 17))
    return folder


def test_mails_and_days_in_order(shell: Shell, mails: Path) -> None:
    (mails / "3.eml").unlink()
    done = shell("rehearse", mails, "--days", 90, "--json", "-c", shell.file)
    assert done.code == Exit.OK, done.err
    told = [
        (letter["at"][:10], letter["kind"], letter["to"])
        for row in done.rows
        for letter in row["letters"]
    ]
    assert told == [
        ("2026-11-02", "review", ALBA),
        ("2026-11-03", "completion", ALBA),
        ("2026-11-03", "activation", TOM),
        ("2026-11-10", "reminder_customer", TOM),
        ("2026-12-03", "reminder_customer", TOM),
        ("2027-01-02", "reminder_customer", TOM),
        ("2027-01-02", "still_waiting", ALBA),
        ("2027-01-25", "reminder_customer", TOM),
        ("2027-01-25", "still_waiting", ALBA),
        ("2027-02-01", "expiry_notice", ALBA),
        ("2027-02-01", "expiry_customer", TOM),
    ]
    assert {x["language"] for row in done.rows for x in row["letters"]} == {"en"}
    assert [row["outcome"] for row in done.rows[:2]] == ["review", "confirmed"]


def test_the_clock_follows_the_dates_of_the_mails(shell: Shell, mails: Path) -> None:
    done = shell("rehearse", mails, "-c", shell.file)
    assert done.code == Exit.OK
    lines = done.out.splitlines()
    assert lines[0].split() == [
        "when", "what", "happened", "outcome", "letter", "to", "language", "subject",
    ]  # fmt: skip
    assert sum("reminder_customer" in line for line in lines) == 1
    assert any("2026-11-17" in line and "confirmation_customer" in line for line in lines)
    assert "the clock" in done.out


def test_the_dates_count_and_not_the_names(shell: Shell, mails: Path) -> None:
    (mails / "1.eml").rename(mails / "zz.eml")
    (mails / "4.eml").write_text(answer(TOM, "STATUS", 17).replace("<17@", "<18@"))
    done = shell("rehearse", mails, "--json", "-c", shell.file)
    said = [row for row in done.rows if row["outcome"]]
    assert [row["outcome"] for row in said] == ["review", "confirmed", "accepted", "status"]
    assert said[0]["what"].startswith("zz.eml")


def test_a_narrow_terminal_gets_lines_instead_of_a_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
    subject = "[R-7K3MPXC] Please check and confirm: Harbour Logistics & Co."
    review = Written(1, at, "review", ALBA, "partner", "en", subject, "<1@x.example>", "due", b"")
    later = replace(review, at=at + timedelta(days=3), kind="reminder_partner")
    happenings = [Happening(at, f"request.eml from {ALBA}", "review", "", (review, later))]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    print_table("", happenings)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in lines] == [
        f"2026-11-02 09:15  request.eml from {ALBA} → review",
        f"    review to {ALBA} (en)",
        f"      {subject}",
        f"    2026-11-05 09:15  reminder_partner to {ALBA} (en)",
        f"      {subject}",
    ]


def test_nothing_is_left_behind(shell: Shell, mails: Path) -> None:
    before = {path.name for path in shell.folder.iterdir()}
    assert shell("rehearse", mails, "-c", shell.file).code == Exit.OK
    assert {path.name for path in shell.folder.iterdir()} == before


def test_the_people_of_the_database_count_where_no_file_lies_beside(
    shell: Shell, mails: Path
) -> None:
    (mails / "people.csv").unlink()
    shell("migrate", "-c", shell.file)
    (refused,) = shell("rehearse", mails / "1.eml", "--json", "-c", shell.file).rows
    assert refused["outcome"] == "refuse"
    shell("people", "add", ALBA, "--language", "es", "-c", shell.file)
    (row,) = shell("rehearse", mails / "1.eml", "--json", "-c", shell.file).rows
    assert [(x["kind"], x["language"]) for x in row["letters"]] == [("review", "es")]


def test_without_anything_everybody_who_asks_is_a_partner(shell: Shell, mails: Path) -> None:
    (mails / "people.csv").unlink()
    shell.file.unlink()
    done = shell("rehearse", mails, "--json")
    assert done.code == Exit.OK
    assert "everybody who asks is taken as a partner" in done.err
    assert [row["outcome"] for row in done.rows if row["outcome"]] == [
        "review", "confirmed", "accepted",
    ]  # fmt: skip


def test_named_files_say_who_is_registered_and_what_is_taken(shell: Shell, mails: Path) -> None:
    people = shell.write("p.csv", f"email,language\n{ALBA},es\n")
    taken = shell.write(
        "a.csv", "domain,name,status,administrators\n"
        "harbour-logistics.example,Harbour,active,admin@harbour-logistics.example\n",
    )  # fmt: skip
    done = shell(
        "rehearse", mails / "1.eml", "--people", people, "--accounts", taken, "--json",
        "-c", shell.file,
    )  # fmt: skip
    (row,) = done.rows
    assert [(x["kind"], x["language"]) for x in row["letters"]] == [
        ("duplicate", "es"), ("access_request", "en"),
    ]  # fmt: skip


def test_senders_can_be_checked(shell: Shell, mails: Path) -> None:
    done = shell("rehearse", mails / "1.eml", "--check-senders", "--json", "-c", shell.file)
    (row,) = done.rows
    assert (row["outcome"], row["letters"]) == ("quarantine", [])
    assert "not proven" in row["why"]


def test_a_story_is_compared_with_what_it_expects(shell: Shell) -> None:
    right = shell.write("right.txt", "partner> HELP\n= help to partner in en\n")
    assert shell("rehearse", right, "-c", shell.file).code == Exit.OK
    wrong = shell.write("wrong.txt", "partner> HELP\n= review to partner\n")
    done = shell("rehearse", right, wrong, "-c", shell.file)
    assert done.code == Exit.FAILURE
    assert "line 2: no review to partner" in done.err
    broken = shell.write("broken.txt", "partner> HELP\nnonsense\n")
    done = shell("rehearse", broken, "-c", shell.file)
    assert done.code == Exit.DATA
    assert "line 2" in done.err


def test_a_bar_says_how_far_it_is(
    shell: Shell, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    @contextmanager
    def bar(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        assert (what, total) == ("rehearsing", len(list(mails.glob("*.eml"))) + 1)
        yield told.append

    monkeypatch.setattr(progress, "bar", bar)
    story = shell.write("story.txt", "partner> HELP\n= help to partner in en\n")
    assert shell("rehearse", mails, story, "-c", shell.file).code == Exit.OK
    assert told == list(range(1, len(told) + 1))
    assert len(told) == len(list(mails.glob("*.eml"))) + 1


def test_what_is_not_there(shell: Shell, tmp_path: Path) -> None:
    assert shell("rehearse", tmp_path / "no.eml", "-c", shell.file).code == Exit.NOT_FOUND
    empty = tmp_path / "empty"
    empty.mkdir()
    assert shell("rehearse", empty, "-c", shell.file).code == Exit.NOT_FOUND
