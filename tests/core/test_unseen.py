"""Cases written from outside, by somebody who had not read the reader: 0 false decisions, ever.

How they first fared is told in docs/explanation/reading.md.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from mailflow.core.automatic import automatic
from mailflow.core.check import all_errors, check
from mailflow.core.form import read_form
from mailflow.core.message import Message, read
from mailflow.core.newtext import OwnText, own_text
from mailflow.core.policy import Policy
from mailflow.core.reply import read_reply
from mailflow.core.request import Person
from tests.mails.unseen.load import Answer, Wanted, answers, lines, machines, requests

YES = frozenset({"confirm", "accept"})
DECISIONS = YES | {"cancel", "decline", "nominate", "not_me"}
PARTNER = Person("dana@partner.example", "Dana Whitfield", "Northwind Partner Ltd")
REQUESTS = list(requests())
GROUPS = {  # languages: at most so much of what a person would understand may be asked again
    "plain": (("en", "es", "pt", "fr", "de"), 0.01),
    "natural en es": (("en", "es"), 0.06),
    "natural pt fr de": (("pt", "fr", "de"), 0.07),
}


def _message(raw: bytes) -> Message:
    message = read(raw)
    assert isinstance(message, Message), message
    return message


def _intent(answer: Answer) -> str:
    message = _message(answer.raw)
    if machine := automatic(message, None):
        return f"machine: {machine.why}"
    part = "partner" if answer.role == "partner" else "approver"
    return str(read_reply(own_text(message), part, message.subject).intent)


@pytest.mark.parametrize("file", ["replies_no.txt", "second_no.txt"])
def test_what_is_near_a_yes_decides_nothing(file: str) -> None:
    false: list[tuple[str, str, str]] = []
    for case in answers(file):
        intent = _intent(case)
        bad = YES if case.intent == "noyes" else DECISIONS
        if intent in bad or (case.intent == "change" and intent != "change"):
            false.append((case.name, intent, case.text))
    assert false == []


def test_what_stands_beside_a_yes_takes_it_back() -> None:
    read_as = {
        text: str(read_reply(OwnText(text, tuple(text.split("\n"))), part).intent)
        for part, text in lines("beside_no.txt")
    }
    assert {text: intent for text, intent in read_as.items() if intent in YES} == {}


def test_courtesy_beside_a_yes_leaves_it_one() -> None:
    cases = list(lines("beside_yes.txt"))
    missed = [
        text
        for part, text in cases
        if read_reply(OwnText(text, tuple(text.split("\n"))), part).intent != "confirm"
    ]
    assert len(missed) <= 0.04 * len(cases), missed


def test_few_clear_answers_are_asked_again() -> None:
    missed: dict[str, list[str]] = defaultdict(list)
    total: dict[str, int] = defaultdict(int)
    wrong: list[str] = []
    for case in answers("replies_yes.txt", "second_yes.txt"):
        group = next(
            name
            for name, (languages, _) in GROUPS.items()
            if name.startswith(case.level) and case.language in languages
        )
        intent = _intent(case)
        total[group] += 1
        if intent != case.intent:
            missed[group].append(case.text)
            wrong += [case.text] if intent in DECISIONS else []
    assert wrong == []
    assert {g: m for g, m in missed.items() if len(m) > GROUPS[g][1] * total[g]} == {}


def test_machines_are_no_people() -> None:
    people = [case.name for case in machines() if automatic(_message(case.raw), None) is None]
    assert people == []


def test_polite_people_are_no_machines() -> None:
    taken = {
        case.text: found.why
        for case in answers("persons.txt")
        if (found := automatic(_message(case.raw), None))
    }
    assert taken == {}


def _agrees(wanted: tuple[str, ...], found: set[str]) -> bool:
    """Whether exactly the wanted codes were found; those with a "?" may be."""
    needed = {code for code in wanted if not code.endswith("?")}
    return needed <= found <= {code.rstrip("?") for code in wanted}


@pytest.mark.parametrize("case", REQUESTS, ids=[case.name for case in REQUESTS])
def test_requests_are_read_as_written(case: Wanted) -> None:
    message = _message(case.raw)
    assert automatic(message, None) is None
    submission = read_form(own_text(message), message.subject, Policy())
    if case.outcome == "help":
        assert not submission.fields.given()
        return
    checked = check(submission.fields, submission.provenance, PARTNER, Policy())
    errors = {problem.code for problem in all_errors(submission, checked)}
    warnings = {problem.code for problem in submission.warnings + checked.warnings}
    assert _agrees(case.errors, errors), errors
    assert bool(errors) is (case.outcome == "clarify")
    if case.outcome == "review":
        assert _agrees(case.warnings, warnings), warnings
    for name, value in checked.fields.given().items():
        if name in case.loose:
            continue
        wanted = case.fields.get(name, "")
        assert (sorted(value) if isinstance(value, tuple) else value) == (
            sorted(wanted) if isinstance(value, tuple) else wanted
        ), name
    assert set(case.fields) - case.loose <= set(checked.fields.given())
