"""DNS trouble: never a pass, and bounded time (PROMISES.md I28)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from mailflow.authenticate import CachedResolver, DnsError, SystemResolver
from mailflow.authenticate.cache import LONGEST, REST, SHORTEST, SLOW, TRY_EVERY
from mailflow.authenticate.dns import VOID_TTL
from mailflow.authenticate.lookup import BUDGET, QUESTIONS, Lookup
from mailflow.config.settings import TrustSettings
from tests.edges.signed_mail import Clock, Zone, mail, rsa_key, signed, verdict

OWN = TrustSettings(mode="own_check")
KEY = "s1._domainkey.partner.example"
PEER = "192.0.2.10"


def world() -> Zone:
    zone = Zone().put("txt", KEY, rsa_key()[1])
    zone.put("txt", "_dmarc.partner.example", b"v=DMARC1; p=reject")
    return zone.put("txt", "partner.example", b"v=spf1 a mx ip4:192.0.2.10 -all")


def test_trouble_with_the_key_is_temporary() -> None:
    found = verdict(signed(mail()), OWN, world().break_("txt", KEY))
    assert found.result == "temporary"
    assert "SERVFAIL" in found.rule


def test_trouble_with_the_policy_is_temporary_where_the_policy_matters() -> None:
    zone = world().break_("txt", "_dmarc.partner.example")
    assert verdict(mail(), OWN, zone).result == "temporary"
    assert verdict(signed(mail()), OWN, zone).proven  # the very same name needs no policy
    zone.put("txt", "s1._domainkey.mail.partner.example", rsa_key()[1])
    assert verdict(signed(mail(), "mail.partner.example"), OWN, zone).result == "temporary"


def test_trouble_with_spf_is_temporary() -> None:
    for name in ("partner.example", "mx.partner.example"):
        zone = world().put("mx", "partner.example", "mx.partner.example")
        zone.break_("txt" if name == "partner.example" else "a", name)
        found = verdict(mail(), OWN, zone, mail_from="pat@partner.example", peer=PEER)
        assert found.result == "temporary"


def test_one_key_in_trouble_does_not_hide_a_good_one() -> None:
    zone = world().break_("txt", "down._domainkey.partner.example")
    raw = signed(mail(), selector="down").removesuffix(mail()) + signed(mail())
    assert verdict(raw, OWN, zone).proven


@pytest.mark.parametrize("delay", [0.6, 1.7, 4.9, 5.1, 60.0, 86_400.0])
@pytest.mark.parametrize("respects_deadline", [True, False])
def test_slow_dns_ends_in_time_and_never_in_a_forged_pass(
    delay: float, respects_deadline: bool
) -> None:
    zone = world()
    zone.delay, zone.respects_deadline = delay, respects_deadline
    begun = zone.clock.now
    raw = mail()
    for number in range(5):
        raw = signed(raw, selector=f"x{number}")
    found = verdict(raw, OWN, zone, mail_from="pat@partner.example", peer="192.0.2.99")
    assert not found.proven
    # A resolver that keeps no deadline is asked once too often, never again after that.
    assert zone.clock.now - begun <= BUDGET + (0 if respects_deadline else delay)
    if delay > BUDGET:
        assert found.result == "temporary"
        assert len(zone.asked) == 1


def test_an_answer_that_comes_too_late_is_not_used() -> None:
    zone = world()
    zone.delay, zone.respects_deadline = BUDGET + 1, False
    assert verdict(signed(mail()), OWN, zone).result == "temporary"


def test_one_message_asks_only_so_much() -> None:
    zone = Zone()
    lookup = Lookup(zone, zone.clock)
    for number in range(QUESTIONS):
        assert lookup.txt(f"n{number}.example") == []
    with pytest.raises(DnsError):
        lookup.a("one-more.example")
    assert len(zone.asked) == QUESTIONS


def cached(zone: Zone, **options: int) -> CachedResolver:
    return CachedResolver(zone, zone.clock, **options)


def test_answers_are_kept_for_their_time() -> None:
    zone = Zone().put("txt", "a.example", b"1")
    dns_ = cached(zone)
    assert dns_.txt("a.example", 9e9)[0] == [b"1"]
    zone.put("txt", "a.example", b"2")
    zone.clock.now += zone.ttl - 1
    assert dns_.txt("A.Example.", 9e9) == ([b"1"], 1)
    zone.clock.now += 1
    assert dns_.txt("a.example", 9e9)[0] == [b"2"]
    assert dns_.a("a.example", 9e9)[0] == []  # another kind is another answer
    assert len(zone.asked) == 3


@pytest.mark.parametrize(("ttl", "kept"), [(0, SHORTEST), (10**9, LONGEST), (77, 77)])
def test_times_to_live_have_bounds(ttl: int, kept: int) -> None:
    zone = Zone(ttl=ttl).put("txt", "a.example", b"1")
    assert cached(zone).txt("a.example", 9e9)[1] == kept


def test_a_caller_cannot_spoil_what_is_kept() -> None:
    zone = Zone().put("txt", "a.example", b"1")
    dns_ = cached(zone)
    for _ in range(3):
        values, _ = dns_.txt("a.example", 9e9)
        assert values == [b"1"]
        values.append(b"spoilt")


def test_the_memory_is_bounded_and_forgets_what_is_unused() -> None:
    zone = Zone()
    dns_ = cached(zone, entries=3)
    for name in ("a.example", "b.example", "c.example", "a.example", "d.example", "a.example"):
        dns_.txt(name, 9e9)
    assert [name for _, name in zone.asked] == ["a.example", "b.example", "c.example", "d.example"]
    dns_.txt("b.example", 9e9)
    assert len(zone.asked) == 5


def test_a_slow_zone_gets_a_rest_and_others_do_not_wait() -> None:
    zone = Zone().put("txt", "known.partner.example", b"1")
    dns_ = cached(zone)
    dns_.txt("known.partner.example", 9e9)
    zone.delay = SLOW + 1
    assert dns_.txt("x.partner.example", 9e9)[0] == []
    begun = zone.clock.now
    with pytest.raises(DnsError):
        dns_.txt("y.partner.example", 9e9)
    assert dns_.txt("known.partner.example", 9e9)[0] == [b"1"]
    assert zone.clock.now == begun  # neither took any time
    zone.delay = 0
    assert dns_.txt("y.other.example", 9e9)[0] == []
    zone.clock.now += REST
    assert dns_.txt("y.partner.example", 9e9)[0] == []


def test_a_zone_that_never_answers_costs_one_wait_for_many_mails() -> None:
    zone = world()
    zone.delay = 3600.0
    dns_ = cached(zone)
    begun = zone.clock.now
    for number in range(50):
        lookup = Lookup(dns_, zone.clock)
        with pytest.raises(DnsError):
            lookup.txt(f"s{number}._domainkey.partner.example")
    assert zone.clock.now - begun <= BUDGET


def test_trouble_is_not_kept() -> None:
    zone = Zone().break_("txt", "a.example")
    dns_ = cached(zone)
    with pytest.raises(DnsError):
        dns_.txt("a.example", 9e9)
    zone.put("txt", "a.example", b"1")
    assert dns_.txt("a.example", 9e9)[0] == [b"1"]


def test_dead_name_servers_are_told_from_a_dead_zone() -> None:
    zone = Zone().break_("txt", "k.dead.example")
    dns_ = CachedResolver(zone, zone.clock, home="vendor.example")
    with pytest.raises(DnsError):
        dns_.txt("k.dead.example", 9e9)
    assert not dns_.nobody_answers()
    zone.delay = 3600.0
    zone.clock.now += TRY_EVERY
    with pytest.raises(DnsError):
        dns_.txt("k.partner.example", zone.clock.now + BUDGET)
    assert dns_.nobody_answers()


def test_while_no_name_server_answers_questions_cost_nothing_and_the_first_answer_ends_it() -> None:
    zone = world()
    dns_ = CachedResolver(zone, zone.clock, home="vendor.example")
    dns_.txt("_dmarc.partner.example", 9e9)
    zone.delay = 3600.0
    assert dns_.nobody_answers()
    begun = zone.clock.now
    for number in range(500):
        with pytest.raises(DnsError, match="no name server"):
            dns_.txt(f"s{number}._domainkey.partner{number}.example", 9e9)
        assert dns_.nobody_answers()
    assert zone.clock.now == begun
    assert dns_.txt("_dmarc.partner.example", 9e9)[0], "what is known still counts"
    zone.delay = 0.0
    zone.clock.now += TRY_EVERY
    assert dns_.txt(KEY, 9e9)[0], "nobody's zone has to rest"
    assert not dns_.nobody_answers()


def test_without_a_home_nobody_is_asked() -> None:
    zone = Zone(delay=3600.0)
    assert not cached(zone).nobody_answers()
    assert zone.asked == []


Answer = Callable[[dns.message.Message], dns.message.Message | None]


@pytest.fixture
def server() -> Iterator[Callable[[Answer], int]]:
    """Starts a name server on a free loopback port, UDP only, that answers as it is told."""
    sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(answer: Answer) -> int:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sockets.append(sock)

        def serve() -> None:
            while True:
                try:
                    data, peer = sock.recvfrom(4096)
                except OSError:
                    return
                if not data:
                    return
                reply = answer(dns.message.from_wire(data))
                if reply is not None:
                    sock.sendto(reply.to_wire(), peer)

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        return int(sock.getsockname()[1])

    yield start
    for sock in sockets:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", sock.getsockname())
    for thread in threads:
        thread.join(5)
    for sock in sockets:
        sock.close()


def ask(
    port: int, kind: str = "txt", name: str = "a.example", seconds: float = 2.0
) -> tuple[list, int]:
    resolver = SystemResolver(time.monotonic, [f"127.0.0.1:{port}"])
    return getattr(resolver, kind)(name, time.monotonic() + seconds)


def _say(*lines: str) -> Answer:
    def answer(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        if lines:
            kind = dns.rdatatype.to_text(query.question[0].rdtype)
            reply.answer.append(
                dns.rrset.from_text(query.question[0].name, 123, "IN", kind, *lines)
            )
        return reply

    return answer


def _code(code: dns.rcode.Rcode, *, cut: bool = False) -> Answer:
    def answer(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.set_rcode(code)
        if cut:
            reply.flags |= dns.flags.TC
        return reply

    return answer


def test_the_real_resolver_reads_what_servers_say(server: Callable[[Answer], int]) -> None:
    assert ask(server(_say('"v=DKIM1; " "p=abc"'))) == ([b"v=DKIM1; p=abc"], 123)
    addresses, ttl = ask(server(_say("192.0.2.1", "192.0.2.2")), "a")
    assert (sorted(addresses), ttl) == (["192.0.2.1", "192.0.2.2"], 123)
    assert ask(server(_say("2001:db8::1")), "aaaa") == (["2001:db8::1"], 123)
    exchangers = _say("20 b.example.", "10 a.example.")
    assert ask(server(exchangers), "mx") == (["a.example", "b.example"], 123)
    assert ask(server(_say("0 .")), "mx") == ([""], 123)


def test_the_real_resolver_tells_nothing_from_trouble(server: Callable[[Answer], int]) -> None:
    assert ask(server(_say())) == ([], VOID_TTL)
    assert ask(server(_code(dns.rcode.NXDOMAIN))) == ([], VOID_TTL)
    for code in (dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR):
        with pytest.raises(DnsError):
            ask(server(_code(code)))


@pytest.mark.parametrize(
    "answer",
    [lambda query: None, _code(dns.rcode.NOERROR, cut=True), _code(dns.rcode.NXDOMAIN, cut=True)],
    ids=["silent", "cut short, no TCP", "no such name, cut short"],
)
def test_the_real_resolver_gives_up_in_time(
    server: Callable[[Answer], int], answer: Answer
) -> None:
    begun = time.monotonic()
    with pytest.raises(DnsError):
        ask(server(answer), seconds=0.4)
    assert time.monotonic() - begun < 2


def test_names_that_cannot_exist_are_not_asked_for() -> None:
    clock = Clock()
    resolver = SystemResolver(clock, ["192.0.2.1"])
    for name in ("", "a..example", "a" * 64 + ".example", "x\\000.example", "é.example",
                 "a b.example", "a." * 130 + "example", "*.example", "a/b.example"):  # fmt: skip
        assert resolver.txt(name, clock.now + 1) == ([], VOID_TTL)
    with pytest.raises(DnsError):
        resolver.txt("a.example", clock.now)
