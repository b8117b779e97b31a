"""The pictures in the documents, made from the real thing: `make pictures`.

The demo's play and a console with something of everything in it are served on loopback ports, and
an installed Chromium takes what it shows. Dates are those of one fixed day, so that a picture
changes only when what it shows does (secret addresses in letters aside).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image
from rich.console import Console

from mailflow.demo.main import example_requests, find_examples
from mailflow.demo.play import ALBA, LUCIA, MARTA, TOM, play
from mailflow.demo.show import Show
from mailflow.demo.stage import Stage, stage
from mailflow.store import migrate
from mailflow.store.db import Database
from mailflow.web import compose
from mailflow.web.console import console
from mailflow.web.desk import Desk
from mailflow.web.gallery import gallery
from mailflow.web.mailbox import mailbox
from mailflow.web.mailview import Captured, opened
from mailflow.web.server import Server
from tests.browser.conftest import chromium
from tests.browser.worlds import login, troubled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from starlette.types import ASGIApp

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
#: The day on which everything in the pictures happens; one to come, because letters are sent by
#: the machine's clock, and nothing is sent before it is written.
DAY = datetime(2030, 3, 5, 10, 42, tzinfo=UTC)
#: Flat pages need no more, and are a third of the size.
_COLOURS = 128
_PHONE, _MAIL, _DESK = 375, 640, 1080


@dataclass
class Camera:
    """Takes pictures into `folder`."""

    browser: Browser
    folder: Path

    @contextmanager
    def tab(
        self, width: int, language: str = "en", scheme: Literal["light", "dark"] = "light"
    ) -> Iterator[Page]:
        """A tab of this width."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language
        )
        yield context.new_page()
        context.close()

    def take(self, tab: Page, name: str, height: int = 0) -> None:
        """What the tab shows: `height` pixels of it, or all."""
        tab.wait_for_load_state("networkidle")
        whole = tab.evaluate("document.documentElement.scrollHeight")
        width = tab.viewport_size["width"] if tab.viewport_size else _DESK
        high = min(height or whole, whole)
        clip: Any = {"x": 0, "y": 0, "width": width, "height": high}
        taken = Image.open(io.BytesIO(tab.screenshot(clip=clip, full_page=True)))
        few = taken.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}.png", optimize=True)
        sys.stdout.write(f"{name}.png {width} x {high}\n")

    def letter(
        self, mail: Captured, name: str, width: int = _MAIL, height: int = 0, scheme: Any = "light"
    ) -> None:
        """A letter as a mail program lays it out."""
        with self.tab(width, mail.language, scheme) as tab:
            tab.set_content(opened(mail.raw).html)
            self.take(tab, name, height)


def main(folder: Path = FOLDER) -> None:
    """Take all pictures anew."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with chromium() as browser:
        camera = Camera(browser, folder)
        _conversation(camera)
        _operator(camera)


def _conversation(camera: Camera) -> None:
    """What partners and customers see: two requests on their way, then the demo's play."""
    examples = find_examples()
    with stage(examples) as here:
        here.db.clock_offset = DAY - here.now()
        for name, sender, confirm, customer in (
            ("request.eml", ALBA, "CONFIRM", TOM), ("request-es.eml", LUCIA, "CONFIRMAR", MARTA),
        ):  # fmt: skip
            raw = (examples / name).read_bytes().replace(b"\n", b"\r\n")
            assert here.send(sender, here.daemon.config.service.address, raw) == ""
            (review,) = here.letters(("review", sender))
            answer = compose.answer(
                review, confirm, name="", now=here.now(), message_id=here.message_id(sender)
            )
            assert here.send(answer.mail_from, answer.recipient, answer.raw) == ""
            here.letters(("completion", sender), ("activation", customer))
        mails = here.mails()[::-1]
        camera.letter(_of(mails, "review"), "review-en", height=1180)
        camera.letter(_of(mails, "activation", TOM), "activation-en")
        camera.letter(_of(mails, "activation", TOM), "activation-phone-dark", _PHONE, 900, "dark")
        camera.letter(_of(mails, "review", LUCIA), "review-es", height=1180)
        camera.letter(_of(mails, "activation", MARTA), "activation-es")
        _pages(camera, here, mails)
        _in_portuguese(camera, here, _of(mails, "activation", MARTA))
        here.pass_days(7)
        _status(camera, here, mails)
    with stage(examples) as here:
        here.db.clock_offset = DAY - here.now()
        play(here, Show(Console(file=io.StringIO())), examples)
        letter = _of(here.mails()[::-1], "activation", TOM)
        with (
            served(mailbox(_desk(here), here.daemon.config.service)) as box,
            camera.tab(_DESK) as tab,
        ):
            tab.goto(box)
            camera.take(tab, "mailbox", 760)
            tab.goto(f"{box}/mail/{letter.id}")
            camera.take(tab, "mailbox-letter", 900)
            tab.goto(f"{box}/new")
            camera.take(tab, "mailbox-new", 820)


def _pages(camera: Camera, here: Stage, mails: list[Captured]) -> None:
    """The page of the customer, who has not decided yet, and that of the partner."""
    for language, name, width in (
        ("en", "page-en", 760), ("es", "page-es", 760), ("en", "page-phone", _PHONE),
    ):  # fmt: skip
        mail = next(m for m in mails if m.kind == "activation" and m.language == language)
        with camera.tab(width, language) as tab:
            tab.goto(_link(here, mail, "/a/"))
            camera.take(tab, name, 1300)


def _in_portuguese(camera: Camera, here: Stage, letter: Captured) -> None:
    """The same letter and page for a customer who asks for them in his language."""
    answer = compose.answer(
        letter, "PORTUGUÊS", name="", now=here.now(), message_id=here.message_id(MARTA)
    )
    assert here.send(answer.mail_from, answer.recipient, answer.raw) == ""
    (again,) = here.letters(("activation", MARTA))
    camera.letter(again, "activation-pt")
    with camera.tab(760, "pt") as tab:
        tab.goto(_link(here, again, "/a/"))
        camera.take(tab, "page-pt", 1300)


def _status(camera: Camera, here: Stage, mails: list[Captured]) -> None:
    for language in ("en", "es"):
        completion = next(m for m in mails if m.kind == "completion" and m.language == language)
        with camera.tab(760, language) as tab:
            tab.goto(_link(here, completion, "/s/"))
            camera.take(tab, f"status-{language}", 1000)


def _link(here: Stage, mail: Captured, part: str) -> str:
    prefix = f"{here.daemon.config.service.public_url}{part}"
    return prefix + opened(mail.raw).text.partition(prefix)[2].split()[0]


def _of(mails: list[Captured], kind: str, to: str = "") -> Captured:
    return next(mail for mail in mails if mail.kind == kind and to in ("", mail.recipient))


def _operator(camera: Camera) -> None:
    """What operators see."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        db = Database(f"sqlite:///{folder / 'console.db'}")
        stack.callback(db.close)
        migrate.upgrade(db)
        with db.reading() as session:
            db.clock_offset = DAY - db.now(session)
        place, paths = troubled(db)
        desk = stack.enter_context(served(console(place.service.flow)))
        tab = stack.enter_context(camera.tab(_DESK))
        login(tab, desk)
        for path, name in zip(paths[:6], ("today", "requests", "", "request", "", "quarantined"),
                              strict=True):  # fmt: skip
            if name:
                tab.goto(desk + path)
                camera.take(tab, f"console-{name}", 1000)
        letters = stack.enter_context(served(gallery(place.config.service)))
        tab.goto(f"{letters}/letter/activation/es")
        camera.take(tab, "gallery", 900)


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """An application on a free loopback port."""
    server = Server(app)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def _desk(here: Stage) -> Desk:
    return Desk(
        mails=here.mails, mail=here.mail, send=here.send, now=here.now, pass_days=here.pass_days,
        writer=here.people[0], examples=example_requests(), names=here.names,
    )  # fmt: skip


if __name__ == "__main__":
    main()
