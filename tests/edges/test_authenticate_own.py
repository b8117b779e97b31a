"""Mode own_check: what signatures prove, and what forgers try (PROMISES.md I13, I14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mailflow.authenticate import Authenticator
from mailflow.config.settings import TrustSettings
from mailflow.core.message import Message, read
from tests.edges.signed_mail import (
    NOW,
    SIGNED,
    Zone,
    ed_key,
    mail,
    rsa_key,
    signed,
    signed_by_hand,
    verdict,
)

OWN = TrustSettings(mode="own_check")


def world() -> Zone:
    """Partner and forger both publish keys; the partner has no DMARC policy."""
    zone = Zone()
    zone.put("txt", "s1._domainkey.partner.example", rsa_key()[1])
    zone.put("txt", "ed._domainkey.partner.example", ed_key()[1])
    zone.put("txt", "s1._domainkey.mail.partner.example", rsa_key()[1])
    for domain in ("evil.example", "partner.example.evil.example", "acme.co.uk", "evil.co.uk"):
        zone.put("txt", f"s1._domainkey.{domain}", rsa_key(2048, 1)[1])
    zone.put("txt", "s1._domainkey.xn--bcher-kva.example", rsa_key()[1])
    return zone


def evil(raw: bytes, domain: str = "evil.example", **options: object) -> bytes:
    """Signed by the forger, with his own key."""
    return signed(raw, domain, key=rsa_key(2048, 1)[0], **options)  # type: ignore[arg-type]


def signature(selector: str) -> bytes:
    """A signature field alone, by a key that is not published."""
    return signed(mail(), selector=selector).removesuffix(mail())


GOOD: dict[str, Callable[[], bytes]] = {
    "relaxed": lambda: signed(mail()),
    "simple": lambda: signed(mail(), forms=(b"simple", b"simple")),
    "simple body": lambda: signed(mail(), forms=(b"relaxed", b"simple")),
    "simple header": lambda: signed(mail(), forms=(b"simple", b"relaxed")),
    "ed25519": lambda: signed_by_hand(mail(), "v=1; d=partner.example; s=ed", ed_key()[0]),
    "signed by a subdomain": lambda: signed(mail(), "mail.partner.example"),
    "identity in a subdomain": lambda: signed(mail(), identity="pat@x.partner.example"),
    "author in a subdomain": lambda: signed(mail("pat@sales.partner.example")),
    "only what must be signed": lambda: signed(mail(), headers=(b"from", b"subject", b"date")),
    "second from forbidden": lambda: signed(mail(), headers=(*SIGNED, b"from", b"subject")),
    "the list's signature above": lambda: evil(signed(mail())),
    "a broken signature above": lambda: signature("gone") + signed(mail()),
    "trace fields added": lambda: b"Received: from a by b; x\r\nX-Spam: no\r\n" + signed(mail()),
    "capitals in the address": lambda: signed(mail("Pat.Partner@Partner.EXAMPLE")),
    "capitals in the signature": lambda: signed(mail(), "Partner.Example"),
    "a name with quotes": lambda: signed(mail('"Partner, Pat (EMEA)" <pat@partner.example>')),
    "a name in another script": lambda: signed(
        mail("=?utf-8?q?Pat_P=C3=A9rez?= <p@partner.example>")
    ),
    "a comment": lambda: signed(mail("pat@partner.example (Pat)")),
    "a long folded subject": lambda: signed(mail(subject="word " * 10 + "\r\n " + "word " * 10)),
    "no text": lambda: signed(mail(body="")),
    "empty lines at the end": lambda: signed(mail(body="text\r\n\r\n\r\n")),
    "blanks and tabs": lambda: signed(mail(body="a  b\t c \t\r\n \r\n\t\r\n")),
    "8 bit text": lambda: signed(mail(body="Nombre: Compañía Ñandú\r\n")),
    "internationalised domain": lambda: signed(mail("a@bücher.example"), "xn--bcher-kva.example"),
    "the same in ASCII": lambda: signed(mail("a@xn--bcher-kva.example"), "xn--bcher-kva.example"),
    "a long mail": lambda: signed(mail(body=("0123456789abcdef " * 4 + "\r\n") * 5000)),
}


@pytest.mark.parametrize("name", GOOD)
def test_real_mail_is_proven(name: str) -> None:
    found = verdict(GOOD[name](), OWN, world())
    assert found.proven, found.rule


def _tamper(old: bytes, new: bytes, **options: object) -> bytes:
    raw = signed(mail(), **options)  # type: ignore[arg-type]
    assert raw.count(old)
    return raw.replace(old, new, 1)


def _on_top(field: bytes, **options: object) -> bytes:
    return field + b"\r\n" + signed(mail(), **options)  # type: ignore[arg-type]


_LOOK_ALIKE = {
    "neighbour below a public suffix": lambda: evil(mail("pat@acme.co.uk"), "evil.co.uk"),
    "the name as a prefix": lambda: evil(mail(), "partner.example.evil.example"),
    "another domain": lambda: evil(mail()),
    "full-width letter": lambda: signed(mail("pat@ｐartner.example")),
    "full-width letter, true name shown": lambda: signed(
        mail('"pat@partner.example" <pat@ｐartner.example>')
    ),
    "full-width, name in a comment": lambda: signed(
        mail("<pat@ｐartner.example> (<pat@partner.example>)")
    ),
    "Cyrillic letter": lambda: signed(mail("pat@pаrtner.example")),
    "long s": lambda: signed(mail("pat@partner.example".replace("s", "ſ") + ".ſ")),
    "ideographic full stop": lambda: signed(mail("pat@partner。example")),
}

_TWO_FROMS = {
    "two From, theirs first": lambda: b"From: x@evil.example\r\n" + signed(mail()),
    "two From, ours first": lambda: evil(b"From: pat@partner.example\r\n" + mail("x@evil.example")),
    "two From, in capitals": lambda: b"FROM: x@evil.example\r\n" + signed(mail()),
    "From with a blank before the colon": lambda: b"From : x@evil.example\r\n" + signed(mail()),
    "From with a tab before the colon": lambda: b"From\t: x@evil.example\r\n" + signed(mail()),
    "From folded from its colon": lambda: b"From\r\n : x@evil.example\r\n" + signed(mail()),
    "From behind a leading blank": lambda: b" From: x@evil.example\r\n" + signed(mail()),
    "From with NUL": lambda: evil(mail("pat@partner.example\x00@evil.example")),
    "From name with NUL": lambda: b"From\x00: x@evil.example\r\n" + signed(mail()),
    "bare CR before From": lambda: b"X: y\rFrom: x@evil.example\r\n" + signed(mail()),
    "bare LF before From": lambda: b"X: y\nFrom: x@evil.example\r\n" + signed(mail()),
    "two addresses": lambda: evil(mail("pat@partner.example, x@evil.example")),
    "two addresses, theirs first": lambda: evil(mail("x@evil.example, pat@partner.example")),
    "two addresses by a blank": lambda: evil(mail("<pat@partner.example> <x@evil.example>")),
    "a group": lambda: evil(mail("Partners: pat@partner.example;")),
    "an empty group first": lambda: evil(mail("x:;, pat@partner.example")),
    "a route": lambda: evil(mail("<@evil.example:pat@partner.example>")),
    "two at signs": lambda: evil(mail("pat@partner.example@evil.example")),
    "a comment in the address": lambda: evil(mail("pat@partner.example(@evil.example)")),
    "a comment that is cut": lambda: evil(mail("pat(<x@evil.example>)@partner.example")),
    "a comment never closed": lambda: evil(mail("<x@evil.example> (<pat@partner.example>")),
    "a quoted local part": lambda: evil(mail('"pat@partner.example"@evil.example')),
    "a quoted address in the brackets": lambda: evil(
        mail('<"pat@partner.example> "@evil.example>')
    ),
    "the address as an encoded word": lambda: evil(
        mail("=?utf-8?b?cGF0QHBhcnRuZXIuZXhhbXBsZQ==?=")
    ),
    "an encoded word in the brackets": lambda: evil(mail("<=?utf-8?q?pat=40partner.example?=>")),
    "backslash": lambda: evil(mail("pat@partner.example\\@evil.example")),
    "address literal": lambda: evil(mail("pat@[192.0.2.1]")),
    "no From": lambda: evil(b"\r\n".join(mail().split(b"\r\n")[1:])),
    "empty From": lambda: evil(mail("")),
    "only Sender": lambda: evil(mail("x@").replace(b"From:", b"Sender:")),
    "Resent-From": lambda: evil(mail(head="Resent-From: pat@partner.example\r\n")),
}

_CHANGED = {
    "text changed": lambda: _tamper(b"Acme", b"Evil"),
    "text appended": lambda: signed(mail()) + b"Account domain: evil.example\r\n",
    "text appended, l=": lambda: signed(mail(), length=True) + b"CONFIRM\r\n",
    "l= alone": lambda: signed(mail(), length=True),
    "l=0": lambda: signed_by_hand(mail(), "v=1; d=partner.example; s=ed; l=0", ed_key()[0]),
    "L= is no way out": lambda: signed_by_hand(
        mail(), "v=1; d=evil.example; d=partner.example; s=ed", ed_key()[0]
    ),
    "subject changed": lambda: _tamper(b"Subject: New", b"Subject: Old"),
    "subject unsigned": lambda: signed(mail(), headers=(b"from", b"date")),
    "date unsigned": lambda: signed(mail(), headers=(b"from", b"subject")),
    "from unsigned": lambda: _tamper(b"h=from : to", b"h=to"),
    "from only in a longer name": lambda: _tamper(b"h=from : to", b"h=x-from : to"),
    "second Subject on top": lambda: _on_top(b"Subject: CONFIRM"),
    "second Subject below": lambda: signed(mail()).replace(
        b"\r\nDate:", b"\r\nSubject: x\r\nDate:", 1
    ),
    "second Date": lambda: _on_top(b"Date: Mon, 28 Sep 2026 10:00:00 +0000"),
    "second Content-Type": lambda: _on_top(b"Content-Type: multipart/mixed; boundary=x"),
    "second transfer encoding": lambda: _on_top(b"Content-Transfer-Encoding: base64").replace(
        b"MIME-Version: 1.0", b"Content-Transfer-Encoding: 7bit"
    ),
    "LF instead of CRLF": lambda: signed(mail()).replace(b"\r\n", b"\n"),
    "one bare LF in the text": lambda: signed(mail(body="a\nb\r\n")),
    "one bare CR in the text": lambda: signed(mail(body="a\rb\r\n")),
    "NUL in the text": lambda: signed(mail(body="a\x00b\r\n")),
    "no end of the header": lambda: signed(mail(body=""))[:-2] + b"x",
    "an mbox line on top": lambda: b"From x@evil.example Mon Sep 21\r\n" + signed(mail()),
    "a line that is no field": lambda: b"hello\r\n" + signed(mail()),
}

_BAD_SIGNATURE = {
    "no signature": lambda: mail(),
    "expired": lambda: signed_by_hand(mail(), f"v=1; d=partner.example; s=ed; x={int(NOW) - 1}", ed_key()[0]),
    "ends before it begins": lambda: signed_by_hand(
        mail(), f"v=1; d=partner.example; s=ed; t={int(NOW) + 99}; x={int(NOW) + 9}", ed_key()[0]
    ),
    "broken x=": lambda: signed_by_hand(mail(), "v=1; d=partner.example; s=ed; x=1e99", ed_key()[0]),
    "superscript x=": lambda: signed_by_hand(mail(), "v=1; d=partner.example; s=ed; x=²", ed_key()[0]),
    "no version": lambda: signed_by_hand(mail(), "d=partner.example; s=ed", ed_key()[0]),
    "version 2": lambda: signed_by_hand(mail(), "v=2; d=partner.example; s=ed", ed_key()[0]),
    "d= twice": lambda: signed_by_hand(mail(), "v=1; d=partner.example; d=partner.example; s=ed", ed_key()[0]),
    "i= outside": lambda: signed_by_hand(mail(), "v=1; d=partner.example; i=@evil.example; s=ed", ed_key()[0]),
    "i= only ends alike": lambda: signed_by_hand(mail(), "v=1; d=partner.example; i=@evilpartner.example; s=ed", ed_key()[0]),
    "other q=": lambda: signed_by_hand(mail(), "v=1; d=partner.example; s=ed; q=http", ed_key()[0]),
    "no selector": lambda: signed_by_hand(mail(), "v=1; d=partner.example", ed_key()[0]),
    "selector that leads away": lambda: signed_by_hand(mail(), "v=1; d=partner.example; s=s1._domainkey.evil.example.\\000", ed_key()[0]),
    "d= with a comment": lambda: signed_by_hand(mail(), "v=1; d=partner.example(.evil.example; s=ed", ed_key()[0]),
    "d= with a zero byte": lambda: signed_by_hand(mail(), "v=1; d=partner.example\\000.evil.example; s=ed", ed_key()[0]),
    "d= a public suffix": lambda: evil(mail("pat@acme.co.uk"), "co.uk"),
    "selector unknown": lambda: signed(mail(), selector="other"),
    "another's key": lambda: signed(mail(), key=rsa_key(2048, 1)[0]),
    "another's selector": lambda: signed(mail(), "evil.example"),
    "rsa-sha1": lambda: _tamper(b"a=rsa-sha256", b"a=rsa-sha1"),
    "unknown algorithm": lambda: _tamper(b"a=rsa-sha256", b"a=none"),
    "unknown c=": lambda: _tamper(b"c=relaxed/relaxed", b"c=nowsp/relaxed"),
    "empty b=": lambda: signed(mail()).split(b"b=", 2)[0] + b"b=\r\n" + mail(),
    "b= of zeros": lambda: signed(mail()).rpartition(b"; b=")[0] + b"; b=" + b"A" * 344 + b"\r\n" + mail(),
    "key of another kind": lambda: signed(mail(), selector="ed"),
    "four signatures, the good one last": lambda: signature("a") + signature("b")
    + signature("c") + signed(mail()),
}  # fmt: skip

BAD: dict[str, Callable[[], bytes]] = {**_LOOK_ALIKE, **_TWO_FROMS, **_CHANGED, **_BAD_SIGNATURE}


@pytest.mark.parametrize("name", BAD)
def test_forged_or_spoilt_mail_is_not_proven(name: str) -> None:
    found = verdict(BAD[name](), OWN, world())
    assert found.result in ("none", "fail"), found.rule


@pytest.mark.parametrize(
    "record",
    [
        b"v=DKIM1; p=",
        b"v=DKIM1",
        b"v=DKIM2; p=%s",
        b"v=DKIM1; k=ed25519; p=%s",
        b"v=DKIM1; k=none; p=%s",
        b"v=DKIM1; h=sha1; p=%s",
        b"v=DKIM1; s=tlsrpt; p=%s",
        b"v=DKIM1; p=%s; p=%s",
        b"v=DKIM1; p=!!!",
        b"v=DKIM1; p=AAAA",
        b"v=spf1 -all",
        b"\xff\xff",
        b"",
    ],
)
def test_a_key_that_cannot_be_used_proves_nothing(record: bytes) -> None:
    public = rsa_key()[1].rpartition(b"p=")[2]
    zone = world().put("txt", "s1._domainkey.partner.example", record.replace(b"%s", public))
    assert verdict(signed(mail()), OWN, zone).result == "none"


def test_a_key_of_1024_bits_is_enough() -> None:
    zone = world().put("txt", "short._domainkey.partner.example", rsa_key(1024)[1])
    assert verdict(signed(mail(), selector="short", key=rsa_key(1024)[0]), OWN, zone).proven


def test_two_keys_at_one_name_are_none() -> None:
    both = [rsa_key()[1], rsa_key(2048, 1)[1]]
    zone = world().put("txt", "s1._domainkey.partner.example", *both)
    assert verdict(signed(mail()), OWN, zone).result == "none"


def test_a_forger_is_proven_as_himself_only() -> None:
    odd = "=?utf-8?q?pat=40partner.example=00?=@evil.example"
    for sender in (odd, '"pat@partner.example" <x@evil.example>', "x@evil.example"):
        raw = evil(mail(sender))
        message = read(raw)
        assert isinstance(message, Message)
        assert message.sender.endswith("@evil.example")
        assert verdict(raw, OWN, world()).proven


@pytest.mark.parametrize(("flags", "passes"), [(b"y", True), (b"s", False), (b"y:s", False)])
def test_a_key_may_forbid_subdomains(flags: bytes, passes: bool) -> None:
    zone = world().put("txt", "s1._domainkey.partner.example", rsa_key()[1] + b"; t=" + flags)
    raw = signed(mail(), identity="pat@x.partner.example")
    assert verdict(raw, OWN, zone).proven is passes
    assert verdict(signed(mail()), OWN, zone).proven


def test_only_signatures_of_the_author_cost_a_question() -> None:
    zone = world()
    raw = mail()
    for number in range(20):
        raw = evil(raw, selector=f"x{number}")
    assert not verdict(raw, OWN, zone).proven
    assert [name for _, name in zone.asked] == ["_dmarc.partner.example"]
    zone = world()
    for number in range(20):
        raw = signed(raw, selector=f"x{number}")
    assert not verdict(raw, OWN, zone).proven
    assert len(zone.asked) == 4  # three keys and the policy


@pytest.mark.parametrize(
    ("policy", "sender", "result"),
    [
        (b"v=DMARC1; p=reject", "pat@partner.example", "fail"),
        (b"v=DMARC1; p=quarantine", "pat@partner.example", "fail"),
        (b"v=DMARC1; p=none", "pat@partner.example", "none"),
        (b"v=DMARC1; p=reject; sp=none", "pat@sales.partner.example", "none"),
        (b"v=DMARC1; p=none; sp=reject", "pat@sales.partner.example", "fail"),
        (b"v=DMARC1; p=reject", "pat@sales.partner.example", "fail"),
    ],
)
def test_a_published_policy_that_fails(policy: bytes, sender: str, result: str) -> None:
    zone = world().put("txt", "_dmarc.partner.example", policy)
    assert verdict(evil(mail(sender)), OWN, zone).result == result


def test_a_policy_may_want_the_very_same_name() -> None:
    zone = world().put("txt", "_dmarc.partner.example", b"v=DMARC1; p=reject; adkim=s")
    assert verdict(signed(mail(), "mail.partner.example"), OWN, zone).result == "fail"
    assert verdict(signed(mail()), OWN, zone).proven
    loose = world().put("txt", "_dmarc.partner.example", b"v=DMARC1; p=reject; aspf=s")
    assert verdict(signed(mail(), "mail.partner.example"), OWN, loose).proven


def test_mail_through_a_list_that_changes_the_subject_is_not_proven() -> None:
    raw = evil(signed(mail()).replace(b"Subject: New", b"Subject: [list] New"))
    assert verdict(raw, OWN, world()).result == "none"


def test_the_time_of_receipt_decides_whether_a_signature_had_expired() -> None:
    ends = int(NOW) - 3600
    raw = signed_by_hand(mail(), f"v=1; d=partner.example; s=ed; x={ends}", ed_key()[0])
    message = read(raw)
    assert isinstance(message, Message)
    zone = world()
    auth = Authenticator(OWN, zone, zone.clock, lambda: NOW)
    before, after = (datetime.fromtimestamp(ends + step, UTC) for step in (0, 1))
    assert auth.verdict(raw, message, None, "", "smtp", received_at=before).proven
    assert not auth.verdict(raw, message, None, "", "smtp", received_at=after).proven
    assert not auth.verdict(raw, message, None, "", "smtp").proven


def test_the_rule_says_what_decided() -> None:
    assert verdict(signed(mail()), OWN, world()).rule == (
        "own check: dkim=pass for partner.example, aligned with partner.example"
    )
    assert "l=" in verdict(signed(mail(), length=True), OWN, world()).rule


def test_a_quoted_mail_cannot_be_made_the_mail() -> None:
    """Pat answered Mallory, quoting her below as Outlook does; his provider signs no Content-Type.

    Mallory sends his answer to us under another type, in which her own words are all there is.
    """
    body = (
        "Hi Mallory, see below.\r\n\r\nFrom: Mallory\r\n\r\n--b\r\n\r\n"
        "Account name: Mallory Ltd\r\n--b--\r\n"
    )
    raw = signed(mail(body=body))
    assert verdict(raw, OWN, world()).result == "pass"
    plain = b"Content-Type: text/plain; charset=utf-8"
    again = raw.replace(plain, b"Content-Type: multipart/mixed; boundary=b")
    refused = verdict(again, OWN, world())
    assert (refused.result, "text before the first part" in refused.rule) == ("none", True)
    covered = signed(mail(body=body), headers=(*SIGNED, b"content-type"))
    assert verdict(covered, OWN, world()).result == "pass"
    again = covered.replace(plain, b"Content-Type: multipart/mixed; boundary=b")
    assert verdict(again, OWN, world()).result == "none"
