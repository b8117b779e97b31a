"""A console with something of everything in it, and somebody who logs in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mailflow.core.request import Account
from mailflow.store import directory, inbox, mailboxes, outbox, queries
from mailflow.store.db import Database
from mailflow.timers import sweep
from tests.edges.console_door import PASSWORD, house
from tests.house import ALBA, BRUNO, LUCIA, House
from tests.store.make import incoming

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Who asks, for which company, and what he and the customer answer.
_PLAYS = (
    (ALBA, "Harbour Logistics", "harbour.example", "CONFIRM", "ACTIVATE"),
    (BRUNO, "Rook Aviation", "rook-aviation.example", "CONFIRM", "DECLINE We have one already."),
    (LUCIA, "Molinos del Sur S.A.", "molinos.example", "CONFIRMAR", ""),
    (ALBA, "Pine & Partners", "pine.example", "CONFIRM", "NOT ME"),
    (BRUNO, "Delta Foods", "delta-foods.example", "CANCEL", ""),
    (ALBA, "Blue Bridge", "blue-bridge.example", "CONFIRM", ""),
    (LUCIA, "Faro Norte", "faro-norte.example", "", ""),
)


def troubled(db: Database) -> tuple[House, list[str]]:
    """Requests in many states, mail in quarantine, mail that failed, a mailbox that is refused.

    And the paths of the console's pages that show them.
    """
    place = house(db)
    for who, name, domain, answer, decision in _PLAYS:
        review = place.review(_request(name, domain), who.email)
        db.clock_offset += timedelta(hours=7)
        letters = place.answer(review, answer) if answer else []
        db.clock_offset += timedelta(hours=26)
        if decision:
            activation = next(letter for letter in letters if letter.kind == "activation")
            place.answer(activation, decision)
    place.write(ALBA.email, _request("Quick", "quick.example"), peer="192.0.2.66")
    place.write("sales@bargain.example", "Buy now", subject="Your invoice", peer="192.0.2.66")
    _failures(place)
    with db.transaction() as session:
        account = Account("old.example", "Old Mill", "active", administrators=("root@old.example",))
        directory.import_accounts(session, [account], db.now(session))
    sweep(place.service.flow)
    with db.reading() as session:
        held = next(one for one in queries.requests(session) if one.state == "hold")
        quarantined = queries.inbox_rows(session, states=["quarantined"])[0].id
        failed = queries.inbox_rows(session, states=["failed"])[0].id
    return place, [
        "/", "/requests", "/requests?q=nobody", f"/requests/{held.reference}", "/quarantine",
        f"/mail/in/{quarantined}", f"/mail/in/{failed}", "/mail/in/1", "/mail/out/1", "/people",
        "/people?q=nobody", "/accounts", "/health", "/log",
    ]  # fmt: skip


def _request(name: str, domain: str) -> str:
    return (
        f"Account name: {name}\nCustomer email: ines@{domain}\nAccount domain: {domain}\n"
        f"Note to customer: Please accept, then we can deliver.\nUser emails: tom@{domain}\n"
    )


def _failures(place: House) -> None:
    inbox.put_many(place.db, [incoming(b"Subject: x\r\n\r\nhello")])
    for _ in range(3):
        [mail] = inbox.claim(place.db, 1, timedelta(days=1))
        inbox.fault(place.db, mail.id, mail.fence, "the letter could not be written", 3,
                    timedelta(0))  # fmt: skip
    for letter in outbox.claim(place.db, 2, timedelta(days=1)):
        outbox.mark(place.db, letter.id, letter.fence, "failed", "550 5.1.1 no such user")
    for name, trouble in (("main", ""), ("spare", "login refused")):
        mailboxes.begin(place.db, name, f"imap.vendor.example {name} INBOX", 1)
        mailboxes.looked(place.db, name, trouble)


def login(page: Page, desk: str, name: str = "ana", password: str = PASSWORD) -> None:
    """Log in at the console `desk`."""
    page.goto(f"{desk}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
