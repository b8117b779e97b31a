"""Every page and every letter before axe-core, in a real browser: nothing breaks WCAG 2.2 AA."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailflow.core.request import State
from mailflow.letters import Letters
from mailflow.store.db import Database
from mailflow.web.console import console
from mailflow.web.gallery import gallery
from mailflow.web.pages import pages
from mailflow.web.server import Server
from tests.browser.axe import CONTRAST, WCAG, faults, page_faults
from tests.browser.play import PARTNER, Play
from tests.browser.worlds import login, troubled
from tests.edges import web_door
from tests.edges.web_door import OLD_TOKEN, PARTNERS_TOKEN, TOKEN, MemoryDoor
from tests.letters.samples import LANGUAGES, SAMPLES, SERVICE, parts, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from starlette.types import ASGIApp

#: Letters that are laid one below the other, because axe-core takes its time for each document.
_AT_ONCE = 40


class AwayError(Exception):
    """The database is away."""


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab in which axe-core can run."""
    base = pytest.importorskip(
        "axe_playwright_python.base", reason="pip install -c constraints.txt .[browser]"
    )
    context = browser.new_context(viewport={"width": 600, "height": 900}, locale="en-GB")
    context.add_init_script(base.AXE_SCRIPT)  # half a megabyte, sent once and not for each page
    yield context.new_page()
    context.close()


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    server = Server(app)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def look(tab: Page, address: str, *, colours: bool = True) -> list[str]:
    """What is wrong with the page at an address."""
    tab.goto(address)
    return [f"{address}: {fault}" for fault in page_faults(tab, colours=colours)]


def test_the_pages_of_a_request_in_every_state_and_language(tab: Page) -> None:
    door, wrong = MemoryDoor(), []
    with served(pages(door, web_door.service())) as here:
        for state in State:
            door.now = web_door.request(state, end_reason="We have one already.")
            for language in LANGUAGES:
                for path in (f"/a/{TOKEN}", f"/s/{PARTNERS_TOKEN}"):
                    address = f"{here}{path}?lang={language}"
                    wrong += look(tab, address, colours=language == "en")
        door.now = replace(door.now, state=State.EXPIRED, ready_told=True)
        wrong += look(tab, f"{here}/a/{TOKEN}")
    assert wrong == []


def test_the_answers_that_say_no_and_what_follows_a_form(tab: Page) -> None:
    door, wrong = MemoryDoor(), []
    with served(pages(door, web_door.service(), temporary=(AwayError,))) as here:
        for language in LANGUAGES:
            for path in ("/", f"/a/{OLD_TOKEN}", "/a/short", "/done/nominated", "/elsewhere"):
                wrong += look(tab, f"{here}{path}?lang={language}", colours=language == "en")
        for fails in (AwayError(), RuntimeError()):
            door.fails = fails
            wrong += look(tab, f"{here}/a/{TOKEN}")
        door.fails = None
        for language in LANGUAGES:
            tab.goto(f"{here}/a/{TOKEN}?lang={language}")
            tab.locator("details").first.evaluate("one => one.open = true")
            tab.locator("#address").fill("boss@elsewhere.example")
            tab.locator("button[value=nominate]").click()
            assert tab.get_by_role("alert").count() == 1
            wrong += page_faults(tab, colours=language == "en")
        for _ in range(50):
            if (answer := tab.goto(f"{here}/a/{OLD_TOKEN}")) and answer.status == 429:
                break
        assert "wait" in tab.locator("h1").inner_text()
        wrong += page_faults(tab)
    assert wrong == []


def test_the_console(tab: Page, sqlite_db: Database, tmp_path: Path) -> None:
    place, paths = troubled(sqlite_db)
    wrong: list[str] = []
    with served(console(place.service.flow)) as here:
        wrong += look(tab, f"{here}/login")
        login(tab, here, "ana", "wrong")
        assert tab.get_by_role("alert").count() == 1
        wrong += page_faults(tab)
        login(tab, here)
        for path in paths:
            answer = tab.goto(here + path)
            assert answer
            assert answer.ok, path
            wrong += [f"{path}: {fault}" for fault in page_faults(tab)]
        wrong += look(tab, f"{here}/requests/SA-2222-2222")
        tab.goto(here + next(path for path in paths if path.startswith("/requests/")))
        tab.locator("button[value=reject]").click()
        assert tab.get_by_role("alert").count() == 1
        wrong += page_faults(tab)
        file = tmp_path / "people.csv"
        for words in ("email,name\nnora@fresh.example,Nora\n", "email,role\nnobody,king\n"):
            file.write_text(words)
            tab.goto(f"{here}/people")
            tab.locator("input[type=file]").set_input_files(file)
            tab.locator("section[aria-labelledby=import] button").click()
            assert tab.locator("h1").inner_text().startswith("Import people")
            wrong += page_faults(tab)
    assert wrong == []


def test_the_demos_mailbox(tab: Page, box: str, play: Play) -> None:
    play.activation_page()
    tab.goto(f"{box}/?to={play.customer}")
    mail = tab.locator(".mails a").first.get_attribute("href")
    wrong: list[str] = []
    for path in ("/", f"/?to={PARTNER}", f"{mail}", f"{mail}?show=text", f"{mail}?show=source",
                 f"{mail}?text=DECLINE%20#answer", "/new", "/new?example=mistakes"):  # fmt: skip
        wrong += look(tab, box + path)
    assert wrong == []


def test_the_gallery_with_templates_of_ones_own(tab: Page, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "review.j2").write_text("{{ no_such_thing }}")
    wrong: list[str] = []
    tab.set_default_timeout(120_000)  # its first page writes every letter, to say what is wrong
    service = SERVICE.model_copy(update={"languages": ("en",)})  # its own words are English
    with served(gallery(service, tmp_path)) as here:
        for path in ("/", "/letter/activation/en", "/letter/activation/en?show=text",
                     "/letter/activation/en?show=source", "/letter/review/en"):  # fmt: skip
            wrong += look(tab, here + path)
    assert wrong == []


def test_every_letter(tab: Page) -> None:
    """All rules but contrast, which `test_letters` measures in every one of them, both schemes."""
    letters, wrong = Letters(SERVICE), []
    for language in LANGUAGES:
        written = [
            parts(write(letters, sample, language).raw).html
            for sample in SAMPLES
            if sample.case == "" or language == "es"
        ]
        for start in range(0, len(written), _AT_ONCE):
            tab.set_content(_one_below_the_other(written[start : start + _AT_ONCE]))
            wrong += [f"{language}: {fault}" for fault in faults(tab, WCAG, skip=[CONTRAST])]
    assert wrong == []


@pytest.mark.parametrize("kind", ["review", "activation", "status"])
def test_a_letter_as_it_is(tab: Page, kind: str) -> None:
    """The longest ones as whole documents, with contrast as axe-core counts it."""
    sample = next(one for one in SAMPLES if one.name == kind)
    tab.set_content(parts(write(Letters(SERVICE), sample).raw).html)
    wrong = faults(tab, WCAG)
    tab.emulate_media(color_scheme="dark")
    assert wrong + faults(tab, only=[CONTRAST]) == []


def test_it_finds_what_it_is_for(tab: Page) -> None:
    html = parts(write(Letters(SERVICE), SAMPLES[0]).raw).html
    tab.set_content(html.replace("color: #14181d", "color: #bbbbbb").replace(' lang="en"', "", 1))
    found = " ".join(faults(tab, WCAG))
    assert "html-has-lang" in found
    assert CONTRAST in found


def _one_below_the_other(documents: list[str]) -> str:
    """One document with the bodies of all, under the head of the first."""
    bodies = (LexborHTMLParser(document).body for document in documents)
    inner = "".join(f"<div>{body.inner_html}</div>" for body in bodies if body)
    return f"{documents[0].partition('<body')[0]}<body>{inner}</body></html>"
