"""The small parts of the door: addresses in commands, replies, who may come in, how much."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.ingress.crowd import SMALL_BYTES, Budget, Crowd
from mailflow.ingress.paths import split_path
from mailflow.ingress.rules import enhanced


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a@b.example>", ("a@b.example", "")),
        ("<a@b.example> SIZE=5 BODY=8BITMIME", ("a@b.example", "SIZE=5 BODY=8BITMIME")),
        ("a@b.example", ("a@b.example", "")),
        ("a@b.example SIZE=5", ("a@b.example", "SIZE=5")),
        ("<>", ("<>", "")),
        ("<> SIZE=5", ("<>", "SIZE=5")),
        ("<@old.example,@older.example:a@b.example>", ("a@b.example", "")),
        ("<a..b.@docomo.example>", ("a..b.@docomo.example", "")),
        ('<"a b@c"@b.example>', ('"a b@c"@b.example', "")),
        (r'<"a\"b"@b.example>', (r'"a\"b"@b.example', "")),
        ("<a@[192.0.2.1]>", ("a@[192.0.2.1]", "")),
        ("<josé@bücher.example>", ("josé@bücher.example", "")),
        ("<SRS0=abc=de=partner.example=tom@b.example>",
         ("SRS0=abc=de=partner.example=tom@b.example", "")),
        (f"<{'a' * 64}@b.example>", (f"{'a' * 64}@b.example", "")),
        (f"<{'a' * 65}@b.example>", None),
        (f"<{'é' * 33}@b.example>", None),
        ("<a@" + "b." * 130 + "example>", None),
        ("", None),
        ("<", None),
        ("<a>", None),
        ("<@b.example>", None),
        ("<a@>", None),
        ("<a@b@c.example>", None),
        ("<a@b.example", None),
        ("<a@b.example>>", None),
        ("<a@b.example>SIZE=5", None),
        ("<a b@c.example>", None),
        ("<a@b.example>\r\nRCPT TO:<c@d.example>", None),
        ("<a\n@b.example>", None),
        ("<a\0@b.example>", None),
        ("<a\x7f@b.example>", None),
        ("<a\udcff@b.example>", None),
        ("<a\u202eb@c.example>", None),
        ("<a\u0085b@c.example>", None),
        ('<"a\nb"@c.example>', None),
        ("<a(comment)@b.example>", None),
        ("Tom <a@b.example>", None),
    ],
)  # fmt: skip
def test_paths(text: str, expected: tuple[str, str] | None) -> None:
    assert split_path(text) == expected


@given(st.text(st.characters(codec=None), max_size=80))
def test_what_is_accepted_can_be_stored_and_stays_in_its_line(text: str) -> None:
    found = split_path(f"<{text}@b.example>")
    if found is not None:
        found[0].encode()
        assert found[0].isprintable()


@pytest.mark.parametrize("text", ['<"' + "\\a" * 30_000, "<" + "@a," * 30_000, "<" + "a" * 90_000])
def test_no_path_takes_long(text: str) -> None:
    begun = time.perf_counter()
    assert split_path(text) is None
    assert time.perf_counter() - begun < 0.2


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("250 OK", "250 2.0.0 OK"),
        ("500 Error: bad syntax", "500 5.5.2 bad syntax"),
        ("553 5.1.3 Error: malformed address", "553 5.1.3 malformed address"),
        ("354 End data with <CR><LF>.<CR><LF>", "354 End data with <CR><LF>.<CR><LF>"),
        ("220 mx.vendor.example ESMTP", "220 mx.vendor.example ESMTP"),
        ("250-SIZE 5", "250-SIZE 5"),
        ('500 Error: command "A\r\n250 B\x1b[" not recognized',
         '500 5.5.2 command "A??250 B?[" not recognized'),
        ("451 4.3.0 No", "451 4.3.0 No"),
    ],
)  # fmt: skip
def test_replies(reply: str, expected: str) -> None:
    assert enhanced(reply) == expected


def test_greetings_have_no_enhanced_code() -> None:
    assert enhanced("250 ENHANCEDSTATUSCODES", greeting=True) == "250 ENHANCEDSTATUSCODES"


@dataclass(eq=False)
class Visitor:
    """A guest who has been quiet for so long, or is busy (None)."""

    quiet: float | None
    told: list[str] = field(default_factory=list)

    def quiet_for(self) -> float | None:
        return self.quiet

    def send_away(self, farewell: str) -> None:
        self.told.append(farewell)

    def abort(self) -> None:
        self.told.append("")


def test_a_crowd_has_two_limits() -> None:
    crowd = Crowd(3, 2)
    busy = [Visitor(None) for _ in range(6)]
    addresses = ["a", "a", "a", "b", "c"]
    entered = [crowd.admit(v, a) for v, a in zip(busy, addresses, strict=False)]
    assert entered == [True, True, False, True, False]
    crowd.leave(busy[0])
    crowd.leave(busy[0])
    crowd.leave(busy[2])
    assert crowd.admit(busy[5], "c")
    assert len(crowd) == 3
    assert not any(v.told for v in busy)


def test_the_longest_idler_makes_room() -> None:
    crowd = Crowd(4, 4)
    fresh, long, longer, busy = Visitor(0.1), Visitor(5), Visitor(9), Visitor(None)
    for visitor in (fresh, long, longer, busy):
        assert crowd.admit(visitor, "a")
    assert crowd.admit(Visitor(None), "b")
    assert crowd.admit(Visitor(None), "b")
    assert not crowd.admit(Visitor(None), "b"), "who has just come may stay"
    assert [len(v.told) for v in (fresh, long, longer, busy)] == [0, 1, 1, 0]
    assert longer.told[0].startswith("421 ")


def test_an_idler_elsewhere_makes_no_room_for_a_crowded_address() -> None:
    crowd = Crowd(10, 1)
    elsewhere = Visitor(99)
    assert crowd.admit(elsewhere, "b")
    assert crowd.admit(Visitor(None), "a")
    assert not crowd.admit(Visitor(None), "a")
    assert not elsewhere.told


def test_a_budget_is_given_back_whatever_happens() -> None:
    budget = Budget(1000)

    def fail() -> None:
        with budget.open() as room:
            assert room.reserve(700)
            assert not budget.open().reserve(301)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert budget.used == 0


def test_big_mails_leave_room_for_small_ones() -> None:
    budget = Budget(8 * SMALL_BYTES)
    big = [budget.open() for _ in range(4)]
    while sum([room.reserve(SMALL_BYTES // 2 + 1) for room in big]):
        pass
    assert budget.used <= 7 * SMALL_BYTES
    assert budget.open().reserve(SMALL_BYTES)
