"""Promises I22 and I23 on the web: only a POST from our own page acts, guesses are slowed."""

from __future__ import annotations

import re
from itertools import count
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mailflow.core.commands import Accept
from mailflow.web.guesses import FREE, LONGEST_WAIT, WINDOW, Guesses, client_key
from mailflow.web.pages import pages
from tests.edges.web_door import OLD_TOKEN, PARTNERS_TOKEN, TOKEN, MemoryDoor, request, service

HERE = f"/a/{TOKEN}"

#: How link scanners, previews, prefetchers and mail gateways open what they find in a mail.
SCANNERS = [
    {"method": method, "headers": headers, "path": HERE + query}
    for method in ("GET", "HEAD", "OPTIONS")
    for headers, query in (
        ({"user-agent": "Mozilla/5.0 (Windows NT 10.0) SafeLinks"}, ""),
        ({"user-agent": "Mozilla/5.0", "purpose": "prefetch"}, ""),
        ({"sec-purpose": "prefetch;prerender", "sec-fetch-mode": "navigate"}, ""),
        ({"x-moz": "prefetch"}, "?do=accept"),
        ({"user-agent": "BarracudaLinkProtect"}, "?do=accept&lang=es"),
        ({"user-agent": "urldefense", "accept": "*/*"}, "?_method=POST&do=accept"),
        ({"user-agent": "HeadlessChrome", "sec-fetch-user": "?1"}, "?confirm=1&accept=yes"),
        ({"user-agent": "LinkPreview/1.0", "range": "bytes=0-1023"}, ""),
        ({"referer": "https://mail.example/", "cookie": "a=b"}, "?do=decline&reason=x"),
        ({"if-none-match": "*", "if-modified-since": "Sat, 29 Oct 1994 19:43:31 GMT"}, ""),
    )
]
#: Ways to pass a GET for a POST, or a POST for something else, in one framework or another.
OVERRIDES = [
    {"method": "GET", "path": HERE, "headers": {"x-http-method-override": "POST"}},
    {"method": "GET", "path": HERE, "headers": {"x-http-method": "POST"}},
    {"method": "GET", "path": HERE, "headers": {"x-method-override": "POST"}},
    {"method": "GET", "path": HERE + "?_method=POST&do=accept", "headers": {}},
    {"method": "HEAD", "path": HERE, "headers": {"x-http-method-override": "POST"}},
    {"method": "PUT", "path": HERE, "content": b"do=accept", "headers": {}},
    {"method": "PATCH", "path": HERE, "content": b"do=accept", "headers": {}},
    {
        "method": "GET",
        "path": HERE,
        "content": b"do=accept",
        "headers": {
            "content-type": "application/x-www-form-urlencoded",
            "x-http-method-override": "POST",
        },
    },
]


def client(door: MemoryDoor, clock: list[float] | None = None, **changes: object) -> TestClient:
    times = clock or [0.0]
    app = pages(door, service(**changes), clock=lambda: times[0])
    return TestClient(app, "https://accounts.vendor.example", follow_redirects=False)


def test_there_are_as_many_cases_as_promised() -> None:
    assert len(SCANNERS) >= 30
    assert len(OVERRIDES) >= 8


@pytest.mark.parametrize("case", SCANNERS + OVERRIDES, ids=lambda c: f"{c['method']} {c['path']}")
def test_whatever_is_no_post_changes_nothing(case: dict[str, object]) -> None:
    door = MemoryDoor()
    before = door.now
    answer = client(door).request(
        str(case["method"]),
        str(case["path"]),
        headers=case["headers"],  # type: ignore[arg-type]
        content=case.get("content"),  # type: ignore[arg-type]
    )
    assert answer.status_code in (200, 405)
    assert door.effects == []
    assert door.now is before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"origin": "https://accounts.vendor.example"}, 303),
        ({"origin": "null"}, 303),  # what browsers send from a page with no-referrer
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://accounts.vendor.example.evil.example"}, 403),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://accounts.vendor.example", "sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_only_our_own_page_may_send_the_form(headers: dict[str, str], status: int) -> None:
    door = MemoryDoor()
    answer = client(door).post(HERE, data={"do": "accept"}, headers=headers)
    assert answer.status_code == status
    assert door.effects == ([Accept(way="click")] if status == 303 else [])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", HERE),
        ("HEAD", HERE),
        ("GET", f"/a/{OLD_TOKEN}"),
        ("GET", "/nothing"),
        ("DELETE", HERE),
        ("POST", HERE),
        ("GET", "/done/nominated"),
        ("GET", "/style.css"),
    ],
)
def test_every_answer_carries_its_headers(method: str, path: str) -> None:
    headers = client(MemoryDoor()).request(method, path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert "noindex" in headers["x-robots-tag"]
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["cache-control"] == (
        "public, max-age=3600" if path == "/style.css" else "no-store"
    )
    assert "set-cookie" not in headers


def test_hsts_only_where_the_address_is_https() -> None:
    headers = client(MemoryDoor(), public_url="http://localhost:8080").get(HERE).headers
    assert "strict-transport-security" not in headers


def test_pages_hold_no_script_and_no_inline_style() -> None:
    html = client(MemoryDoor()).get(HERE).text
    assert not re.search(r"<script|<style|\son\w+=|style=|javascript:", html)


def fuzzed() -> tuple[MemoryDoor, list[BaseException], TestClient]:
    """One application for many examples; each guess comes long after the one before."""
    door, faults, hours = MemoryDoor(), [], count(step=3600 * 2)
    app = pages(door, service(), on_fault=faults.append, clock=lambda: float(next(hours)))
    return door, faults, TestClient(app, "https://accounts.vendor.example", follow_redirects=False)


FUZZED = fuzzed()


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
    tail=st.text(max_size=80),
    query=st.text(max_size=60),
    fields=st.dictionaries(
        st.sampled_from(["do", "reason", "address", "x"]),
        st.one_of(st.sampled_from(["decline", "nominate", "ready"]), st.text(max_size=200)),
        max_size=4,
    ),
    language=st.text(st.characters(max_codepoint=255), max_size=40),
)
def test_whatever_is_sent_the_answer_is_calm(
    method: str, tail: str, query: str, fields: dict[str, str], language: str
) -> None:
    door, faults, web = FUZZED
    door.now, door.withdrawn = request(), {OLD_TOKEN}
    door.effects.clear()
    headers = {"accept-language": language.encode("latin-1")}
    for path in (f"/a/{quote(tail)}", HERE):
        sent = {"data": fields} if method == "POST" else {}
        answer = web.request(method, f"{path}?lang={quote(query)}", headers=headers, **sent)  # type: ignore[arg-type]
        assert answer.status_code < 500
        assert "<script" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
    assert faults == []
    assert len(door.effects) <= (method == "POST")


# --- guesses


def test_guesses_are_stopped_within_fifty_and_the_wait_grows() -> None:
    door, clock = MemoryDoor(), [0.0]
    web = client(door, clock)
    statuses = [web.get(f"/a/{i:032d}").status_code for i in range(50)]
    assert statuses == [404] * (FREE + 1) + [429] * (49 - FREE)
    waits = []
    for i in range(5):
        held = web.get(f"/a/{i:032d}")
        assert held.status_code == 429
        waits.append(int(held.headers["retry-after"]))
        assert web.post(f"/a/{i:032d}", data={"do": "accept"}).status_code == 429
        assert web.post(f"/a/{i:032d}", content=b"x" * 100_000).status_code == 429  # unread
        clock[0] += waits[-1]
        assert web.get(f"/a/{i:032d}").status_code == 404
    assert waits == [2, 4, 8, 16, 32]
    assert door.effects == []


def test_a_neighbour_with_a_right_link_is_served_while_somebody_guesses() -> None:
    """An office shares one address; and behind a proxy that nobody named, so does the world."""
    door, clock = MemoryDoor(), [0.0]
    web = client(door, clock)
    for i in range(50):
        web.get(f"/a/{i:032d}")
    assert web.get(f"/a/{1:032d}").status_code == 429
    assert web.get(HERE).status_code == 200
    assert web.get(f"/s/{PARTNERS_TOKEN}").status_code == 200
    assert web.post(HERE, data={"do": "accept"}).status_code == 303
    assert len(door.effects) == 1


def test_the_holder_is_never_slowed() -> None:
    web = client(MemoryDoor())
    assert {web.get(HERE).status_code for _ in range(100)} == {200}


def test_the_wait_has_an_end_and_is_forgotten() -> None:
    guesses = Guesses()
    for _ in range(200):
        guesses.wrong("192.0.2.1", 0.0)
    assert guesses.wait("192.0.2.1", 0.0) == LONGEST_WAIT
    assert guesses.wait("192.0.2.2", 0.0) == 0.0
    later = LONGEST_WAIT + WINDOW
    guesses.wrong("192.0.2.1", later)
    assert guesses.wait("192.0.2.1", later) == 0.0


def test_many_addresses_guess_no_faster_in_all() -> None:
    guesses = Guesses()
    for i in range(300):
        guesses.wrong(f"198.51.{i // 200}.{i % 200}", 0.0)
    assert guesses.wait("198.51.0.1", 0.0) == 0.0
    guesses.wrong("203.0.113.9", 1.0)
    assert guesses.wait("203.0.113.9", 1.0) > 0.0  # its first wrong one already
    assert guesses.wait("203.0.113.10", 1.0) == 0.0  # who guessed nothing is served
    guesses.wrong("203.0.113.11", WINDOW + 1.0)
    assert guesses.wait("203.0.113.11", WINDOW + 1.0) == 0.0


def test_memory_is_bounded() -> None:
    guesses = Guesses()
    for i in range(12_000):
        guesses.wrong(f"2001:db8:{i:x}::1", 0.0)
    assert len(guesses._clients) == 10_000


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_an_address_stands_for_its_customer(address: str, key: str) -> None:
    assert client_key(address) == key


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", [f"{HERE}/", f"{HERE}//", f"//a/{TOKEN}", f"/s/{TOKEN}/"])
def test_no_address_is_made_of_the_host(method: str, path: str) -> None:
    """A slash too many is not mended by sending the browser on, secret and all, to that host."""
    browser = client(MemoryDoor())
    answer = browser.request(
        method, path, headers={"host": "mallory.example"}, follow_redirects=False
    )
    assert answer.status_code == 404
    assert "mallory" not in str(answer.headers) + answer.text
