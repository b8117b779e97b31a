"""The customer's pages over HTTP: what they show, what they do, what they never do."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from mailflow.core.commands import Accept, Decline, Nominate, NotMe, Ready
from mailflow.core.request import Fields, Person, State
from mailflow.web.pages import pages
from mailflow.web.server import Server
from tests.edges.web_door import OLD_TOKEN, PARTNERS_TOKEN, TOKEN, MemoryDoor, request, service

HERE = f"/a/{TOKEN}"
ENGLISH = {"accept-language": "en"}


class AwayError(Exception):
    """The database is away."""


def client(door: MemoryDoor, **changes: object) -> TestClient:
    app = pages(door, service(**changes), temporary=(AwayError,), clock=lambda: 0.0)
    return TestClient(app, "https://accounts.vendor.example", follow_redirects=False)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- showing


def test_the_page_says_who_asks_for_what_and_who_gets_access() -> None:
    page = client(MemoryDoor()).get(HERE)
    assert page.status_code == 200
    text = text_of(page.text)
    for part in (
        "Acme: Water &amp; Power, S.A.",
        "acme.example",
        "Tom Baker, Partner Networks",
        "tom@partner.example",
        "maria@acme.example",
        "luis@acme.example",
        "PO-2211",
        "SA-7K3M9Q",
        "Words of tom@partner.example",
        "Please accept, then we can deliver.",
        "2027",
        "that you may decide this for your company",
        "You decide as ",
        "on a number you already have",
    ):
        assert part in text
    assert text.index("ops@contractor.example") < text.index("outside acme.example")
    assert text.count("outside acme.example") == 1


def test_a_partners_words_stay_words() -> None:
    nasty = '<script>x</script><a href="https://evil.example">go</a> {{7*7}} %(term)s \u202egnp.exe'
    fields = Fields(
        account_name=nasty,
        account_domain="acme.example",
        note_to_customer=nasty + "\nhttps://evil.example/x",
        user_emails=("a@acme.example",),
        order_number=nasty,
    )
    door = MemoryDoor(request(fields=fields, requester=Person("t@partner.example", nasty, nasty)))
    html = client(door).get(HERE).text
    assert "<script" not in html
    assert 'href="https://evil.example' not in html
    assert "&lt;script&gt;" in html
    assert "{{7*7}}" in html
    assert "\u202e" not in html
    assert "%(term)s" in html


@pytest.mark.parametrize(
    ("state", "words", "buttons"),
    [
        (State.PENDING, "What you are asked to accept", 4),
        (State.ACTIVE, "active since", 0),
        (State.DECLINED, "declined on", 0),
        (State.EXPIRED, "expired on", 1),
        (State.CANCELLED, "withdrawn on", 0),
        (State.HOLD, "being checked", 0),
        (State.LAPSED, "nothing for you to do", 0),
    ],
)
def test_the_holder_is_told_the_state(state: State, words: str, buttons: int) -> None:
    page = client(MemoryDoor(request(state))).get(HERE)
    assert page.status_code == 200
    assert words in text_of(page.text)
    assert page.text.count("<button") == buttons


def test_unknown_and_withdrawn_read_exactly_the_same() -> None:
    web = client(MemoryDoor())
    answers = [web.get(f"/a/{token}") for token in ("zz" * 16, OLD_TOKEN, "x", "a" * 500, "a-b")]
    first = answers[0]
    assert first.status_code == 404
    for other in answers[1:]:
        assert (other.status_code, other.text, other.headers) == (404, first.text, first.headers)
    posted = [web.post(f"/a/{t}", data={"do": "accept"}) for t in ("zz" * 16, OLD_TOKEN)]
    assert [(p.status_code, p.text) for p in posted] == [(404, first.text)] * 2


# --- languages


@pytest.mark.parametrize(
    ("query", "letter", "browser", "expected"),
    [
        ("", "es", "pt", "es"),
        ("?lang=pt", "es", "en", "pt"),
        ("?lang=xx", "es", "en", "es"),
        ("", "", "pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("", "", "fr, es;q=0.2", "es"),
        ("", "", "fr, de", "en"),
        ("", "", "es;q=nonsense, pt;q=0.1", "pt"),
        ("", "", "", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(
    query: str, letter: str, browser: str, expected: str
) -> None:
    page = client(MemoryDoor(language=letter)).get(
        HERE + query, headers={"accept-language": browser}
    )
    assert f'<html lang="{expected}">' in page.text
    assert page.headers["content-language"] == expected


def test_a_chosen_language_stays_through_the_click() -> None:
    web = client(MemoryDoor())
    assert f'action="{HERE}?lang=es"' in web.get(HERE + "?lang=es").text
    answer = web.post(HERE + "?lang=es", data={"do": "decline"})
    assert answer.headers["location"] == HERE + "?lang=es"


# --- acting


@pytest.mark.parametrize(
    ("fields", "effect"),
    [
        ({"do": "accept"}, Accept(way="click")),
        ({"do": "decline", "reason": " No\x00 thanks\u202e "}, Decline("No thanks")),
        ({"do": "decline"}, Decline("")),
        ({"do": "nominate", "address": " ana@acme.example "}, Nominate("ana@acme.example")),
        ({"do": "not_me"}, NotMe("")),
    ],
)
def test_each_button_has_its_effect_once(fields: dict[str, str], effect: object) -> None:
    door = MemoryDoor()
    web = client(door)
    first, second = web.post(HERE, data=fields), web.post(HERE, data=fields)
    assert first.status_code == 303
    assert second.status_code in (303, 404)  # who passed it on holds a link no more
    assert door.effects == [effect]
    assert web.get(first.headers["location"]).status_code == 200


def test_a_late_customer_may_say_that_he_is_ready() -> None:
    door = MemoryDoor(request(State.EXPIRED))
    web = client(door)
    assert web.post(HERE, data={"do": "ready"}).headers["location"] == HERE
    assert "We have told tom@partner.example" in text_of(web.get(HERE).text)
    web.post(HERE, data={"do": "ready"})
    assert door.effects == [Ready()]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Please write the address"),
        ("ana", "one complete mail address"),
        ("a@acme.example, b@acme.example", "one complete mail address"),
        ("ana@acme.example\r\nBcc: x@evil.example", "one complete mail address"),
        ("ana@" + "a" * 300 + ".example", "one complete mail address"),
        ("boss@elsewhere.example", "must have an address in acme.example"),
    ],
)
def test_a_nominee_that_cannot_be_is_asked_for_again(address: str, words: str) -> None:
    door = MemoryDoor()
    page = client(door).post(HERE, data={"do": "nominate", "address": address})
    assert page.status_code == 422
    assert words in text_of(page.text)
    assert "<details open>" in page.text
    assert door.effects == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/x-www-form-urlencoded", 400),
        (b"do=everything", "application/x-www-form-urlencoded", 400),
        (b"do=accept&do=decline", "application/x-www-form-urlencoded", 400),
        (b"do=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"\xff\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % i for i in range(50)), "application/x-www-form-urlencoded", 400),
        (b'{"do":"accept"}', "application/json", 415),
        (b"do=accept", "text/plain", 415),
        (b"do=accept&reason=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_a_form_that_is_none_of_ours_does_nothing(content: bytes, kind: str, status: int) -> None:
    door = MemoryDoor()
    answer = client(door).post(HERE, content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert door.effects == []


def test_twenty_clicks_at_once_have_the_effect_of_one() -> None:
    import httpx2

    door = MemoryDoor()
    server = Server(pages(door, service(public_url="http://127.0.0.1")))
    server.start()
    try:
        url = f"http://127.0.0.1:{server.port}{HERE}"
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _: httpx2.post(url, data={"do": "accept"}), range(20)))
        assert [a.status_code for a in answers] == [303] * 20
        assert door.effects == [Accept(way="click")]
    finally:
        server.stop()


# --- trouble


def test_a_database_that_is_away_is_told_as_such() -> None:
    door = MemoryDoor(fails=AwayError("/var/lib/secret.db is locked"))
    for answer in (client(door).get(HERE), client(door).post(HERE, data={"do": "accept"})):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "secret" not in answer.text


def test_a_fault_of_ours_shows_no_inner_detail() -> None:
    heard: list[BaseException] = []
    door = MemoryDoor(fails=RuntimeError("SELECT * FROM token"))
    web = TestClient(pages(door, service(), on_fault=heard.append))
    answer = web.get(HERE)
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert not re.search("SELECT|Runtime|Traceback", answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert [type(e) for e in heard] == [RuntimeError]


def test_whoever_looks_at_the_server_first_is_told_what_it_is() -> None:
    """A security officer opens "/" before any link; it asks for nothing and changes nothing."""
    door = MemoryDoor()
    web = client(door)
    answer = web.get("/", headers={"accept-language": "en"})
    text = text_of(answer.text)
    assert answer.status_code == 200
    assert "Example Vendor" in text or service().organisation in text
    assert f"Our mails come from {service().address}" in text
    assert "We never ask for a password or a payment" in text
    assert "through its own website" in text
    assert "<form" not in answer.text
    assert "responda NO SOY YO" in text_of(web.get("/?lang=es").text)
    assert "responda NÃO SOU EU" in text_of(web.get("/?lang=pt").text)
    assert web.post("/").status_code == 405
    assert door.effects == []


def test_pages_lead_to_what_this_is_unless_the_operator_has_a_better_place() -> None:
    page = client(MemoryDoor(), public_url="https://vendor.example/licensing").get(HERE).text
    assert 'href="/licensing/?lang=en"' in page
    own = "https://vendor.example/guide"
    page = client(MemoryDoor(), guide_url=own).get(HERE).text
    assert f'href="{own}"' in page
    assert 'href="/?lang=en"' not in page


@pytest.mark.parametrize("path", ["/a", "/a/", "/a/x/y", "/done/everything", "/admin"])
def test_there_is_nothing_elsewhere(path: str) -> None:
    answer = client(MemoryDoor()).get(path)
    assert answer.status_code == 404
    assert "There is no page here" in answer.text


def test_links_stay_below_the_configured_address() -> None:
    web = client(MemoryDoor(), public_url="https://vendor.example/licensing")
    page = web.get(HERE, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert f'action="/licensing{HERE}"' in page.text
    assert 'href="/licensing/style.css"' in page.text
    assert "evil.example" not in page.text
    answer = web.post(HERE, data={"do": "accept"}, headers={"host": "evil.example"})
    assert answer.headers["location"] == f"/licensing{HERE}"


def test_the_partner_sees_what_has_happened_and_has_nothing_to_press() -> None:
    door = MemoryDoor()
    web = client(door)
    text = text_of(web.get(f"/s/{PARTNERS_TOKEN}").text)
    assert "We wait for the customer" in text
    assert "You confirmed; the provisional account was created" in text
    assert "Our mail to maria@acme.example was taken" in text
    assert "<button" not in web.get(f"/s/{PARTNERS_TOKEN}").text
    assert web.post(f"/s/{PARTNERS_TOKEN}", data={"do": "accept"}).status_code == 405
    assert door.effects == []


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_every_state_has_its_status_page(state: State, language: str) -> None:
    door = MemoryDoor(request(state), language)
    answer = client(door).get(f"/s/{PARTNERS_TOKEN}")
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.text


def test_each_kind_of_token_opens_its_own_page_only() -> None:
    door = MemoryDoor()
    web = client(door)
    gone = web.get("/a/none")
    for path in (f"/a/{PARTNERS_TOKEN}", f"/s/{TOKEN}", f"/s/{OLD_TOKEN}", "/s/none"):
        answer = web.get(path)
        assert (answer.status_code, answer.text) == (404, gone.text), path
    assert web.post(f"/a/{PARTNERS_TOKEN}", data={"do": "accept"}).status_code == 404
    assert door.effects == []
