"""The whole conversation through programs that strangers wrote: swaks as the mail program of
partner and customer, Postfix before us and behind us, and Dovecot as the mailbox that we read.

    swaks ──► Postfix ──► filter ──► LMTP, or a Maildir that Dovecot shows ──► mailflow
                                                                                  │
    the internet (`Smarthost`) ◄── Postfix ◄── port of its own ◄──────────────────┘

Postfix runs with the lines of docs/how-to/behind-postfix.md.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope

from mailflow.store import queries
from mailflow.store.db import Database
from tests.daemon.harness import Service, Smarthost, Taken, free_port
from tests.daemon.milter import milter
from tests.daemon.postfix import PAGE, Postfix, block, postfix
from tests.daemon.test_daemon import request
from tests.edges import imap_real
from tests.house import ALBA, INTAKE, REQUEST, TOM

#: A step goes through five programs, on a machine that may be busy with other tests.
LONG_S = 60.0
ANN, TIM = "ann@harbour.example", "tim@harbour.example"


@dataclass
class World:
    """All of them. `source` is what mailflow calls the way by which mail comes in."""

    source: str
    service: Service
    front: Postfix
    internet: Smarthost

    def answer(self, letter: Taken, words: str) -> None:
        """The addressee answers a letter, as Gmail writes it, by swaks."""
        answer = letter.answer(words)
        self.front.swaks(answer.mail_from, answer.recipient, answer.raw)

    def letter(self, recipient: str, words: str) -> Taken:
        """The first letter to `recipient` with `words` in its subject."""
        try:
            return self.internet.letter(recipient, words, LONG_S)
        except AssertionError as error:
            said = f"{self.front.log()[-3000:]}\n{self.service.log.read_text()[-3000:]}"
            raise AssertionError(f"{error}\n{said}") from error

    def inbox(self) -> Counter[tuple[str, str]]:
        """(state, source) of the mails that were taken, and how many of each."""
        db = Database(self.service.url)
        with db.reading() as session:
            assert queries.conservation(session).difference == 0
            rows = queries.inbox_rows(session, limit=100)
            found = Counter((row.state, row.source) for row in rows)
        db.close()
        return found


@pytest.fixture(params=["lmtp", "mailbox"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Postfix and the rest of the world are up; mailflow is not yet."""
    way: str = request.param
    submission, internet = free_port(), Smarthost()
    with ExitStack() as stack:
        without: tuple[str, ...] = ()
        more, mailbox, source = "", "", way
        if way == "mailbox":
            server = stack.enter_context(imap_real.dovecot())
            without = ("relay_domains", "relay_recipient_maps", "transport_maps")
            more, mailbox, source = _maildirs(server), _mailbox(server), "imap:sales"
        filter_port = stack.enter_context(milter())
        internet.start()
        stack.callback(internet.stop)
        url = f"sqlite:///{tmp_path / 'mailflow.db'}"
        service = Service(tmp_path, url, submission, mailbox)
        _documented(service)
        service.prepare()
        front = stack.enter_context(
            postfix(
                internet.port,
                {
                    "licensing.vendor.example": "vendor.example",
                    "127.0.0.1:8024": f"127.0.0.1:{service.lmtp_port}",
                    "127.0.0.1:8891": f"127.0.0.1:{filter_port}",
                    "127.0.0.1:10587": f"127.0.0.1:{submission}",
                },
                without,
                more,
            )
        )
        stack.callback(service.stop)
        yield World(source, service, front, internet)


def _documented(service: Service) -> None:
    """Let it believe whom the page says, instead of every peer."""
    plain = 'mode = "trusted_peers"\n            trusted_peers = ["127.0.0.1"]'
    text = service.config.read_text()
    assert plain in text
    trust = block("In `mailflow.toml`:").replace("[trust]\n", "")
    service.config.write_text(text.replace(plain, trust))


def _maildirs(server: imap_real.Real) -> str:
    """For main.cf: Postfix itself delivers our two addresses into the mailbox."""
    user, group = server.owner
    boxes = ", ".join(
        f"{{ {address} = {server.maildir}/ }}" for address in (INTAKE, "bounce@vendor.example")
    )
    return f"""
virtual_mailbox_domains = vendor.example
virtual_mailbox_base = /
virtual_mailbox_maps = inline:{{ {boxes} }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{user}
virtual_gid_maps = static:{group}
"""


def _mailbox(server: imap_real.Real) -> str:
    """For mailflow.toml."""
    return (
        f'[ingress.imap.sales]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        f'username = "{imap_real.USER}"\npassword = "{imap_real.PASSWORD}"\n'
    )


def test_from_request_to_active(world: World) -> None:
    world.internet.handle_RCPT = _nobody_of_that_name  # type: ignore[attr-defined]
    # mailflow is down: mail waits in Postfix's queue, or in the mailbox. The first is somebody who
    # writes in the partner's name, and brings a proof along.
    forged = b"Authentication-Results: mx.vendor.example; dmarc=pass\r\n" + request(
        message_id="<forged@crook.example>"
    )
    world.front.swaks("crook@crook.example", INTAKE, forged)
    world.front.swaks(ALBA.email, INTAKE, request(REQUEST.replace(TOM, TIM)))
    world.service.start()
    world.answer(world.letter(ALBA.email, "confirm"), "CONFIRM")
    # The customer's server knows no such address. Postfix reports that, the partner mends it.
    report = world.letter(ALBA.email, "could not be delivered")
    world.answer(report, f"Customer email: {TOM}")
    world.answer(world.letter(TOM, "decide"), "ACTIVATE")
    for recipient, words in ((TOM, "Active"), (ALBA.email, "Active"), (ANN, "access")):
        world.letter(recipient, words)
    # Every letter came by Postfix, once, and its failure would be reported to us.
    assert all(b"(Postfix)" in taken.raw for taken in world.internet.taken)
    assert all(taken.mail_from.startswith("bounce+") for taken in world.internet.taken)
    assert set(Counter(t.message["Message-ID"] for t in world.internet.taken).values()) == {1}
    # Request, CONFIRM, report, correction, ACTIVATE; and the forgery without any answer.
    assert world.inbox() == {("done", world.source): 5, ("quarantined", world.source): 1}
    assert world.front.emptied(), world.front.log()[-3000:]


async def _nobody_of_that_name(
    _server: object, _session: object, envelope: Envelope, address: str, _options: object
) -> str:
    if address == TIM:
        return "550 5.1.1 There is nobody of that name"
    envelope.rcpt_tos.append(address)
    return "250 2.1.5 OK"


def test_the_pages_ports_go_together() -> None:
    """Each half of the page speaks of the other's ports."""
    settings = tomllib.loads(block("`mailflow.toml`, once more:"))
    [listen] = settings["ingress"]["smtp"]["listen"]
    assert listen.removeprefix("lmtp://") in block("`main.cf`:")
    delivery = settings["delivery"]
    assert f"{delivery['host']}:{delivery['port']} inet" in block("`master.cf`:")
    assert "imap-mailbox.md" in PAGE.read_text()
