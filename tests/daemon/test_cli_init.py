"""`mailflow init` writes a configuration that loads, or nothing."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from mailflow.cli.exits import Exit
from mailflow.config import load
from tests.daemon.shell import Result, Shell

FLAGS = (
    "--organisation", 'Vendor "Networks" \\ Ñandú',
    "--address", "requests@licensing.vendor.example",
    "--operator", "licensing-team@vendor.example",
)  # fmt: skip


def init(shell: Shell, *more: str) -> Result:
    return shell("init", "--output", "new.toml", "--yes", *FLAGS, *more)


def test_few_flags_are_enough(shell: Shell) -> None:
    result = init(shell)
    assert (result.code, result.out) == (0, "")
    assert "mailflow migrate --config new.toml" in result.err
    path = shell.folder / "new.toml"
    config = load(path, {})
    assert config.service.organisation == 'Vendor "Networks" \\ Ñandú'
    assert config.service.public_url == "https://licensing.vendor.example"
    assert config.service.internal_domains == ("vendor.example",)
    assert config.trust.authserv_ids == ("mx.vendor.example",)
    assert (config.delivery.host, config.delivery.security) == ("localhost", "none")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "#activation_days = 90" in path.read_text(encoding="utf-8")


def test_what_it_writes_can_be_migrated_and_checked(shell: Shell) -> None:
    assert init(shell).code == 0
    assert shell("migrate", "-c", "new.toml").code == 0
    findings = {f["code"] for f in shell("check", "-c", "new.toml", "--offline", "--json").rows}
    assert {"config-read", "database", "nobody"} <= findings
    assert not {f for f in findings if f.startswith(("config-w", "schema", "database-"))}


def test_every_flag_is_used(shell: Shell) -> None:
    result = init(
        shell, "--public-url", "https://a.example/sa", "--support-url", "https://b.example",
        "--feedback-url", "https://c.example", "--internal-domains", "d.example, e.example",
        "--authserv-id", "mx9.example", "--relay", "out.example", "--database",
        "postgresql://mailflow@db.example/mailflow",
    )  # fmt: skip
    assert result.code == 0
    written = tomllib.loads((shell.folder / "new.toml").read_text(encoding="utf-8"))
    assert written["service"]["internal_domains"] == ["d.example", "e.example"]
    assert written["delivery"] == {"host": "out.example"}
    assert written["database"]["url"].startswith("postgresql://")


def test_an_existing_file_is_kept(shell: Shell) -> None:
    before = shell.file.read_text(encoding="utf-8")
    result = shell("init", "--yes", *FLAGS)
    assert (result.code, shell.file.read_text(encoding="utf-8")) == (Exit.CANNOT_CREATE, before)
    assert "--force" in result.err
    assert shell("init", "--yes", "--force", *FLAGS).code == 0
    assert load(shell.file, {}).delivery.host == "localhost"


def test_missing_answers_are_named(shell: Shell) -> None:
    result = shell("init", "--output", "new.toml", "--yes")
    assert result.code == Exit.USAGE
    assert "--organisation, --address, --operator" in result.err
    assert not (shell.folder / "new.toml").exists()


@pytest.mark.parametrize(
    ("flag", "bad"),
    [
        ("--public-url", "not a url"), ("--relay", "a b"), ("--internal-domains", "x,,y z"),
        ("--database", "mysql://x"), ("--support-url", "mailto:x"),
        ("--operator", "requests@licensing.vendor.example"),  # our alarms would be requests
    ],
)  # fmt: skip
def test_wrong_answers_are_refused(shell: Shell, flag: str, bad: str) -> None:
    result = init(shell, flag, bad)
    assert result.code == Exit.USAGE
    assert result.err
    assert not (shell.folder / "new.toml").exists()


def test_where_it_cannot_write(shell: Shell) -> None:
    result = shell("init", "--output", Path("no-such-folder", "x.toml"), "--yes", *FLAGS)
    assert result.code == Exit.CANNOT_CREATE
    assert "No such file" in result.err


def test_at_a_terminal_it_asks_until_the_answer_is_good(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    asked: list[str] = []
    answers = {
        "Name of your organisation": ["Vendor"],
        "Address to which requests are sent": ["no address", "requests@licensing.vendor.example"],
        "Mailbox of your licensing support": ["team@vendor.example"],
    }

    def prompt(text: str, *, default: str | None, err: bool) -> str:
        asked.append(text)
        return answers[text].pop(0) if answers.get(text) else default or ""

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("typer.prompt", prompt)
    assert shell("init", "--output", "new.toml").code == 0
    assert asked.count("Address to which requests are sent") == 2
    assert len(asked) == 11
    assert load(shell.folder / "new.toml", {}).service.organisation == "Vendor"
