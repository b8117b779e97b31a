"""The demo's mailbox: it shows every mail safely, and answers as a mail program would."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from starlette.testclient import TestClient

from mailflow.core.letter import Kind
from mailflow.core.request import Person
from mailflow.web import compose
from mailflow.web.answers import answers_to
from mailflow.web.desk import Desk, Example
from mailflow.web.mailbox import LAST_LOOKS, LOOKS, MAX_ROWS, mailbox
from mailflow.web.mailview import Captured, for_frame, opened
from tests.edges.web_door import NOW, service

SECRET = "requests+" + "q2" * 16 + "@licensing.vendor.example"
HTML = (
    "<html><head><style>p{color:red}</style></head><body><p>Reply "
    f'<a href="mailto:{SECRET}?subject=Re%3A%20Acme&amp;body=CONFIRM">CONFIRM</a> or '
    '<a href="https://accounts.vendor.example/a/x">open the page</a></p>'
    '<img src="cid:logo@vendor.example" alt="Vendor"></body></html>'
)


def letter(number: int = 1, to: str = "tom@partner.example", **changes: object) -> Captured:
    """A review as we would send it."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = "Vendor Licensing <requests@licensing.vendor.example>"
    message["To"] = to
    message["Subject"] = "[SA-7K3M9Q] Please review: Ñandú"
    message["Reply-To"] = SECRET
    message["Message-ID"] = f"<m{number}@licensing.vendor.example>"
    message["References"] = "<first@partner.example>"
    message.set_content("Hello,\n\nAccount name: Ñandú\n\nReply CONFIRM to go on.\n")
    message.add_alternative(HTML, subtype="html")
    html = message.get_payload()[1]  # type: ignore[index]
    html.add_related(b"\x89PNG....", "image", "png", cid="<logo@vendor.example>")  # type: ignore[union-attr]
    values: dict[str, object] = {
        "id": number,
        "recipient": to,
        "kind": "review",
        "audience": "partner",
        "language": "en",
        "subject": "[SA-7K3M9Q] Please review: Ñandú",
        "at": NOW,
        "raw": message.as_bytes(),
    }
    return Captured(**{**values, **changes})  # type: ignore[arg-type]


class Box:
    """A desk in memory that remembers what was sent."""

    def __init__(self, mails: Sequence[Captured] = (), refuses: str = "") -> None:
        self.mails = list(mails)
        self.sent: list[tuple[str, str, EmailMessage]] = []
        self.days = 0
        self.refuses = refuses

    def send(self, mail_from: str, recipient: str, raw: bytes) -> str:
        assert b"\n" not in raw.replace(b"\r\n", b"")
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.sent.append((mail_from, recipient, message))
        return self.refuses

    def now(self) -> datetime:
        return NOW + timedelta(days=self.days)

    def client(self, **options: object) -> TestClient:
        def pass_days(days: int) -> None:
            self.days += days

        desk = Desk(
            mails=lambda: self.mails,
            mail=lambda number: next((m for m in self.mails if m.id == number), None),
            send=self.send,
            now=self.now,
            pass_days=pass_days,
            writer=Person("tom@partner.example", "Tom Bäcker"),
            examples=(
                Example("plain", "English", "New account", "Account name: Acme\n"),
                Example("es", "Español", "Cuenta", "Nombre de la cuenta: Acme\n"),
            ),
            names={"tom@partner.example": "Tom Bäcker"},
        )
        app = mailbox(desk, service(), **options)  # type: ignore[arg-type]
        return TestClient(app, "http://127.0.0.1", follow_redirects=False)


def said(mail: EmailMessage, kind: str = "plain") -> str:
    """The words of one part, lines ended as Python has them."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- reading


def test_the_list_shows_all_mail_by_person() -> None:
    web = Box([letter(2, "ana@acme.example", audience="approver"), letter(1)]).client()
    text = text_of(web.get("/").text)
    assert "Tom Bäcker partner 1" in text
    assert "ana@acme.example customer 1" in text
    assert text.count("Please review: Ñandú") == 2
    one = text_of(web.get("/", params={"to": "ana@acme.example"}).text)
    assert one.count("Please review: Ñandú") == 1


def test_of_many_mails_the_list_shows_a_page_and_leads_to_the_next() -> None:
    box = Box([letter(number) for number in range(MAX_ROWS + 3, 0, -1)])
    web = box.client()
    page = web.get("/").text
    assert page.count('href="/mail/') == MAX_ROWS
    assert 'href="/mail/4"' in page
    assert 'href="/mail/3"' not in page
    assert "3 older mails" in text_of(page)
    assert "Newest mail" not in page
    (link,) = re.findall(r'href="(/\?to=&amp;before=\d+)"', page)
    older = web.get(link.replace("&amp;", "&")).text
    assert re.findall(r'href="/mail/(\d+)"', older) == ["3", "2", "1"]
    assert "older" not in text_of(older)
    assert "Newest mail" in older
    assert "older" not in Box([letter()]).client().get("/").text


def test_an_empty_mailbox_says_what_to_do() -> None:
    assert "Write a request, and the answer shows here" in Box().client().get("/").text


def test_a_mail_is_shown_as_designed_as_text_and_as_source() -> None:
    web = Box([letter()]).client()
    assert '<iframe src="/mail/1/frame" sandbox="' in web.get("/mail/1").text
    assert "allow-scripts" not in web.get("/mail/1").text
    assert "Account name: Ñandú" in web.get("/mail/1?show=text").text
    assert "Message-ID: &lt;m1@" in web.get("/mail/1?show=source").text
    assert web.get("/mail/9").status_code == 404
    assert web.get("/mail/9/frame").status_code == 404


def test_the_frame_loads_nothing_and_runs_nothing() -> None:
    answer = Box([letter()]).client().get("/mail/1/frame")
    rules = answer.headers["content-security-policy"]
    assert "default-src 'none'" in rules
    assert "img-src data:" in rules
    assert re.search(r"sandbox allow-popups\b(?!.*allow-scripts)", rules)
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert 'src="data:image/png;base64,' in answer.text
    assert "cid:" not in answer.text


def test_links_of_a_mail_lead_where_they_should() -> None:
    html = for_frame(HTML, "/mail/7")
    assert 'href="/mail/7?text=CONFIRM#answer"' in html
    assert 'target="_top"' in html
    assert re.search(r'href="https://accounts.vendor.example/a/x"[^>]*target="_blank"', html)
    assert "mailto:" not in html


def test_the_words_of_a_link_stand_in_the_answer() -> None:
    page = Box([letter()]).client().get("/mail/1?text=CONFIRM").text
    assert re.search(r'<textarea[^>]*name="text"[^>]*>\s*CONFIRM\s+On Tue, Nov 3', page)


def test_a_mail_without_a_reply_address_offers_no_answer() -> None:
    bare = letter().raw.replace(b"Reply-To: " + SECRET.encode() + b"\r\n", b"")
    assert "asks for no answer" in Box([letter(raw=bare)]).client().get("/mail/1").text


# --- answering


def test_a_button_answers_like_a_mail_program() -> None:
    box = Box([letter()])
    answer = box.client().post("/mail/1", data={"word": "CONFIRM"})
    assert answer.status_code == 303
    assert answer.headers["location"] == (f"/?to=tom%40partner.example&since=1&looks={LOOKS}")
    ((mail_from, recipient, mail),) = box.sent
    assert (mail_from, recipient) == ("tom@partner.example", SECRET)
    assert mail["From"] == "Tom Bäcker <tom@partner.example>"
    assert mail["To"] == SECRET
    assert mail["Subject"] == "Re: [SA-7K3M9Q] Please review: Ñandú"
    assert mail["In-Reply-To"] == "<m1@licensing.vendor.example>"
    assert mail["References"] == "<first@partner.example> <m1@licensing.vendor.example>"
    assert re.fullmatch(r"<[0-9a-f]{24}@partner\.example>", mail["Message-ID"])
    lines = said(mail).split("\n")
    assert lines[:3] == ["CONFIRM", "", lines[2]]
    assert lines[2].startswith("On Tue, Nov 3, 2026 at 10:42")
    assert "> Account name: Ñandú" in lines
    assert all(line == "" or line.startswith(">") for line in lines[3:])
    html = said(mail, "html")
    assert html.index("CONFIRM") < html.index('<blockquote class="gmail_quote"')


def test_own_words_above_the_quotation_are_sent_as_such() -> None:
    box = Box([letter()])
    quotation = compose.quotation(box.mails[0], opened(box.mails[0].raw))
    text = "Customer email: <b>ana</b>@acme.example\n\n" + quotation
    box.client().post("/mail/1", data={"text": text.replace("\n", "\r\n")})
    mail = box.sent[0][2]
    assert said(mail).startswith("Customer email: <b>ana</b>@acme.example\n\nOn Tue")
    assert "&lt;b&gt;ana&lt;/b&gt;" in said(mail, "html")


def test_an_edited_quotation_is_sent_as_it_stands() -> None:
    box = Box([letter()])
    box.client().post("/mail/1", data={"text": "> Account name: Ñandú\nis wrong"})
    mail = box.sent[0][2]
    assert mail.get_content_type() == "text/plain"
    assert said(mail) == "> Account name: Ñandú\nis wrong\n"


def test_an_empty_answer_is_not_sent() -> None:
    box = Box([letter()])
    quotation = compose.quotation(box.mails[0], opened(box.mails[0].raw))
    for text in ("", "  \r\n ", quotation):
        answer = box.client().post("/mail/1", data={"text": text})
        assert answer.status_code == 422
    assert box.sent == []


def test_what_the_service_refuses_is_shown() -> None:
    box = Box([letter()], refuses="550 5.1.1 no such address <x>")
    for path, fields in (("/mail/1", {"word": "CONFIRM"}), ("/new", {"text": "hello"})):
        answer = box.client().post(path, data=fields)
        assert answer.status_code == 422
        assert "550 5.1.1 no such address &lt;x&gt;" in answer.text


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "On Tue, Nov 3, 2026 at 10:42"),
        ("es", "El mar, 3 nov 2026 a las 10:42, Vendor Licensing (<requests+"),
        ("pt", "Em ter., 3 de nov. de 2026 às 10:42, Vendor Licensing <requests+"),
        ("fr", "On Tue, Nov 3, 2026 at 10:42"),
    ],
)
def test_the_quotation_is_introduced_in_the_writers_language(language: str, line: str) -> None:
    mail = letter(language=language)
    assert compose.attribution(mail, opened(mail.raw)).startswith(line)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("language", ["en", "es", "pt", "xx"])
def test_every_letter_has_words_to_answer_with(kind: Kind, language: str) -> None:
    words = answers_to(kind, language)
    assert words
    assert [word.main for word in words] == [True] + [False] * (len(words) - 1)
    assert len({word.text for word in words}) == len(words)


def test_the_next_step_comes_first() -> None:
    assert answers_to("review", "es")[0].text == "CONFIRMAR"
    assert answers_to("activation", "en")[0].text == "ACTIVATE"
    assert answers_to("expiry_notice", "pt")[0].text == "RENOVAR"


# --- writing, waiting, time


def test_a_new_request_goes_to_the_intake_address() -> None:
    box = Box()
    web = box.client()
    assert "Account name: Acme" in web.get("/new").text
    assert "Nombre de la cuenta: Acme" in web.get("/new?example=es").text
    answer = web.post("/new", data={"subject": "New\r\nBcc: x@evil.example", "text": "Ñ\r\nb"})
    assert answer.status_code == 303
    ((mail_from, recipient, mail),) = box.sent
    assert (mail_from, recipient) == ("tom@partner.example", "requests@licensing.vendor.example")
    assert mail["Bcc"] is None
    assert mail["Subject"] == "New Bcc: x@evil.example"
    assert said(mail) == "Ñ\nb\n"


def test_the_list_looks_again_until_something_has_come() -> None:
    box = Box([letter(1)])
    web = box.client()
    waiting = web.get("/?since=1&looks=3").text
    assert re.search(
        r'http-equiv="refresh" content="1;url=/\?to=&amp;since=1&amp;looks=2"', waiting
    )
    assert "Waiting for the answer" in waiting
    assert 'http-equiv="refresh"' not in web.get("/?since=1&looks=0").text
    assert "Nothing new has come" in web.get("/?since=1&looks=0").text
    box.mails.insert(0, letter(2))
    come = web.get("/?since=1&looks=9").text
    assert "New mail has come" in come
    assert come.count('class="fresh"') == 1
    assert f"looks={LAST_LOOKS - 1}" in come  # a little longer, for what comes with it
    other = web.get("/?to=ana%40acme.example&since=1&looks=9").text
    assert "Waiting for the answer" in other  # somebody else's mail is no news here
    assert "looks=8" in other
    assert 'http-equiv="refresh"' not in web.get("/").text


def test_time_passes_by_the_day() -> None:
    box = Box()
    web = box.client()
    assert web.post("/time", data={"days": "30"}).status_code == 303
    assert "3 December 2026" in web.get("/").text
    for days in ("0", "-1", "x", "1000", ""):
        assert web.post("/time", data={"days": days}).status_code == 400
    assert box.days == 30


def test_nothing_is_sent_for_another_site_or_another_host() -> None:
    box = Box([letter()])
    web = box.client()
    for path, fields in (
        ("/mail/1", {"word": "CONFIRM"}),
        ("/new", {"text": "x"}),
        ("/time", {"days": "1"}),
    ):
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            assert web.post(path, data=fields, headers=headers).status_code == 403
        assert web.get(path if path != "/time" else "/", headers={"host": "evil.example"})
    assert web.get("/", headers={"host": "evil.example"}).status_code == 400
    assert box.sent == []
    assert box.days == 0
