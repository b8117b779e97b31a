"""Requests as people write them (DOMAIN.md §7)."""

from __future__ import annotations

from typing import Any

import pytest

from mailflow.core.commands import Submission
from mailflow.core.form import read_form, subject_name
from mailflow.core.message import Message
from mailflow.core.newtext import own_text
from mailflow.core.policy import Policy
from mailflow.core.request import FIELD_NAMES, Provenance

ACME = {"account_name": "Acme Iberia", "customer_email": "ann@acme.example"}


def form(text: str, subject: str = "", html: str | None = None, **more: Any) -> Submission:
    message = Message(
        plain=text or None, html=html, subject=subject, to=("requests@mail.example",), **more
    )
    return read_form(own_text(message), subject, Policy())


@pytest.mark.parametrize(
    "text",
    [
        "Account name: Acme Iberia\nCustomer email: ann@acme.example",
        "customer E-MAIL = ann@acme.example\nACCOUNT NAME = Acme Iberia",
        "Account name - Acme Iberia\nCustomer email - ann@acme.example",
        "Account name\tAcme Iberia\nCustomer email\tann@acme.example",
        "* Account name: Acme Iberia\n* Customer email: ann@acme.example",
        "1. Account name: Acme Iberia\n2. Customer email: ann@acme.example",
        "1) *Account name*: Acme Iberia\n2) *Customer email*: ann@acme.example",
        "a) Account name (required): Acme Iberia\nb) Customer email (required): ann@acme.example",
        "Account name:\nAcme Iberia\n\nCustomer email:\nann@acme.example",
        "Account name\nAcme Iberia\nCustomer email\nann@acme.example",
        "Acount name: Acme Iberia\nCustomer emial: ann@acme.example",
        "Account nmae: Acme Iberia\nCostumer email: ann@acme.example",
        "Account name: Acme Iberia; Customer email: ann@acme.example",
        "Account name: Acme Iberia | Customer email: ann@acme.example",
        "Account name: Acme Iberia\nApprover: Ann Lee <ann@acme.example>",
        "Account name: Acme Iberia\nCustomer email: ann@acme.example (Ann Lee)",
        "Account name: Acme Iberia\nCustomer email: ann@acme.example<mailto:ann@acme.example>",
        "Account name: Acme Iberia\nCustomer email: [ann@acme.example](mailto:ann@acme.example)",
        "Account name: Acme Iberia\nCustomer email: ANN@ACME.EXAMPLE.",
        "Account name: Acme Iberia\nCustomer email: ann@acme.example\nAccount name: acme iberia",
        'Account name: "Acme Iberia"\nCustomer email: <ann@acme.example>',
        "Nombre de la cuenta: Acme Iberia\nCorreo del cliente: ann@acme.example",
        "nombre de cuenta: Acme Iberia\ncorreo electronico del cliente: ann@acme.example",
        "Nome da conta: Acme Iberia\nE-mail do cliente: ann@acme.example",
        "Nom du compte : Acme Iberia\nE-mail du client : ann@acme.example",
        "Kontoname: Acme Iberia\nE-Mail des Kunden: ann@acme.example",
        "Hello,\nplease create this one:\n\nAccount name: Acme Iberia\nCustomer email: ann@acme.example\n\nThanks,\nTom Smith\nCompany: Partner Ltd\nEmail: tom@partner.example",
        "Account name: Acme Iberia\nCustomer email: ann@acme.example\nNotice email: -\nUsers: N/A\nNote to customer: none",
        "Account name：Acme Iberia\nCustomer email：ann@acme.example",
        "Account name\u00a0: Acme\u00a0Iberia\nCustomer email: ann@acme.example\u200b",
        "Account name -> Acme Iberia\nCustomer email -> ann@acme.example",
    ],
)  # fmt: skip
def test_ways_to_write_the_two_required_fields(text: str) -> None:
    found = form(text)
    assert found.fields.given() == ACME
    assert found.problems == ()
    assert found.labelled


def test_all_fields() -> None:
    found = form(
        "Account name: Acme: Iberia & Sons, S.L.\nCustomer email: ann@acme.example\nAccount domain: https://WWW.acme.example/\n"
        "Note to customer: Dear Ann: please accept.\n  Second line: still the note\n\nLast line.\n"
        "Users: bo@acme.example; cy@acme.example, di@acme.example\nNote to users: Hi all\n"
        "Notice email: tom@partner.example\nOrder number: SO-4711\nOrder date: 12 March 2026\n\nRegards,\nTom"
    )
    assert found.fields.given() == {
        "account_name": "Acme: Iberia & Sons, S.L.",
        "customer_email": "ann@acme.example",
        "account_domain": "acme.example",
        "note_to_customer": "Dear Ann: please accept.\nSecond line: still the note\n\nLast line.",
        "user_emails": ("bo@acme.example", "cy@acme.example", "di@acme.example"),
        "note_to_users": "Hi all",
        "notice_email": "tom@partner.example",
        "order_number": "SO-4711",
        "order_date": "2026-03-12",
    }
    assert found.provenance["account_domain"] == Provenance.NORMALISED
    assert found.provenance["account_name"] == Provenance.OWN


@pytest.mark.parametrize(
    "users",
    [
        "a@acme.example, b@acme.example", "a@acme.example; b@acme.example", "a@acme.example b@acme.example", "a@acme.example and b@acme.example",
        "a@acme.example y b@acme.example", "a@acme.example / b@acme.example", "Al <a@acme.example>, Bo <b@acme.example>", "Al <a@acme.example> Bo <b@acme.example>",
        "\na@acme.example\nb@acme.example", "\n- a@acme.example\n- b@acme.example", "\n1. a@acme.example\n2. b@acme.example", "a@acme.example (Al), b@acme.example (Bo)",
        '"Lee, Al" <a@acme.example>; "Lee, Bo" <b@acme.example>', "a@acme.example <mailto:a@acme.example>, b@acme.example <mailto:b@acme.example>", "a@acme.example,\n  b@acme.example",
        "a@acme.example und b@acme.example", "a@acme.example & b@acme.example", "Lee, Al <a@acme.example>, b@acme.example",
    ],
)  # fmt: skip
def test_several_addresses_joined_by_any_means(users: str) -> None:
    assert form(f"Account name: Acme\nUsers: {users}\n").fields.user_emails == (
        "a@acme.example",
        "b@acme.example",
    )


def test_a_label_in_two_languages() -> None:
    found = form("Account name / Nombre de la cuenta: Acme\nUsers / Usuarios: r.paz@acme.example")
    assert found.fields.account_name == "Acme"
    assert found.fields.user_emails == ("r.paz@acme.example",)


def test_a_user_that_is_no_address_is_kept_to_be_quoted_back() -> None:
    found = form("Account name: Acme\nUsers: a@acme.example, bob@acme, Carol")
    assert found.fields.user_emails == ("a@acme.example", "bob@acme", "Carol")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Account name: A\nAccount name: B", ["conflict:account_name"]),
        (
            "Customer email: a@a.example\nCustomer email: b@b.example\nAccount name: A",
            ["conflict:customer_email"],
        ),
        (
            "Account name: A\nCustomer email: a@a.example\n\nAccount name: B\nCustomer email: b@b.example",
            ["several_requests"],
        ),
        ("Account name\tCustomer email\nA\ta@a.example\nB\tb@b.example", ["several_requests"]),
    ],
)
def test_two_values_are_a_conflict(text: str, codes: list[str]) -> None:
    assert [p.code for p in form(text).problems] == codes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "Please create an account for Acme, Ann is ann@acme.example.",
        "Note that the domain is acme",
        "approved",
        "https://acme.example",
    ],
)
def test_prose_names_no_field(text: str) -> None:
    found = form(text)
    assert not found.labelled
    assert found.fields.given() == {}


def test_forwarded_values_are_marked_and_own_ones_win() -> None:
    text = (
        "Account name: Acme Iberia\n\n---------- Forwarded message ---------\nFrom: Ann <ann@acme.example>\nDate: Mon\nSubject: account\n"
        "To: tom@partner.example\n\nAccount name: Acme\nCustomer email: ann@acme.example\nDomain: acme.example\n"
    )
    found = form(text, "Fwd: account")
    assert found.fields.account_name == "Acme Iberia"
    assert found.provenance == {
        "account_name": "own",
        "customer_email": "forwarded",
        "account_domain": "forwarded",
    }
    assert [w.code for w in found.warnings] == ["from_forwarded", "from_forwarded"]


def test_our_own_quoted_letter_is_never_read() -> None:
    block = "From: Requests <requests@mail.example>\nSent: Monday\nTo: Tom\nSubject: Form\n\nAccount name: Old\nCustomer email: old@acme.example"
    assert not form(f"Thanks\n\n{block}", "RE: Form", in_reply_to=("<a@b>",)).labelled
    assert not form(f"Thanks\n\n{block}", "FW: Form").labelled
    assert not form("Thanks\n\n> Account name: Old\n> Customer email: old@acme.example").labelled


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Smart Account request for Acme Iberia", "Acme Iberia"),
        ("Solicitud de cuenta para Acme Ibérica, S.L.", "Acme Ibérica, S.L."),
        ("RE: Solicitud de cuenta para Acme Ibérica, S.L.", ""),
        ("RV: Solicitud de cuenta para Acme Ibérica, S.L.", ""),
        ("[EXT] AW[2]: New account: Acme", ""),
        ("Re: How to request the Smart Account for your customer", ""),
        ("How to request the Smart Account for your customer", ""),
        ("Cómo solicitar una cuenta Smart Account para su cliente", ""),
        ("Como solicitar uma conta Smart Account para o seu cliente", ""),
        ("New account: Acme", "Acme"),
        ("Konto für Müller GmbH", "Müller GmbH"),
        ("Account request", ""),
        ("New account for our customer", ""),
        ("Hello", ""),
    ],
)
def test_the_subject_may_carry_the_name(subject: str, name: str) -> None:
    assert subject_name(subject) == name


def test_a_name_from_the_subject_is_said_to_be_one() -> None:
    found = form("Customer email: ann@acme.example", "New account: Acme")
    assert found.fields.account_name == "Acme"
    assert found.provenance["account_name"] == Provenance.SUBJECT


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td><p>Account name</p></td><td><p>Acme Iberia</p></td></tr><tr><td>Customer email</td><td><a href='mailto:ann@acme.example'>ann@acme.example</a></td></tr></table>",
        "<table><tr><th>Account name</th><th>Customer email</th></tr><tr><td>Acme Iberia</td><td>ann@acme.example</td></tr></table>",
        "<p class=MsoNormal><b>Account name:</b> Acme Iberia</p><p class=MsoNormal><b>Customer email:</b> <a href='mailto:ann@acme.example'>Ann Lee</a></p>",
        "<ul><li>Account name: Acme&nbsp;Iberia</li><li>Customer email: ann@acme.example</li></ul>",
        "<div>Account name: Acme Iberia<br>Customer email: ann@acme.example</div>",
        "<google-sheets-html-origin><table><tbody><tr><td data-sheets-value='x'>Account name</td><td>Acme Iberia</td></tr><tr><td>Customer email</td><td>ann@acme.example</td></tr></tbody></table>",
        "<p>Account name: Acme Iberia</p><p>Customer email: ann@acme.example</p><p><s>Customer email: old@acme.example</s></p>",
    ],
)
def test_tables_and_lists_of_html(html: str) -> None:
    assert form("", html=html).fields.given() == ACME


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-12", "2026-03-12"),
        ("12.03.2026", "2026-03-12"),
        ("25/03/2026", "2026-03-25"),
        ("12 de marzo de 2026", "2026-03-12"),
        ("March 12, 2026", "2026-03-12"),
        ("3/4/2026", "3/4/2026"),
    ],
)
def test_dates_are_not_guessed(written: str, read: str) -> None:
    assert form(f"Account name: A\nOrder date: {written}").fields.order_date == read


def test_an_empty_value_clears() -> None:
    found = form("Account name: A\nNotice email: -\nUsers: N/A")
    assert set(found.cleared) == {"notice_email", "user_emails"}
    assert set(found.fields.given()) | set(found.cleared) <= set(FIELD_NAMES)


@pytest.mark.parametrize(
    ("label", "adding"),
    [
        ("Add user", True), ("Users to add", True), ("Additional users", True),
        ("Añadir usuario", True), ("Agregar usuarios", True), ("Adicionar usuários", True),
        ("User emails", False), ("Added users", False), ("Usuarios", False), ("Benutzer", False),
    ],
)  # fmt: skip
def test_a_label_says_whether_users_come_to_the_others(label: str, adding: bool) -> None:
    found = form(f"{label}: bo@acme.example")
    assert found.fields.user_emails == ("bo@acme.example",)
    assert found.adding is adding


@pytest.mark.parametrize(
    "label",
    [
        "Remove user", "Remove users", "Users to remove", "Quitar usuario", "Eliminar usuarios",
        "Remover usuário", "Excluir usuários", "Retirer l'utilisateur", "Benutzer entfernen",
        "Remove user / Quitar usuario",
    ],
)  # fmt: skip
def test_a_label_says_that_users_are_taken_out(label: str) -> None:
    found = form(f"{label}: bo@acme.example, cy@acme.example")
    assert found.removed == ("bo@acme.example", "cy@acme.example")
    assert found.fields.user_emails == ()
    assert found.labelled


def test_whoever_is_taken_out_is_not_among_the_users() -> None:
    found = form("Users: bo@acme.example, cy@acme.example\nRemove user: bo@acme.example")
    assert found.fields.user_emails == ("cy@acme.example",)
    assert not found.adding


def left(text: str, subject: str = "") -> list[tuple[str, str]]:
    return [(p.code, p.value) for p in form(text, subject).leftover]


FORM = "Account name: Acme\nCustomer email: ann@acme.example\n\n"


@pytest.mark.parametrize(
    ("beside", "named"),
    [
        ("Responsible: z.paz@acme.example", [("not_understood", "Responsible: z.paz@acme.example")]),
        ("Responsable de licencias: z@acme.example",
         [("not_understood", "Responsable de licencias: z@acme.example")]),
        ("Region: EMEA", [("not_understood", "Region: EMEA")]),
        ("The boss is b.boss@acme.example by the way.", [("unplaced", "b.boss@acme.example")]),
        ("There is really nothing else to say: thanks a lot for your help", []),
        ("See https://acme.example/about", []),
        ("Regards,\nAnn Lee\nTel: +44 20 7946 0000\ninfo@acme.example", []),
        ("Hello team: this is the one we spoke of", []),
    ],
)  # fmt: skip
def test_what_stands_beside_the_form_is_named(beside: str, named: list[tuple[str, str]]) -> None:
    assert left(FORM + beside) == named
    assert left(beside + "\n\n" + FORM)[: len(named)] == named


def test_what_is_in_a_field_is_not_left_over() -> None:
    assert left(FORM + "User emails: bo@acme.example\nNote: ask cy@acme.example\n") == []
    assert left("Please, ann@acme.example is the one.\n\n" + FORM) == []
    assert left("We need this for ann@acme.example and bo@acme.example") == []  # no form at all
