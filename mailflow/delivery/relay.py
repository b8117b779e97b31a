"""Hand one mail to the relay, and tell how it ended: Sent, Deferred or Failed.

                     4xx, no or odd reply    5xx
    connect … AUTH   Deferred (relay)        Deferred (relay): our settings are wrong
    MAIL, RCPT, DATA Deferred                Failed; Deferred for 530, 503, which are about us
    after the text   Deferred: it may have   Failed
                     been taken

One recipient per mail: a reply then belongs to one person (smtplib calls it success when any of
several was accepted). The connection is kept for the next mail.

A relay that offers PIPELINING (RFC 2920) hears MAIL, RCPT and DATA in one go. Where it refuses the
address and says 354 nevertheless, the connection is cut: what it waits for must not come.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from collections.abc import Callable, Generator
from typing import Any

from mailflow import failpoints
from mailflow.config import DeliverySettings
from mailflow.delivery.outcome import Deferred, Failed, Outcome, Sent
from mailflow.delivery.talk import NETWORK, Aside, Carrier, Leaving, Talk
from mailflow.delivery.wire import Reply, Wire, reply

#: For one TCP (and TLS) connection; a relay is near.
CONNECT_S = 30.0
#: For everything up to 354, connecting included. RFC 5321 §4.5.3.2 grants 5 minutes to a single
#: command; a relay that needs them for each would be of no use to us.
TALK_S = 300.0
#: Mails over one connection; then a new one, so that a relay behind a balancer can be moved.
MAILS = 100
#: Replies to MAIL, RCPT and DATA that are not about the mail: log in first (RFC 4954 §6), encrypt
#: first (RFC 3207 §4), and a sequence that one of the two got wrong.
_ABOUT_US = frozenset({503, 530, 535, 538})

# What we send to is stricter than what we may receive from: dot-atom, no quotes, no literals.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9\u0080-\U0010ffff.-]+")


class _RefusedError(Exception):
    """A reply that ends this mail's try."""

    def __init__(self, step: str, answer: Reply) -> None:
        super().__init__(f"{step}: {answer}")
        self.code = answer.code
        self.waiting = False  # the relay waits for a text all the same


class Relay(Carrier):
    """The outgoing mail server, over one connection that is opened when needed.

    `helo` is our own name. Not for use by several threads. `clock` is monotonic, in seconds.
    """

    def __init__(
        self, settings: DeliverySettings, helo: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._helo = helo
        self._clock = clock
        self._wire: Wire | None = None
        self._mails = 0
        self._talk_s = min(TALK_S, settings.timeout_s)
        self._tls = None
        if settings.security != "none":
            self._tls = ssl.create_default_context(cafile=settings.ca_file or None)

    @property
    def longest_s(self) -> float:
        """Connecting and talking, and then the final reply."""
        return self._talk_s + self._settings.timeout_s

    def talk(self, mail_from: str, recipient: str, raw: bytes) -> Talk:
        """Hand over one mail for one recipient (see the table above)."""
        if not sendable(recipient) or not (sendable(mail_from) or mail_from == ""):
            return Failed("not an address that mail can be sent to")
        if not _clean(raw):
            return Failed("the text has a bare CR, bare LF or NUL")
        deadline = self._clock() + self._talk_s
        if self._wire is not None and self._wire.unasked:
            self._drop()
        try:
            outcome = yield from self._try(mail_from, recipient, raw, deadline)
            if outcome is None:  # the relay had closed the kept connection; a new one, at once
                outcome = yield from self._try(mail_from, recipient, raw, deadline)
        except BaseException:  # a bug of ours: nobody knows what has been said
            self._drop()
            raise
        if self._mails >= MAILS:
            yield from self.leave()
        assert outcome is not None  # only a kept connection gives none
        return outcome

    def probe(self) -> str:
        """Open a connection, log in, and close it again; "" or what was wrong."""
        self.rest()
        try:
            self._open(self._clock() + self._talk_s)
            self.rest()
        except NETWORK as error:
            return _words(error)
        return ""

    def leave(self) -> Leaving:
        """Close the connection, in good manners if it takes no time."""
        wire, self._wire, self._mails = self._wire, None, 0
        if wire is not None:
            wire.deadline = self._clock() + 2
            try:
                wire.put("QUIT")
                yield wire
            except NETWORK:
                pass
            finally:
                wire.close()

    def _try(
        self, mail_from: str, recipient: str, raw: bytes, deadline: float
    ) -> Generator[Wire | Aside, Any, Outcome | None]:
        """One try; None if a kept connection was gone before the text was begun."""
        fresh = self._wire is None
        try:
            if fresh:
                yield Aside(lambda: self._open(deadline))
        except NETWORK as error:
            self._drop()
            return Deferred(_words(error), relay=True)
        wire = self._wire
        assert wire is not None
        begun = False
        try:
            wire.deadline = deadline
            options = _options(wire, recipient, raw)
            if isinstance(options, Failed):
                return options
            mail, rcpt = f"MAIL FROM:<{mail_from}>{options}", f"RCPT TO:<{wire_form(recipient)}>"
            yield from self._address(wire, (mail, rcpt, "DATA"), fresh)
            begun = True
            failpoints.reach("relay.before_text")
            wire.put_text(raw)
            wire.deadline = self._clock() + self._settings.timeout_s
            answer = yield wire
            _accepted("end of data", answer, True)
            failpoints.reach("relay.after_250")
        except _RefusedError as refused:
            return (yield from self._refused(wire, refused))
        except NETWORK as error:
            self._drop()
            if begun:
                return Deferred(f"no answer after the text: {_words(error)}")
            late = self._clock() >= deadline
            return Deferred(_words(error)) if fresh or late else None
        self._mails += 1
        return Sent(str(answer))

    def _address(
        self, wire: Wire, commands: tuple[str, str, str], fresh: bool
    ) -> Generator[Wire, Reply, None]:
        """MAIL, RCPT and DATA, all accepted; else raises what the first that was not says."""
        together = wire.has_extn("pipelining")
        refused = None
        if together:
            wire.put(*commands, encoding="utf-8")
        for command in commands:
            if not together:
                wire.put(command, encoding="utf-8")
            answer = yield wire
            try:
                _accepted(command[:4], answer, fresh, 3 if command == "DATA" else 2)
            except _RefusedError as error:
                refused = refused or error
                if not together:
                    break
        if refused is not None:
            refused.waiting = command == "DATA" and answer.code // 100 == 3
            raise refused

    def _open(self, deadline: float) -> Wire:
        """A new connection, greeted, encrypted and logged in. Raises what smtplib raises."""
        settings = self._settings
        wire = self._wire = Wire(
            settings.host,
            settings.port,
            self._helo,
            connect_s=min(CONNECT_S, max(deadline - self._clock(), 1)),
            deadline=deadline,
            tls=self._tls if settings.security == "tls" else None,
            clock=self._clock,
        )
        wire.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            # Raises when it is not offered: never in clear by surprise.
            wire.starttls(context=self._tls)
            wire.ehlo_or_helo_if_needed()
        if settings.username:
            wire.login(settings.username, settings.password)
        return wire

    def _refused(self, wire: Wire, refused: _RefusedError) -> Generator[Wire, Reply, Outcome]:
        """Judge a reply that said no, and make the connection fit for the next mail."""
        kind = refused.code // 100
        if kind in (4, 5) and refused.code != 421 and not refused.waiting:
            yield from self._calm(wire)
        else:  # said goodbye, or something that is no answer to what we asked, or waits for a text
            self._drop()
        if kind == 5 and refused.code not in _ABOUT_US:
            return Failed(str(refused))
        return Deferred(str(refused), relay=refused.code == 530)

    def _calm(self, wire: Wire) -> Generator[Wire, Reply, None]:
        """Forget the refused mail, or give the connection up."""
        try:
            wire.put("RSET")
            if (yield wire).code == 250:
                return
        except NETWORK:
            pass
        self._drop()

    def _drop(self) -> None:
        wire, self._wire, self._mails = self._wire, None, 0
        if wire is not None:
            wire.close()


def sendable(address: str) -> bool:
    """Whether `address` can stand in a command: nothing in it ends the line or the path (I17)."""
    return address.isprintable() and _ADDRESS.fullmatch(address) is not None


def wire_form(address: str) -> str:
    """The address with its domain in A-labels, as mail without SMTPUTF8 needs it."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    return f"{local}@{domain.encode('idna').decode()}"


def _clean(raw: bytes) -> bool:
    """Whether every line ends with CRLF, and there is no NUL. Counted, because that is quick."""
    lines = raw.count(b"\r\n")
    return raw.count(b"\n") == lines == raw.count(b"\r") and b"\0" not in raw


def _options(wire: Wire, recipient: str, raw: bytes) -> str | Failed:
    """Parameters of MAIL, as the relay offers them, or why it cannot take this mail at all."""
    options = ""
    if wire.has_extn("size"):
        most = wire.esmtp_features["size"]
        if most.isdigit() and 0 < int(most) < len(raw):
            return Failed(f"the mail has {len(raw)} bytes, the relay takes {most}")
        options += f" SIZE={len(raw)}"
    if not raw.isascii() and wire.has_extn("8bitmime"):
        options += " BODY=8BITMIME"
    try:
        ascii_form = wire_form(recipient).isascii()
    except UnicodeError:
        return Failed("the domain of the address is not a valid name")
    if not ascii_form:
        if not wire.has_extn("smtputf8"):
            return Failed("the address needs SMTPUTF8, which the relay does not offer")
        options += " SMTPUTF8"
    return options


def _accepted(step: str, answer: Reply, final: bool, digit: int = 2) -> None:
    """Go on if the reply is of the class `digit`; raise otherwise.

    A 421 on a connection that was kept (not `final`) was said into the void before our command.
    """
    if answer.code // 100 == digit:
        return
    if answer.code == 421 and not final:
        raise smtplib.SMTPServerDisconnected(str(answer))
    if answer.code < 0:
        raise smtplib.SMTPServerDisconnected("the relay speaks no SMTP")
    raise _RefusedError(step, answer)


def _words(error: Exception) -> str:
    """An error of the network or of smtplib in words for people."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return str(reply((error.smtp_code, words if isinstance(words, bytes) else words.encode())))
    words = " ".join(str(error).split())
    if isinstance(error, TimeoutError) or "timed out" in words or "took too long" in words:
        return "the relay did not answer in time"  # smtplib tells some of them as "closed: …"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return words or type(error).__name__
