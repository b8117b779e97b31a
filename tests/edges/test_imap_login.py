"""Logging in: passwords, OAuth tokens that renew themselves, and what is said when it fails."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailflow.config import ImapSettings
from mailflow.core.retry import Backoff
from mailflow.ingress import imap_reader
from mailflow.ingress.imap_box import Box
from mailflow.ingress.imap_errors import Broken, LoginRefused
from mailflow.ingress.imap_login import by_password, by_token, login_for
from mailflow.ingress.oauth import Access, SignInFailed, Tokens, tokens_for
from mailflow.store import mailboxes
from mailflow.store.db import Database
from tests.edges.imap_house import Clock, running, settings
from tests.edges.imap_server import Server
from tests.edges.oauth_stub import DEAD, SignIn, signing_in, token

pytest.importorskip("msal", reason="mend with: pip install -e '.[oauth]'")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        yield made


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[SignIn]:
    with signing_in(tmp_path) as made:
        yield made


def enter(server: Server, login: Any, **values: Any) -> frozenset[bytes]:
    """Open a connection and close it; its capabilities."""
    box = Box(settings(server.port, timeout_s=5, **values), Clock())
    box.open(login)
    box.close()
    return box.capabilities


def oauth(server: Server, stub: SignIn, **values: Any) -> ImapSettings:
    plain = {
        "password": "", "client_id": "app", "authority": stub.authority, "ca_file": stub.ca_file,
        "timeout_s": 5, "username": "requests@vendor.example",
    }  # fmt: skip
    return settings(server.port, **(plain | values))


# -- passwords ----------------------------------------------------------------------------------


PLAIN, LOGIN = "IMAP4rev1 AUTH=PLAIN", "IMAP4rev1"  # LOGIN takes ASCII only


@pytest.mark.parametrize(
    ("capabilities", "password"),
    [(PLAIN, "secret"), (PLAIN, 'quo"te\\ and space'), (PLAIN, "pässwörd ✓"), (PLAIN, "=equals,"),
     (LOGIN, "secret"), (LOGIN, "=equals, and space")],
)  # fmt: skip
def test_passwords(password: str, capabilities: str, server: Server) -> None:
    server.capabilities = capabilities
    server.password = password
    assert b"IMAP4REV1" in enter(server, by_password("requests", password))
    server.password = "other"
    with pytest.raises(LoginRefused):
        enter(server, by_password("requests", password))


def test_no_password_where_it_would_go_in_clear(server: Server) -> None:
    server.capabilities = "IMAP4rev1 LOGINDISABLED STARTTLS"
    with pytest.raises(LoginRefused, match="without TLS"):
        enter(server, by_password("requests", "secret"))
    assert not any("secret" in command for command in server.commands)


def test_a_connection_lost_while_logging_in_is_no_refusal(server: Server) -> None:
    server.arm("drop in authenticate")
    with pytest.raises(Broken):
        enter(server, by_password("requests", "secret"))


@pytest.mark.parametrize("good", [True, False])
def test_certificates_are_checked(good: bool, server: Server, tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    (authority if good else stranger).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server.tls)
    values = {"security": "tls", "ca_file": str(tmp_path / "ca.pem")}
    if good:
        enter(server, by_password("requests", "secret"), **values)
    else:
        with pytest.raises(Broken, match="certificate is not accepted"):
            enter(server, by_password("requests", "secret"), **values)


def test_a_certificate_for_another_name_is_refused(server: Server, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.example").configure_cert(server.tls)
    with pytest.raises(Broken, match="certificate is not accepted"):
        enter(
            server, by_password("requests", "secret"), security="tls",
            ca_file=str(tmp_path / "ca.pem"),
        )  # fmt: skip


def test_starttls(server: Server, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server.starttls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server.starttls)
    server.capabilities += " STARTTLS"
    values = {"security": "starttls", "ca_file": str(tmp_path / "ca.pem")}
    enter(server, by_password("requests", "secret"), **values)
    assert server.commands.index("STARTTLS") < server.commands.index("AUTHENTICATE PLAIN")
    server.capabilities = "IMAP4rev1 AUTH=PLAIN"  # somebody between us took it out
    before = len(server.commands)
    with pytest.raises(Exception, match="cannot do what is needed"):
        enter(server, by_password("requests", "secret"), **values)
    assert "AUTHENTICATE PLAIN" not in server.commands[before:]


# -- tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capabilities", "mechanism"),
    [
        ("IMAP4rev1 AUTH=XOAUTH2", "XOAUTH2"),
        ("IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER", "XOAUTH2"),
        ("IMAP4rev1 AUTH=OAUTHBEARER", "OAUTHBEARER"),
    ],
)
def test_a_token_logs_in(capabilities: str, mechanism: str, server: Server) -> None:
    server.capabilities, server.bearer = capabilities, "good"
    tokens = Tokens(lambda: Access("good", 3600), Clock())
    enter(server, by_token("requests@vendor.example", tokens))
    assert f"AUTHENTICATE {mechanism}" in server.commands


def test_a_refused_token_is_not_used_again(server: Server) -> None:
    server.capabilities, server.bearer = "IMAP4rev1 AUTH=XOAUTH2", "second"
    given = iter(["first", "second"])
    tokens = Tokens(lambda: Access(next(given), 3600), Clock())
    with pytest.raises(LoginRefused):
        enter(server, by_token("requests", tokens))
    enter(server, by_token("requests", tokens))


def test_a_token_is_renewed_before_its_end() -> None:
    clock = Clock()
    given = iter(["first", "second"])
    tokens = Tokens(lambda: Access(next(given), 3600), clock)
    assert [tokens.get(), tokens.get()] == ["first", "first"]
    clock.now = 3299.0
    assert tokens.get() == "first"
    clock.now = 3301.0
    assert tokens.get() == "second"


def test_microsoft_the_application_itself(
    server: Server, stub: SignIn, sqlite_db: Database
) -> None:
    box = oauth(server, stub, auth="microsoft", tenant="tenant", client_secret="s3cret")
    stub.answers = [token("access")]
    assert tokens_for("sales", box, sqlite_db).get() == "access"
    [asked] = stub.asked
    assert (asked["grant_type"], asked["client_id"]) == ("client_credentials", "app")
    assert (asked["client_secret"], asked["scope"]) == (
        "s3cret", "https://outlook.office365.com/.default",
    )  # fmt: skip


def test_microsoft_a_person_and_the_newest_refresh_token(
    server: Server, stub: SignIn, sqlite_db: Database
) -> None:
    """The provider gives a new one each time, and the old one may die (seen after 90 days)."""
    box = oauth(server, stub, auth="microsoft", tenant="tenant")
    with pytest.raises(SignInFailed, match="mailflow oauth login sales"):
        tokens_for("sales", box, sqlite_db).get()
    mailboxes.keep_refresh_token(sqlite_db, "sales", "r1")
    stub.answers = [token("a1", "r2"), token("a2", "r3"), token("a3")]
    for access in ("a1", "a2", "a3"):
        assert tokens_for("sales", box, sqlite_db).get() == access
    assert [asked["refresh_token"] for asked in stub.asked] == ["r1", "r2", "r3"]
    assert mailboxes.refresh_token(sqlite_db, "sales")[0] == "r3"


def test_a_dead_sign_in_says_what_to_do(server: Server, stub: SignIn, sqlite_db: Database) -> None:
    box = oauth(server, stub, auth="microsoft", tenant="tenant")
    mailboxes.keep_refresh_token(sqlite_db, "sales", "r1")
    stub.answers = [DEAD]
    with pytest.raises(SignInFailed) as caught:
        tokens_for("sales", box, sqlite_db).get()
    said = str(caught.value)
    assert "invalid_grant" in said
    assert "AADSTS700082: it has expired." in said
    assert "mailflow oauth login sales" in said
    assert "\n" not in said
    assert mailboxes.refresh_token(sqlite_db, "sales")[0] == "r1"


def test_google_a_person(server: Server, stub: SignIn, sqlite_db: Database) -> None:
    box = oauth(server, stub, auth="google", client_secret="s3cret")
    mailboxes.keep_refresh_token(sqlite_db, "sales", "r1")
    stub.answers = [token("a1"), token("a2", "r2"), DEAD]
    assert tokens_for("sales", box, sqlite_db).get() == "a1"
    assert tokens_for("sales", box, sqlite_db).get() == "a2"
    assert mailboxes.refresh_token(sqlite_db, "sales")[0] == "r2"
    assert stub.asked[0]["grant_type"] == "refresh_token"
    with pytest.raises(SignInFailed, match=r"invalid_grant.*mailflow oauth login sales"):
        tokens_for("sales", box, sqlite_db).get()


def test_google_a_service_account(
    server: Server, stub: SignIn, sqlite_db: Database, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account", "client_email": "mailflow@project.example", "private_key": pem,
        "token_uri": "https://nowhere.example/token", "private_key_id": "1",
    }  # fmt: skip
    (tmp_path / "key.json").write_text(json.dumps(account))
    box = oauth(
        server, stub, auth="google", client_id="", service_account_file=str(tmp_path / "key.json")
    )
    stub.answers = [token("a1")]
    assert tokens_for("sales", box, sqlite_db).get() == "a1"
    [asked] = stub.asked
    assert asked["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    gone = box.model_copy(update={"service_account_file": str(tmp_path / "none")})
    with pytest.raises(SignInFailed, match="FileNotFoundError"):
        tokens_for("sales", gone, sqlite_db).get()


@pytest.mark.parametrize("auth", ["microsoft", "google"])
def test_a_sign_in_service_that_is_away(
    auth: str, server: Server, stub: SignIn, sqlite_db: Database
) -> None:
    box = oauth(server, stub, auth=auth, tenant="tenant", authority="https://127.0.0.1:1/tenant")
    mailboxes.keep_refresh_token(sqlite_db, "sales", "r1")
    with pytest.raises(SignInFailed, match="cannot be asked") as caught:
        tokens_for("sales", box, sqlite_db).get()
    assert "127.0.0.1" not in str(caught.value)


def test_a_mailbox_with_tokens_from_the_sign_in_to_the_inbox(
    server: Server, stub: SignIn, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first token is refused, the connection is cut, a new one comes, and mail with it."""
    monkeypatch.setattr(imap_reader, "LOGIN_AGAIN", Backoff(timedelta(0), timedelta(0)))
    server.capabilities, server.bearer = "IMAP4rev1 IDLE MOVE AUTH=XOAUTH2", "a2"
    server.deliver(b"Subject: one\r\n\r\n")
    mailboxes.keep_refresh_token(sqlite_db, "sales", "r1")
    stub.answers = [DEAD, token("a1", "r2"), token("a2", "r3")]
    with running(sqlite_db, oauth(server, stub, auth="microsoft", tenant="tenant")) as house:
        assert len(house.wait_for(1)) == 1
    assert mailboxes.refresh_token(sqlite_db, "sales")[0] == "r3"


def test_without_the_extra_it_says_so(
    server: Server, stub: SignIn, sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "msal", None)
    box = oauth(server, stub, auth="microsoft", tenant="tenant", client_secret="s")
    with pytest.raises(SignInFailed, match=r"pip install '\.\[oauth\]'"):
        login_for("sales", box, sqlite_db)()
