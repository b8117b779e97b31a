"""The operator in a real browser, without scripts: log in, look, hold, release, import, log out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from mailflow.core.request import State
from mailflow.store.db import Database
from mailflow.web.console import console
from mailflow.web.pages import pages
from mailflow.web.server import Server
from tests.browser.test_activation import faint, overflowing
from tests.edges.console_door import PASSWORD, house
from tests.house import ALBA, REQUEST, House, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def place(sqlite_db: Database) -> House:
    return house(sqlite_db)


@pytest.fixture
def desk(place: House) -> Iterator[str]:
    """The address of the console."""
    server = Server(console(place.service.flow), name="console")
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def login(page: Page, desk: str, name: str = "ana", path: str = "/") -> None:
    page.goto(desk + path)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_from_the_login_to_hold_and_release(page: Page, desk: str, place: House) -> None:
    place.pending()
    reference = place.request().reference
    login(page, desk, path="/requests?state=pending")
    assert page.url == f"{desk}/requests?state=pending"
    page.get_by_role("link", name=reference).click()
    assert page.locator("h1").inner_text() == "Harbour Logistics pending"
    page.get_by_role("button", name="Hold").click()
    assert "write a reason" in page.get_by_role("alert").inner_text()
    page.get_by_label("Reason").fill("They called <b>us</b>")
    page.get_by_role("button", name="Hold").click()
    assert page.get_by_role("status").inner_text() == "Done: held."
    assert place.request().state is State.HOLD
    assert page.get_by_text("They called <b>us</b>").first.is_visible()
    page.get_by_role("button", name="Release").click()
    assert page.locator("h1").inner_text() == "Harbour Logistics pending"
    assert page.locator(".story li").last.inner_text().startswith("released")
    assert "operator ana" in page.locator(".story li").last.inner_text()
    page.reload()  # repeats nothing
    assert page.get_by_role("status").count() == 0
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{desk}/requests/{reference}")
    assert page.locator("h1").inner_text() == "Log in"


def test_a_wrong_password_is_told_and_the_name_kept(page: Page, desk: str) -> None:
    page.goto(desk)
    page.get_by_label("Name").fill("ana")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_role("alert").inner_text() == "Name or password is wrong."
    assert page.get_by_label("Name").input_value() == "ana"


def test_quarantine_is_looked_at_and_released(page: Page, desk: str, place: House) -> None:
    place.write(ALBA.email, f"{REQUEST}\n<script>x</script>", peer="192.0.2.66")
    login(page, desk)
    page.get_by_role("link", name="1 mail in quarantine").click()
    page.locator("table a").first.click()
    assert "<script>x</script>" in page.locator("pre").inner_text()
    page.get_by_role("button", name="Release").click()
    assert page.get_by_role("status").inner_text() == "Released: it is worked on now."
    place.service.work()
    assert [letter.kind for letter in place.service.letters()] == ["review"]


def test_people_are_imported_after_a_look(
    page: Page, desk: str, place: House, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,name\nnora@fresh.example,Nora\n")
    login(page, desk)
    page.get_by_role("link", name="People").click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("button", name="Import all of this").click()
    assert page.get_by_text("nora@fresh.example").is_visible()


def test_who_may_only_look_has_nothing_to_press(page: Page, desk: str, place: House) -> None:
    place.pending()
    login(page, desk, "rui", f"/requests/{place.request().reference}")
    assert page.get_by_role("button").all_inner_texts() == ["Log out"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_out_of_the_pages_or_is_faint(
    browser: Browser, desk: str, place: House, scheme: Literal["light", "dark"]
) -> None:
    _, activation = place.pending()
    place.answer(activation, "NOT ME")
    place.write(ALBA.email, "Account name: X", peer="192.0.2.66")
    reference = place.request().reference
    context = browser.new_context(color_scheme=scheme)
    tab = context.new_page()
    login(tab, desk)
    paths = (
        "/", "/requests", f"/requests/{reference}", "/quarantine", "/mail/in/4", "/mail/out/1",
        "/people", "/accounts", "/health", "/log",
    )  # fmt: skip
    for width, path in product((320, 600, 1000), paths):
        tab.set_viewport_size({"width": width, "height": 800})
        answer = tab.goto(desk + path)
        assert answer
        assert answer.status == 200, path
        assert overflowing(tab) == [], (path, width)
        assert faint(tab) == [], (path, width)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_partners_status_page(
    browser: Browser, place: House, scheme: Literal["light", "dark"]
) -> None:
    completion, _ = place.pending()
    server = Server(pages(place.service.flow, place.config.service))
    server.start()
    token = text_of(completion).partition("/s/")[2].split()[0]
    context = browser.new_context(color_scheme=scheme, java_script_enabled=True)
    tab = context.new_page()
    for width, language in product((320, 600, 1000), ("en", "es", "pt")):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.goto(f"http://127.0.0.1:{server.port}/s/{token}?lang={language}")
        assert tab.locator(".steps li").count() >= 4
        assert tab.get_by_role("button").count() == 0
        assert overflowing(tab) == []
        assert faint(tab) == []
    tab.goto(f"http://127.0.0.1:{server.port}/a/{token}")
    assert tab.locator("h1").inner_text() == "This link is not in use"
    context.close()
    server.stop()
