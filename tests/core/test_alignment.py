"""Which domains stand for one another, and what a DMARC record says (RFC 7489)."""

from __future__ import annotations

import pytest

from mailflow.core.alignment import Policy, aligned, domain_name, read_policy


@pytest.mark.parametrize(
    ("author", "proven", "relaxed", "strict"),
    [
        ("partner.example", "partner.example", True, True),
        ("partner.example", "mail.partner.example", True, False),
        ("mail.partner.example", "partner.example", True, False),
        ("a.partner.example", "b.partner.example", True, False),
        ("acme.co.uk", "mail.acme.co.uk", True, False),
        ("acme.com.mx", "acme.com.mx", True, True),
        # Neighbours below one public suffix are strangers.
        ("acme.co.uk", "evil.co.uk", False, False),
        ("acme.co.uk", "co.uk", False, False),
        ("acme.com.br", "evil.com.br", False, False),
        ("acme.blogspot.com", "evil.blogspot.com", False, False),
        ("partner.example", "example", False, False),
        # Names that only look alike.
        ("partner.example", "evilpartner.example", False, False),
        ("partner.example", "partner.example.evil.example", False, False),
        ("partner.example", "partner-example.example", False, False),
        ("partner.example", "", False, False),
        ("", "", False, False),
        ("", "partner.example", False, False),
    ],
)
def test_alignment(author: str, proven: str, relaxed: bool, strict: bool) -> None:
    assert aligned(author, proven) is relaxed
    assert aligned(author, proven, strict=True) is strict


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Partner.EXAMPLE", "partner.example"),
        ("_spf.partner.example", "_spf.partner.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("partner", None),
        ("partner.example.", None),
        (".partner.example", None),
        ("partner..example", None),
        ("partner.example\n", None),
        ("part ner.example", None),
        ("ｐartner.example", None),
        ("paſtner.example", None),  # long s, which Unicode folds to s
        ("\u212aelvin.example", None),  # Kelvin sign, which lower() turns into k
        ("partner.example(evil.example", None),
        ("-partner.example", None),
        ("a" * 64 + ".example", None),
        (".".join(["abcdefg"] * 32), None),
        ("", None),
    ],
)
def test_domain_names_are_plain_ascii(text: str, name: str | None) -> None:
    assert domain_name(text) == name


@pytest.mark.parametrize(
    ("records", "policy"),
    [
        ([b"v=DMARC1; p=reject"], Policy("reject", "reject")),
        (
            [b"v=DMARC1;p=Quarantine;sp=none;adkim=s;aspf=S"],
            Policy("quarantine", "none", True, True),
        ),
        ([b"v=DMARC1 ; p = none ; pct=0"], Policy("none", "none")),
        ([b"v=DMARC1; p=reject; p=none"], Policy("reject", "reject")),
        ([b"v=DMARC1; p=refuse; rua=mailto:a@partner.example"], Policy("none", "none")),
        ([b"v=DMARC1; p=reject; sp=wrong"], Policy("reject", "reject")),
        ([b"v=spf1 -all", b"v=DMARC1; p=reject"], Policy("reject", "reject")),
        ([b"v=DMARC1; p=refuse"], None),
        ([b"v=DMARC1"], None),
        ([b"v=dmarc1; p=reject"], None),
        ([b"p=reject; v=DMARC1"], None),
        ([b"v=DMARC1; p=reject", b"v=DMARC1; p=none"], None),
        ([b"\xff\xfe"], None),
        ([b""], None),
        ([], None),
    ],
)
def test_policy_records(records: list[bytes], policy: Policy | None) -> None:
    assert read_policy(records) == policy
