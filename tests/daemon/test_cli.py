"""The manners of the command line: help, errors, exit codes, output."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url

from mailflow import daemon
from mailflow.cli import output, service
from mailflow.cli.exits import MEANING, Exit
from mailflow.cli.outage import explain
from mailflow.cli.reference import every_command
from mailflow.store.db import Database
from tests.daemon.shell import Shell


def test_every_command_has_help_and_every_list_has_json() -> None:
    commands = dict(every_command())
    assert [name for name, command in commands.items() if not command.help] == []
    lists = [name for name in commands if name.endswith((" list", " show"))]
    assert len(lists) >= 10
    without = [name for name in lists if not any("--json" in p.opts for p in commands[name].params)]
    assert without == []


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mailflow quar", "quarantine"),
        ("mailflow quarantine ", "release"),
        ("mailflow requests list --", "--state"),
        ("mailflow requests list --state ", "pending"),
        ("mailflow people add a@b.example --role ", "support"),
        ("mailflow run --role smtp,pro", "smtp,processor"),
        ("mailflow letters test-send a@b.example --letter rev", "review-older"),
        ("mailflow console password ana --role ", "act"),
    ],
)
def test_the_shell_completes_commands_options_and_values(words: str, offered: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailflow"], capture_output=True, text=True, check=False,
        env={"_MAILFLOW_COMPLETE": "complete_bash", "COMP_WORDS": words,
             "COMP_CWORD": str(len(words.split(" ")) - 1)},
    )  # fmt: skip
    assert offered in done.stdout.split()


def test_help_is_instant() -> None:
    """Nothing heavy is imported for help."""
    heavy = "sqlalchemy, sqlmodel, pydantic, jinja2, aiosmtpd, starlette, dns, cryptography"
    code = (
        "import sys; from mailflow.cli.app import run; assert run(['--help']) == 0;"
        f"found = [m for m in {heavy.split(', ')!r} if m in sys.modules]; assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_module_and_script_are_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailflow", "version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == "mailflow"
    assert done.stderr == ""


def test_version(shell: Shell) -> None:
    (row,) = shell("version", "--json").rows
    assert set(row) >= {"mailflow", "python", "sqlmodel"}
    assert row["mailflow"] in shell("--version").out


@pytest.mark.parametrize(
    "line",
    [
        ["no-such-command"], ["people", "list", "--no-such-option"], ["people", "add"],
        ["inbox", "show", "seventeen"], ["inbox", "list", "--limit", "0"],
        ["inbox", "list", "--state", "lost"], ["outbox", "list", "--state", "lost"],
        ["requests", "list", "--state", "lost"], ["inbox", "retry"], ["outbox", "retry"],
        ["inbox", "retry", "1", "--all"], ["quarantine", "release"],
        ["run", "--role", "smpt"], ["run", "--role", ","],
    ],
)  # fmt: skip
def test_a_wrong_command_line_ends_with_2(
    line: list[str], shell: Shell, sqlite_db: Database
) -> None:
    result = shell(*line)
    assert result.code == Exit.USAGE
    assert result.out == ""
    assert result.err.startswith("error: ")  # as everything else that goes wrong


def test_a_slip_on_the_command_line_gets_a_guess_and_the_way_to_the_help(shell: Shell) -> None:
    assert "did you mean --search? mailflow people list --help" in (
        shell("people", "list", "--serch", "x").err
    )
    assert "missing argument 'REFERENCE'\nmend:  mailflow requests hold --help" in (
        shell("requests", "hold").err
    )
    assert shell("inbox", "show", "abc").err.startswith(
        "error: invalid value for 'ID': is no whole number\n"
    )
    helped = shell("requests")
    assert (helped.code, "hold" in helped.out + helped.err) == (Exit.USAGE, True)


def test_an_unknown_role_gets_a_guess(shell: Shell) -> None:
    assert "did you mean smtp?" in shell("run", "--role", "smpt,web").err
    assert service.roles_of(" smtp, web ") == {"smtp", "web"}


def test_roles_are_those_of_the_daemon() -> None:
    assert set(service.ROLES) == set(daemon.ROLES)


def test_no_configuration(shell: Shell) -> None:
    shell.file.unlink()
    result = shell("status")
    assert result.code == Exit.CONFIG
    assert "there is no configuration" in result.err
    assert "mailflow init" in result.err


def test_a_named_file_that_is_not_there(shell: Shell) -> None:
    result = shell("status", "--config", "other.toml")
    assert result.code == Exit.CONFIG
    assert "other.toml: there is no such file" in result.err


def test_a_wrong_configuration_shows_every_problem(shell: Shell) -> None:
    shell.write("mailflow.toml", "[service]\nadress = 1\n[delivry]\n")
    result = shell("status")
    assert result.code == Exit.CONFIG
    assert "did you mean service.address?" in result.err
    assert "did you mean delivery?" in result.err
    assert "service.organisation is missing" in result.err


def test_the_environment_names_the_file(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.file.rename(shell.folder / "elsewhere.toml")
    monkeypatch.setenv("MAILFLOW_CONFIG", "elsewhere.toml")
    assert shell("config", "show").code == 0


def test_a_database_without_tables(shell: Shell) -> None:
    result = shell("status")
    assert result.code == Exit.CONFIG
    assert "mailflow migrate" in result.err
    assert shell("migrate").code == 0
    assert shell("status").code == 0
    assert "up to date already" in shell("migrate").err


def test_a_start_that_fails_is_a_line_of_the_log(shell: Shell) -> None:
    (shell.folder / "mailflow.db").touch()
    done = subprocess.run(
        [sys.executable, "-m", "mailflow", "run"], cwd=shell.folder, capture_output=True, timeout=60
    )
    line = json.loads(done.stderr)
    assert (done.returncode, line["event"], line["mend"]) == (
        Exit.CONFIG, "cannot_start", "mailflow migrate",
    )  # fmt: skip


def test_a_whole_database_moves_to_another(
    shell: Shell, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell("people", "add", "ana@partner.example").code == 0
    monkeypatch.setenv("MAILFLOW_DATABASE__URL", f"sqlite:///{shell.folder / 'new.db'}")
    assert shell("migrate", "--from", "nowhere.db").code == Exit.NOT_FOUND
    moved = shell("migrate", "--from", "mailflow.db")
    assert (moved.code, moved.err) == (
        0, "2 rows copied; start mailflow here, and never again on the old one\n",
    )  # fmt: skip
    assert [row["email"] for row in shell("people", "list", "--json").rows] == [
        "ana@partner.example"
    ]
    again = shell("migrate", "--from", "mailflow.db")
    assert (again.code, "not empty" in again.err) == (Exit.FAILURE, True)


def test_a_database_of_somebody_else(shell: Shell) -> None:
    import sqlite3

    with sqlite3.connect(shell.folder / "mailflow.db") as other:
        other.execute("CREATE TABLE theirs (id INTEGER)")
    other.close()
    for command in ("status", "migrate"):
        result = shell(command)
        assert result.code == Exit.CONFIG
        assert "not those of mailflow" in result.err


def test_a_database_that_is_away(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILFLOW_DATABASE__URL", "postgresql://nobody:hunter2@127.0.0.1:1/none")
    result = shell("status")
    assert result.code == Exit.TRY_AGAIN
    assert "nobody answers" in result.err
    assert "start PostgreSQL" in result.err
    assert "hunter2" not in result.err


@pytest.mark.parametrize(
    ("change", "words", "code"),
    [
        (lambda url: url.set(database="nix"), "no database nix", Exit.CONFIG),
        (lambda url: url.set(username="nemo"), "no user nemo", Exit.CONFIG),
    ],
)
def test_what_is_wrong_with_postgresql_is_said(
    change: Callable[[URL], URL],
    words: str,
    code: Exit,
    shell: Shell,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = change(make_url(postgres_url))
    monkeypatch.setenv("MAILFLOW_DATABASE__URL", url.render_as_string(False))
    result = shell("status")
    assert words in result.err
    assert result.code == code


@pytest.mark.parametrize(
    ("said", "words", "code"),
    [
        ('FATAL:  password authentication failed for user "me"', "password of me", Exit.CONFIG),
        ('could not translate host name "db" to address', "host of the database", Exit.CONFIG),
        ("FATAL:  no pg_hba.conf entry for host", "does not let us in", Exit.CONFIG),
        ("permission denied for schema public", "ALTER DATABASE", Exit.CONFIG),
        ("attempt to write a readonly database", "chown -R", Exit.PERMISSION),
        ("unable to open database file", "mkdir -p", Exit.CONFIG),
        ("database is locked", "try again", Exit.TRY_AGAIN),
        ("database or disk is full", "make room", Exit.TRY_AGAIN),
        ("server closed the connection\nunexpectedly", "moment: server closed the", Exit.TRY_AGAIN),
    ],
)
def test_what_a_driver_says_is_explained(said: str, words: str, code: Exit) -> None:
    outage = explain(said)
    assert words in f"{outage.what} / {outage.mend}"
    assert outage.code == code


def test_a_postgresql_database_must_be_in_utf_8(
    shell: Shell,
    postgres_url: str,
    postgres_db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = postgres_db.own_connection()
    line.execute("CREATE DATABASE narrow ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    try:
        url = make_url(postgres_url).set(database="narrow")
        monkeypatch.setenv("MAILFLOW_DATABASE__URL", url.render_as_string(False))
        for command in ("migrate", "status"):
            result = shell(command)
            assert result.code == Exit.CONFIG
            assert "createdb -E UTF8" in result.err
    finally:
        line.execute("DROP DATABASE narrow")
        line.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"x" * 5000, "no SQLite database"), (None, "is damaged")],
    ids=["not a database", "cut off"],
)
def test_a_file_that_is_no_database_is_said_to_be_none(
    content: bytes | None, words: str, shell: Shell, sqlite_db: Database
) -> None:
    file = shell.folder / "mailflow.db"
    sqlite_db.close()
    whole = file.read_bytes()
    for rest in shell.folder.glob("mailflow.db-*"):
        rest.unlink()
    file.write_bytes(content or whole[: len(whole) // 3])
    result = shell("status")
    assert words in result.err
    assert result.code == Exit.CONFIG


def test_an_unforeseen_fault_shows_no_traceback(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_given: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("mailflow.cli.status.read_config", broken)
    result = shell("status")
    assert result.code == Exit.SOFTWARE
    assert "RuntimeError" in result.err
    assert "/secret/path" not in result.err


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANING) == set(Exit)


def test_config_show_masks_secrets(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILFLOW_DELIVERY__USERNAME", "user")
    monkeypatch.setenv("MAILFLOW_DELIVERY__PASSWORD", "hunter2")
    monkeypatch.setenv("MAILFLOW_DATABASE__URL", "postgresql://me:hunter2@db.example/mailflow")
    for line in (["config", "show"], ["config", "show", "--json"]):
        result = shell(*line)
        assert result.code == 0
        assert "hunter2" not in result.out
        assert "postgresql://me:***@db.example/mailflow" in result.out


def test_config_show_changed_shows_only_what_differs(shell: Shell) -> None:
    names = [row["setting"] for row in shell("config", "show", "--changed", "--json").rows]
    assert "delivery.mode" in names
    assert "delivery.port" not in names


def test_status_is_for_people_and_programs(shell: Shell, sqlite_db: Database) -> None:
    (row,) = shell("status", "--json").rows
    assert row["conservation"]["difference"] == 0
    assert "accepted mail" in shell("status").out


def test_expire_has_nothing_to_do(shell: Shell, sqlite_db: Database) -> None:
    assert shell("expire", "--dry-run", "--json").rows == [{"due": 0}]
    result = shell("expire")
    assert (result.code, result.out, result.err) == (0, "", "nothing is due\n")


HOSTILE = "a\x1b[31mred\x07\u202egnp.exe\r\nForged: line\x9b"


def test_foreign_text_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"name": HOSTILE, "list": [HOSTILE, "[bold]x[/bold]"]}
    output.listing([row], ["name", "list"], as_lines=False)
    output.record(row, as_line=False)
    output.complain(HOSTILE, HOSTILE)
    output.note(HOSTILE)
    printed = "".join(capsys.readouterr())
    assert "\\x1b[31mred\\x07\\u202egnp.exe\\r\\nForged" in printed
    assert "[bold]x[/bold]" in printed
    assert all(c == "\n" or c.isprintable() for c in printed)


def test_json_keeps_the_value_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    output.listing([{"name": HOSTILE, "at": at, "all": ("a", "b")}], [], as_lines=True)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert "\x1b" not in printed
    assert json.loads(printed) == {"name": HOSTILE, "at": "2026-11-24T08:30:00Z", "all": ["a", "b"]}


def test_what_goes_into_a_pipe_is_neither_cut_nor_coloured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    output.listing([{"long": "x" * 500}], ["long"], as_lines=False)
    printed = capsys.readouterr().out
    assert "x" * 500 in printed
    assert "\x1b" not in printed


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_fits_the_terminal_and_cuts_no_word(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    row = {
        "reference": "R-7K3MPXC", "opened_at": datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
        "state": "pending", "account_name": "Harbour Logistics & Café of the Old Mill",
        "requester": "ana@partner.example", "approver": "jan@harbour-logistics.example",
    }  # fmt: skip
    output.listing([row], list(row), as_lines=False, spare=["opened_at", "requester"])
    output.record({"note": "one\ntwo " + "words " * 30, "held_by": "Ana"}, as_line=False)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    assert {"R-7K3MPXC", "pending", "jan@harbour-logistics.example"} <= set(lines[2].split())
    assert ("no room here for: opened at" in capsys.readouterr().err) == (width == 80)
    (second,) = [line for line in lines if "two words" in line]
    assert second.startswith(" " * 9)  # below the first line, not below its label


def test_east_asian_names_keep_columns_straight(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "日本語", "state": "x"}, {"name": "abcdef", "state": "y"}]
    output.listing(rows, ["name", "state"], as_lines=False)
    _, first, second = capsys.readouterr().out.splitlines()
    assert (first, second) == ("日本語  x", "abcdef  y")


def test_a_reader_that_goes_away_is_no_fault(sqlite_db: Database, tmp_path: Path) -> None:
    """`mailflow … | head -1`: no complaint."""
    from tests.daemon.shell import CONFIG

    (tmp_path / "mailflow.toml").write_text(CONFIG, encoding="utf-8")
    command = f"{sys.executable} -m mailflow config show --json | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
