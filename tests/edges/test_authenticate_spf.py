"""SPF where the peer is the sender's own server (RFC 7208), and where it is not asked."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mailflow.authenticate.lookup import Lookup
from mailflow.authenticate.spf import check
from mailflow.authenticate.spf_record import BrokenRecord, Sending, expand
from mailflow.config.settings import TrustSettings
from tests.edges.signed_mail import Zone, mail, signed, verdict

OWN = TrustSettings(mode="own_check")
PEER = "192.0.2.10"


def spf(record: bytes | list[bytes], zone: Zone | None = None, peer: str = PEER) -> str:
    zone = zone or Zone()
    zone.put("txt", "partner.example", *([record] if isinstance(record, bytes) else record))
    sending = Sending(ip_address(peer), "pat", "partner.example", "mail.partner.example")
    return check(sending, Lookup(zone, zone.clock)).result


def zone() -> Zone:
    found = Zone()
    found.put("a", "partner.example", "192.0.2.10").put("aaaa", "partner.example", "2001:db8::10")
    found.put("mx", "partner.example", "mx1.partner.example", "mx2.partner.example")
    found.put("a", "mx1.partner.example", "192.0.2.20").put(
        "a", "mx2.partner.example", "192.0.2.10"
    )
    found.put("txt", "_spf.host.example", b"v=spf1 ip4:192.0.2.0/28 -all")
    found.put("txt", "other.example", b"v=spf1 ip4:198.51.100.0/24 -all")
    found.put("txt", "none.example", b"hello")
    found.put("a", "10.2.0.192.ok.example", "127.0.0.2")
    return found


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (b"v=spf1 ip4:192.0.2.10 -all", "pass"),
        (b"v=spf1 ip4:192.0.2.0/28 -all", "pass"),
        (b"V=SPF1 IP4:192.0.2.10 -ALL", "pass"),
        (b"v=spf1   ip4:192.0.2.10   ", "pass"),
        (b"v=spf1 ip4:192.0.2.11 -all", "fail"),
        (b"v=spf1 -ip4:192.0.2.10 +all", "fail"),
        (b"v=spf1 ?ip4:192.0.2.10 +all", "neutral"),
        (b"v=spf1 ip6:2001:db8::/32 ~all", "softfail"),
        (b"v=spf1 ip4:192.0.2.11", "neutral"),
        (b"v=spf1", "neutral"),
        (b"v=spf1 a -all", "pass"),
        (b"v=spf1 a:partner.example/24 -all", "pass"),
        (b"v=spf1 a:mx1.partner.example -all", "fail"),
        (b"v=spf1 a:mx1.partner.example/24//64 -all", "pass"),
        (b"v=spf1 a//64 -all", "pass"),
        (b"v=spf1 mx -all", "pass"),
        (b"v=spf1 mx/24 -all", "pass"),
        (b"v=spf1 mx:none.example -all", "fail"),
        (b"v=spf1 include:_spf.host.example -all", "pass"),
        (b"v=spf1 include:other.example -all", "fail"),
        (b"v=spf1 -include:_spf.host.example +all", "fail"),
        (b"v=spf1 redirect=_spf.host.example", "pass"),
        (b"v=spf1 redirect=other.example", "fail"),
        (b"v=spf1 -all redirect=_spf.host.example", "fail"),
        (b"v=spf1 exists:%{ir}.ok.example -all", "pass"),
        (b"v=spf1 exists:%{i}.ok.example -all", "fail"),
        (b"v=spf1 ptr -all", "fail"),
        (b"v=spf1 unknown=x ip4:192.0.2.10 exp=why.example", "pass"),
        # broken
        (b"v=spf1 include:none.example +all", "permerror"),
        (b"v=spf1 redirect=none.example", "permerror"),
        (b"v=spf1 redirect=a.example redirect=b.example", "permerror"),
        (b"v=spf1 ip4:192.0.2.10 bogus", "permerror"),
        (b"v=spf1 ip4:192.0.2.300 +all", "permerror"),
        (b"v=spf1 ip4:192.0.2.10/255.255.255.0", "permerror"),
        (b"v=spf1 ip4:2001:db8::1 +all", "permerror"),
        (b"v=spf1 ip4 +all", "permerror"),
        (b"v=spf1 include +all", "permerror"),
        (b"v=spf1 all:x", "permerror"),
        (b"v=spf1 a/33", "permerror"),
        (b"v=spf1 exists:%{x}.example +all", "permerror"),
        (b"v=spf1 exists:%{i +all", "permerror"),
        (b"v=spf1 exists:%{c}.example +all", "permerror"),
        (b"v=spf1 include:\xc3\xa9.example +all", "permerror"),
        (b"v=spf1 " + b"ip4:192.0.2.11 " * 1000 + b"+all", "permerror"),
        ([b"v=spf1 +all", b"v=spf1 -all"], "permerror"),
        # no record
        ([b"v=spf10 +all", b"spf1 +all", b"x"], "none"),
        ([], "none"),
    ],
)
def test_records(record: bytes | list[bytes], result: str) -> None:
    assert spf(record, zone()) == result


def test_ipv6_peers() -> None:
    assert spf(b"v=spf1 a -all", zone(), "2001:db8::10") == "pass"
    assert spf(b"v=spf1 a/32//64 -all", zone(), "2001:db8::99") == "pass"
    assert spf(b"v=spf1 ip6:2001:db8::/64 -all", zone(), "2001:db8::99") == "pass"
    assert spf(b"v=spf1 ip4:0.0.0.0/0 -all", zone(), "2001:db8::99") == "fail"


def test_no_more_than_ten_terms_are_followed() -> None:
    world = Zone()
    for number in range(12):
        world.put(
            "txt", f"i{number}.example", f"v=spf1 include:i{number + 1}.example ~all".encode()
        )
    world.put("txt", "i12.example", b"v=spf1 +all")
    assert spf(b"v=spf1 include:i3.example -all", world) == "pass"  # the tenth decides
    world.asked.clear()
    assert spf(b"v=spf1 include:i0.example -all", world) == "permerror"
    assert len(world.asked) == 11
    world = Zone().put("txt", "loop.example", b"v=spf1 include:loop.example +all")
    assert spf(b"v=spf1 include:loop.example -all", world) == "permerror"
    assert len(world.asked) == 11


def test_no_more_than_two_lookups_may_find_nothing() -> None:
    assert spf(b"v=spf1 a:x.example a:y.example ip4:192.0.2.10 -all") == "pass"
    assert spf(b"v=spf1 a:x.example a:y.example a:z.example ip4:192.0.2.10 -all") == "permerror"


def test_no_more_than_ten_exchangers() -> None:
    world = Zone().put("mx", "partner.example", *[f"m{n}.example" for n in range(11)])
    assert spf(b"v=spf1 mx +all", world) == "permerror"
    assert spf(b"v=spf1 mx -all", Zone().put("mx", "partner.example", "")) == "fail"


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        # The examples of RFC 7208 s7.4.
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%%%_%-", "% %20"),
        ("%{p}.x", "unknown.x"),
    ],
)
def test_macros(spec: str, name: str) -> None:
    sending = Sending(ip_address("192.0.2.3"), "strong-bad", "email.example.com", "h.example")
    assert expand(spec, "email.example.com", sending) == name


def test_macros_of_an_ipv6_peer_and_of_long_names() -> None:
    sending = Sending(ip_address("2001:db8::cb01"), "x" * 64, "email.example.com", "h.example")
    assert expand("%{ir}.%{v}", "d.example", sending) == (
        "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6"
    )
    long = expand("%{l}." * 5 + "end.example", "d.example", sending)
    assert len(long) <= 253
    assert long.endswith("end.example")
    with pytest.raises(BrokenRecord):
        expand("%{d0}", "d.example", sending)


def world(record: bytes = b"v=spf1 ip4:192.0.2.10 -all") -> Zone:
    return zone().put("txt", "partner.example", record).put(
        "txt", "mail.partner.example", record
    ).put("txt", "evil.example", record)  # fmt: skip


@pytest.mark.parametrize(
    ("mail_from", "peer", "source", "proven"),
    [
        ("pat@partner.example", PEER, "smtp", True),
        ("pat@partner.example", f"{PEER} mail.partner.example", "smtp", True),
        ("PAT@Partner.Example", PEER, "smtp", True),
        ("bounce+1=x@mail.partner.example", PEER, "smtp", True),
        ("pat@partner.example", "192.0.2.99", "smtp", False),
        # a pass for somebody else
        ("pat@evil.example", PEER, "smtp", False),
        ("pat@partner.example.evil.example", PEER, "smtp", False),
        ("@evil.example:pat@partner.example", PEER, "smtp", False),
        ("pat@partner.example@evil.example", PEER, "smtp", False),
        ('"pat@partner.example"@evil.example', PEER, "smtp", False),
        ("partner.example", PEER, "smtp", False),
        # nothing to ask about
        ("", f"{PEER} partner.example", "smtp", False),
        (None, PEER, "smtp", False),
        ("pat@partner.example", "", "smtp", False),
        ("pat@partner.example", "imap:requests", "imap:requests", False),
        ("pat@partner.example", PEER, "imap:requests", False),
        ("pat@partner.example", PEER, "lmtp", False),
        ("pat@partner.example", PEER, "file", False),
    ],
)
def test_spf_proves_the_aligned_sender_behind_the_peer(
    mail_from: str | None, peer: str, source: str, proven: bool
) -> None:
    found = verdict(mail(), OWN, world(), mail_from=mail_from, peer=peer, source=source)
    assert found.proven is proven, found.rule


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.20.0.3", "::1"])
def test_a_server_of_ours_is_never_asked_about(peer: str) -> None:
    record = (
        b"v=spf1 ip4:127.0.0.0/8 ip4:10.0.0.0/8 ip4:192.168.0.0/16 ip4:172.16.0.0/12 ip6:::1 -all"
    )
    found = world(record)
    assert not verdict(mail(), OWN, found, mail_from="pat@partner.example", peer=peer).proven
    assert ("txt", "partner.example") not in found.asked
    trust = OWN.model_copy(update={"trusted_peers": ("192.0.2.0/24",)})
    assert not verdict(mail(), trust, world(), mail_from="pat@partner.example", peer=PEER).proven


@pytest.mark.parametrize(
    "record",
    [
        b"v=spf1 +all",
        b"v=spf1 ip4:0.0.0.0/0 -all",
        b"v=spf1 a/0 -all",
        b"v=spf1 mx/0 -all",
        b"v=spf1 include:wide.example -all",
        b"v=spf1 redirect=wide.example",
        b"v=spf1 exists:partner.example -all",
    ],
)
def test_a_record_that_lets_everybody_send_proves_nobody(record: bytes) -> None:
    found = world(record).put("txt", "wide.example", b"v=spf1 +all")
    result = verdict(mail(), OWN, found, mail_from="pat@partner.example", peer=PEER)
    assert result.result == "none"
    assert "lets everybody send" in result.rule


def test_a_policy_may_want_the_very_same_name_for_spf() -> None:
    found = world().put("txt", "_dmarc.partner.example", b"v=DMARC1; p=reject; aspf=s")
    ask = {"mail_from": "pat@mail.partner.example", "peer": PEER}
    assert verdict(mail(), OWN, found, **ask).result == "fail"
    assert verdict(mail(), OWN, found, mail_from="pat@partner.example", peer=PEER).proven


def test_spf_helps_out_where_the_signature_is_broken() -> None:
    raw = signed(mail()).replace(b"Acme", b"Evil")
    found = verdict(raw, OWN, world(), mail_from="pat@partner.example", peer=PEER)
    assert found.proven
    assert "spf=pass" in found.rule
