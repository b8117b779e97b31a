"""What each letter must tell, in the words a reader sees (DOMAIN.md §2, §5, §6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailflow.core.letter import Kind, Letter
from mailflow.core.request import Problem
from mailflow.letters import LetterError, Letters
from mailflow.letters.data import OPTIONAL, REQUIRED
from tests.letters.samples import (
    BARE,
    PENDING,
    SAMPLES,
    SERVICE,
    TOKEN,
    C,
    P,
    Sample,
    U,
    envelope,
    parts,
    read,
    write,
)

BY_NAME = {sample.name: sample for sample in SAMPLES}
DEADLINE = "22 February 2027, 09:00 UTC"

#: Sample → what must be there, in this order.
FACTS: dict[str, list[str]] = {
    "help": ["requests@licensing.vendor.example", "Account name:", "Order date:", "CONFIRM", "HELP"],
    "help-prose": ["Account name: Alimentos del Sur S.A.", "User emails: ben@alimentos.example, carla"],
    "question": ["3 points", "email address is missing", "“alimentos,example”", "Customer email:",
                 "Account domain: alimentos.example", "have understood", "HELP", "CANCEL", "CASE"],
    "question-one": ["One point", "this line, filled in"],
    "question-late": ["could not make the change", "goes on as it was"],
    "review": ["Nothing has been created", "[ CONFIRM ]", "a. Account", "Alimentos del Sur S.A.",
               "(from the mail you forwarded)", "(proposed by us", "portal[.]partner", "b. Users",
               "carla@external.example", "1 December 2026", "corrected ones", "CANCEL"],
    "review-older": ["older version", "Changed: Account domain, User emails.", "No users are added",
                     "continues your earlier request SA-1111-2222"],
    "review-all": ["on behalf", "outside the account domain", "shared mailbox"],
    "completion": ["Reference: SA-7K3M-Q2XV", "Pending", f"before: {DEADLINE}",
                   "notices@partner.example", "STATUS", "RESEND", "CANCEL", "Customer email:"],
    "completion-notice": ["named you to get the notices", "Pending"],
    "activation": ["Tom Baker of Northwind Partner Ltd (tom.baker@partner.example)", "keeps the licences",
                   "https://vendor.example/guide", DEADLINE,
                   "Do you not know Tom Baker", "reply NOT ME", "on a number you already have",
                   "reach Vendor through its own website", "reference SA-7K3M-Q2XV",
                   "What you would accept", "Reference: SA-7K3M-Q2XV",
                   "this address is registered with Vendor", "PO-2026-118", "Who gets access",
                   "- ana.garcia@alimentos.example: you, as administrator", "- ben@alimentos.example",
                   "carla@external.example: outside alimentos.example",
                   "reply DECLINE and say so", "in their own words", "Your answer",
                   "you declare", "administrator", "costs nothing", "https://vendor.example/terms",
                   "* ACTIVATE", "* DECLINE and your reason", "* NOMINATE name@alimentos.example",
                   "* NOT ME", f"https://licensing.vendor.example/a/{TOKEN}",
                   "do not forward it"],
    "activation-bare": ["once more", "was asked first", "Only you."],
    "activation-on_behalf": ["Tom Baker of licensing support", "on behalf of a partner"],
    "reminder_customer": ["30 days left", "PO-2026-118", "Tom Baker", DEADLINE, "* ACTIVATE"],
    "reminder_customer-last": ["1 day left", "last reminder"],
    "still_waiting": ["30 days left", DEADLINE, "RESEND", "CANCEL", "Customer email:"],
    "still_waiting-notice": ["1 day left", "could not be delivered"],
    "confirmation_partner-reply-partner": ["ana.garcia@alimentos.example accepted by mail on 24",
                                           "Active", "2 users", "Order PO-2026-118 can now"],
    "confirmation_partner-click-notice": ["accepted on our page"],
    "confirmation_customer": ["administrator", "24 November 2026", "ben@alimentos.example",
                              "sign in at: https://vendor.example/accounts", "Did you not mean to accept?"],
    "access": ["one of its users", "Tom Baker named you", "ana.garcia@alimentos.example accepted",
               "Reference: SA-7K3M-Q2XV", "Administrator: ana.garcia@alimentos.example", "| Welcome!",
               "sign in at: https://vendor.example/accounts", "Reply NOT ME"],
    "declined": ["has declined", "| We have one.", "[ RENEW ]"],
    "declined-notice": ["No reason was given"],
    "declined_receipt": ["nothing is created", "has been told, with your reason"],
    "expiry_notice": ["did not accept in time", DEADLINE, "[ RENEW ]"],
    "expiry_notice-notice": ["Tom Baker (Northwind Partner Ltd, tom.baker@partner.example) can",
                             "RENEW, in reply"],
    "expiry_customer": ["last day has passed", "[ READY ]", f"/a/{TOKEN}"],
    "cancelled-operator": ["ended by licensing support", "| The domain belongs", "[ RENEW ]"],
    "cancelled_customer": ["has withdrawn the request", "links in our earlier mails no longer"],
    "address_failed": ["Our mail to ana.garcia@alimentos.example", "no such mailbox", DEADLINE,
                       "Customer email:", "RESEND", "User unknown"],
    "address_failed-mailbox_full": ["mailbox is full", "tell the administrator"],
    "refusal-not_registered": ["is not registered", "support.vendor.example/cases"],
    "refusal-inactive_account": ["not active", "make it active again"],
    "refusal-internal_staff": ["belongs to Vendor itself", "only licensing support"],
    "duplicate-own_pending": ["Your own request SA-1111-2222", "STATUS", "RESEND", "CANCEL"],
    "duplicate-active": ["have told the administrators", "unit.alimentos.example"],
    "duplicate-pending": ["Somebody else has requested it"],
    "access_request": ["Tom Baker", "tom.baker@partner.example", "If not, you need do nothing"],
    "status": ["Pending", "What has happened", "Your request came in", "reminder",
               "taken by their mail server", "RESEND"],
    "settled-partner-active": ["already active", "since 24 November 2026"],
    "settled-customer-expired": ["has expired", "[ READY ]"],
    "settled-late-decline-active": ["You answered DECLINE", "changed nothing", "reply CASE"],
    "settled-late-accept-declined": ["You answered ACTIVATE", "to request it again"],
    "settled-late-not_me-hold": ["Nothing is created", DEADLINE, "Was it a mistake", "Reply CASE"],
    "settled-late-ready-pending": ["you can decide now", "Tom Baker", "* ACTIVATE"],
    "settled-ready": ["passed it on", "can request it again"],
    "settled-customer-hold": ["being checked", "Nothing is created in the meantime"],
    "unknown_reply-partner-both": ["two different things", "| ?", "CONFIRM",
        "it is created just so:", "alimentos.example", "PO-2026-118", "CANCEL"],
    "unknown_reply-customer-nominee_outside": ["Only somebody with an address at alimentos.example",
                                               "ACTIVATE", f"/a/{TOKEN}"],
    "on_hold": ["on hold", DEADLINE], "released": ["the request goes on", DEADLINE],
    "released_customer": ["The check is over", "NOT ME", "* ACTIVATE"],
    "reminder_partner": ["[ CONFIRM ]", "ends in 11 days"],
    "reminder_partner-draft": ["email address is missing", "Customer email:", "ends in 1 day."],
    "lapsed": ["Nothing was created", "[ RENEW ]"],
    "approver_changed-nominated-pending": ["ana.garcia@alimentos.example has named", DEADLINE],
    "changed": ["carla@external.example", "sent ana.garcia@alimentos.example a new mail", DEADLINE],
    "absent": ["until 8 December 2026", "no decision", "Customer email:"],
    "customer_ready": ["ready to accept", "[ RENEW ]"],
    "case": ["Reference: SA-7K3M-Q2XV", "Pending", "could not be delivered", "| Please help,"],
    "wrong_sender": ["reader@reader.example", "had gone to another address", "NOMINATE"],
    "operator_notice-not_me": ["customer says that it is not meant", "mailflow requests show SA-",
                               "mailflow requests release SA-7K3M-Q2XV", "| In my words"],
    "quarantine_digest": ["2 mails in quarantine", "x[@]y[.]example (not proven",
                          "mailflow quarantine release"],
}  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
def test_the_letter_tells(letters: Letters, name: str) -> None:
    text = " ".join(read(letters, BY_NAME[name]).text.split())
    at = 0
    for fact in FACTS[name]:
        found = text.find(" ".join(fact.split()), at)
        assert found >= 0, fact
        at = found + 1


def test_the_old_approver_hears_only_that_it_is_over(letters: Letters) -> None:
    mail = read(letters, BY_NAME["approver_replaced"])
    for secret in ("Tom Baker", "ben@", "Alimentos del Sur", TOKEN, "PO-2026"):
        assert secret not in mail.text
    assert "not needed any more" in mail.text


def test_the_partner_of_another_request_is_never_named(letters: Letters) -> None:
    for status in ("pending", "hold", "active"):
        text = read(letters, BY_NAME[f"duplicate-{status}"]).text
        assert "Tom" not in text
        assert "SA-" not in text


def test_users_get_no_word_and_no_secret(letters: Letters) -> None:
    mail = read(letters, BY_NAME["access"])
    assert TOKEN not in mail.raw.decode()
    assert "mailto:" not in mail.html


def test_reasons_in_answer_links_are_left_to_the_reader(letters: Letters) -> None:
    """DECLINE and NOMINATE are prefilled up to the place where he writes on."""
    links = read(letters, BY_NAME["activation"]).links()
    assert any(link.endswith("&body=ACTIVATE") for link in links)
    assert any(link.endswith("&body=DECLINE%20") for link in links)
    assert any(link.endswith("&body=NOMINATE%20") for link in links)
    assert all(
        "subject=Re%3A%20%5BSA-7K3M-Q2XV%5D%20" in x for x in links if TOKEN in x and "@" in x
    )


def test_a_domain_in_another_script_is_shown_with_its_code(letters: Letters) -> None:
    fields = replace(BARE, account_domain="xn--espaa-rta.example")
    text = parts(
        write(letters, Sample(Kind.ACTIVATION, "", C, replace(PENDING, fields=fields))).raw
    )
    assert "españa.example" in text.text
    assert "xn--espaa-rta.example" in text.text


@pytest.mark.parametrize("kind", REQUIRED)
def test_missing_data_ends_the_letter(letters: Letters, kind: Kind) -> None:
    sample = next(s for s in SAMPLES if s.kind is kind)
    for key in REQUIRED[kind]:
        data = {name: value for name, value in sample.data.items() if name != key}
        with pytest.raises(LetterError, match=key):
            write(letters, replace(sample, data=data))


@pytest.mark.parametrize("kind", [kind for kind in OPTIONAL if kind is not Kind.ENGLISH])
def test_optional_data_may_be_missing(letters: Letters, kind: Kind) -> None:
    sample = next(s for s in SAMPLES if s.kind is kind)
    data = {key: sample.data[key] for key in REQUIRED.get(kind, ())}
    assert write(letters, replace(sample, data=data)).raw


def test_a_word_for_somebody_who_cannot_answer_ends_the_letter(letters: Letters) -> None:
    with pytest.raises(LetterError, match="cannot answer"):
        write(letters, Sample(Kind.REMINDER_PARTNER, "", U, PENDING,
                              {"state": "review", "days_left": 3}))  # fmt: skip


def test_a_dead_page_link_ends_the_letter(letters: Letters) -> None:
    sample = BY_NAME["activation"]
    letter = Letter(sample.kind, "a@b.example", "en", sample.audience, sample.request)
    for dead in ("#", "https://", "javascript:alert(1)", "http:// x", "/a/token", "mailto:"):
        with pytest.raises(LetterError, match="link"):
            letters.finish(letter, replace(envelope(sample), page_url=dead))


def test_a_very_long_prefilled_answer_is_left_out(letters: Letters) -> None:
    """Windows cuts links after 2048 characters: better an empty answer than half a form."""
    problems = [Problem("missing:account_name", "account_name")] * 3
    many = [*problems, Problem("invalid:user_emails", "user_emails", "x", "y" * 250)]
    long = [Problem("invalid:customer_email", "customer_email", "x", "é" * 250), *many]
    sample = Sample(Kind.QUESTION, "", P, PENDING, {"problems": long})
    links = parts(write(letters, sample).raw).links()
    assert max(map(len, links)) < 2000
    assert any("body" not in link for link in links if link.startswith("mailto:"))


def test_the_postal_address_of_the_brand_stands_in_the_foot() -> None:
    brand = SERVICE.brand.model_copy(update={"address_line": "1 Main Street, Vendortown"})
    mail = parts(write(Letters(SERVICE.model_copy(update={"brand": brand})), BY_NAME["access"]).raw)
    assert mail.text.rstrip().endswith("1 Main Street, Vendortown")
