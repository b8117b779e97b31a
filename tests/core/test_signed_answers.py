"""A clear word above a sign-off and a card counts, whatever the post is called (core.signing)."""

from __future__ import annotations

import pytest

from mailflow.core.message import Message
from mailflow.core.newtext import own_text
from mailflow.core.reply import Intent, read_reply


def intent(text: str) -> Intent:
    message = Message(plain=text, sender="lucia@socios.example", sender_name="Lucía Prado")
    return read_reply(own_text(message), "partner").intent


@pytest.mark.parametrize(
    "post",
    [
        "Ejecutiva de cuentas",  # as a partner's employee signed, and was asked again
        "Jefa de ventas",
        "Directora de Operaciones",
        "Responsable de grandes cuentas",
        "Encargada de compras y licencias",
        "Director de la oficina de Bogotá",
        "Asesora de licencias de software",
        "Secretaria de dirección",
        "Chefe de vendas",
        "Executiva de contas",
        "Gestora de clientes",
        "Responsável de licenciamento",
        "Account Executive",
        "Head of Sales EMEA",
        "Customer success manager",
        "Inside sales representative",
        "Chargée d'affaires",
        "Leiterin Vertrieb Süd",
    ],
)
@pytest.mark.parametrize(
    "shape",
    [
        "Confirmar\n\nUn saludo,\n\nLucía Prado\n{}\nSocios Andinos",
        "CONFIRM\nRegards,\nLucía Prado\n{}\nSocios Andinos\nMadrid",
        "Confirmo\nSaludos\nLucía Prado\n{}",
    ],
)
def test_the_post_of_who_signs_takes_nothing_back(shape: str, post: str) -> None:
    assert intent(shape.format(post)) is Intent.CONFIRM


@pytest.mark.parametrize(
    "line",
    [
        "Cliente de baja",
        "Jefa de ventas dice que no",
        "Director de cuentas debe aprobar",
        "Sales manager of Acme left",
        "Customer account is closed",
        "Responsable: cambiar",
        "Head of Sales must sign first",
    ],
)
def test_what_says_something_below_the_name_is_read(line: str) -> None:
    assert intent(f"Confirmar\n\nUn saludo,\n\nLucía Prado\n{line}") is not Intent.CONFIRM


@pytest.mark.parametrize(
    "text",
    [
        "Hi, CONFIRM please. Thanks!",
        "Hola, CONFIRMAR por favor. Gracias",
        "Olá,\nCONFIRMAR por favor.\nObrigada!",
        "De acuerdo, adelante. Gracias.",
        "Sí, puede confirmar.",
        "Vale, adelante",
        "Sim, pode confirmar. Obrigada!",
        "Tudo certo, podem avançar. Obrigada",
        "OK, go ahead.",
        "Yes, you can confirm",
        "Agreed, please proceed.",
    ],
)
def test_a_greeting_a_please_or_an_agreement_leave_it_a_yes(text: str) -> None:
    assert intent(text) is Intent.CONFIRM


@pytest.mark.parametrize(
    "text",
    [
        "Go ahead",
        "Adelante",
        "ok thanks",
        "Please CONFIRM",
        "CONFIRM PLEASE",
        "Hi, please confirm",
        "Si puede confirmar",
        "Sim, pode confirmar depois",
        "Pode confirmar",
        "OK, go ahead and change it",
        "De acuerdo, adelante con otra cosa",
        "Vale, adelante?",
        "OK, go ahead: cancel it",
    ],
)
def test_less_than_that_is_asked_again(text: str) -> None:
    assert intent(text) is not Intent.CONFIRM
