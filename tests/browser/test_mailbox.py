"""The demo's mailbox in a real browser: from a request to an active account by clicking only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from tests.browser.play import Play
from tests.browser.test_activation import faint, overflowing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def arrived(page: Page, words: str) -> None:
    """Waits, as a reader would, until the list has looked again and shows a fresh mail."""
    page.locator(".mails .fresh", has_text=words).first.wait_for(timeout=15_000)


def test_from_request_to_active_by_clicking_only(page: Page, box: str) -> None:
    page.goto(box)
    page.get_by_role("link", name="Write a request").click()
    page.get_by_role("button", name="Send the request").click()
    arrived(page, "Rook Aviation")
    page.locator(".mails .fresh a").first.click()
    page.get_by_role("button", name="CONFIRM", exact=True).click()
    arrived(page, "Provisional account created")
    page.goto(box)
    page.get_by_role("navigation", name="Mailboxes").get_by_text("nina@rook-aviation").click()
    page.locator(".mails a").first.click()
    with page.expect_popup() as opening:
        page.frame_locator("iframe").locator("a[href*='/a/']").first.click()
    activation = opening.value
    activation.get_by_role("button", name="Accept and activate").click()
    assert activation.locator("h1").inner_text() == "The Smart Account is active"
    activation.close()
    page.goto(f"{box}/?to=jon%40rook-aviation.example")
    assert page.locator(".mails a").count() == 1


def test_a_link_that_writes_a_mail_opens_the_answer(page: Page, box: str, play: Play) -> None:
    play.activation_page()
    page.goto(f"{box}/?to={play.customer}")
    page.locator(".mails a").first.click()
    page.frame_locator("iframe").get_by_role("link", name="ACTIVATE").first.click()
    page.wait_for_url("**#answer")
    assert page.get_by_label("Or in your own words").input_value().strip().startswith("ACTIVATE")
    page.get_by_role("button", name="Send the answer").click()
    arrived(page, "is active")


def test_time_passes_at_the_press_of_a_button(page: Page, box: str) -> None:
    page.goto(box)
    before = page.locator(".today").inner_text()
    page.get_by_role("button", name="7 days").click()
    assert page.locator(".today").inner_text() != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_out_of_the_mailbox_or_is_faint(
    browser: Browser, box: str, play: Play, scheme: Literal["light", "dark"]
) -> None:
    play.activation_page()
    context = browser.new_context(color_scheme=scheme)
    tab = context.new_page()
    tab.goto(f"{box}/?to={play.customer}")
    first = tab.locator(".mails a").first.get_attribute("href")
    for width in (320, 600, 1000):
        tab.set_viewport_size({"width": width, "height": 800})
        for path in ("/", first, f"{first}?show=text", f"{first}?show=source", "/new"):
            tab.goto(f"{box}{path}")
            assert overflowing(tab) == [], path
            assert faint(tab) == [], path
    context.close()
