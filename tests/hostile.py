"""How many hostile cases the tests hold, by class: `.venv/bin/python -m tests.hostile`.

A case is one mail, one SMTP session or one web request that somebody sends who wants harm, with
the safe outcome written down beside it. Cases are counted where they stand: each parameter of a
test, each entry of the corpus, each file of a dialogue. docs/security.md shows the table.
"""

from __future__ import annotations

import importlib
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.corpus import DECISIONS, cases

TESTS = Path(__file__).parent
MAIL, SESSION, WEB = "mail", "SMTP session", "web request"

#: class → (kind of case, tests whose parameters are the cases).
CLASSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "forged sender or verdict": (MAIL, (
        "core.test_authresults:test_what_is_forged_or_doubtful_proves_nothing",
        "core.test_message:test_no_sender_where_there_is_any_doubt",
        "edges.test_authenticate_modes:test_a_forged_header_proves_nothing",
        "edges.test_authenticate_modes:test_a_sender_that_can_be_read_two_ways_is_never_proven",
        "edges.test_authenticate_own:test_forged_or_spoilt_mail_is_not_proven",
        "edges.test_authenticate_own:test_a_key_that_cannot_be_used_proves_nothing",
        "edges.test_attacks:test_nobody_can_vouch_for_a_mail_without_a_sender",
        "core.test_retyped:test_what_may_have_been_something_else_is_doubted",
    )),
    "a yes that is only quoted": (MAIL, ("core.test_reply:test_a_quoted_line_never_decides",)),
    "a partner approves himself": (MAIL, (
        "edges.test_attacks:test_a_partner_names_nobody_of_his_own",
        "edges.test_attacks:test_nobody_decides_or_works_at_an_address_of_ours",
        "edges.test_attacks:test_nor_does_his_customer_name_one",
        "edges.test_attacks:test_nor_does_his_customer_for_him",
        "edges.test_attacks:test_a_partner_is_no_colleague_of_his_customer",
        "edges.test_attacks:test_a_lookalike_domain_is_shown_as_such_and_held",
    )),
    "old, withdrawn or stolen secret": (MAIL, (
        "edges.test_attacks:test_who_was_replaced_accepts_by_no_other_way",
        "edges.test_attacks:test_nobody_accepts_what_he_was_not_shown",
        "edges.test_attacks:test_nobody_accepts_what_changed_while_his_answer_was_read",
        "edges.test_who_may_answer:test_a_row",
    )),
    "sent again, or to flood somebody": (MAIL, (
        "edges.test_attacks:test_a_signed_mail_acts_once",
        "edges.test_attacks:test_an_old_correction_does_not_come_back",
        "edges.test_attacks:test_many_requests_do_not_flood_one_customer",
        "edges.test_attacks:test_nor_do_changes",
        "edges.test_attacks:test_nor_do_acceptances_flood_one_user",
        "edges.test_attacks:test_nor_do_withdrawals_and_renewals",
    )),
    "forged report, loop": (MAIL, (
        "edges.test_attacks:test_a_report_without_our_secret_is_no_news",
        "edges.test_attacks:test_reports_of_one_request_silence_no_other",
        "edges.test_two_services:test_they_fall_silent",
        "edges.test_two_services:test_they_fall_silent_through_a_gateway_that_rewrites",
    )),
    "injection by a value": (MAIL, (
        "core.test_address:test_refuses_everything_else",
        "letters.test_letters_inert:test_foreign_words_stay_words",
        "letters.test_letters_mime:test_doubtful_addresses_are_refused",
        "letters.test_letters_mime:test_no_value_starts_another_header",
        "edges.test_relay:test_what_is_no_address_is_never_said",
    )),
    "work without end": (MAIL, (
        "core.test_hostile:test_hostile_shapes_are_quick",
        "core.test_message:test_limits",
    )),
    "end of data that is none": (MAIL, ("edges.test_body:test_only_crlf_dot_crlf_ends_the_data",)),
    "abuse of the pages": (WEB, (
        "edges.test_web_safety:test_whatever_is_no_post_changes_nothing",
        "edges.test_web_safety:test_only_our_own_page_may_send_the_form",
        "edges.test_web_safety:test_no_address_is_made_of_the_host",
        "edges.test_web_pages:test_a_form_that_is_none_of_ours_does_nothing",
        "edges.test_console_pages:test_odd_queries_show_a_page",
    )),
}  # fmt: skip
#: class → beginnings of the corpus' categories that belong to it.
OF_CORPUS = {
    "a yes that is none": ("never:",),
    "a yes that is only quoted": ("only quoted",),
    "hidden, struck, attached or foreign text": ("odd",),
    "a machine's mail": ("machine",),
}
DIALOGUES = "abuse of the door"


def count() -> dict[str, tuple[str, int]]:
    """class → (kind of case, how many)."""
    found = {name: (kind, sum(map(_cases_of, tests))) for name, (kind, tests) in CLASSES.items()}
    categories = Counter(case.category for case in cases() if case.expected not in DECISIONS)
    for name, beginnings in OF_CORPUS.items():
        inside = sum(n for c, n in categories.items() if c.startswith(beginnings))
        found[name] = (MAIL, inside + found.get(name, (MAIL, 0))[1])
    found[DIALOGUES] = (SESSION, len(list((TESTS / "edges" / "dialogs").glob("*.txt"))))
    return found


def _cases_of(place: str) -> int:
    """How many cases a test has: the product of its parameters, 1 without any."""
    module, _, name = place.partition(":")
    test = getattr(importlib.import_module(f"tests.{module}"), name)
    marks: Iterable[Any] = getattr(test, "pytestmark", ())
    return math.prod(len(mark.args[1]) for mark in marks if mark.name == "parametrize")


def main() -> None:
    print("| class | kind | cases |\n|---|---|---|")
    for name, (kind, number) in sorted(count().items(), key=lambda item: -item[1][1]):
        print(f"| {name} | {kind} | {number} |")


if __name__ == "__main__":
    main()
