"""Prose fills in the form that is sent back, and a polite request is no question."""

from __future__ import annotations

import pytest

from mailflow.core.proposed import asks_for_account, proposed

NOBODY = frozenset[str]()


@pytest.mark.parametrize(
    ("text", "customer", "users"),
    [
        (
            "Ann, ann@acme.example, will approve it. Give access to bo@acme.example, cy@acme.example.",
            "ann@acme.example", ("bo@acme.example", "cy@acme.example"),
        ),
        (
            "El contacto es Ana <ana@acme.example>.\nAñadan también a bo@acme.example.",
            "ana@acme.example", ("bo@acme.example",),
        ),
        ("Quem vai aprovar é a Ana (ana@acme.example).", "ana@acme.example", ()),
        ("Ann (ann@acme.example) approves, Bo (bo@acme.example) gets access.", "", ()),
        ("Ann (ann@acme.example) or Bo (bo@acme.example) will approve it.", "", ()),
        ("My mail is ann@acme.example.", "", ()),
    ],
)  # fmt: skip
def test_the_sentence_says_on_which_line_an_address_belongs(
    text: str, customer: str, users: tuple[str, ...]
) -> None:
    found = proposed(text, NOBODY)
    assert (found.customer_email, found.user_emails) == (customer, users)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Could you please set up an account for Acme?", True),
        ("Could you please set up\nan account for Acme?", True),
        ("How are you? Can we get a Smart Account for Acme?", True),
        ("¿Nos pueden abrir una cuenta para Acme?", True),
        ("Podem criar uma conta para a Acme?", True),
        ("Can you tell me how to create an account?", False),
        ("How can I get an account?", False),
        ("What does an account cost?", False),
        ("¿Puede decirme cómo crear una cuenta?", False),
        ("Olá, gostaria de pedir uma conta. Como faço?", False),
    ],
)
def test_a_polite_request_is_told_from_a_question(text: str, asks: bool) -> None:
    assert asks_for_account(text) is asks
