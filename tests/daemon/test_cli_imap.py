"""Mailboxes on the command line: `check`, `oauth`, `status`, `config show`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflow.cli.check import mailboxes as checked
from mailflow.cli.check.finding import Level
from mailflow.cli.exits import Exit
from mailflow.config import load
from mailflow.ingress import oauth_login
from mailflow.store import mailboxes
from mailflow.store.db import Database
from tests.daemon.shell import Result, Shell
from tests.edges.imap_server import Server
from tests.edges.oauth_stub import DEAD, SignIn, signing_in, token


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        yield made


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[SignIn]:
    pytest.importorskip("msal", reason="mend with: pip install -e '.[oauth]'")
    with signing_in(tmp_path) as made:
        yield made


def add(shell: Shell, server: Server, lines: str) -> None:
    """A mailbox in the configuration."""
    with shell.file.open("a", encoding="utf-8") as file:
        file.write(
            f'[ingress.imap.sales]\nhost = "127.0.0.1"\nport = {server.port}\n'
            f'security = "none"\nusername = "requests"\ntimeout_s = 2\n{lines}\n'
        )


def found(shell: Shell) -> dict[str, Level]:
    findings = list(checked.examine(load(shell.file, os.environ)))
    assert all(f.mend for f in findings if f.level is not Level.OK)
    return {finding.code: finding.level for finding in findings}


def ok(shell: Shell, *arguments: str) -> Result:
    """Run a command that must end well."""
    done = shell(*arguments)
    assert done.code == Exit.OK, done.err
    return done


PASSWORD = 'password = "secret"'


def test_a_good_mailbox(shell: Shell, server: Server) -> None:
    add(shell, server, PASSWORD)
    assert found(shell) == {"imap": Level.OK}
    assert not [c for c in server.commands if re.match("UID|CREATE|STORE", c)]


@pytest.mark.parametrize(
    ("code", "level", "lines", "capabilities", "flags"),
    [
        ("imap-login", "fault", 'password = "wrong"', "", ""),
        ("imap-refuses", "fault", PASSWORD + '\nfolder = "None"', "", ""),
        ("imap-poll", "warning", PASSWORD, "IMAP4rev1 MOVE", ""),
        ("imap-move", "warning", PASSWORD, "IMAP4rev1 IDLE", ""),
        ("imap-flag", "warning", PASSWORD + '\nafter = "flag"', "", r"\Seen"),
    ],
)
def test_trouble(
    code: str, level: str, lines: str, capabilities: str, flags: str, shell: Shell, server: Server
) -> None:
    server.capabilities = capabilities or server.capabilities
    server.permanent_flags = flags or server.permanent_flags
    add(shell, server, lines)
    assert found(shell)[code] == level


def test_old_mail_is_warned_of(shell: Shell, server: Server) -> None:
    server.deliver(b"Subject: old\r\n\r\n")
    add(shell, server, PASSWORD)
    assert found(shell)["imap-old-mail"] is Level.WARNING


def test_nobody_there(shell: Shell, server: Server) -> None:
    add(shell, server, PASSWORD)
    server.stop()
    assert found(shell) == {"imap-away": Level.FAULT}


def test_a_mailbox_that_is_switched_off_is_not_asked(shell: Shell, server: Server) -> None:
    add(shell, server, "enabled = false")
    assert found(shell) == {}
    assert server.commands == []


def microsoft(stub: SignIn) -> str:
    return (
        'auth = "microsoft"\ntenant = "tenant"\nclient_id = "app"\n'
        f'authority = "{stub.authority}"\nca_file = "{stub.ca_file}"'
    )


def google(stub: SignIn) -> str:
    return (
        'auth = "google"\nclient_id = "app"\nclient_secret = "s3cret"\n'
        f'authority = "{stub.authority}"\nca_file = "{stub.ca_file}"'
    )


def test_signing_in_at_microsoft(shell: Shell, server: Server, stub: SignIn) -> None:
    add(shell, server, microsoft(stub))
    ok(shell, "migrate")
    assert ok(shell, "oauth", "status", "--json").rows[0]["signed_in"] == "no"
    assert found(shell) == {"imap-sign-in": Level.FAULT}
    stub.answers = [token("a1", "r1")]
    done = ok(shell, "oauth", "login", "sales")
    assert "open the page and enter ABCD" in done.err
    assert "r1" not in done.err + done.out
    [row] = ok(shell, "oauth", "status", "--json").rows
    assert (row["signed_in"], row["auth"]) == ("yes", "microsoft")
    server.capabilities, server.bearer = "IMAP4rev1 IDLE MOVE AUTH=XOAUTH2", "a2"
    stub.answers = [token("a2", "r2")]
    assert found(shell) == {"imap": Level.OK}
    assert "r2" not in ok(shell, "oauth", "status").out


def test_signing_in_at_google(
    shell: Shell, server: Server, stub: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shell, server, google(stub))
    ok(shell, "migrate")

    def browse(url: str) -> str:
        assert url.startswith(f"{stub.authority}/auth?")
        state = re.search(r"state=([^&]+)", url)
        assert state is not None
        return f" {oauth_login.GOOGLE_REDIRECT}/?state={state[1]}&code=c0de \n"

    monkeypatch.setattr("mailflow.cli.oauth._ask", browse)
    stub.answers = [token("a1", "r1")]
    ok(shell, "oauth", "login", "sales")
    [asked] = stub.asked
    assert (asked["code"], asked["client_secret"]) == ("c0de", "s3cret")
    assert len(asked["code_verifier"]) >= 43  # RFC 7636 section 4.1
    db = Database(load(shell.file, os.environ).database.url)
    assert mailboxes.refresh_token(db, "sales")[0] == "r1"
    db.close()
    # An address that somebody else made up is not taken.
    monkeypatch.setattr("mailflow.cli.oauth._ask", lambda url: "http://127.0.0.1/?state=x&code=c")
    assert shell("oauth", "login", "sales").code == Exit.UNAVAILABLE
    assert len(stub.asked) == 1


def test_a_sign_in_that_fails(shell: Shell, server: Server, stub: SignIn) -> None:
    add(shell, server, microsoft(stub))
    ok(shell, "migrate")
    stub.answers = [DEAD]
    failed = shell("oauth", "login", "sales")
    assert failed.code == Exit.UNAVAILABLE
    assert "AADSTS700082" in failed.err
    stub.answers = [token("a1")]  # no lasting sign-in
    assert "no refresh token" in shell("oauth", "login", "sales").err


def test_signing_in_where_nobody_has_to(shell: Shell, server: Server) -> None:
    add(shell, server, PASSWORD)
    ok(shell, "migrate")
    assert shell("oauth", "login", "sales").code == Exit.USAGE
    unknown = shell("oauth", "login", "salse")
    assert (unknown.code, "known: sales" in unknown.err) == (Exit.NOT_FOUND, True)
    [row] = ok(shell, "oauth", "status", "--json").rows
    assert (row["signed_in"], row["last_success"]) == ("not needed", None)


def test_status_tells_of_mailboxes(shell: Shell) -> None:
    ok(shell, "migrate")
    db = Database(load(shell.file, os.environ).database.url)
    mailboxes.looked(db, "sales")
    mailboxes.looked(db, "sales", "the login is refused")
    mailboxes.note(db, "sales", 1, [], {7: "too large"})
    db.close()
    [values] = ok(shell, "status", "--json").rows
    [box] = values["mailboxes"]
    assert (box["name"], box["refused"], box["trouble"]) == ("sales", 1, "the login is refused")
    shown = ok(shell, "status").out
    assert "1 mails put aside there" in shown
    assert "the login is refused" in shown


def test_settings_in_force_hide_the_password(shell: Shell, server: Server) -> None:
    add(shell, server, PASSWORD)
    shown = ok(shell, "config", "show").out
    assert "ingress.imap.sales.host" in shown
    assert 'secret"' not in shown
