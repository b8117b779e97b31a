"""Authentication-Results as the servers in use write them, and as forgers do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.core.authresults import judge

OURS = ("mx.vendor.example", "mx2.vendor.example")


def of(field: str, author: str = "partner.example", **options: bool) -> str:
    return judge([field.encode()], author, OURS, **options).result


@pytest.mark.parametrize(
    "field",
    [
        "mx.vendor.example; dkim=pass header.d=partner.example",
        (
            "mx.vendor.example; dkim=pass header.i=@partner.example header.s=google header.b=abc/de+f;"
            " spf=pass (mx.vendor.example: domain of pat@partner.example designates 192.0.2.1 as"
            " permitted sender) smtp.mailfrom=pat@partner.example;"
            " dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=partner.example"
        ),
        "mx.vendor.example; dkim=pass header.i=pat@mail.partner.example",
        "MX.Vendor.Example; DKIM=PASS HEADER.D=PARTNER.EXAMPLE",
        "mx.vendor.example 1; dkim=pass header.d=partner.example",
        "mx.vendor.example (our server) 1 (version); spf=pass smtp.mailfrom=partner.example",
        "mx2.vendor.example;\tspf=pass\tsmtp.mailfrom=bounces+x=y@mail.partner.example",
        (
            "mx.vendor.example; dkim=pass (2048-bit key; unprotected) header.d=partner.example"
            ' header.a=rsa-sha256 header.s=s1 header.b="x4Zz"; dkim-atps=neutral;'
        ),
        (
            'mx.vendor.example; dkim=fail reason="bad body hash; see log" header.d=list.example;'
            " dkim=pass header.d=partner.example"
        ),
        (
            "mx.vendor.example; dmarc=none (p=none dis=none) header.from=partner.example;"
            " spf=pass smtp.mailfrom=partner.example"
        ),
        (
            "mx.vendor.example; dmarc=temperror header.from=partner.example;"
            " dkim=pass header.d=partner.example"
        ),
        (
            "mx.vendor.example; auth=pass smtp.auth=x; iprev=pass policy.iprev=192.0.2.1;"
            " dkim/1=pass header.d=partner.example"
        ),
        "mx.vendor.example; dkim (a (nested \\) one)) = (b) pass header (c) . d = partner.example",
        'mx.vendor.example; spf=pass smtp.mailfrom="odd; name"@partner.example',
        "mx.vendor.example; dkim=pass(good) header.d=partner.example",
        (
            "mx.vendor.example; spf=softfail smtp.mailfrom=list.example; dkim=none; arc=fail;"
            " dmarc=pass policy.published-domain-policy=reject header.from=partner.example"
        ),
    ],
)
def test_what_a_trusted_server_proves(field: str) -> None:
    assert of(field) == "pass"


@pytest.mark.parametrize(
    "field",
    [
        (
            "spf=pass (sender IP is 192.0.2.1)  smtp.mailfrom=partner.example; dkim=pass (signature was"
            " verified)  header.d=partner.example;dmarc=pass action=none"
            "  header.from=partner.example;compauth=pass reason=100"
        ),
        (
            "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=partner.example; vendor.example; dkim=none"
            " (message not signed) header.d=none;vendor.example; dmarc=bestguesspass action=none"
            " header.from=partner.example;"
        ),
    ],
)
def test_a_server_that_gives_no_name_is_believed_only_on_demand(field: str) -> None:
    assert of(field, without_id=True) == "pass"
    assert of(field) == "none"


@pytest.mark.parametrize(
    "field",
    [
        "mx.vendor.example; dmarc=fail (p=REJECT) header.from=partner.example",
        (
            "mx.vendor.example; dmarc=fail header.from=partner.example; spf=pass"
            " smtp.mailfrom=evil.example; dkim=pass header.d=evil.example"
        ),
        # The server saw the policy fail although something aligned passed: it knows more than we.
        "mx.vendor.example; dkim=pass header.d=mail.partner.example; dmarc=fail (strict)",
    ],
)
def test_a_failed_policy_is_a_fail(field: str) -> None:
    assert of(field) == "fail"


@pytest.mark.parametrize(
    "field",
    [
        # somebody else's header
        "mx.evil.example; dkim=pass header.d=partner.example",
        "mx.vendor.example.evil.example; dkim=pass header.d=partner.example",
        "evil.mx.vendor.example; dkim=pass header.d=partner.example",
        "mx.vendor.example.; dkim=pass header.d=partner.example",
        "mx.vendor.example@evil.example; dkim=pass header.d=partner.example",
        "(mx.vendor.example) mx.evil.example; dkim=pass header.d=partner.example",
        "mx.evil.example (; mx.vendor.example;) ; dkim=pass header.d=partner.example",
        '"mx.vendor.example"; dkim=pass header.d=partner.example',
        "mx.vendor.example 2; dkim=pass header.d=partner.example",
        "mx.vendor.example 1 1; dkim=pass header.d=partner.example",
        "mx.vendor.example mx.evil.example; dkim=pass header.d=partner.example",
        "; dkim=pass header.d=partner.example",
        "dkim=pass header.d=partner.example",
        "",
        # about another domain
        "mx.vendor.example; dkim=pass header.d=evil.example",
        "mx.vendor.example; dkim=pass header.d=partner.example.evil.example",
        "mx.vendor.example; dkim=pass header.d=evilpartner.example",
        "mx.vendor.example; dkim=pass header.d=example",
        "mx.vendor.example; spf=pass smtp.mailfrom=pat@evil.example",
        "mx.vendor.example; spf=pass smtp.mailfrom=partner.example@evil.example",
        "mx.vendor.example; spf=pass smtp.helo=partner.example",
        "mx.vendor.example; spf=pass smtp.mailfrom=evil.example smtp.helo=partner.example",
        "mx.vendor.example; dmarc=pass header.from=evil.example",
        "mx.vendor.example; dmarc=pass header.from=evil.example; dkim=pass header.d=partner.example",
        "mx.vendor.example; dmarc=fail header.from=evil.example; dkim=pass header.d=partner.example",
        "mx.vendor.example; dmarc=pass",
        "mx.vendor.example; auth=pass smtp.auth=pat@partner.example",
        "mx.vendor.example; arc=pass header.d=partner.example; iprev=pass",
        "mx.vendor.example; x-dkim=pass header.d=partner.example",
        "mx.vendor.example; domainkeys=pass header.d=partner.example",
        "mx.vendor.example; sender-id=pass header.from=partner.example",
        "mx.vendor.example; dkim=pass header.from=partner.example",
        "mx.vendor.example; dkim=pass smtp.mailfrom=pat@partner.example",
        "mx.vendor.example; dkim=pass policy.d=partner.example",
        "mx.vendor.example; dkim=pass x.header.d=partner.example",
        "mx.vendor.example; dkim=pass header.d=pаrtner.example",  # Cyrillic a
        # no pass
        "mx.vendor.example; none",
        "mx.vendor.example",
        "mx.vendor.example; dkim=fail header.d=partner.example",
        "mx.vendor.example; dkim=passed header.d=partner.example",
        "mx.vendor.example; dkim=neutral (pass) header.d=partner.example",
        "mx.vendor.example; dkim=(pass) fail header.d=partner.example",
        "mx.vendor.example; dkim=policy header.d=partner.example",
        "mx.vendor.example; spf=softfail smtp.mailfrom=partner.example",
        "mx.vendor.example; spf=neutral smtp.mailfrom=partner.example; dkim=none; dmarc=none",
        "mx.vendor.example; dmarc=bestguesspass header.from=partner.example",
        "mx.vendor.example; dmarc=permerror header.from=partner.example",
        # in a comment or a quoted string
        "mx.vendor.example; dkim=fail (; dkim=pass header.d=partner.example)",
        "mx.vendor.example; dkim=fail (\\); dkim=pass header.d=partner.example)",
        'mx.vendor.example; dkim=fail reason="; dkim=pass header.d=partner.example"',
        'mx.vendor.example; dkim=fail reason="\\"; dkim=pass header.d=partner.example"',
        'mx.vendor.example; spf=none smtp.mailfrom="x; dkim=pass header.d=partner.example"@evil.example',
        'mx.vendor.example; spf=pass smtp.mailfrom="x@partner.example y"@evil.example',
        "mx.vendor.example; spf=none smtp.mailfrom==?utf-8?q?x=3B_dkim=3Dpass_header.d=3Dpartner.example?=",
        # two readers, two domains
        "mx.vendor.example; dkim=pass header.d=partner.example(.evil.example",
        "mx.vendor.example; dkim=pass header.d=partner.example(a).evil.example",
        "mx.vendor.example; dkim=pass header.d=partner.example (a).evil.example",
        "mx.vendor.example; dkim=pass header.d=partner.example .evil.example",
        "mx.vendor.example; dkim=pass header.d=partner.example;.evil.example",
        "mx.vendor.example; spf=pass smtp.mailfrom=any@partner.example(.evil.example",
        "mx.vendor.example; spf=pass smtp.mailfrom=any@partner.example\\.evil.example",
        "mx.vendor.example; dkim=pass header.d=partner.example header.d=evil.example",
        "mx.vendor.example; dkim=pass header.d=evil.example header.d=partner.example",
        "mx.vendor.example; dkim=pass header.d=evil.example header.i=@partner.example",
        "mx.vendor.example; dkim=pass header.i=@partner.example@evil.example",
        "mx.vendor.example; spf=fail smtp.mailfrom=evil.example; spf=pass smtp.mailfrom=partner.example",
        "mx.vendor.example; dmarc=fail; dmarc=pass header.from=partner.example",
        # broken
        "mx.vendor.example; dkim=fail (never closed; dkim=pass header.d=partner.example",
        'mx.vendor.example; dkim=fail reason="never closed; dkim=pass header.d=partner.example',
        "mx.vendor.example; dkim=fail ) dkim=pass header.d=partner.example",
        "mx.vendor.example; dkim=pass header.d=partner.example\x00.evil.example",
        "mx.vendor.example; dkim=pass header.d=partner.example\rx",
        "mx.vendor.example; dkim=pass header.d=partner.example\x85",
        "mx.vendor.example; dkim=pass header.d=partner.example; garbage",
        "mx.vendor.example; none; dkim=pass header.d=partner.example",
        "mx.vendor.example; nonesuch=fail; dkim=pass header.d=partner.example spf",
        "mx.vendor.example, mx2.vendor.example; dkim=pass header.d=partner.example",
        "mx.vendor.example: dkim=pass header.d=partner.example",
        "mx.vendor.example; " + "(" * 5000 + "dkim=pass header.d=partner.example",
        "mx.vendor.example; dkim=pass header.d=partner.example" + " a=b" * 2000,
        "mx.vendor.example" + "; spf=none" * 60 + "; dkim=pass header.d=partner.example",
    ],
)
def test_what_is_forged_or_doubtful_proves_nothing(field: str) -> None:
    assert of(field) == "none"


def test_only_the_topmost_field_counts() -> None:
    good = b"mx.vendor.example; dkim=pass header.d=partner.example"
    for top in (b"mx.evil.example; none", b"mx.vendor.example; none", b"", b"junk", b"dkim=pass"):
        assert judge([top, good], "partner.example", OURS).result == "none"
    assert judge([good, b"mx.vendor.example; dmarc=fail"], "partner.example", OURS).proven
    assert judge([], "partner.example", OURS).result == "none"


@pytest.mark.parametrize(
    "field",
    [
        "mx.evil.example; dkim=pass header.d=partner.example",
        "partner.example; dmarc=pass header.from=partner.example",
        "dmarc=pass header.from=evil.example; dkim=pass header.d=partner.example",
        "spf=fail smtp.mailfrom=partner.example; dkim=none; dmarc=fail action=none header.from=evil.example",
    ],
)
def test_a_foreign_name_is_not_the_server_without_a_name(field: str) -> None:
    assert of(field, without_id=True) == "none"


def test_the_policy_of_the_organisation_may_be_named() -> None:
    field = "mx.vendor.example; dmarc={} header.from=partner.example; dkim=pass header.d=partner.example"
    assert of(field.format("pass"), "sales.partner.example") == "pass"
    assert of(field.format("fail"), "sales.partner.example") == "fail"
    lone = "mx.vendor.example; dmarc=pass header.from=partner.example"
    assert of(lone, "sales.partner.example") == "none"


_WORDS = st.sampled_from(
    ["mx.vendor.example", "dkim=pass", "dmarc=pass", "spf=pass", "header.d=", "header.from=",
     "smtp.mailfrom=", "evil.example", "partner.example", "(", ")", '"', "\\", ";", " ", "\t", "@",
     "=", ".", "none", "é", "\x00", "1", "/"]
)  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(_WORDS, max_size=25))
def test_any_text_gets_a_verdict_and_never_a_pass_for_a_domain_not_in_it(words: list[str]) -> None:
    text = "".join(words)
    assert of(text) in ("pass", "fail", "none")
    assert of(text.replace("partner.example", "evil.example")) != "pass"
    assert of(text, "other.example") != "pass"
