"""The verdict on one mail: which mode holds for the way it came in, and what that mode says."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from ipaddress import ip_network

import idna

from mailflow.authenticate import ahead, own_check
from mailflow.authenticate.cache import CachedResolver
from mailflow.authenticate.dkim_check import left_open
from mailflow.authenticate.dns import Resolver
from mailflow.authenticate.lookup import Lookup
from mailflow.authenticate.peers import INNER, LOOPBACK, address_of, helo_of, within
from mailflow.authenticate.spf_record import Sending
from mailflow.config.settings import TrustSettings
from mailflow.core import authresults
from mailflow.core.address import parse
from mailflow.core.message import Message
from mailflow.core.verdict import Verdict

#: Fields that decide what a person reads as the mail. DKIM takes the lowest of several, readers
#: mostly the highest: a second one on top changes a signed mail without breaking its signature.
_ONCE = ("from", "subject", "date", "content-type", "content-transfer-encoding")

# A domain with a byte beyond ASCII in it, as it is sent raw (SMTPUTF8).
_FOREIGN_DOMAIN = re.compile(rb"@([^\s<>()\[\],;:\"\\@]*[\x80-\xff][^\s<>()\[\],;:\"\\@]*)")

#: Ways in where a client speaks to us; every other one is a mailbox or a file.
_DOORS = ("smtp", "lmtp")


class Authenticator:
    """Says of mail who proved to have sent it. Safe among threads.

    Args:
        trust: The table `[trust]` of the configuration.
        resolver: DNS, for the mode own_check.
        clock: Monotonic clock in seconds, for the limit on DNS.
        wall: Seconds since 1970, for the age of signatures where no time of receipt is given.
    """

    def __init__(
        self,
        trust: TrustSettings,
        resolver: Resolver,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._trust = trust
        self._resolver = resolver
        self._clock = clock
        self._wall = wall
        self._ids = frozenset(name.lower() for name in trust.authserv_ids)
        self._peers = tuple(ip_network(text, strict=False) for text in trust.trusted_peers)

    def look_ahead(self, mails: Iterable[tuple[Message, str | None, str, str]]) -> None:
        """Ask DNS side by side for what these mails will need first, before any is judged.

        Takes `ahead.BUDGET` seconds at most, and next to nothing where all is known.

        Args:
            mails: Of each the message, MAIL FROM, peer and source, as for `verdict`.
        """
        if isinstance(self._resolver, CachedResolver):  # else answers would be forgotten
            names = (name for mail in mails for name in self._names(*mail))
            ahead.ask(self._resolver, self._clock, names)

    def _names(
        self, message: Message, mail_from: str | None, peer: str, source: str
    ) -> Iterable[str]:
        if not message.sender or self._mode(source) != "own_check":
            return ()
        author = message.sender.rpartition("@")[2]
        return ahead.names_of(message, author, partial(self._sending, mail_from, peer, source))

    def verdict(
        self,
        raw: bytes,
        message: Message,
        mail_from: str | None,
        peer: str,
        source: str,
        *,
        received_at: datetime | None = None,
    ) -> Verdict:
        """Whether the author of a mail is proven, with the rule that decided.

        Args:
            raw: The message as received and stored.
            message: The same, read.
            mail_from: Envelope sender; "" = null, None = unknown.
            peer: Who handed it in: "192.0.2.1", "192.0.2.1 helo.name", "imap:NAME" or "".
            source: The way in: "smtp", "lmtp", "imap:NAME", "file".
            received_at: When it came in; a signature that had expired by then is void.

        Returns:
            "pass", "fail", "none" or "temporary" (DNS trouble: try again later). Never raises;
            in any doubt it is not a pass.
        """
        try:
            now = received_at.timestamp() if received_at else self._wall()
            return self._verdict(raw, message, mail_from, peer, source, now)
        except (
            Exception
        ) as fault:  # a fault of ours proves nobody and must stop no worker (I8, I13)
            return Verdict("none", f"fault while checking the sender: {type(fault).__name__}")

    def _verdict(
        self,
        raw: bytes,
        message: Message,
        mail_from: str | None,
        peer: str,
        source: str,
        now: float,
    ) -> Verdict:
        if not message.sender:
            return Verdict("none", message.sender_fault or "no single sender")
        if fault := _doubt(message.fields, message.sender):
            return Verdict("none", fault)
        mode = self._mode(source)
        if mode == "trusted_peers":
            return self._by_peer(peer, source)
        for name in _ONCE:
            if len(message.all(name)) > 1:
                return Verdict("none", f"more than one {name} field")
        author = message.sender.rpartition("@")[2]
        if mode == "own_check":
            lookup = Lookup(self._resolver, self._clock)
            sending = partial(self._sending, mail_from, peer, source)
            return own_check.check(raw, author, sending, lookup, now)
        if fault := self._not_from_ours(peer, source):
            return Verdict("none", fault)
        results = [value for name, value in message.fields if name == "authentication-results"]
        verdict = authresults.judge(
            results, author, self._ids, without_id=self._trust.topmost_without_id
        )
        if verdict.proven and (doubt := left_open(raw, author)):
            return Verdict("none", f"{verdict.rule}; but {doubt}")
        return verdict

    def _mode(self, source: str) -> str:
        """The mode for one way in: its own setting, or else the common one."""
        special = self._trust.smtp_mode if source in _DOORS else self._trust.imap_mode
        if source not in _DOORS and not source.startswith("imap:"):
            special = "same"
        return self._trust.mode if special == "same" else special

    def _by_peer(self, peer: str, source: str) -> Verdict:
        address = address_of(peer) if source in _DOORS else None
        if address is None:
            return Verdict("none", "trusted peers: it was not handed in by a server")
        if within(address, self._peers):
            return Verdict("pass", f"trusted peer {address} vouches for the sender")
        return Verdict("none", f"{address} is not one of trust.trusted_peers")

    def _not_from_ours(self, peer: str, source: str) -> str:
        """Why the header cannot be our server's: somebody else handed the mail in. Or ""."""
        if source not in _DOORS:
            return ""  # a mailbox is filled by our own server
        address = address_of(peer)
        if address is not None and within(address, self._peers or LOOPBACK):
            return ""
        ours = "one of trust.trusted_peers" if self._peers else "this machine"
        return f"handed in by {address or 'an unknown client'}, which is not {ours}"

    def _sending(self, mail_from: str | None, peer: str, source: str) -> Sending | None:
        """What SPF is asked about, None where the peer is not the sender's own server."""
        address = address_of(peer)
        bounce_path = parse(mail_from or "")
        if source != "smtp" or address is None or bounce_path is None:
            return None
        if within(address, self._peers) or within(address, INNER):
            return None
        local, _, domain = bounce_path.rpartition("@")
        return Sending(address, local, domain, helo_of(peer))


def _doubt(fields: Sequence[tuple[str, bytes]], sender: str) -> str:
    """Why the sender that was read may not be the one that stands there, or "".

    The address must stand in the field letter by letter. Foreign letters that only look like (or
    are mapped to) another domain are not folded into it (PROMISES.md I13); a real
    internationalised domain, written in its own script, is the name that IDNA 2008 gives it.
    """
    values = [value for name, value in fields if name == "from"]
    if len(values) != 1:
        return "not exactly one From field"
    value = values[0].lower()  # of bytes: folds ASCII letters only
    foreign = _FOREIGN_DOMAIN.findall(value)
    if not foreign and sender.encode("ascii") in value:
        return ""
    local, _, domain = sender.rpartition("@")
    try:
        spelled = idna.decode(domain)
        same = idna.encode(spelled).decode("ascii") == domain
    except (idna.IDNAError, UnicodeError):
        same = False
    if same and foreign == [spelled.encode()] and f"{local}@{spelled}".encode() in value:
        return ""
    return "From address is not what it looks like"
