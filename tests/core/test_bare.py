"""A bare value in answer to a question that asks for one thing (core.bare)."""

from __future__ import annotations

import pytest

from mailflow.core.bare import bare_value, only_sentence
from mailflow.core.request import Problem

DOMAIN = (Problem("missing:account_domain", "account_domain"),)
EMAIL = (Problem("missing:customer_email", "customer_email"),)
NAME = (Problem("missing:account_name", "account_name"),)
NAMES = frozenset({"alba", "torres", "cobalt"})
SIGNED = "\n\nBest regards,\n\nAlba Torres\nAccount Executive\nCobalt Partners\n+44 20 7946 0000"


def value(text: str, problems: tuple[Problem, ...]) -> dict[str, object] | None:
    found = bare_value(only_sentence(text, NAMES), problems, "alba@cobalt.example")
    return None if found is None else found.fields.given()  # type: ignore[return-value]


@pytest.mark.parametrize("signed", ["", SIGNED])
@pytest.mark.parametrize("greeting", ["", "Hi,\n\n"])
def test_one_open_point_and_one_value_of_its_kind(greeting: str, signed: str) -> None:
    def said(text: str) -> str:
        return greeting + text + signed

    assert value(said("tern-optics.example"), DOMAIN) == {"account_domain": "tern-optics.example"}
    found = value(said("ines.falk@petrel-shipping.example"), EMAIL)
    assert found == {"customer_email": "ines.falk@petrel-shipping.example"}
    assert value(said("Petrel Shipping Ltd"), NAME) == {"account_name": "Petrel Shipping Ltd"}
    assert value(said("Viñedos del Sur S.L."), NAME) == {"account_name": "Viñedos del Sur S.L."}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("tern-optics.example", DOMAIN + EMAIL),
        ("tern-optics.example?", DOMAIN),
        ("not tern-optics.example", DOMAIN),
        ("I do not know", NAME),
        ("what should I write there", NAME),
        ("Wrong", NAME),
        ("not ines@petrel.example", EMAIL),
        ("ines@petrel.example or bo@petrel.example", EMAIL),
        ("alba@cobalt.example", EMAIL),
        ("", NAME),
    ],
)
def test_anything_else_is_asked_again(text: str, problems: tuple[Problem, ...]) -> None:
    assert value(text, problems) is None
