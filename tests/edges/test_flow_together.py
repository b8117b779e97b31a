"""Mails that have their effects in one transaction, and what becomes of it when two of them meet."""

from __future__ import annotations

import pytest

from mailflow.flow import Flow
from mailflow.store import inbox, queries
from mailflow.store.db import Database
from tests.house import ALBA, BRUNO, LUCIA, REQUEST, House, kinds


def come_together(house: House, *answers: tuple[bytes, str, str]) -> None:
    """Mails (bytes, to, sender) are worked on in one round."""
    inbox.put_many(
        house.db,
        [inbox.Incoming(raw, sender, (to,), "127.0.0.1", "smtp") for raw, to, sender in answers],
    )
    assert house.service._processor.round() == len(answers)


def states(house: House) -> list[str]:
    with house.db.reading() as session:
        assert queries.conservation(session).difference == 0
        return sorted(line.state for line in queries.requests(session))


def watched(monkeypatch: pytest.MonkeyPatch, name: str) -> list[bool]:
    """Whether each call of a method of `Flow` went well."""
    seen: list[bool] = []
    real = getattr(Flow, name)

    def watching(self: Flow, given: object) -> object:
        seen.append(False)
        result = real(self, given)
        seen[-1] = True
        return result

    monkeypatch.setattr(Flow, name, watching)
    return seen


def test_mails_about_different_things_share_one_transaction(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(db)
    first = house.review()
    second = house.review(REQUEST.replace("harbour", "quay"), BRUNO.email)
    together, alone = watched(monkeypatch, "mails"), watched(monkeypatch, "mail")
    come_together(
        house,
        (*house.reply(first, "CONFIRM"), ALBA.email),
        (*house.reply(second, "CANCEL"), BRUNO.email),
        (b"From: x\r\nX", "requests@vendor.example", ""),
    )
    letters = house.service.letters()
    assert (together, alone) == ([True], [])
    assert states(house) == ["cancelled", "pending"]
    assert {kind for kind, _ in kinds(letters)} >= {"completion", "activation"}


def test_two_who_confirm_one_domain_together_are_decided_one_after_the_other(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(db)
    first, second = house.review(), house.review(sender=BRUNO.email)
    third = house.review(REQUEST.replace("harbour", "quay"), LUCIA.email)
    together, alone = watched(monkeypatch, "mails"), watched(monkeypatch, "mail")
    come_together(
        house,
        (*house.reply(first, "CONFIRM"), ALBA.email),
        (*house.reply(second, "CONFIRM"), BRUNO.email),
        (*house.reply(third, "CONFIRM"), LUCIA.email),
    )
    letters = house.service.letters()
    assert (together, alone) == ([False], [True] * 3)
    assert states(house).count("pending") == 2
    told = kinds(letters)
    assert [kind for kind, _ in told].count("activation") == 2
    assert BRUNO.email in {to for _, to in told}
    with db.reading() as session:
        assert {line.attempts for line in queries.inbox_rows(session)} == {1}
