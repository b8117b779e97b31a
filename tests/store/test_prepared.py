"""Prepared statements give what SQLAlchemy's own execution gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy.exc
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import bindparam, select, text, update

from mailflow.store.db import Database, run
from mailflow.store.lists import is_in
from mailflow.store.prepared import Prepared, _text_to_time, _time_to_text, insert_of
from mailflow.store.tables import PersonRow, Quota
from tests.store.make import NOON

_quota = Quota.__table__  # type: ignore[attr-defined]
_person = PersonRow.__table__  # type: ignore[attr-defined]
PUT = Prepared(insert_of(_quota, "key", "window_start", count=3).returning(_quota.c.key))
ALL = select(_quota).order_by(_quota.c.key)


def test_rows_are_the_same_either_way(db: Database) -> None:
    with db.transaction() as session:
        assert PUT.value(session, {"key": "a", "window_start": NOON}) == "a"
        run(session, _quota.insert(), {"key": "b", "window_start": NOON, "count": 4})
        mine, theirs = Prepared(ALL).all(session), run(session, ALL).all()
        assert [tuple(row) for row in mine] == [tuple(row) for row in theirs]
        assert (mine[0].key, mine[0].window_start, mine[0].count) == ("a", NOON, 3)


def test_every_type_is_read_as_it_was_written(db: Database) -> None:
    values = {
        "email": "a@x.example",
        "domain": "x.example",
        "name": "Añá 🥐",
        "active": False,
        "changed_at": NOON,
    }
    fixed = {"company": "", "role": "partner", "language": ""}
    with db.transaction() as session:
        Prepared(insert_of(_person, *values, **fixed)).run(session, values)
        row = Prepared(select(_person)).first(session)
        assert {name: getattr(row, name) for name in values} == values
        assert row.active is False


def test_each_set_of_parameters_has_its_own_rows(db: Database) -> None:
    change = Prepared(
        update(_quota)
        .where(_quota.c.key == bindparam("its_key"))
        .values(count=_quota.c.count + 1)
        .returning(_quota.c.count)
    )
    with db.transaction() as session:
        PUT.each(session, [{"key": key, "window_start": NOON} for key in "ab"])
        got = change.each(session, [{"its_key": key} for key in "axba"])
        assert [[row.count for row in rows] for rows in got] == [[4], [], [4], [5]]
        assert change.each(session, []) == []
        assert change.run(session, {"its_key": "a"}) == 1
        assert change.run(session, {"its_key": "x"}) == 0
        assert change.first(session, {"its_key": "x"}) is None
        assert change.value(session, {"its_key": "x"}) is None


def test_a_list_is_one_parameter(db: Database) -> None:
    look = Prepared(select(_quota.c.key).where(is_in(_quota.c.key, "keys")).order_by(_quota.c.key))
    with db.transaction() as session:
        PUT.each(session, [{"key": key, "window_start": NOON} for key in ("a", "b'", "ü")])
        for keys in ([], ["a"], ["ü", "b'", "none"], ["a"] * 500):
            found = [row.key for row in look.all(session, {"keys": keys})]
            assert found == sorted({"a", "b'", "ü"} & set(keys))


def test_a_forgotten_parameter_is_an_error_and_no_null(db: Database) -> None:
    with db.transaction() as session, pytest.raises(KeyError, match="window_start"):
        PUT.run(session, {"key": "a"})


def test_errors_keep_their_class_and_show_no_value(db: Database) -> None:
    with (
        pytest.raises(sqlalchemy.exc.IntegrityError) as caught,
        db.transaction() as session,
    ):
        PUT.each(session, [{"key": "secret-value", "window_start": NOON}] * 2)
    assert "secret-value" not in str(caught.value).replace(str(caught.value.orig), "")


def test_a_time_without_its_zone_is_refused(db: Database) -> None:
    with db.transaction() as session, pytest.raises(ValueError, match="zone"):
        PUT.run(session, {"key": "a", "window_start": NOON.replace(tzinfo=None)})


@given(
    st.datetimes(
        datetime(1970, 1, 2), datetime(2200, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3)), timezone(timedelta(hours=9))]),
    )
)  # fmt: skip
def test_times_are_written_as_sqlalchemy_writes_them(moment: datetime) -> None:
    from sqlalchemy.dialects.sqlite import DATETIME, dialect

    theirs = DATETIME().bind_processor(dialect())
    assert theirs is not None
    written = _time_to_text(moment)
    assert written == theirs(moment.astimezone(UTC))
    assert _text_to_time(written) == moment


def test_a_plain_text_statement_can_be_prepared(db: Database) -> None:
    with db.transaction() as session:
        assert Prepared(text("DELETE FROM quota")).run(session) == 0
