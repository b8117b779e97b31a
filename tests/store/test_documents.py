"""A request survives the way into a document and back, whatever it holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from mailflow.core.request import Fields, Person, Problem, Request, Role, State
from mailflow.store.documents import from_document, to_document
from tests.store.make import request

# What JSON can carry as UTF-8: everything but lone surrogates.
words = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
moments = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
)  # fmt: skip
problems = st.lists(st.builds(Problem, words, words, words, words), max_size=3).map(tuple)
people = st.builds(
    Person, words, words, words, st.sampled_from(Role), st.booleans(), words, st.booleans()
)
requests = st.builds(
    Request,
    reference=words,
    state=st.sampled_from(State),
    requester=people,
    fields=st.builds(Fields, user_emails=st.lists(words, max_size=3).map(tuple)),
    id=st.integers(1, 2**60),
    version=st.integers(0, 2**31),
    revision=st.integers(1, 99),
    provenance=st.dictionaries(words, words, max_size=3).map(MappingProxyType),
    errors=problems,
    warnings=problems,
    reminded=st.lists(st.integers(0, 90), max_size=4).map(tuple),
    opened_at=moments,
    touched_at=moments,
    next_due=st.none() | moments,
    created_at=st.none() | moments,
    expires_at=st.none() | moments,
    ended_at=st.none() | moments,
    last_resend=st.none() | moments,
    on_behalf=st.booleans(),
    ready_told=st.booleans(),
    nominations=st.integers(0, 3),
    **dict.fromkeys(
        ("language", "approver", "approver_language", "undeliverable", "absent_until",
         "hold_reason", "hold_from", "end_reason", "previous", "renewed_as"),
        words,
    ),
)  # fmt: skip


def there_and_back(one: Request) -> Request:
    document = json.loads(json.dumps(to_document(one)))
    return from_document(document, id=one.id, version=one.version)


@given(requests)
def test_a_request_comes_back_as_it_went(one: Request) -> None:
    assert there_and_back(one) == one


def test_only_what_differs_from_the_default_is_written() -> None:
    plain = request("R1")
    assert "reminded" not in to_document(plain)
    assert "language" not in to_document(plain)
    assert set(to_document(plain)) == {
        "reference", "state", "requester", "fields", "opened_at", "touched_at",
    }  # fmt: skip


def test_a_document_of_a_later_version_is_read_without_what_is_not_known() -> None:
    one = request("R1", errors=(Problem("missing:customer_email", "customer_email"),))
    document = to_document(one)
    document["a_later_field"] = 1
    document["fields"]["another"] = "x"
    document["requester"]["third"] = True
    document["errors"][0]["fourth"] = []
    assert from_document(document, id=one.id, version=one.version) == one


def test_a_document_of_an_earlier_version_takes_the_defaults_for_what_is_missing() -> None:
    document = to_document(request("R1"))
    del document["requester"]["name"]
    del document["touched_at"]
    found = from_document(document, id=1, version=0)
    assert found.requester.name == ""
    assert found.touched_at == found.opened_at


def test_times_are_kept_in_utc() -> None:
    there = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=-3)))
    assert to_document(request(opened_at=there))["opened_at"] == "2026-03-02T12:00:00+00:00"
    assert there_and_back(request(opened_at=there)).opened_at == there


def test_every_field_of_a_request_is_written() -> None:
    """A field that somebody adds later must not be forgotten on the way."""
    full = Request(
        **{
            name: {
                "str": "x", "int": 7, "bool": True, "datetime": datetime(2026, 1, 1, tzinfo=UTC),
                "datetime | None": datetime(2026, 1, 1, tzinfo=UTC), "State": State.PENDING,
                "Person": Person("a@x.example"), "Fields": Fields("x"), "tuple[int, ...]": (7,),
                "tuple[Problem, ...]": (Problem("x"),), "Mapping[str, str]": {"x": "own"}, "tuple[str, ...]": ("x",),
            }[str(kind)]
            for name, kind in Request.__annotations__.items()
        }
    )  # fmt: skip
    assert set(Request.__annotations__) - set(to_document(full)) == {"id", "version"}
    assert there_and_back(full) == full
