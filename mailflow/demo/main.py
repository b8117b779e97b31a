"""`mailflow demo`: play, then stay up with the mailbox (or end, with `once`)."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from mailflow import __version__
from mailflow.demo.play import ALBA, play
from mailflow.demo.show import Show
from mailflow.demo.stage import MissingError, Stage, free_port, stage
from mailflow.web.desk import Desk, Example
from mailflow.web.mailbox import mailbox
from mailflow.web.server import Server

_HERE = Path(__file__).resolve().parent.parent


def find_examples() -> Path:
    """The example mails: inside an installed package, or beside it in a checkout."""
    for folder in (_HERE / "examples", _HERE.parent / "examples"):
        if (folder / "request.eml").is_file():
            return folder
    raise FileNotFoundError("the example mails that belong to mailflow are missing")


def main(*, once: bool = False) -> int:
    """Play the whole conversation; 0 when every step was seen to happen, else 1."""
    console = Console(highlight=False)
    console.print(
        Text.assemble(
            ("mailflow ", "bold"),
            __version__,
            " · a partner requests, confirms by mail; the customer activates by mail or click",
        )
    )
    began = time.monotonic()
    examples = find_examples()
    with stage(examples) as here:
        show = Show(console)
        try:
            play(here, show, examples)
        except MissingError as missing:
            console.print(Text(f"\n✗ the play stopped: {missing}", style="bold red"))
            return 1
        console.print(
            Text(
                f"\n✓ {show.steps} steps seen in {time.monotonic() - began:.1f} s, "
                f"{len(here.mails())} letters written",
                style="bold green",
            )
        )
        if not once:
            stay(here, console)
    return 0


def stay(here: Stage, console: Console) -> None:
    """Serve the captured mailbox until Ctrl-C."""
    writer = next(person for person in here.people if person.email == ALBA)
    desk = Desk(
        mails=here.mails,
        mail=here.mail,
        send=here.send,
        now=here.now,
        pass_days=here.pass_days,
        writer=writer,
        examples=example_requests(),
        names=here.names,
    )
    service = here.daemon.config.service
    server = Server(mailbox(desk, service), port=free_port(8081), name="mailbox")
    server.start()
    url = f"http://127.0.0.1:{server.port}/"
    console.print(
        Text.assemble(
            "\nIt stays up. Read every mail, and go on as the partner or the customer:\n\n    ",
            (url, "bold underline"),
            f"\n\nMail goes in by SMTP on 127.0.0.1:{here.daemon.smtp_port}, "
            f"to {service.address}. Ctrl-C ends it.",
        )
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    server.stop()


def example_requests() -> list[Example]:
    """Requests with which one can go on."""
    return [
        Example(
            name="request",
            title="A complete request",
            subject="New account for Rook Aviation",
            text=(
                "Hello,\n\nAccount name: Rook Aviation\n"
                "Customer email: nina@rook-aviation.example\n"
                "Account domain: rook-aviation.example\n"
                "Note to customer: Nina, this is the account for your new licences.\n"
                "User emails: jon@rook-aviation.example\n\nThank you!\n"
            ),
        ),
        Example(
            name="mistakes",
            title="A request with mistakes",
            subject="Account please",
            text=(
                "Account name: Rook Aviation\n"
                "Customer email: nina@rook-aviation\n"
                "User emails: jon@rook-aviation.example, jon@rook-aviation.example\n"
            ),
        ),
        Example(
            name="taken",
            title="A domain that has an account already",
            subject="Account for Old Mill Bakery",
            text="Account name: Old Mill Bakery\nCustomer email: owner@old-mill.example\n",
        ),
    ]
