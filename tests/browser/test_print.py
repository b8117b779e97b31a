"""On paper: what was decided on stays, what one presses goes, and nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mailflow.letters import Letters
from mailflow.store.db import Database
from mailflow.web.console import console
from mailflow.web.pages import pages
from tests.browser.test_activation import faint, overflowing
from tests.browser.test_axe import served
from tests.browser.worlds import login, troubled
from tests.edges import web_door
from tests.edges.web_door import PARTNERS_TOKEN, TOKEN, MemoryDoor
from tests.letters.samples import SAMPLES, SERVICE, parts, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: A4 in CSS pixels, less the margins that browsers print with.
_PAPER = {"width": 718, "height": 1046}


@pytest.fixture
def paper(browser: Browser) -> Iterator[Page]:
    """A tab as the printer sees it, of somebody who prefers the dark."""
    context = browser.new_context(viewport=_PAPER, color_scheme="dark")  # type: ignore[arg-type]
    tab = context.new_page()
    tab.emulate_media(media="print", color_scheme="dark")
    yield tab
    context.close()


def white(tab: Page) -> bool:
    """Whether nothing but white paper lies behind the page."""
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    return ground == "rgb(255, 255, 255)"


def test_the_pages_of_a_request(paper: Page) -> None:
    with served(pages(MemoryDoor(), web_door.service())) as here:
        paper.goto(f"{here}/a/{TOKEN}")
        for words in ("Acme: Water & Power", "tom@partner.example", "outside acme.example",
                      "you may decide this", "SA-7K3M9Q"):  # fmt: skip
            assert paper.get_by_text(words).first.is_visible(), words
        pressed = paper.locator("button, summary, input, textarea, nav")
        assert [one for one in pressed.all() if one.is_visible()] == []
        assert not paper.get_by_text("simply do nothing").is_visible()
        assert (overflowing(paper), faint(paper), white(paper)) == ([], [], True)
        assert paper.evaluate("document.body.scrollHeight") < _PAPER["height"]  # one sheet
        paper.goto(f"{here}/s/{PARTNERS_TOKEN}")
        assert paper.locator(".steps li").first.is_visible()
        assert (overflowing(paper), faint(paper), white(paper)) == ([], [], True)


def test_the_console(paper: Page, sqlite_db: Database) -> None:
    place, paths = troubled(sqlite_db)
    with served(console(place.service.flow)) as here:
        paper.emulate_media(media="screen")
        login(paper, here)
        paper.emulate_media(media="print")
        for path in paths:
            paper.goto(here + path)
            assert paper.locator("h1").is_visible()
            assert not paper.locator(".menu").is_visible()
            assert (overflowing(paper), faint(paper), white(paper)) == ([], [], True), path


@pytest.mark.parametrize("kind", ["activation", "review", "status"])
def test_letters(paper: Page, kind: str) -> None:
    sample = next(one for one in SAMPLES if one.name == kind)
    paper.emulate_media(media="print", color_scheme="light")
    paper.set_content(parts(write(Letters(SERVICE), sample).raw).html)
    assert (overflowing(paper), faint(paper)) == ([], [])
    assert {
        one.evaluate("one => getComputedStyle(one).breakAfter") for one in paper.locator("h2").all()
    } <= {"avoid"}
