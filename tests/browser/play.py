"""Requests brought by real mail to where a browser test begins."""

from __future__ import annotations

import time
from itertools import count

from mailflow.demo.stage import Stage
from mailflow.web import compose
from mailflow.web.compose import Outgoing
from mailflow.web.mailview import Captured, opened

PARTNER = "alba@cobalt-partners.example"
#: The service answers within a few hundredths of a second.
PATIENCE_S = 10.0
_numbers = count(1)


class Play:
    """What happened before the customer sits down. Each has a customer of its own."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.domain = f"client-{next(_numbers)}.example"
        self.customer = f"maria@{self.domain}"

    def activation_page(self) -> str:
        """A partner asked and confirmed; the address of the page in the customer's mail."""
        text = (
            f"Account name: Client of {self.domain}\nCustomer email: {self.customer}\n"
            f"Account domain: {self.domain}\nNote to customer: See https://evil.example\n"
            f"User emails: luis@{self.domain}, ops@contractor.example\n"
        )
        asked = compose.new(
            sender=PARTNER,
            name="",
            recipient=self._stage.daemon.config.service.address,
            subject="A new account",
            text=text,
            now=self._stage.now(),
            message_id=self._stage.message_id(PARTNER),
        )
        review = self._after(asked, "review", PARTNER)
        confirmed = compose.answer(
            review,
            "CONFIRM",
            name="",
            now=self._stage.now(),
            message_id=self._stage.message_id(PARTNER),
        )
        return self._page_in(self._after(confirmed, "activation", self.customer))

    def nominees_page(self, nominee: str) -> str:
        """The address of the page in the mail that `nominee` got."""
        return self._page_in(self._wait("activation", nominee, 0))

    def _after(self, mail: Outgoing, kind: str, recipient: str) -> Captured:
        """Sends a mail and waits for the letter that it brings about."""
        newest = next((m.id for m in self._stage.mails()), 0)
        assert self._stage.send(mail.mail_from, mail.recipient, mail.raw) == ""
        return self._wait(kind, recipient, newest)

    def _wait(self, kind: str, recipient: str, after: int) -> Captured:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for mail in self._stage.mails():
                if mail.id > after and (mail.kind, mail.recipient) == (kind, recipient):
                    return mail
            time.sleep(0.02)
        raise AssertionError(f"no {kind} for {recipient}")

    def _page_in(self, activation: Captured) -> str:
        prefix = f"{self._stage.daemon.config.service.public_url}/a/"
        return prefix + opened(activation.raw).text.partition(prefix)[2].split()[0]
