"""Addresses and domains: one exact grammar, no guessing (PROMISES.md I13, I17)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.core import address as a


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann@Acme.Example", "ann@acme.example"),
        ("ann.lee+x@acme.example", "ann.lee+x@acme.example"),
        ("o'brien@acme.example", "o'brien@acme.example"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@Straße.example", "ann@xn--strae-oqa.example"),
    ],
)
def test_reads_plain_addresses(text: str, expected: str) -> None:
    assert a.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "ann", "@acme.example", "ann@", "ann@acme", "ann@@acme.example", "a b@acme.example", "ann@acme..example",
        ".ann@acme.example", "ann.@acme.example", "a..n@acme.example", '"ann lee"@acme.example', "ann@[127.0.0.1]", "ann@1.2.3.4",
        "ann@acme.example\r\nBcc: x@y.example", "ann@acme.example\n", " ann@acme.example", "ann@acme.example ", "ann\x00@acme.example", "añn@acme.example",
        "ann@-acme.example", "ann@acme-.example", "ann@ac_me.example", "ann(c)@acme.example", "<ann@acme.example>", "ann@acme.example,bob@acme.example",
        "a" * 65 + "@acme.example", "ann@" + "a." * 130 + "example", "ａnn@acme.example", "ann@xn--zzzzzz-.example", "ann@acme.example\u202e", "K\u212a@acme.example",
    ],
)  # fmt: skip
def test_refuses_everything_else(text: str) -> None:
    assert a.parse(text) is None


@given(st.text(max_size=80))
def test_what_is_read_is_ascii_and_stays_the_same(text: str) -> None:
    found = a.parse(text)
    if found is not None:
        assert found.isascii()
        assert found == found.lower()
        assert not set(found) & set('\r\n\t \x00<>,;:()[]"\\')
        assert a.parse(found) == found
        assert len(found) <= 254


@pytest.mark.parametrize(
    ("text", "domain", "changed"),
    [
        ("acme.example", "acme.example", False),
        ("ACME.example", "acme.example", False),
        ("https://www.acme.example/path?q", "acme.example", True),
        ("www.acme.example", "acme.example", True),
        ("@acme.example", "acme.example", True),
        ("ann@acme.example", "acme.example", True),
        ("acme.example.", "acme.example", True),
        ("acme.example:8443", "acme.example", True),
        ("<http://eu.acme.example>", "eu.acme.example", True),
        ("bücher.example", "xn--bcher-kva.example", True),
        ("www.example", "www.example", False),
        ("co.uk", None, False),
        ("com", None, False),
        ("acme", None, False),
        ("10.0.0.1", None, False),
        ("", None, False),
        ("acme example", None, False),
    ],
)
def test_normalises_domains(text: str, domain: str | None, changed: bool) -> None:
    assert a.normalise_domain(text) == (domain, changed)


@given(st.text(max_size=60))
def test_a_normal_domain_is_normal(text: str) -> None:
    domain, _ = a.normalise_domain(text)
    if domain is not None:
        assert a.normalise_domain(domain)[0] in (domain, domain.removeprefix("www."))


def test_organisations_follow_the_public_suffix_list() -> None:
    assert a.organisational_domain("mail.eu.acme.co.uk") == "acme.co.uk"
    assert a.organisational_domain("co.uk") == "co.uk"
    assert a.in_domain("ann@eu.acme.example", "acme.example")
    assert not a.in_domain("ann@notacme.example", "acme.example")
    assert not a.in_domain("ann@acme.example", "")


def test_freemail_and_desks() -> None:
    assert a.is_freemail("gmail.com")
    assert a.is_freemail("GMX.de")
    assert not a.is_freemail("acme.example")
    assert len(a.FREEMAIL) > 300
    for desk in ("info", "ventas", "vendas", "accueil", "einkauf", "it-support", "sales2"):
        assert a.is_role_address(f"{desk}@acme.example"), desk
    assert not a.is_role_address("ann.lee@acme.example")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ann@gmial.com", "ann@gmail.com"),
        ("ann@hotmial.com", "ann@hotmail.com"),
        ("acme.con", "acme.com"),
        ("ann@acme,com", "ann@acme.com"),
        ("ann at acme.example", "ann@acme.example"),
        ("ann@acme.example", ""),
        ("ann@gmail.com", ""),
        ("nonsense", ""),
    ],
)
def test_suggests_what_was_meant(text: str, meant: str) -> None:
    assert a.suggest(text) == meant


def test_finds_addresses_once_and_in_order() -> None:
    text = "Ann <Ann@acme.example>, mailto:bob@acme.example; (cy@acme.example). ann@acme.example!"
    assert a.find_addresses(text) == ("ann@acme.example", "bob@acme.example", "cy@acme.example")


def test_shows_both_forms_of_an_idn() -> None:
    assert a.display_domain("xn--bcher-kva.example") == "bücher.example (xn--bcher-kva.example)"
    assert a.display_domain("acme.example") == "acme.example"
    assert a.display_domain("xn--zzzzzz-.example") == "xn--zzzzzz-.example"
