"""Whole conversations by real SMTP: partners ask and confirm, customers accept, all patiently.

A client here is what a mail server is: it sends a mail until it is answered 250, with the same
bytes each time, and writes down how often it tried.
"""

from __future__ import annotations

import hashlib
import queue
import random
import re
import smtplib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.daemon.harness import Smarthost, Taken
from tests.house import ALBA, INTAKE

#: Between two tries of a client, in seconds.
RETRY_S = 0.05
_HEADER = re.compile(
    rb"^(Message-ID|In-Reply-To|Reply-To):[ \t]*((?:.*\r\n[ \t])*.*)\r\n", re.M | re.I
)
_ANSWERS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)
_NUMBER = re.compile(rb"<c(\d+)\.")


@dataclass(slots=True)
class Sent:
    """A mail of ours: `tries` counts connections on which its text was begun."""

    message_id: str
    mail_from: str
    recipient: str
    raw: bytes
    tries: int = 0
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A letter as the smarthost took it."""

    at: float  # monotonic
    recipient: str
    digest: str


@dataclass
class Traffic:
    """Keeps `open_at_once` conversations going until `messages` mails were sent.

    `ports` are the doors of the services, any of which may take any mail.
    """

    ports: Sequence[int]
    messages: int
    open_at_once: int = 40
    clients: int = 4
    sent: dict[str, Sent] = field(default_factory=dict)
    deliveries: dict[str, list[Delivery]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    progress: int = 0  # mails answered 250 so far
    deaf: bool = False  # whether letters are left unanswered
    first: threading.Event = field(default_factory=threading.Event)  # set with the first letter

    def __post_init__(self) -> None:
        self.smarthost = Smarthost()
        self.smarthost.taken = self  # type: ignore[assignment]  # all it does is append
        self._jobs: queue.SimpleQueue[Sent | None] = queue.SimpleQueue()
        self._guard = threading.Condition()
        self._answered: set[tuple[int, str]] = set()
        self._begun = 0
        self._done: set[int] = set()
        self._threads = [
            threading.Thread(target=self._client, daemon=True) for _ in range(self.clients)
        ]

    @property
    def conversations(self) -> int:
        """How many there are in all; three mails each."""
        return -(-self.messages // 3)

    def start(self) -> None:
        """Open the smarthost, send the first mails."""
        self.smarthost.start()
        for thread in self._threads:
            thread.start()
        with self._guard:
            for _ in range(min(self.open_at_once, self.conversations)):
                self._begin()

    def more(self, messages: int) -> None:
        """Begin further conversations at once."""
        with self._guard:
            self.messages += messages
            while self._begun < self.conversations:
                self._begin()

    def enough(self) -> None:
        """Begin no further conversation; those that were begun come to their end."""
        with self._guard:
            self.messages = 3 * self._begun

    def wait(self, seconds: float) -> bool:
        """Whether every conversation has come to its end within `seconds`."""
        with self._guard:
            return self._guard.wait_for(lambda: len(self._done) >= self.conversations, seconds)

    def stop(self) -> None:
        """End the clients and the smarthost."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(10)
        self.smarthost.stop()

    # -- what partners and customers do --------------------------------------------------------

    def append(self, taken: Taken) -> None:
        """The smarthost took a letter: write it down, and answer it if it asks for an answer."""
        headers = {name.lower(): value for name, value in _HEADER.findall(taken.raw)}
        message_id = headers[b"message-id"].decode()
        digest = hashlib.sha256(taken.raw).hexdigest()
        self.first.set()
        with self._guard:
            copies = self.deliveries.setdefault(message_id, [])
            copies.append(Delivery(time.monotonic(), taken.recipient, digest))
            if len(copies) == 1 and not self.deaf:
                self._answer(taken, message_id, headers)

    def _answer(self, taken: Taken, message_id: str, headers: dict[bytes, bytes]) -> None:
        customer = re.fullmatch(r"tom@harbour(\d+)\.example", taken.recipient)
        found = _NUMBER.search(headers.get(b"in-reply-to", b""))
        if customer:
            number, part, words = int(customer[1]), "accept", "ACCEPT"
        elif found and taken.recipient == ALBA.email:
            number, part, words = int(found[1]), "confirm", "CONFIRM"
        else:
            return
        if (number, part) in self._answered:  # a later letter: that is how it ended
            if part == "accept" and number not in self._done:
                self._done.add(number)
                if self._begun < self.conversations:
                    self._begin()
                self._guard.notify_all()
            return
        self._answered.add((number, part))
        reply_to = headers[b"reply-to"].decode()
        found_address = re.search(r"<?([^<>\s]+@[^<>\s]+)>?\s*$", reply_to)
        assert found_address is not None, reply_to
        text = f"In-Reply-To: {message_id}\r\n\r\n{words}\r\n"
        self._send(number, part, taken.recipient, found_address[1], text)

    def _begin(self) -> None:
        number = self._begun
        self._begun += 1
        text = (
            f"\r\nAccount name: Harbour {number}\r\nCustomer email: tom@harbour{number}.example\r\n"
            f"Account domain: harbour{number}.example\r\n"
        )
        self._send(number, "request", ALBA.email, INTAKE, text)

    def _send(self, number: int, part: str, sender: str, recipient: str, text: str) -> None:
        message_id = f"<c{number}.{part}@{sender.rpartition('@')[2]}>"
        raw = (
            f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: Account {number}\r\n"
            f"Message-ID: {message_id}\r\nDate: Mon, 02 Nov 2026 09:15:00 +0000\r\n{text}"
        )
        mail = Sent(message_id, sender, recipient, raw.encode())
        self.sent[message_id] = mail
        self._jobs.put(mail)

    # -- how mail servers send it --------------------------------------------------------------

    def _client(self) -> None:
        line: smtplib.SMTP | None = None
        while (mail := self._jobs.get()) is not None:
            while not mail.accepted:
                try:
                    if line is None:
                        line = smtplib.SMTP("127.0.0.1", random.choice(self.ports), timeout=10)
                    mail.tries += 1
                    line.sendmail(mail.mail_from, [mail.recipient], mail.raw)
                    mail.accepted = True
                    with self._guard:
                        self.progress += 1
                except (OSError, smtplib.SMTPException) as error:
                    if isinstance(error, _ANSWERS):
                        self.refused.append(str(error))
                    if line is not None:
                        line.close()
                    line = None
                    time.sleep(RETRY_S)
        if line is not None:
            line.close()
