"""Who gets into the console, for how long, and what a form needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailflow.config import ConfigError, load, passwords
from mailflow.config.settings import ConsoleUser
from mailflow.store.db import Database
from mailflow.web.console import sessions
from mailflow.web.console.app import COOKIE, PAGES
from mailflow.web.console.gate import FREE, Gate
from mailflow.web.console.sessions import Sessions
from tests.daemon.shell import CONFIG
from tests.edges.console_door import PASSWORD, Operator, hashed, house


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def operator(sqlite_db: Database, clock: Clock) -> Operator:
    return Operator(house(sqlite_db), clock)


def test_every_page_wants_a_login(operator: Operator) -> None:
    for path in PAGES:
        asked = path.replace("{reference}", "R-2222222").replace("{id:int}", "1")
        assert operator.get(asked).headers["location"].startswith("/login"), path
        answer = operator.browser.post(asked, data={"do": "release", "csrf": "0" * 64})
        assert answer.headers.get("location", "/login").startswith("/login"), path


def test_the_cookie_is_ours_alone(operator: Operator) -> None:
    answer = operator.login()
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-")
    assert all(word in cookie for word in ("secure", "httponly", "samesite=strict", "path=/"))
    assert "domain" not in cookie
    assert operator.get("/").status_code == 200


@pytest.mark.parametrize(
    ("to", "there"),
    [
        ("/requests?state=hold", "/requests?state=hold"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nX: y", "/"),
        ("", "/"),
    ],
)
def test_a_login_leads_on_to_our_own_pages_only(operator: Operator, to: str, there: str) -> None:
    assert operator.login(to=to).headers["location"] == there


def test_a_wrong_password_and_an_unknown_name_read_the_same(operator: Operator) -> None:
    wrong, unknown = operator.login(password="x"), operator.login(name="eve")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("ana", "eve") == unknown.text
    assert COOKIE not in operator.browser.cookies


def test_guessing_is_slowed_down_and_ends(operator: Operator, clock: Clock) -> None:
    for _ in range(FREE + 1):
        assert operator.login(password="guess").status_code == 401
    waiting = operator.login()
    assert waiting.status_code == 429
    clock.now += float(waiting.headers["retry-after"])
    assert operator.login().status_code == 303


def test_a_guesser_elsewhere_keeps_nobody_out_for_long(clock: Clock) -> None:
    gate = Gate([_user("ana")], Sessions(60, bytes), clock)
    for number in range(60):
        gate.enter("ana", "guess", f"192.0.2.{number}")
    assert 0 < gate.wait("ana", "198.51.100.1") <= 60
    assert gate.wait("rui", "198.51.100.1") == 0


def test_a_session_ends_when_nobody_clicks(operator: Operator, clock: Clock) -> None:
    operator.login()
    clock.now += 29 * 60
    assert operator.get("/").status_code == 200
    clock.now += 31 * 60
    assert operator.get("/").status_code == 303


def test_a_session_ends_after_a_working_day_however_busy(operator: Operator, clock: Clock) -> None:
    operator.login()
    for _ in range(int(sessions.LONGEST // 1200)):
        assert operator.get("/").status_code == 200
        clock.now += 1200
    clock.now += 1
    assert operator.get("/").status_code == 303


def test_logging_out_ends_the_session_not_only_the_cookie(operator: Operator) -> None:
    operator.login()
    kept = operator.browser.cookies[COOKIE]
    operator.post("/logout")
    operator.browser.cookies.set(COOKIE, kept, domain="console.vendor.example")
    assert operator.get("/").status_code == 303


def test_nobody_is_logged_out_by_a_form_elsewhere(operator: Operator) -> None:
    operator.login()
    secret = operator.browser.cookies[COOKIE]
    operator.browser.post("/logout", data={"csrf": "0" * 64})
    operator.browser.cookies.set(COOKIE, secret, domain="console.vendor.example")
    assert operator.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_form_of_another_site_does_nothing(operator: Operator, headers: dict[str, str]) -> None:
    operator.login()
    fields = {"csrf": operator.csrf(), "email": "alba@cobalt.example", "do": "deactivate"}
    answer = operator.browser.post("/people/status", data=fields, headers=headers)
    assert answer.status_code == 403


def test_a_form_without_its_secret_does_nothing(operator: Operator) -> None:
    operator.login()
    for secret in ("", "0" * 64, operator.browser.cookies[COOKIE]):
        answer = operator.browser.post(
            "/people/status",
            data={"csrf": secret, "email": "alba@cobalt.example", "do": "deactivate"},
        )
        assert answer.status_code == 403
    assert "Deactivate alba@cobalt.example" in operator.get("/people").text


def test_sessions_do_not_share_their_secret(sqlite_db: Database) -> None:
    place = house(sqlite_db)
    one, other = Operator(place), Operator(place)
    one.login()
    other.login()
    assert one.csrf() != other.csrf()


def test_only_so_many_sessions_are_kept(clock: Clock) -> None:
    chances = iter(range(10**6))
    kept = Sessions(60, lambda n: next(chances).to_bytes(n, "big"))
    first = kept.begin("ana", "act", 0)
    for _ in range(sessions.MOST):
        last = kept.begin("ana", "act", 0)
    assert kept.of(first, 0) is None
    assert kept.of(last, 0)


def test_every_answer_carries_the_shield(operator: Operator) -> None:
    operator.login()
    for path in ("/", "/login", "/none", "/requests"):
        headers = operator.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


def test_no_page_holds_a_script_or_a_style_of_its_own(operator: Operator) -> None:
    operator.login()
    for path in ("/", "/requests", "/quarantine", "/people", "/accounts", "/health", "/log"):
        html = operator.get(path).text
        assert not re.search(r"<script|\son\w+=|\sstyle=|javascript:", html), path


# --- passwords


def test_a_hash_knows_its_password_only() -> None:
    kept = hashed()
    assert passwords.verify(PASSWORD, kept)
    assert not passwords.verify(PASSWORD + " ", kept)
    assert passwords.hash_password(PASSWORD, b"another salt 123") != kept
    assert PASSWORD not in kept


@pytest.mark.parametrize(
    "text",
    [
        "", "secret", "scrypt:1:8:1:" + "00" * 16 + ":" + "00" * 32,
        "scrypt:32767:8:1:" + "00" * 16 + ":" + "00" * 32,
        "scrypt:4194304:8:1:" + "00" * 16 + ":" + "00" * 32,
        "scrypt:32768:8:1:" + "0" * 17 + ":" + "00" * 32,
        hashed() + "\n",
    ],
)  # fmt: skip
def test_what_is_no_hash_is_refused(text: str) -> None:
    assert not passwords.is_hash(text)
    assert not passwords.verify(PASSWORD, text)


def _user(name: str) -> ConsoleUser:
    return ConsoleUser(name=name, role="act", password_hash=hashed())


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("enabled = true", "nobody could log in"),
        ("enabled = true", "127.0.0.1:8090: two doors"),
        ("users = [{ name = 'ana', password_hash = 'secret' }]", "entry 1, password_hash"),
        ("users = [{ name = 'ana' }]", "entry 1, password_hash is missing"),
        ("users = [{ name = 'ana', rol = 'act', password_hash = '%s' }]", "entry 1, rol is not"),
        ("users = [{ name = 'ana', role = 'all', password_hash = '%s' }]", "one of read or act"),
        (
            "users = [{name = 'ana', password_hash = '%s'}, {name = 'ana', password_hash = '%s'}]",
            "'ana' stands there twice",
        ),
    ],
)
def test_a_console_that_cannot_be_is_refused(tmp_path: Path, table: str, said: str) -> None:
    file = tmp_path / "mailflow.toml"
    file.write_text(f"{CONFIG}\n[console]\n{table.replace('%s', hashed())}\n")
    with pytest.raises(ConfigError) as refused:
        load(file, {"MAILFLOW_WEB__LISTEN": "127.0.0.1:8090"})
    assert said in str(refused.value)
    assert hashed() not in str(refused.value)
