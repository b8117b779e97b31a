"""Questions of a batch are asked side by side, and never where that would only cost."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from mailflow.authenticate import Authenticator, CachedResolver, DnsError, ahead
from mailflow.config.settings import TrustSettings
from mailflow.core.message import Message, read
from tests.edges.signed_mail import NOW, Clock, Zone, mail, rsa_key, signed

OWN = TrustSettings(mode="own_check")
FAR = 1.0  # seconds
NAMES = [f"s1._domainkey.partner{n}.example" for n in range(6)]


@dataclass
class FarAway(Zone):
    """Answers by the network: those asked from threads are answered when all are asked."""

    together: threading.Barrier | None = None
    threads: set[str] = field(default_factory=set)

    def _answer(self, kind, name, deadline):
        self.threads.add(threading.current_thread().name)
        if self.together and threading.current_thread() is not threading.main_thread():
            self.together.wait(30)
            self.asked.append((kind, name))
            return [b"v=DKIM1"], 300
        return super()._answer(kind, name, deadline)


def resolver(zone: Zone) -> CachedResolver:
    return CachedResolver(zone, zone.clock)


def of(raw: bytes, mail_from: str = "", peer: str = "192.0.2.1") -> tuple:
    message = read(raw)
    assert isinstance(message, Message)
    return message, mail_from, peer, "smtp"


def test_slow_answers_are_waited_for_together() -> None:
    """Five threads wait for one another: asked in turn, none would ever be answered."""
    zone = FarAway(delay=FAR, together=threading.Barrier(5))
    dns = resolver(zone)
    zone.records["txt", NAMES[0]] = [b"v=DKIM1"]
    zone.respects_deadline = False  # the first one is answered, late
    ahead.ask(dns, zone.clock, NAMES)
    assert sorted(name for _, name in zone.asked) == NAMES
    assert len(zone.threads) == 6
    assert dns.unknown_txt(NAMES) == []
    assert [dns.txt(name, zone.clock.now)[0] for name in NAMES] == [[b"v=DKIM1"]] * 6


def test_what_is_not_answered_at_once_is_asked_again_with_the_others() -> None:
    zone = FarAway(delay=FAR, together=threading.Barrier(6))
    ahead.ask(resolver(zone), zone.clock, NAMES)
    assert sorted(name for _, name in zone.asked) == sorted([NAMES[0], *NAMES])


def test_answers_from_near_by_need_no_thread() -> None:
    zone = FarAway()
    dns = resolver(zone)
    ahead.ask(dns, zone.clock, NAMES)
    assert [name for _, name in zone.asked] == NAMES
    assert zone.threads == {threading.current_thread().name}
    zone.asked.clear()
    ahead.ask(dns, zone.clock, [*NAMES, NAMES[0].upper() + "."])
    assert zone.asked == []


def test_one_name_is_left_to_its_mail() -> None:
    zone = FarAway()
    ahead.ask(resolver(zone), zone.clock, [NAMES[0], NAMES[0]])
    assert zone.asked == []


def test_a_resolver_that_hangs_holds_nobody_up() -> None:
    released = threading.Event()

    class Hanging(FarAway):
        def _answer(self, kind, name, deadline):
            if threading.current_thread() is threading.main_thread():
                return super()._answer(kind, name, deadline)
            released.wait(30)
            raise DnsError("time-out")

    zone = Hanging(delay=FAR)
    try:
        ahead.ask(resolver(zone), zone.clock, NAMES, budget=0)
    finally:
        released.set()
    assert len(zone.asked) == 1


def test_more_names_than_threads_are_all_asked() -> None:
    zone = Zone(delay=FAR, respects_deadline=False)
    names = [f"n{n}.example" for n in range(ahead.NAMES + 9)]
    ahead.ask(resolver(zone), zone.clock, names)
    assert sorted({name for _, name in zone.asked}) == sorted(names[: ahead.NAMES])


def test_zones_at_rest_and_dead_name_servers_are_not_asked() -> None:
    zone = Zone(delay=FAR)
    dns = CachedResolver(zone, zone.clock, home="vendor.example")
    zone.delay = 3.0
    with pytest.raises(DnsError):
        dns.txt(NAMES[0], zone.clock.now + 2.5)
    assert dns.unknown_txt(NAMES) == NAMES[1:]
    zone.delay = 3600.0
    assert dns.nobody_answers()
    assert dns.unknown_txt(NAMES) == []


def test_trouble_is_told_to_the_mail_and_not_here() -> None:
    zone = Zone()
    for name in NAMES:
        zone.break_("txt", name)
    ahead.ask(resolver(zone), zone.clock, NAMES)
    assert [name for _, name in zone.asked] == NAMES


@pytest.mark.parametrize(
    ("raw", "mail_from", "peer", "expected"),
    [
        (signed(mail()), "pat@partner.example", "192.0.2.1", {"s1._domainkey.partner.example"}),
        (
            signed(mail(), "mail.partner.example"), "", "192.0.2.1",
            {"s1._domainkey.mail.partner.example", "_dmarc.partner.example"},
        ),
        (mail(), "pat@partner.example", "192.0.2.1", {"partner.example", "_dmarc.partner.example"}),
        (mail(), "pat@partner.example", "127.0.0.1", {"_dmarc.partner.example"}),
        (signed(mail(), "else.example"), "a@else.example", "192.0.2.1", {"_dmarc.partner.example"}),
        (mail("nobody"), "pat@partner.example", "192.0.2.1", set()),
    ],
    ids=["own", "same-organisation", "spf", "inner-peer", "somebody-else", "no-sender"],
)  # fmt: skip
def test_the_names_are_those_that_the_check_asks_for(
    raw: bytes, mail_from: str, peer: str, expected: set[str]
) -> None:
    zone = Zone()
    zone.put("txt", "s1._domainkey.partner.example", rsa_key()[1])
    zone.put("txt", "s1._domainkey.mail.partner.example", rsa_key()[1])
    dns = resolver(zone)
    auth = Authenticator(OWN, dns, zone.clock, lambda: NOW)
    assert set(auth._names(*of(raw, mail_from, peer))) == expected
    auth.verdict(raw, *of(raw, mail_from, peer))
    assert {name for _, name in zone.asked} == expected


def test_a_batch_is_judged_without_another_question() -> None:
    zone = Zone()
    auth = Authenticator(OWN, resolver(zone), zone.clock, lambda: NOW)
    raws = []
    for n in range(4):
        zone.put("txt", NAMES[n], rsa_key()[1])
        raws.append(signed(mail(f"<p@partner{n}.example>"), f"partner{n}.example"))
    auth.look_ahead(of(raw) for raw in raws)
    assert sorted(name for _, name in zone.asked) == NAMES[:4]
    zone.asked.clear()
    assert all(auth.verdict(raw, *of(raw)).proven for raw in raws)
    assert zone.asked == []


def test_a_resolver_without_memory_is_not_asked_ahead() -> None:
    zone = Zone(clock=Clock())
    raws = [signed(mail(f"<p@partner{n}.example>"), f"partner{n}.example") for n in range(3)]
    Authenticator(OWN, zone, zone.clock).look_ahead(of(raw) for raw in raws)
    assert zone.asked == []
