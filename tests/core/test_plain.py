"""Corrections in plain words (core.plain): taken where nothing is left to guess, else offered."""

from __future__ import annotations

from typing import Any

import pytest

from mailflow.core.commands import Plain
from mailflow.core.plain import in_plain_words

NAMES = frozenset({"alba", "torres", "cobalt"})
SENDER = "alba@cobalt.example"
SIGNED = "\n\nBest regards,\n\nAlba Torres\nAccount Executive\nCobalt Partners\n+44 20 7946 0000"


def said(text: str) -> Plain:
    return in_plain_words(text, NAMES, SENDER)


@pytest.mark.parametrize("signed", ["", SIGNED])
@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("No, el correo del cliente es jpena@vinedos.example, perdón",
         {"customer_email": "jpena@vinedos.example"}),
        ("Olá, está quase tudo certo mas o e-mail do cliente é carlos@um.example",
         {"customer_email": "carlos@um.example"}),
        ("Hi,\n\nthe customer's e-mail address is: ruth@moor.example",
         {"customer_email": "ruth@moor.example"}),
        ("Wrong address! The approver should be ruth@moor.example",
         {"customer_email": "ruth@moor.example"}),
        ("O domínio deve ser um.example. Pode confirmar.", {"account_domain": "um.example"}),
        ("The domain is no.example", {"account_domain": "no.example"}),
        ("Confirmar, pero el dominio es x.example", {"account_domain": "x.example"}),
        ("The account name should be Kestrel Foods Ltd.", {"account_name": "Kestrel Foods Ltd"}),
        ("El nombre de la cuenta es Viñedos del Sur", {"account_name": "Viñedos del Sur"}),
        ("Please send notices elsewhere: the notice address is orders@cobalt.example",
         {"notice_email": "orders@cobalt.example"}),
    ],
)  # fmt: skip
def test_a_label_and_one_value_are_taken(text: str, given: dict[str, Any], signed: str) -> None:
    found = said(text + signed)
    assert found.submission.fields.given() == given
    assert found.submission.labelled
    assert found.values == ()


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("Actually the domain should be kestrel.example, not kestrels.example. Rest is fine.",
         "kestrels.example"),
        ("Please change the domain from kestrels.example to kestrel.example", "kestrels.example"),
        ("El dominio es kestrel.example y no kestrels.example", "kestrels.example"),
        ("o domínio é kestrel.example em vez de kestrels.example", "kestrels.example"),
    ],
)  # fmt: skip
def test_what_else_is_named_must_be_known(text: str, old: str) -> None:
    found = said(text)
    assert found.submission.fields.given() == {"account_domain": "kestrel.example"}
    assert found.values == (old,)  # the rules take the change only where they know this one


@pytest.mark.parametrize(
    ("text", "add"),
    [
        ("please also add bo@moor.example as a user", True),
        ("Buenas, quiero añadir un usuario más: bo@moor.example", True),
        ("Pode adicionar bo@moor.example como usuário?".replace("?", ""), True),
        ("please remove bo@moor.example from the users", False),
        ("Quite a bo@moor.example de los usuarios, por favor", False),
        ("Remova bo@moor.example dos usuários, por favor", False),
    ],
)
def test_users_come_and_go(text: str, add: bool) -> None:
    found = said(text).submission
    assert found.fields.user_emails == (("bo@moor.example",) if add else ())
    assert found.removed == (() if add else ("bo@moor.example",))
    assert found.adding is add


@pytest.mark.parametrize(
    "text",
    [
        "Is the customer email carlos@um.example?",
        "The customer email is not carlos@um.example",
        "Please do not use carlos@um.example as customer email",
        "If the domain is um.example, everything is right",
        "I think the domain is um.example",
        "Creo que el dominio es um.example",
        "Não sei se o domínio é um.example",
        "The domain was um.example",
        "The domain might be um.example",
        "El dominio no es um.example",
        "the domain is um.example. Or is the domain dois.example?",
        "the domain is um.example. The domain is dois.example",
        "the email should be bo@um.example",
        "please don't remove bo@um.example from the users",
        "add bo@um.example or remove him from the users",
        "the approver is alba@cobalt.example",
        "the domain is fine",
        "El nombre de la cuenta es correcto",
        "My colleague bo@cobalt.example knows more",
        "",
        "x" * 3000,
    ],
)
def test_anything_less_is_not_taken(text: str) -> None:
    found = said(text).submission
    assert not found.labelled
    assert not found.fields.given()
    assert not found.removed


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("I think the domain is um.example", [("account_domain", "um.example", "")]),
        ("the email should be bo@um.example", [("customer_email", "bo@um.example", "")]),
        ("could you add bo@um.example?", [("user_emails", "bo@um.example", "add")]),
        ("shall we remove bo@um.example?", [("user_emails", "bo@um.example", "remove")]),
        ("see www.um.example for more", []),
        ("I am at alba@cobalt.example, that is my email", []),
    ],
)
def test_what_may_be_meant_is_offered(text: str, offers: list[tuple[str, str, str]]) -> None:
    assert list(said(text).offers) == offers
