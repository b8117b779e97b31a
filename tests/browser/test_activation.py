"""The customer in a real browser, without scripts: accept, decline, pass it on, stop it, too late."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.play import Play

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def test_reading_then_accepting(page: Page, play: Play) -> None:
    address = play.activation_page()
    page.goto(address)
    assert (
        page.locator("h1").inner_text() == f"Activate the Smart Account of Client of {play.domain}"
    )
    assert page.get_by_text("outside " + play.domain).count() == 1
    assert page.locator("a", has_text="evil.example").count() == 0
    assert page.get_by_text("See https://evil.example").is_visible()
    page.goto(address)  # looking again changes nothing
    page.get_by_role("button", name="Accept and activate").click()
    assert page.url == address
    assert page.locator("h1").inner_text() == "The Smart Account is active"
    page.reload()
    assert page.locator("h1").inner_text() == "The Smart Account is active"
    assert page.get_by_role("button").count() == 0


def test_declining_with_a_reason(page: Page, play: Play) -> None:
    page.goto(play.activation_page())
    page.locator("summary", has_text="Decline").click()
    page.get_by_label("Reason").fill("We have one already.\n<b>Really</b>")
    page.get_by_role("button", name="Decline the request").click()
    assert page.locator("h1").inner_text() == "The request was declined"
    assert page.get_by_text("<b>Really</b>").is_visible()


def test_naming_somebody_else(page: Page, play: Play) -> None:
    address = play.activation_page()
    page.goto(address)
    page.locator("summary", has_text="Somebody else").click()
    page.get_by_label("Mail address of that person").fill("boss@elsewhere.example")
    page.get_by_role("button", name="Pass it on").click()
    assert play.domain in page.get_by_role("alert").inner_text()
    field = page.get_by_label("Mail address of that person")
    assert field.input_value() == "boss@elsewhere.example"  # what was typed is not lost
    field.fill(f"ana@{play.domain}")
    page.get_by_role("button", name="Pass it on").click()
    assert page.locator("h1").inner_text() == "Thank you, we have written to them"
    page.goto(address)
    assert page.locator("h1").inner_text() == "This link is not in use"
    page.goto(play.nominees_page(f"ana@{play.domain}"))
    page.get_by_role("button", name="Accept and activate").click()
    assert page.locator("h1").inner_text() == "The Smart Account is active"


def test_stopping_what_is_not_meant_for_oneself(page: Page, play: Play) -> None:
    page.goto(play.activation_page())
    page.locator("summary", has_text="not meant for me").click()
    page.get_by_role("button", name="Not me").click()
    assert page.locator("h1").inner_text() == "The request is being checked"


def test_an_old_link_is_answered_calmly(page: Page, play: Play) -> None:
    address = play.activation_page()
    page.goto(address[:-3] + "222")
    assert page.locator("h1").inner_text() == "This link is not in use"


def test_changing_the_language(page: Page, play: Play) -> None:
    page.goto(play.activation_page())
    page.get_by_role("link", name="Español").first.click()
    assert page.locator("html").get_attribute("lang") == "es"
    page.get_by_role("button", name="Aceptar y activar").click()
    assert page.locator("h1").inner_text() == "La cuenta Smart Account está activa"


def test_everything_can_be_done_by_keyboard(page: Page, play: Play) -> None:
    page.goto(play.activation_page())
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator("button.main:focus").count():
            break
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "The Smart Account is active"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_out_of_the_page_or_is_faint(
    browser: Browser, play: Play, scheme: Literal["light", "dark"]
) -> None:
    address = play.activation_page()
    context = browser.new_context(color_scheme=scheme)
    tab = context.new_page()
    for width, language in product((320, 600, 1000), ("en", "es", "pt")):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.goto(f"{address}?lang={language}")
        tab.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert overflowing(tab) == []
        assert faint(tab) == []
    context.close()


def overflowing(tab: Page) -> list[str]:
    """Elements that stick out of the window."""
    return list(
        tab.evaluate(
            """() => [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)
            .map(e => e.outerHTML.slice(0, 80))"""
        )
    )


def faint(tab: Page) -> list[str]:
    """Texts whose contrast with what is painted behind them is below WCAG AA."""
    return list(
        tab.evaluate(
            """() => {
            const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
            const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
            const colour = s => s.match(/[\\d.]+/g).map(Number);
            const paper = e => {
                for (; e; e = e.parentElement) {
                    const c = colour(getComputedStyle(e).backgroundColor);
                    if (c.length == 3 || c[3] == 1) return c;
                }
                return [255, 255, 255];
            };
            return [...document.querySelectorAll('body *')].filter(e =>
                [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) && e.offsetParent
            ).filter(e => {
                const style = getComputedStyle(e);
                const [a, b] = [light(colour(style.color)), light(paper(e))].sort((x, y) => y - x);
                const size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
                return (a + 0.05) / (b + 0.05) < (size >= 24 || bold && size >= 18.66 ? 3 : 4.5);
            }).map(e => e.outerHTML.slice(0, 80));
            }"""
        )
    )
