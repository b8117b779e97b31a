"""The console on a real service: what it shows, and what a click does."""

from __future__ import annotations

import re
from datetime import UTC

import pytest

from mailflow.core.request import Account, State
from mailflow.store import directory, inbox, mailboxes, queries, requests, strangers
from mailflow.store.db import Database, Unavailable
from mailflow.web.console.figures import Figures
from tests.edges.console_door import Operator, house
from tests.house import ALBA, DAY, GONE, REQUEST, TOM, House, one, page_token, text_of
from tests.store.make import incoming


@pytest.fixture
def place(db: Database) -> House:
    return house(db)


@pytest.fixture
def ana(place: House) -> Operator:
    operator = Operator(place)
    operator.login()
    return operator


@pytest.fixture
def rui(place: House) -> Operator:
    operator = Operator(place)
    operator.login("rui")
    return operator


def events(place: House) -> list[tuple[str, str, str]]:
    """(name, part, address) of every event of the only request."""
    with place.db.reading() as session:
        return [(e.name, e.part, e.address) for e in queries.events(session, place.request().id)]


def logged(place: House) -> list[tuple[str, str]]:
    """(name, operator) of what belongs to no request, newest first."""
    with place.db.reading() as session:
        return [(e.name, e.address) for e in queries.operator_events(session)]


def state_of(place: House, mail: int) -> str:
    with place.db.reading() as session:
        return queries.inbox_rows(session, ids=[mail])[0].state


# --- requests


def test_the_first_page_counts_and_points_at_what_waits(place: House, ana: Operator) -> None:
    _, activation = place.pending()
    place.answer(activation, "NOT ME")
    place.write(ALBA.email, "Account name: X", peer="192.0.2.66")
    html = ana.get("/").text
    assert re.search(r"<strong>1</strong> request on hold", html)
    assert re.search(r"<strong>1</strong> mail in quarantine", html)
    assert re.search(r'"number">4</span> <span class="quiet">mails received', html)
    assert "Time to confirm: 1 h: 1" in html


def test_mail_that_is_only_counted_is_among_the_mails_received(
    place: House, ana: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "NEWEST", 0)
    place.write(ALBA.email, "Account name: X", peer="192.0.2.66")
    place.write(ALBA.email, "Account name: Y", peer="192.0.2.66")
    assert strangers.limit(place.db, 0).forgotten == 2
    assert "2 mails received in all, 2 of them only counted" in ana.get("/").text


def test_figures_are_counted_once_in_a_while(place: House) -> None:
    now = [0.0]
    operator = Operator(place, lambda: now[0])
    operator.login()
    assert '0</span> <span class="quiet">mails received' in operator.get("/").text
    place.pending()
    assert '0</span> <span class="quiet">mails received' in operator.get("/").text
    now[0] += 15
    assert '2</span> <span class="quiet">mails received' in operator.get("/").text


def test_nobody_waits_for_figures_that_take_long_to_count(db: Database) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1  # so that counting takes a second
        return now[0]

    figures = Figures(db, clock, on_fault=lambda _: None)
    first = figures.look(UTC)
    assert figures.look(UTC) is first
    now[0] += 100
    assert figures.look(UTC) is first
    with figures._counting:  # has been counted behind
        pass
    second = figures.look(UTC)
    assert second.at > first.at


def test_a_request_is_shown_with_its_whole_story_and_no_secret(place: House, ana: Operator) -> None:
    completion, activation = place.pending()
    reference = place.request().reference
    html = ana.get(f"/requests/{reference}").text
    for word in ("Harbour Logistics", ALBA.email, TOM, "opened", "confirmed", "trusted peer"):
        assert word in html
    token = page_token(activation)
    for letter in (completion, activation):
        shown = ana.get(f"/mail/out/{letter.id}").text
        assert token[:6] + "…" in shown or letter is completion
        assert not re.search(r"[a-z2-7]{32}", shown)
    assert token not in html


@pytest.mark.parametrize(
    ("do", "state", "event"),
    [
        ("resend", State.PENDING, "activation_sent"),
        ("hold", State.HOLD, "held"),
        ("cancel", State.CANCELLED, "cancelled"),
    ],
)
def test_what_is_done_to_a_pending_request_stands_under_the_operators_name(
    place: House, ana: Operator, do: str, state: State, event: str
) -> None:
    place.pending()
    here = f"/requests/{place.request().reference}"
    answer = ana.post(here, do=do, reason="They called")
    assert (answer.status_code, answer.headers["location"]) == (303, here)
    assert place.request().state is state
    assert events(place)[-1] == (event, "operator", "ana")
    assert "Done:" in ana.get(here).text
    assert "Done:" not in ana.get(here).text


@pytest.mark.parametrize(
    ("do", "state", "letter"),
    [("release", State.PENDING, "released"), ("reject", State.CANCELLED, "cancelled")],
)
def test_a_held_request_goes_on_or_ends(
    place: House, ana: Operator, do: str, state: State, letter: str
) -> None:
    _, activation = place.pending()
    place.answer(activation, "NOT ME")
    ana.post(f"/requests/{place.request().reference}", do=do, reason="We asked them by phone")
    assert place.request().state is state
    assert events(place)[-1][1:] == ("operator", "ana")
    assert letter in [written.kind for written in place.service.letters()]


def test_holding_and_rejecting_want_a_reason(place: House, ana: Operator) -> None:
    place.pending()
    answer = ana.post(f"/requests/{place.request().reference}", do="hold", reason=" \u200b ")
    assert answer.status_code == 422
    assert "write a reason" in answer.text
    assert place.request().state is State.PENDING


def test_what_a_request_cannot_do_changes_nothing(place: House, ana: Operator) -> None:
    _, activation = place.pending()
    place.answer(activation, "ACTIVATE")
    here = f"/requests/{place.request().reference}"
    before = place.request()
    for do in ("hold", "release", "reject", "cancel", "resend"):
        assert ana.post(here, do=do, reason="x").status_code == 303
    assert ana.post(here, do="accept").status_code == 400
    assert place.request() == before
    assert 'value="cancel"' not in ana.get(here).text


def test_who_may_only_look_changes_nothing_and_is_offered_nothing(
    place: House, rui: Operator
) -> None:
    place.pending()
    here = f"/requests/{place.request().reference}"
    assert 'name="do"' not in rui.get(here).text
    assert 'type="file"' not in rui.get("/people").text
    before = place.request()
    for path, fields in (
        (here, {"do": "cancel"}), ("/people/status", {"email": ALBA.email, "do": "deactivate"}),
        ("/mail/in/1", {"do": "drop"}), ("/health", {"do": "retry_inbox"}),
        ("/people", {"ticket": "x"}), ("/accounts", {"ticket": "x"}),
    ):  # fmt: skip
        assert rui.post(path, **fields).status_code == 403
    assert rui.upload("/people", "p.csv", b"email\nx@y.example\n").status_code == 403
    assert place.request() == before
    with place.db.reading() as session:
        found = directory.person(session, ALBA.email)
    assert found
    assert found.active


# --- lists


def test_requests_are_found_by_reference_address_and_domain(place: House, ana: Operator) -> None:
    place.pending()
    place.review("Account name: Other\nCustomer email: eva@other.example\n")
    with place.db.reading() as session:
        reference = queries.approver_requests(session, TOM)[0].reference
    for words in (reference.lower(), TOM.upper(), "harbour.example", "@harbour.example"):
        html = ana.browser.get("/requests", params={"q": words}).text
        assert reference in html, words
        assert "Other" not in html, words
        assert "as a part" not in html
    partly = ana.browser.get("/requests", params={"q": "harb"}).text
    assert reference in partly
    assert "as a part among the newest" in partly
    assert "No request fits" in ana.browser.get("/requests", params={"q": "%"}).text
    only = ana.get("/requests?state=review").text
    assert "Other" in only
    assert reference not in only


def test_pages_of_requests_hang_together(sqlite_db: Database) -> None:
    place = house(sqlite_db)
    stored = [make_request(place.db, number) for number in range(120)]
    operator = Operator(place)
    operator.login()
    for query in ("", "q=ana%40partner.example", "q=bakery", "state=review"):
        seen: list[str] = []
        path = f"/requests?{query}"
        for _ in range(3):
            html = operator.get(path).text
            seen += re.findall(r'href="/requests/(T-\d+)"', html)
            more = re.search(r'rel="next" href="([^"]+)"', html)
            if more:
                path = "/requests" + more[1].replace("&amp;", "&")
        assert not more, query
        assert seen == [request.reference for request in reversed(stored)], query


def test_people_can_be_barred_and_let_in_again(place: House, ana: Operator) -> None:
    ana.post("/people/status", email=ALBA.email, do="deactivate")
    assert "may not ask any more" in ana.get("/people").text
    assert place.write(ALBA.email, REQUEST)[0].kind == "refusal"
    ana.post("/people/status", email=ALBA.email, do="activate")
    assert place.write(ALBA.email, REQUEST)[0].kind == "review"
    assert logged(place) == [("person_activated", "ana"), ("person_deactivated", "ana")]
    assert "person activated" in ana.get("/log").text
    unknown = ana.post("/people/status", email="who@nowhere.example", do="activate")
    assert unknown.status_code == 404


# --- imports


PEOPLE = f"""email;name;role;status
new@fresh.example;Nora;partner;
{ALBA.email};Alba Vidal;partner;inactive
{GONE.email};Gone;partner;inactive
"""


def ticket_in(html: str) -> str:
    found = re.search(r'name="ticket" value="([0-9a-f]{32})"', html)
    assert found
    return found[1]


def test_an_import_shows_first_what_it_would_change(place: House, ana: Operator) -> None:
    shown = ana.upload("/people", "people.csv", PEOPLE.encode("utf-8-sig"))
    assert shown.status_code == 200
    assert re.findall(r'number">(\d+)</span> <span class="quiet">(\w+)', shown.text) == [
        ("1", "added"), ("2", "changed"),
    ]  # fmt: skip
    assert "<del>active</del>" in shown.text
    with place.db.reading() as session:
        assert directory.person(session, "new@fresh.example") is None
    ticket = ticket_in(shown.text)
    assert ana.post("/people", ticket=ticket).headers["location"] == "/people"
    with place.db.reading() as session:
        assert directory.person(session, "new@fresh.example")
    assert logged(place)[0] == ("people_imported", "ana")
    again = ana.post("/people", ticket=ticket)
    assert "preview is over" in ana.get(again.headers["location"]).text
    assert len(logged(place)) == 1


def test_a_file_with_faults_imports_nothing_and_names_the_lines(ana: Operator) -> None:
    wrong = ana.upload("/people", "p.csv", b"email,role\nnobody,boss\n<b>@x.example,partner\n")
    assert wrong.status_code == 422
    assert "line 2" in wrong.text
    assert "<b>" not in wrong.text
    assert 'name="ticket"' not in wrong.text
    for content in (b"", b"\xff\xfe", b"email\n", b"emial\nx@y.example\n"):
        assert ana.upload("/people", "p.csv", content).status_code == 422


def test_an_upload_has_its_limits(ana: Operator) -> None:
    for heading in (b'"' * 100_000, b"x," * 50_000):  # what is quoted of it fits on a page
        assert len(ana.upload("/people", "p.csv", heading).text) < 20_000
    large = ana.upload("/people", "p.csv", b"x" * 5_300_000)
    assert large.status_code == 413
    plain = ana.browser.post("/people", content=b"{}", headers={"content-type": "application/json"})
    assert plain.status_code == 415
    broken = ana.browser.post(
        "/people", content=b"--x", headers={"content-type": "multipart/form-data"}
    )
    assert broken.status_code == 400


def test_an_account_of_a_request_is_a_conflict(place: House, ana: Operator) -> None:
    place.pending()
    table = b"domain,name\nharbour.example,Taken\nfree.example,Free\n"
    shown = ana.upload("/accounts", "a.csv", table)
    assert shown.status_code == 422
    assert "conflict" in shown.text
    assert 'name="ticket"' not in shown.text
    shown = ana.upload("/accounts", "a.csv", b"domain,name\nfree.example,Free\n")
    ana.post("/accounts", ticket=ticket_in(shown.text))
    assert "free.example" in ana.get("/accounts").text
    assert logged(place) == [("accounts_imported", "ana")]


def test_a_conflict_that_came_after_the_preview_stops_it(place: House, ana: Operator) -> None:
    shown = ana.upload("/accounts", "a.csv", b"domain,name\nharbour.example,H\nf.example,F\n")
    place.pending()
    ana.post("/accounts", ticket=ticket_in(shown.text))
    assert "Nothing was imported" in ana.get("/accounts").text
    with place.db.reading() as session:
        assert directory.account(session, "f.example") is None


# --- mail


def quarantined(place: House, body: str = REQUEST) -> int:
    place.write(ALBA.email, body, peer="192.0.2.66")
    with place.db.reading() as session:
        return queries.inbox_rows(session, states=["quarantined"])[0].id


def test_a_strangers_mail_is_shown_as_text_only(place: House, ana: Operator) -> None:
    raw = (
        b"From: alba@cobalt.example\r\nTo: requests@vendor.example\r\n"
        b"Subject: =?utf-8?B?PHNjcmlwdD4=?= \xe2\x80\xae\r\nMessage-ID: <1@x.example>\r\n"
        b"Content-Type: text/html; charset=utf-8\r\n\r\n"
        b"<p>Hello</p><img src=https://evil.example/x.png><script>alert(1)</script>"
        b"<a href='javascript:alert(2)'>click</a><form action=//evil.example><input></form>\r\n"
    )
    place.deliver(raw, mail_from=ALBA.email, to="requests@vendor.example", peer="192.0.2.66")
    with place.db.reading() as session:
        (line,) = queries.inbox_rows(session, states=["quarantined"])
    html = ana.get(f"/mail/in/{line.id}").text
    assert "Hello" in html
    assert "visible text of its HTML" in html
    for canary in ("<script", "evil.example/x.png", "javascript:", "alert(1)", "\u202e", "<img"):
        assert canary not in html


def test_releasing_vouches_by_name_and_the_mail_has_its_effect(place: House, ana: Operator) -> None:
    mail = quarantined(place)
    assert f"/mail/in/{mail}" in ana.get("/quarantine").text
    assert ana.post(f"/mail/in/{mail}", do="release").status_code == 303
    place.service.work()
    assert one(place.service.letters(), "review").recipient == ALBA.email
    assert 'Vouched for by</dt><dd class="address">ana' in ana.get(f"/mail/in/{mail}").text
    assert logged(place) == [("mail_released", "ana")]


def test_dropping_ends_it(place: House, ana: Operator) -> None:
    mail = quarantined(place)
    ana.post(f"/mail/in/{mail}", do="drop")
    assert state_of(place, mail) == "refused"
    assert logged(place) == [("mail_dropped", "ana")]
    ana.post(f"/mail/in/{mail}", do="release")
    assert state_of(place, mail) == "refused"
    assert len(logged(place)) == 1


def test_failed_mail_can_be_tried_again(place: House, ana: Operator) -> None:
    [stored] = inbox.put_many(place.db, [incoming(b"Subject: x\r\n\r\nhello")])
    for _ in range(3):
        [claimed] = inbox.claim(place.db, 1, DAY)
        inbox.fault(place.db, claimed.id, claimed.fence, "boom", 3, DAY * 0)
    assert "boom" in ana.get("/health").text
    ana.post("/health", do="retry_inbox")
    assert state_of(place, stored.id) == "waiting"
    assert logged(place) == [("mail_retried", "ana")]


def test_a_mailbox_in_trouble_is_seen(place: House, ana: Operator) -> None:
    mailboxes.begin(place.db, "main", "127.0.0.1 requests INBOX", 1)
    mailboxes.looked(place.db, "main")
    mailboxes.looked(place.db, "main", "login refused")
    html = ana.get("/health").text
    assert "Mailboxes" in html
    assert "login refused" in html


# --- trouble


@pytest.mark.parametrize(
    "path",
    [
        "/requests/R-0000000", "/requests/%00", "/mail/in/99", f"/mail/in/{10**30}", "/mail/out/0",
        "/mail/in/-1", "/mail/in/x", "/none", "/requests/" + "9" * 500,
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_so(ana: Operator, path: str) -> None:
    assert ana.get(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["after=x", "after=-5", f"after={10**30}", "state=none", "q=%00", "q=%F0%9F%98%80"]
)
def test_odd_queries_show_a_page(ana: Operator, query: str) -> None:
    for path in ("/requests", "/quarantine", "/people", "/accounts", "/log"):
        assert ana.get(f"{path}?{query}").status_code == 200, path


def test_looking_changes_nothing(place: House, ana: Operator) -> None:
    place.pending()
    before = place.request()
    for path in (f"/requests/{before.reference}", "/people/status", "/mail/in/1", "/health"):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            ana.browser.request(
                method, f"{path}?do=cancel", headers={"x-http-method-override": "POST"}
            )
    assert place.request() == before
    assert logged(place) == []


def test_a_database_that_is_away_is_told_calmly(
    place: House, ana: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unavailable("host db-7 refused")

    monkeypatch.setattr(place.db, "reading", away)
    answer = ana.get("/requests")
    assert answer.status_code == 503
    assert "db-7" not in answer.text


def test_two_operators_at_once_have_one_effect(place: House, ana: Operator) -> None:
    place.pending()
    here = f"/requests/{place.request().reference}"
    other = Operator(place)
    other.login()
    ana.post(here, do="cancel")
    other.post(here, do="hold", reason="wait")
    assert place.request().state is State.CANCELLED
    assert "Nothing changed" in other.get(here).text
    assert [name for name, *_ in events(place)].count("cancelled") == 1


def make_request(db: Database, number: int):  # type: ignore[no-untyped-def]
    from tests.store.make import request

    with db.transaction() as session:
        return requests.insert(session, request(f"T-{number}"))


def test_the_account_of_an_import_is_listed_with_its_administrators(
    place: House, ana: Operator
) -> None:
    with place.db.transaction() as session:
        account = Account("old.example", "Old", "active", administrators=("root@old.example",))
        directory.import_accounts(session, [account], place.db.now(session))
    html = ana.get("/accounts?q=old").text
    assert "imported" in html
    assert "root@<wbr>old.example" in html


def test_letters_say_nothing_secret_in_their_text(place: House, ana: Operator) -> None:
    _, activation = place.pending()
    assert page_token(activation) in text_of(activation)
    assert page_token(activation) not in ana.get(f"/mail/out/{activation.id}").text
