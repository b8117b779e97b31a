"""The three modes and the ways in: who is believed for what (DOMAIN.md §4 "Proven sender")."""

from __future__ import annotations

import pytest

from mailflow.authenticate import Authenticator
from mailflow.authenticate.peers import address_of, helo_of
from mailflow.config.settings import TrustSettings
from mailflow.core.message import Message
from tests.edges.signed_mail import SIGNED, Zone, mail, rsa_key, signed, verdict

OURS = "Authentication-Results: mx.vendor.example; dkim=pass header.d=partner.example\r\n"
VERIFIER = TrustSettings(mode="trusted_verifier", authserv_ids=("mx.vendor.example",))
PEERS = TrustSettings(mode="trusted_peers", trusted_peers=("192.0.2.0/24", "2001:db8::/32"))

LEGITIMATE = {
    "one line": OURS,
    "folded": OURS.replace("; ", ";\r\n\t").replace(" header", "\r\n header"),
    "capitals": "AUTHENTICATION-RESULTS: MX.Vendor.Example 1; DKIM=Pass Header.D=Partner.EXAMPLE\r\n",
    "below the server's own trace": "Received: from a by b; x\r\nReturn-Path: <x@y.example>\r\n" + OURS,
    "a forged one below": OURS + OURS.replace("partner", "evil"),
    "a foreign one below": OURS + "Authentication-Results: mx.partner.example; dkim=fail\r\n",
    "sealed copies beside it": "ARC-Authentication-Results: i=1; mx.evil.example; none\r\n" + OURS,
    "no policy published": OURS.replace("dkim=pass", "dmarc=none header.from=partner.example; dkim=pass"),
    "spf alone": OURS.replace("dkim=pass header.d=", "spf=pass (ok) smtp.mailfrom=b+1@"),
    "a large provider": (
        "Authentication-Results: mx.vendor.example;\r\n"
        "       dkim=pass header.i=@partner.example header.s=s1 header.b=abc/d+f;\r\n"
        "       spf=pass (mx.vendor.example: domain of pat@partner.example designates 192.0.2.1 as"
        " permitted sender) smtp.mailfrom=pat@partner.example;\r\n"
        "       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=partner.example\r\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("head", LEGITIMATE.values(), ids=LEGITIMATE)
def test_a_trusted_server_is_believed(head: str) -> None:
    found = verdict(mail(head=head), VERIFIER)
    assert found.proven, found.rule
    assert verdict(mail(head=head), VERIFIER, source="imap:requests", peer="imap:requests").proven


NONE_OF_OURS = "Authentication-Results: mx.vendor.example; dkim=none; spf=fail\r\n"
FORGED = {
    "nothing from our server, forged below another's": "Authentication-Results: mx.evil.example; none\r\n" + OURS,
    "our server found nothing, forged below": NONE_OF_OURS + OURS,
    "our server found nothing, forged far below": NONE_OF_OURS + "Received: x\r\n" * 30 + OURS,
    "forged in a folded line": "X-Note: a\r\n " + OURS,
    "forged in a folded line of ours": NONE_OF_OURS.rstrip() + "\r\n (\r\n " + OURS,
    "forged in the subject": "Subject: x\r\n\t" + OURS + NONE_OF_OURS,
    "another field of a like name": "X-" + OURS,
    "the sealed copy": "ARC-" + OURS.replace(": ", ": i=1; "),
    "the name with a letter of another script": OURS.replace("Authentication", "Аuthentication"),
    "the name split by a fold": OURS.replace("-Results", "\r\n -Results"),
    "encoded words are not resolved": NONE_OF_OURS.replace(
        "spf=fail", "spf=fail smtp.mailfrom==?utf-8?q?x=3B_dkim=3Dpass_header.d=3Dpartner.example?="
    ),
    "an encoded name of the server": OURS.replace("mx.vendor.example", "=?utf-8?q?mx.vendor.example?="),
    "full-width name of the server": OURS.replace("mx.vendor.example", "ｍx.vendor.example"),
    "in the comment of ours": NONE_OF_OURS.replace("none;", "none (; dkim=pass header.d=partner.example);"),
    "in the quotes of ours": NONE_OF_OURS.replace("none;", 'none reason="; dkim=pass header.d=partner.example";'),
    "about the forger": OURS.replace("partner", "evil"),
    "about a longer name": OURS.replace("partner.example", "partner.example.evil.example"),
    "policy of another": OURS.replace("dkim=pass", "dmarc=pass header.from=evil.example; dkim=pass"),
    "not the server we know": OURS.replace("vendor", "vend0r"),
    "a part of its name": OURS.replace("mx.vendor.example", "vendor.example"),
    "no server at all": OURS.replace("mx.vendor.example; ", ""),
    "two From fields": OURS + "From: x@evil.example\r\n",
    "two subjects": OURS + "Subject: CONFIRM\r\n",
    "two content types": OURS + "Content-Type: text/html\r\n",
    "no field": "",
    "an empty field": "Authentication-Results: \r\n",
    "an empty field on top": "Authentication-Results: \r\n" + OURS,
    "blank before the colon, on top": "Authentication-Results : mx.evil.example; none\r\n" + OURS,
}  # fmt: skip


@pytest.mark.parametrize("head", FORGED.values(), ids=FORGED)
def test_a_forged_header_proves_nothing(head: str) -> None:
    for peer, source in (("127.0.0.1", "smtp"), ("imap:requests", "imap:requests")):
        found = verdict(mail(head=head), VERIFIER, peer=peer, source=source)
        assert found.result in ("none", "fail"), found.rule


@pytest.mark.parametrize(
    "sender",
    [
        "pat@partner.example, x@evil.example",
        "Partners: pat@partner.example;",
        "pat@partner.example@evil.example",
        "<pat@ｐartner.example>",
        '"pat@partner.example" <pat@ｐartner.example>',
        "<pat@partner。example>",
        "=?utf-8?q?pat=40partner.example?=",
        "",
    ],
)
@pytest.mark.parametrize("trust", [VERIFIER, PEERS], ids=["verifier", "peers"])
def test_a_sender_that_can_be_read_two_ways_is_never_proven(
    sender: str, trust: TrustSettings
) -> None:
    peer = "192.0.2.1" if trust is PEERS else "127.0.0.1"
    assert verdict(mail(sender, head=OURS), trust, peer=peer).result == "none"


def test_what_was_verified_is_what_is_read() -> None:
    """A verified mail whose Content-Type is not signed, and was exchanged so that a quote is all."""
    quoted = "Hi, see below.\r\n\r\n--b\r\n\r\nAccount name: Mallory Ltd\r\n--b--\r\n"
    plain = b"Content-Type: text/plain; charset=utf-8"
    other = b"Content-Type: multipart/mixed; boundary=b"
    raw = signed(mail(body=quoted))
    covered = signed(mail(body=quoted), headers=(*SIGNED, b"content-type"))
    head = OURS.encode()
    assert verdict(head + raw, VERIFIER).proven
    assert verdict(head + covered, VERIFIER).proven
    found = verdict(head + raw.replace(plain, other), VERIFIER)
    assert (found.result, "text before the first part" in found.rule) == ("none", True)
    # A signature that covers it can be added by anybody, and counts for nothing.
    fake = b"DKIM-Signature: d=partner.example; h=from:content-type; b=AA==\r\n"
    assert not verdict(head + fake + raw.replace(plain, other), VERIFIER).proven
    # Somebody else's signature is not asked: a mailing list's, a provider's.
    foreign = b"DKIM-Signature: d=lists.example; h=from; b=AA==\r\n"
    assert verdict(head + foreign + covered, VERIFIER).proven


def test_only_our_own_servers_may_hand_in_our_header() -> None:
    raw = mail(head=OURS)
    assert verdict(raw, VERIFIER, peer="127.0.0.1 mx.vendor.example").proven
    assert verdict(raw, VERIFIER, peer="::1").proven
    assert verdict(raw, VERIFIER, peer="::ffff:127.0.0.1", source="lmtp").proven
    for peer in ("192.0.2.9", "192.0.2.9 localhost", "", "localhost", "imap:requests", "10.0.0.1"):
        found = verdict(raw, VERIFIER, peer=peer)
        assert found.result == "none"
        assert "handed in by" in found.rule
    wide = VERIFIER.model_copy(update={"trusted_peers": ("192.0.2.0/28",)})
    assert verdict(raw, wide, peer="192.0.2.9").proven
    assert verdict(raw, wide, peer="192.0.2.16").result == "none"
    assert verdict(raw, wide, peer="127.0.0.1").result == "none"
    # A mailbox is filled by our own server, and a file is what an operator shows us.
    assert verdict(raw, wide, peer="imap:requests", source="imap:requests").proven
    assert verdict(raw, wide, peer="", source="file").proven


def test_a_server_without_a_name() -> None:
    head = (
        "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=partner.example;"
        " receiver.example; dkim=pass (signature was verified)\r\n header.d=partner.example;"
        "dmarc=pass action=none\r\n header.from=partner.example;compauth=pass reason=100\r\n"
    )
    trust = TrustSettings(mode="trusted_verifier", topmost_without_id=True)
    assert verdict(mail(head=head), trust).proven
    assert verdict(mail(head=head), VERIFIER).result == "none"
    below = "Authentication-Results: mx.evil.example; none\r\n" + head
    assert verdict(mail(head=below), trust).result == "none"


@pytest.mark.parametrize(
    ("peer", "source", "proven"),
    [
        ("192.0.2.77", "smtp", True),
        ("192.0.2.77 mx.vendor.example", "lmtp", True),
        ("::ffff:192.0.2.77", "smtp", True),
        ("2001:db8::1", "smtp", True),
        ("192.0.3.1", "smtp", False),
        ("127.0.0.1", "smtp", False),
        ("127.0.0.1 192.0.2.77", "smtp", False),
        ("192.0.2.77.evil.example", "smtp", False),
        ("192.0.2.077", "smtp", False),
        ("3221226061", "smtp", False),  # 192.0.2.77 as one number
        ("", "smtp", False),
        ("192.0.2.77", "imap:192.0.2.77", False),
        ("imap:requests", "imap:requests", False),
        ("192.0.2.77", "file", False),
    ],
)
def test_trusted_peers_vouch_and_nobody_else(peer: str, source: str, proven: bool) -> None:
    assert verdict(mail(), PEERS, peer=peer, source=source).proven is proven


def test_each_way_in_may_have_its_own_mode() -> None:
    trust = TrustSettings(
        mode="trusted_verifier",
        smtp_mode="own_check",
        imap_mode="same",
        authserv_ids=("mx.vendor.example",),
    )
    zone = Zone().put("txt", "s1._domainkey.partner.example", rsa_key()[1])
    claimed, proven = mail(head=OURS), signed(mail())
    assert verdict(claimed, trust, zone, peer="127.0.0.1").result == "none"
    assert verdict(proven, trust, zone, peer="127.0.0.1").proven
    assert verdict(claimed, trust, zone, source="imap:a", peer="imap:a").proven
    assert verdict(proven, trust, zone, source="imap:a", peer="imap:a").result == "none"
    other = TrustSettings(mode="own_check", imap_mode="trusted_verifier", authserv_ids=("mx.vendor.example",))  # fmt: skip
    assert verdict(claimed, other, zone, source="imap:a", peer="imap:a").proven
    assert verdict(claimed, other, zone, source="smtp").result == "none"
    assert verdict(proven, other, zone, source="file", peer="").proven


def test_no_fault_of_ours_ends_in_a_pass_or_a_crash() -> None:
    class Broken(Zone):
        def txt(self, name, deadline):
            raise RuntimeError("secret path /etc")

    trust = TrustSettings(mode="own_check")
    found = verdict(signed(mail()), trust, Broken())
    assert found.result == "none"
    assert "RuntimeError" in found.rule
    assert "secret" not in found.rule
    # A message value that does not belong to the bytes proves nothing either.
    auth = Authenticator(VERIFIER, Zone())
    for raw in (b"", b"\x00", b"\r\n\r\n", b"From: x@evil.example\r\n\r\n", b"\xff" * 100):
        found = auth.verdict(raw, Message(sender="pat@partner.example"), "", "127.0.0.1", "smtp")
        assert found.result == "none"


@pytest.mark.parametrize(
    ("peer", "address", "helo"),
    [
        ("192.0.2.1", "192.0.2.1", ""),
        ("192.0.2.1 mail.partner.example", "192.0.2.1", "mail.partner.example"),
        ("::ffff:192.0.2.1 x", "192.0.2.1", "x"),
        ("fe80::1%eth0 x", "fe80::1", "x"),
        ("imap:requests", "None", ""),
        ("", "None", ""),
    ],
)
def test_peers_are_read(peer: str, address: str, helo: str) -> None:
    assert str(address_of(peer)) == address
    assert helo_of(peer) == helo
