"""The corpus as a promise: no false decision at all, and almost none missed (I24)."""

from __future__ import annotations

from collections import defaultdict

import pytest

from mailflow.core.message import Message
from mailflow.core.newtext import own_text
from mailflow.core.reply import Intent, read_reply
from tests.corpus import Outcome, cases, judge
from tests.mails import fresh


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [judge(case) for case in cases()]


def test_there_are_enough_and_no_two_alike(outcomes: list[Outcome]) -> None:
    assert len({(o.case.raw, o.case.part) for o in outcomes}) >= 1500


def test_no_false_decision(outcomes: list[Outcome]) -> None:
    assert [o for o in outcomes if o.false] == []


def test_machines_and_changes_are_known(outcomes: list[Outcome]) -> None:
    odd = [o for o in outcomes if o.case.why]
    assert [(o.case.name, o.got, o.why) for o in odd if o.got != o.case.expected] == []


@pytest.mark.parametrize(
    ("level", "languages", "most"),
    [("plain", "en es pt fr de", 0.01), ("natural", "en es", 0.03), ("natural", "pt fr de", 0.07)],
)
def test_few_are_missed(outcomes: list[Outcome], level: str, languages: str, most: float) -> None:
    missed: dict[bool, list[str]] = defaultdict(list)
    for outcome in outcomes:
        words = outcome.case.category.split()
        if level in words and words[-1] in languages.split():
            missed[outcome.missed].append(outcome.case.name)
    assert len(missed[True]) <= most * len(missed[False])


def _intent(text: str, part: str = "partner") -> Intent:
    message = Message(
        plain=text, sender="tom.lee@partner.example", sender_name="Tom Smith, Ann Lee"
    )
    return read_reply(own_text(message), part).intent


@pytest.mark.parametrize("text", fresh.NEVER + fresh.NEVER_AGAIN)
def test_the_later_sets_never_confirm(text: str) -> None:
    assert _intent(text) is not Intent.CONFIRM


@pytest.mark.parametrize(
    ("table", "part", "meant"),
    [
        (fresh.CONFIRM, "partner", Intent.CONFIRM),
        (fresh.CONFIRM_MORE, "partner", Intent.CONFIRM),
        (fresh.CONFIRM_AGAIN, "partner", Intent.CONFIRM),
        (fresh.ACCEPT_MORE, "approver", Intent.ACCEPT),
        (fresh.ACCEPT_AGAIN, "approver", Intent.ACCEPT),
    ],
)
def test_the_later_sets_are_mostly_understood(
    table: dict[str, list[str]], part: str, meant: Intent
) -> None:
    texts = [text for texts in table.values() for text in texts]
    missed = [text for text in texts if _intent(text, part) is not meant]
    assert len(missed) <= len(texts) * 0.05, missed
