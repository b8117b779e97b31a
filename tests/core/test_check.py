"""What a request must satisfy, depending on who asks (DOMAIN.md S11–S17)."""

from __future__ import annotations

from typing import Any

import pytest

from mailflow.core.check import Checked, all_errors, check, merge
from mailflow.core.commands import Submission
from mailflow.core.policy import Policy
from mailflow.core.request import Fields, Person, Problem, Provenance, Role
from mailflow.core.sides import is_ours

PARTNER = Person("tom@partner.example", "Tom", "Partner Ltd")
CUSTOMER = Person("ann@acme.example", "Ann", "Acme", role=Role.CUSTOMER)
GOOD = {
    "account_name": "Acme",
    "customer_email": "ann@acme.example",
    "account_domain": "acme.example",
}


def judge(person: Person = PARTNER, origin: dict[str, str] | None = None, **fields: Any) -> Checked:
    return check(Fields(**(GOOD | fields)), origin or {}, person, Policy())


def codes(problems: tuple[Problem, ...]) -> list[str]:
    return [p.code for p in problems]


@pytest.mark.parametrize(
    ("fields", "errors", "warnings"),
    [
        ({}, [], []),
        ({"account_name": ""}, ["missing:account_name"], []),
        ({"account_name": "x" * 121}, ["invalid:account_name"], []),
        ({"customer_email": ""}, ["missing:customer_email"], []),
        ({"customer_email": "ann"}, ["invalid:customer_email"], []),
        ({"account_domain": ""}, [], ["domain_derived"]),
        ({"account_domain": "", "customer_email": "ann@gmail.com"}, ["missing:account_domain"], []),
        ({"customer_email": "ann@gmail.com"}, ["freemail:customer_email"], []),
        ({"customer_email": "ann@gmail.com", "account_domain": "gmail.com"}, ["freemail:account_domain"], []),
        ({"account_domain": "", "customer_email": "ann@eu.acme.example"}, [], ["domain_derived"]),
        ({"account_domain": "gmail.com"}, ["freemail:account_domain"], ["domain_mismatch"]),
        ({"account_domain": "co.uk"}, ["invalid:account_domain"], ["domain_mismatch"]),
        ({"account_domain": "nonsense"}, ["invalid:account_domain"], ["domain_mismatch"]),
        ({"account_domain": "other.example"}, [], ["domain_mismatch"]),
        ({"account_domain": "eu.acme.example"}, [], []),
        ({"customer_email": "info@acme.example"}, [], ["role_address"]),
        ({"customer_email": "tom@partner.example", "account_domain": "partner.example"}, ["approver_is_requester"], []),
        ({"customer_email": "bob@partner.example", "account_domain": "partner.example"}, ["approver_is_requester"], []),
        ({"customer_email": "bob@eu.partner.example", "account_domain": "eu.partner.example"}, ["approver_is_requester"], []),
        ({"user_emails": ("bo@acme.example",)}, [], []),
        ({"user_emails": ("bo@other.example",)}, [], ["external_user"]),
        ({"user_emails": ("bo@acme.example", "BO@acme.example")}, [], ["duplicate_user"]),
        ({"user_emails": ("ann@acme.example",)}, [], ["customer_in_users"]),
        ({"user_emails": ("bo@acme",)}, ["invalid:user_emails"], []),
        ({"user_emails": tuple(f"u{i}@acme.example" for i in range(51))}, ["too_many:user_emails"], []),
        ({"user_emails": tuple(f"u{i}@acme.example" for i in range(50))}, [], []),
        ({"note_to_customer": "x" * 1000}, [], []),
        ({"note_to_customer": "x" * 1001}, ["invalid:note_to_customer"], []),
        ({"note_to_users": "hi"}, [], ["note_without_users"]),
        ({"notice_email": "nobody"}, ["invalid:notice_email"], []),
        ({"order_date": "3/4/2026"}, ["invalid:order_date"], []),
        ({"order_number": "9" * 61}, ["invalid:order_number"], []),
    ],
)  # fmt: skip
def test_rules(fields: dict[str, Any], errors: list[str], warnings: list[str]) -> None:
    found = judge(**fields)
    assert codes(found.errors) == errors
    assert codes(found.warnings) == warnings


def test_the_customer_may_approve_his_own_inside_the_domain_only() -> None:
    assert codes(judge(CUSTOMER).errors) == []
    assert codes(judge(CUSTOMER, account_domain="other.example").errors) == [
        "approver_is_requester"
    ]


def test_whom_the_directory_knows_as_a_colleague_cannot_approve() -> None:
    asked: list[str] = []
    found = check(
        Fields(**GOOD), {}, PARTNER, Policy(), is_colleague=lambda a: (asked.append(a), True)[1]
    )
    assert codes(found.errors) == ["approver_is_requester"]
    assert asked == [GOOD["customer_email"]]


@pytest.mark.parametrize("field", ["customer_email", "user_emails", "notice_email"])
def test_an_address_of_ours_is_nobody(field: str) -> None:
    ours = "Requests+x@vendor.example"
    value: Any = (ours,) if field == "user_emails" else ours
    own = ("requests@vendor.example",)
    found = check(
        Fields(**GOOD | {field: value}), {}, PARTNER, Policy(), is_ours=lambda a: is_ours(a, own)
    )
    assert [(p.code, p.field, p.value) for p in found.errors] == [
        (f"ours:{field}", field, "requests+x@vendor.example")
    ]


def test_a_mistyped_address_comes_with_what_was_meant() -> None:
    found = judge(customer_email="ann@gmial.com", account_domain="")
    assert [(p.code, p.suggestion) for p in found.errors] == [
        ("invalid:customer_email", "ann@gmail.com")
    ]


def test_values_are_tidied_whatever_door_they_came_by() -> None:
    found = judge(
        account_name="Ac\u202eme\r\nX", account_domain="WWW.Acme.example", note_to_customer="a\x00b"
    )
    assert found.fields.account_name == "Acme X"
    assert found.fields.account_domain == "acme.example"
    assert found.fields.note_to_customer == "ab"


def test_one_line_repairs_and_the_domain_follows_the_address() -> None:
    first = judge(account_domain="", customer_email="ann@acme.example")
    assert first.provenance["account_domain"] == Provenance.PROPOSED
    line = Submission(Fields(customer_email="bo@other.example"), {"customer_email": "own"})
    merged, origin = merge(first.fields, first.provenance, line)
    again = check(merged, origin, PARTNER, Policy())
    assert again.fields.account_domain == "other.example"
    assert codes(again.errors) == []


def test_a_domain_of_his_own_stays() -> None:
    line = Submission(Fields(customer_email="bo@other.example"), {"customer_email": "own"})
    merged, _ = merge(Fields(**GOOD), {"account_domain": "own"}, line)
    assert merged.account_domain == "acme.example"


def test_an_emptied_line_empties_and_a_new_list_replaces() -> None:
    known = Fields(**GOOD, user_emails=("a@acme.example",), notice_email="x@y.example")
    line = Submission(Fields(user_emails=("b@acme.example",)), {}, cleared=("notice_email",))
    merged, origin = merge(known, {"notice_email": "own"}, line)
    assert merged.user_emails == ("b@acme.example",)
    assert merged.notice_email == ""
    assert "notice_email" not in origin


def test_judging_twice_changes_nothing() -> None:
    once = judge(
        account_domain="https://www.acme.example", user_emails=("a@acme.example", "a@acme.example")
    )
    twice = check(once.fields, once.provenance, PARTNER, Policy())
    assert twice.fields == once.fields
    assert twice.errors == once.errors


def test_a_conflict_is_not_also_missing() -> None:
    submission = Submission(
        Fields(account_name="A"), problems=(Problem("conflict:customer_email", "customer_email"),)
    )
    found = all_errors(submission, check(submission.fields, {}, PARTNER, Policy()))
    assert codes(found) == ["conflict:customer_email"]


def test_a_domain_that_is_none_is_asked_for_with_the_one_of_the_customer() -> None:
    (problem,) = judge(account_domain="acme").errors
    assert (problem.code, problem.suggestion) == ("invalid:account_domain", "acme.example")


@pytest.mark.parametrize(
    ("customer", "meant"),
    [
        ("ann@kestrel-fods.example", "ann@kestrel-foods.example"),
        ("ann@eu.kestrel-fods.example", "ann@eu.kestrel-foods.example"),
        ("ann@kestrel.example", ""),
        ("ann@kestrel-foods.test", ""),
    ],
)
def test_one_slip_in_the_customer_s_domain_is_told_from_another_domain(
    customer: str, meant: str
) -> None:
    found = judge(customer_email=customer, account_domain="kestrel-foods.example").warnings
    (problem,) = (p for p in found if p.code == "domain_mismatch")
    assert (problem.suggestion if problem.field == "customer_email" else "") == meant
