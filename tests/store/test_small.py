"""Tokens, quotas, the directory, and text that both databases can hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.core.request import Account, Person, Role
from mailflow.store import directory, quota, requests, tokens
from mailflow.store.db import Database
from mailflow.store.tables import PersonRow, Quota, Token
from mailflow.store.text import cut_tag, storable
from tests.store.make import (
    NOON,
    in_threads,
    pending,
    posted,
    refused_by_database,
    request,
    rows,
    sha,
    stored,
    undone,
)

DAY = timedelta(days=1)


# -- tokens -------------------------------------------------------------------------------------


def give(db: Database, secret: str, request_id: int, **values: object) -> None:
    plain: dict[str, object] = {
        "purpose": "page", "person": "ben@x.example", "outbox_id": None, "revision": 3,
    }  # fmt: skip
    with db.transaction() as session:
        tokens.add(session, hash=sha(secret), request_id=request_id, at=NOON, **(plain | values))  # type: ignore[arg-type]


def test_a_token_is_found_by_its_hash_with_all_it_is_bound_to(db: Database) -> None:
    one = stored(db, request()).id
    mail = posted(db, request_id=one)
    give(db, "secret", one, outbox_id=mail)
    with db.reading() as session:
        assert tokens.find(session, sha("secret")) == tokens.TokenRow(
            "page", "ben@x.example", one, mail, 3, NOON, None
        )
        assert tokens.find(session, sha("guess")) is None


def test_a_token_is_given_out_once_and_for_a_known_purpose(db: Database) -> None:
    one = stored(db, request()).id
    give(db, "secret", one)
    with refused_by_database():
        give(db, "secret", one)
    with refused_by_database():
        give(db, "other", one, purpose="anything")


def test_tokens_are_taken_back_by_person_and_purpose_and_once(db: Database) -> None:
    one, other = stored(db, request()).id, stored(db, request()).id
    give(db, "a", one)
    give(db, "b", one, purpose="approver_reply")
    give(db, "c", one, person="ana@x.example")
    give(db, "d", other)
    with db.transaction() as session:
        take = tokens.withdraw
        assert take(session, one, NOON, person="ben@x.example", purposes=["page"]) == 1
        assert take(session, one, NOON, person="ben@x.example") == 1
        assert take(session, one, NOON + DAY) == 1
        assert take(session, one, NOON + DAY) == 0
        found = [tokens.find(session, sha(secret)) for secret in "abcd"]
    assert [f and f.withdrawn_at for f in found] == [NOON, NOON, NOON + DAY, None]


def test_no_tokens_are_no_work(db: Database) -> None:
    with db.transaction() as session:
        tokens.add_many(session, [], NOON)
        assert rows(session, Token) == []


# -- quota --------------------------------------------------------------------------------------


def test_a_quota_is_used_up_and_free_again_after_its_window(db: Database) -> None:
    with db.transaction() as session:

        def take(at: timedelta, key: str = "refusal:a@x.example") -> bool:
            return quota.take(session, key, 2, DAY, NOON + at) is not None

        assert [take(timedelta(hours=n)) for n in range(4)] == [True, True, False, False]
        assert take(timedelta(), "refusal:b@x.example")  # everybody has his own
        assert not take(DAY - timedelta(microseconds=1))
        assert take(DAY)
        assert take(DAY)
        assert not take(2 * DAY - timedelta(microseconds=1))
        assert not quota.take(session, "never", 0, DAY, NOON)


@pytest.mark.parametrize("ahead", [DAY + timedelta(seconds=1), 365 * DAY])
def test_a_window_begun_by_a_wrong_clock_is_over_when_it_is_right(
    db: Database, ahead: timedelta
) -> None:
    with db.transaction() as session:
        assert quota.take(session, "k", 1, DAY, NOON + ahead)
        assert quota.take(session, "k", 1, DAY, NOON)
        assert not quota.take(session, "k", 1, DAY, NOON)


def test_whoever_takes_learns_which_one_it_is_and_when_it_begins_anew(db: Database) -> None:
    with db.transaction() as session:
        for count, hours in ((1, 0), (2, 5), (1, 24)):
            taken = quota.take(session, "k", 2, DAY, NOON + timedelta(hours=hours))
            began = NOON if hours < 24 else NOON + DAY
            assert taken == quota.Taken(count, began + DAY)


def test_a_quota_taken_in_a_transaction_that_failed_is_not_taken(db: Database) -> None:
    undone(db, lambda session: quota.take(session, "k", 1, DAY, NOON))
    with db.transaction() as session:
        assert quota.take(session, "k", 1, DAY, NOON)


def test_many_who_ask_at_once_get_no_more_than_there_is(db: Database) -> None:
    got: list[bool] = []

    def ask() -> None:
        with db.transaction() as session:
            got.append(quota.take(session, "k", 3, DAY, NOON) is not None)

    in_threads(*[ask] * 8)
    assert sorted(got) == [False] * 5 + [True] * 3


def test_old_windows_are_forgotten(db: Database) -> None:
    with db.transaction() as session:
        quota.take(session, "old", 1, DAY, NOON)
        quota.take(session, "once:said", 1, quota.ONCE, NOON)
        quota.take(session, "new", 1, DAY, NOON + DAY)
        assert quota.forget(session, NOON + 2 * DAY) == 0
        assert quota.forget(session, NOON + 3 * DAY) == 1
        assert {row.key for row in rows(session, Quota)} == {"once:said", "new"}
        assert quota.forget(session, NOON + quota.ONCE + 2 * DAY) == 2


# -- directory ----------------------------------------------------------------------------------

ANA = Person("ana@partner.example", "Ana", "Partner", Role.PARTNER, True, "es")


def test_a_person_is_found_by_address_in_either_case_but_no_lookalike(db: Database) -> None:
    with db.transaction() as session:
        directory.upsert_people(session, [ANA], NOON)
        assert directory.person(session, "ANA@Partner.example") == ANA
        assert directory.person(session, "eve@partner.example") is None
        # The Kelvin sign lowers to "k", the dotted capital I to two signs: neither is folded (I13).
        directory.upsert_people(session, [Person("kim@x.example")], NOON)
        assert directory.person(session, "\u212aim@x.example") is None
        assert directory.person(session, "k\u0130m@x.example") is None


def test_internal_is_whoever_has_an_address_in_our_own_domains(db: Database) -> None:
    with db.transaction() as session:
        directory.upsert_people(
            session, [ANA, Person("olga@vendor.example", role=Role.SUPPORT)], NOON
        )
        assert [(p.email, p.internal) for p in directory.people(session, {"vendor.example"})] == [
            ("ana@partner.example", False),
            ("olga@vendor.example", True),
        ]


def test_people_are_found_by_a_part_in_either_case(db: Database) -> None:
    with db.transaction() as session:
        people = [
            ANA,
            Person("b@x.example", "JÖRG WEISS", "100% Hafen_Straße", active=False),
            Person("c@x.example", "Jörg", "A/B"),
        ]
        directory.upsert_people(session, people, NOON)
        found = {
            words: [p.email[0] for p in directory.people(session, words=words)]
            for words in (
                "jörg",
                "STRASSE",
                "weiß",
                "ana@PARTNER",
                "x.example J",
                "0%",
                "n_s",
                "/b",
            )
        }
        assert found == {
            "jörg": ["b", "c"], "STRASSE": ["b"], "weiß": ["b"], "ana@PARTNER": ["a"],
            "x.example J": ["b", "c"], "0%": ["b"], "n_s": ["b"], "/b": ["c"],
        }  # fmt: skip
        inactive = directory.people(session, words="JÖRG", inactive_only=True)
        assert [p.email for p in inactive] == ["b@x.example"]
        assert directory.anybody(session)
        directory.deactivate(session, ANA.email, NOON)
        directory.deactivate(session, "c@x.example", NOON)
        assert not directory.anybody(session)


def test_an_import_of_people_adds_changes_and_counts(db: Database) -> None:
    with db.transaction() as session:
        upsert = directory.upsert_people
        assert upsert(session, [ANA, ANA], NOON) == directory.PeopleCounts(1, 0, 0)
        new = Person("Ana@Partner.example", "Ana B.", "Partner", Role.PARTNER, False, "es")
        assert upsert(session, [new, Person("b@x.example")], NOON) == directory.PeopleCounts(
            1, 1, 0
        )
        assert upsert(session, [new], NOON) == directory.PeopleCounts(0, 0, 1)
        found = directory.person(session, ANA.email)
    assert found is not None
    assert (found.name, found.active) == ("Ana B.", False)


def test_a_person_can_be_barred(db: Database) -> None:
    with db.transaction() as session:
        directory.upsert_people(session, [ANA], NOON)
        assert directory.deactivate(session, "ANA@partner.example", NOON)
        assert not directory.deactivate(session, "nobody@x.example", NOON)
        found = directory.person(session, ANA.email)
    assert found is not None
    assert not found.active


@pytest.mark.parametrize("broken", [{"role": "king"}, {"email": "Ana@Partner.example"}])
def test_an_illegal_person_is_refused_by_the_database(
    db: Database, broken: dict[str, object]
) -> None:
    with db.transaction() as session:
        directory.upsert_people(session, [ANA], NOON)
    with refused_by_database(), db.transaction() as session:
        session.connection().execute(PersonRow.__table__.update().values(**broken))  # type: ignore[attr-defined]


def test_imported_accounts_occupy_their_domain_but_touch_no_request(db: Database) -> None:
    one = stored(db, pending(domain="ours.example"))
    imported = Account("old.example", "Old", "active", administrators=("root@old.example",))
    with db.transaction() as session:
        requests.account_create(session, one, "pending", NOON)
        take = directory.import_accounts
        rows_in = [imported, Account("ours.example", "Theirs", "active")]
        assert take(session, rows_in, NOON) == directory.AccountCounts(1, 0, ("ours.example",))
        assert directory.account(session, "old.example") == imported
        found = directory.account(session, "ours.example")
        assert found is not None
        assert found.name == "Bakery"
        with pytest.raises(requests.DomainTaken):
            requests.account_create(session, pending(domain="old.example"), "pending", NOON)
        assert take(session, [Account("old.example", "Old", "ended")], NOON).changed == 1
        assert directory.account(session, "old.example") is None
        assert [a.domain for a in directory.accounts(session)] == ["ours.example"]
        assert len(directory.accounts(session, with_ended=True)) == 2


# -- text ---------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_becomes_one_that_can_be_stored(value: str) -> None:
    kept = storable(value)
    kept.encode("utf-8")
    assert "\x00" not in kept
    assert len(kept) == len(value)


def test_text_has_a_longest_length() -> None:
    assert storable("x" * 9, limit=4) == "xxxx"


def test_a_tag_is_cut_to_six_characters() -> None:
    assert cut_tag("requests+abcdefgh@v.example") == "requests+abcdef…@v.example"
    assert cut_tag("requests+abc@v.example") == "requests+abc@v.example"
    assert cut_tag("requests@v.example") == "requests@v.example"
    assert cut_tag("") == ""
