"""A real browser in front of the real demo service.

Needs Playwright (extra `browser`) and an installed Chromium; nothing is ever downloaded. Without
them the tests are skipped, saying the line that mends it; MAILFLOW_REQUIRE_BROWSER=1 (as in CI)
makes that a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest

from mailflow.demo.main import example_requests, find_examples
from mailflow.demo.stage import Stage, stage
from mailflow.web.desk import Desk
from mailflow.web.mailbox import mailbox
from mailflow.web.server import Server
from tests.browser.play import PARTNER, Play

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

#: The first is Chromium without windows, and takes about two thirds of the time of the others.
_BROWSERS = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable",
    "google-chrome",
)  # fmt: skip
#: In containers Chromium may have no sandbox; and it is to talk to nobody but us.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _missing(what: str, mend: str) -> NoReturn:
    message = f"no {what}; mend it with: {mend}"
    if os.environ.get("MAILFLOW_REQUIRE_BROWSER") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """An installed Chromium."""
    with chromium() as found:
        yield found


@contextmanager
def chromium() -> Iterator[Browser]:
    """An installed Chromium; without one, or without Playwright, the skip that mends it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright", "pip install -c constraints.txt '.[browser]'")
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        _missing("Chromium", "apt-get install chromium")
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=_FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def running() -> Iterator[Stage]:
    """The demo's service: SMTP, database, web, captured mail."""
    with stage(find_examples()) as found:
        yield found


@pytest.fixture(scope="session")
def box(running: Stage) -> Iterator[str]:
    """The address of the demo's mailbox."""
    writer = next(person for person in running.people if person.email == PARTNER)
    desk = Desk(
        mails=running.mails,
        mail=running.mail,
        send=running.send,
        now=running.now,
        pass_days=running.pass_days,
        writer=writer,
        examples=example_requests(),
        names=running.names,
    )
    server = Server(mailbox(desk, running.daemon.config.service), name="mailbox")
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture
def play(running: Stage) -> Play:
    """Brings requests to where a test begins."""
    return Play(running)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh tab without scripts: no page of ours may need any.

    What the browser complains of (a style or frame that our own policy forbids) is a failure; the
    status of a page that says no is none.
    """
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    tab = context.new_page()
    troubles: list[str] = []

    def heard(said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            troubles.append(said.text)

    tab.on("console", heard)
    yield tab
    context.close()
    assert troubles == []
