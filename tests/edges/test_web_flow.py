"""The pages on the real door and a real database: one effect, one decision, nothing told twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from statistics import median

import httpx2
import pytest
from starlette.testclient import TestClient

from mailflow.config import Config
from mailflow.core import token
from mailflow.core.request import Request, State
from mailflow.flow import Contested, Flow
from mailflow.letters import Letters
from mailflow.store import queries, requests, tokens
from mailflow.store.db import Database
from mailflow.web.pages import pages
from mailflow.web.server import Server
from tests.edges.web_door import request, service
from tests.house import House, page_token, text_of

SECRET = token.make(b"k" * 20)
STALE = token.make(b"w" * 20)
HERE = f"/a/{SECRET}"


def house(db: Database, **changes: object) -> tuple[Flow, Request]:
    """A request that waits for its customer, who holds the page token."""
    config = Config(service=service(languages=("en",)))
    flow = Flow(db, Letters(config.service), config)
    with db.transaction() as session:
        now = db.now(session)
        values = {"opened_at": now, "touched_at": now, "created_at": now}
        pending = request(**{**values, "expires_at": now + timedelta(days=90), **changes})
        stored = requests.insert(session, replace(pending, id=0))
        requests.account_create(session, stored, "pending", now)
        for secret in (SECRET, STALE):
            tokens.add(
                session,
                hash=token.digest(secret),
                purpose="page",
                person=stored.approver if secret is SECRET else "former@acme.example",
                request_id=stored.id,
                outbox_id=None,
                revision=1,
                at=now,
            )
        tokens.withdraw(session, stored.id, now, "former@acme.example")
    return flow, stored


def client(flow: Flow) -> TestClient:
    app = pages(flow, flow.config.service, temporary=(Contested,))
    return TestClient(app, "https://accounts.vendor.example", follow_redirects=False)


def now_is(db: Database, stored: Request) -> Request:
    with db.reading() as session:
        found = requests.load(session, stored.id)
    assert found is not None
    return found


def written(db: Database) -> list[tuple[str, str]]:
    """Which letters were written, to whom."""
    with db.reading() as session:
        return sorted((m.kind, m.recipient) for m in queries.outbox_rows(session, limit=100))


def decisions(db: Database, stored: Request) -> int:
    with db.reading() as session:
        return sum(event.decides for event in queries.events(session, stored.id))


@contextmanager
def serving(flow: Flow) -> Iterator[str]:
    server = Server(pages(flow, flow.config.service))
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


def test_a_click_activates_and_tells_everybody(db: Database) -> None:
    flow, stored = house(db)
    web = client(flow)
    assert "Accept and activate" in web.get(HERE).text
    assert written(db) == []
    assert web.post(HERE, data={"do": "accept"}).headers["location"] == HERE
    assert now_is(db, stored).state is State.ACTIVE
    assert written(db) == [
        ("access", "luis@acme.example"),
        ("access", "ops@contractor.example"),
        ("confirmation_customer", "maria@acme.example"),
        ("confirmation_partner", "tom@partner.example"),
    ]
    assert "has been active since" in web.get(HERE).text
    assert web.post(HERE, data={"do": "decline"}).status_code == 303
    assert now_is(db, stored).state is State.ACTIVE
    assert decisions(db, stored) == 1


def test_looking_writes_nothing(db: Database) -> None:
    flow, stored = house(db)
    web = client(flow)
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        for path in (HERE, HERE + "?do=accept", f"/a/{STALE}", "/a/none"):
            web.request(method, path, headers={"x-http-method-override": "POST"})
    assert now_is(db, stored) == stored
    assert written(db) == []


def test_twenty_clicks_at_once_are_one_decision(db: Database) -> None:
    flow, stored = house(db)
    buttons = ["accept", "decline", "not_me", "accept"] * 5
    with serving(flow) as base, ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda do: httpx2.post(base + HERE, data={"do": do}, timeout=30), buttons)
        )
    assert {answer.status_code for answer in answers} == {303}
    assert now_is(db, stored).version == 1
    assert decisions(db, stored) <= 1
    partner = [kind for kind, to in written(db) if to == "tom@partner.example"]
    assert len(partner) == 1


def test_a_nominee_gets_a_link_and_the_old_one_is_nobodys(db: Database) -> None:
    flow, stored = house(db)
    web = client(flow)
    outside = web.post(HERE, data={"do": "nominate", "address": "x@elsewhere.example"})
    assert outside.status_code == 422
    answer = web.post(HERE, data={"do": "nominate", "address": "Ana@ACME.example"})
    assert answer.headers["location"] == "/done/nominated"
    assert now_is(db, stored).approver == "ana@acme.example"
    assert ("activation", "ana@acme.example") in written(db)
    mine, unknown = web.get(HERE), web.get(f"/a/{token.make(b'u' * 20)}")
    assert (mine.status_code, mine.text) == (404, unknown.text)
    assert web.post(HERE, data={"do": "accept"}).status_code == 404
    assert now_is(db, stored).state is State.PENDING


def test_a_late_click_finds_the_request_expired(db: Database) -> None:
    flow, stored = house(db)
    db.clock_offset += timedelta(days=90)
    web = client(flow)
    assert web.post(HERE, data={"do": "accept"}).status_code == 303
    assert now_is(db, stored).state is State.EXPIRED
    assert "Tell them I am ready" in web.get(HERE).text
    assert web.post(HERE, data={"do": "ready"}).status_code == 303
    assert "We have told tom@partner.example" in web.get(HERE).text
    web.post(HERE, data={"do": "ready"})
    assert written(db).count(("customer_ready", "tom@partner.example")) == 1


def test_a_token_for_something_else_opens_no_page(db: Database) -> None:
    flow, stored = house(db)
    other = token.make(b"r" * 20)
    with db.transaction() as session:
        tokens.add(
            session,
            hash=token.digest(other),
            purpose="approver_reply",
            person=stored.approver,
            request_id=stored.id,
            outbox_id=None,
            revision=1,
            at=db.now(session),
        )
    web = client(flow)
    assert web.get(f"/a/{other}").status_code == 404
    assert web.post(f"/a/{other}", data={"do": "accept"}).status_code == 404
    assert now_is(db, stored).state is State.PENDING


def test_a_token_is_read_without_regard_to_case(sqlite_db: Database) -> None:
    flow, _ = house(sqlite_db)
    assert client(flow).get(f"/a/{SECRET.upper()}").status_code == 200


def test_withdrawn_and_unknown_take_the_same_time(sqlite_db: Database) -> None:
    """Their medians differ by less than 2 ms (I23)."""
    flow, _ = house(sqlite_db)
    taken: dict[str, list[float]] = {STALE: [], token.make(b"u" * 20): []}
    for secret in taken:
        flow.page(secret)
    for _ in range(60):
        for secret, times in taken.items():
            began = time.perf_counter()
            flow.page(secret)
            times.append(time.perf_counter() - began)
    one, other = (median(times) for times in taken.values())
    assert abs(one - other) < 0.002


@pytest.mark.parametrize("state", [State.HOLD, State.PENDING])
def test_not_me_stops_it_until_a_person_has_looked(sqlite_db: Database, state: State) -> None:
    flow, stored = house(sqlite_db, state=state)
    web = client(flow)
    assert web.post(HERE, data={"do": "not_me"}).status_code == 303
    assert now_is(sqlite_db, stored).state is State.HOLD
    assert "being checked" in web.get(HERE).text
    web.post(HERE, data={"do": "accept"})
    assert now_is(sqlite_db, stored).state is State.HOLD


def test_the_partners_link_shows_and_never_acts(db: Database) -> None:
    house = House(db)
    completion, activation = house.pending()
    web = TestClient(
        pages(house.service.flow, house.config.service), "https://accounts.vendor.example"
    )
    link = text_of(completion).partition("/s/")[2].split()[0]
    assert "We wait for the customer" in web.get(f"/s/{link}").text
    assert web.post(f"/a/{link}", data={"do": "accept"}).status_code == 404
    assert house.request().state is State.PENDING
    house.answer(activation, "ACTIVATE")
    assert "The customer accepted" in web.get(f"/s/{link}").text
    assert web.get(f"/s/{page_token(activation)}").status_code == 404


def test_a_nomination_refused_on_the_page_is_not_told_by_mail_as_well(db: Database) -> None:
    flow, _ = house(db)
    web = client(flow)
    for _ in range(5):
        answer = web.post(HERE, data={"do": "nominate", "address": "x@elsewhere.example"})
        assert answer.status_code == 422
    # The operator may know better, and hears of it so often at most.
    assert written(db) == [("operator_notice", "licensing@vendor.example")] * 3
