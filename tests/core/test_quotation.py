"""What was changed inside a quoted letter of ours, and that nothing else counts as a change (I24)."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from mailflow.core.commands import Submission
from mailflow.core.letter import Audience, Kind, Letter
from mailflow.core.message import Message, read
from mailflow.core.quotation import edits, read_quotation
from mailflow.core.request import Fields, Problem, Request, State
from mailflow.letters.finish import Envelope
from mailflow.letters.samples import NOW, PENDING, TOKEN
from tests.house import config, letters_of
from tests.mails import clients

LONG = Fields(
    account_name="Compañía Ibérica de Suministros Industriales y Navales del Noroeste: Hijos & Cía., S.A.",
    customer_email="rosa.gil@talleres-alfa.example",
    account_domain="talleres-alfa.example",
    note_to_customer="Dear Rosa,\nas agreed on the phone: please accept before Friday, because the order waits for it.\n\nSee https://portal.partner.example/x",
    user_emails=("ben@talleres-alfa.example", "carla.fernandez@external.example"),
    note_to_users="Welcome!",
    notice_email="notices@partner.example",
    order_number="PO-2026-118",
    order_date="2026-12-01",
)  # fmt: skip
SHORT = Fields("Moor", "rosa@moor.example", "moor.example")


#: What a review says besides the values that it shows.
OLD = {
    "account_name": "Talleres Beta, S.L.", "customer_email": "old@talleres-beta.example",
    "account_domain": "talleres-beta.example", "note_to_customer": "Dear old friend",
    "user_emails": "dora@talleres-beta.example, emil@talleres-beta.example, fay@beta.example",
    "note_to_users": "Hello!", "notice_email": "desk@partner.example", "order_number": "PO-1",
    "order_date": "2026-01-31",
}  # fmt: skip
LEFT = (
    Problem("unplaced", "", "gil@talleres-beta.example"),
    Problem("not_understood", "", "Customer's boss: hugo@talleres-beta.example"),
    Problem("no_such_user", "user_emails", "ida@talleres-beta.example"),
)


def review(
    fields: Fields, language: str, was: Mapping[str, str] | None = None
) -> tuple[str, str, Fields]:
    """Our letter in both renditions, and what it shows; with `was` one after a change."""
    changed = {"was": was, "changed": tuple(was), "leftover": LEFT} if was else {}
    request: Request = replace(
        PENDING, state=State.REVIEW, fields=fields, provenance={"account_domain": "proposed"}
    )
    letter = Letter(
        Kind.REVIEW, request.requester.email, language, Audience.PARTNER, request,
        {"warnings": (), "older": False, **changed},
    )  # fmt: skip
    sender = "requests@vendor.example"
    envelope = Envelope("<a@vendor.example>", NOW, sender, NOW, f"requests+{TOKEN}@vendor.example")
    made = letters_of(config()).finish(letter, envelope)
    message = read(made.raw)
    assert isinstance(message, Message)
    assert message.plain
    assert message.html
    return message.plain, message.html, replace(fields, notice_email=request.notice_to)


@dataclass(frozen=True)
class Real(clients.Reply):
    """An answer that quotes a real letter of ours."""

    real: str = ""

    @property
    def letter(self) -> str:
        return self.real


def found(raw: bytes, shown: Fields) -> Submission:
    message = read(raw)
    assert isinstance(message, Message)
    return edits(read_quotation(message), shown, whole=True)


#: How programs carry our HTML letter below an answer.
HTML = {
    "gmail": '<div>CONFIRM</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, Vendor &lt;requests@vendor.example&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0">{}</blockquote></div>',
    "outlook": '<div><p class=MsoNormal>CONFIRM</p><div id="divRplyFwdMsg"><b>From:</b> Vendor<br><b>Sent:</b> Monday<br><b>To:</b> Tom<br><b>Subject:</b> Review</div>{}</div>',
    "apple": "<div>CONFIRM</div><div><br><blockquote type='cite'>{}</blockquote></div>",
}


@pytest.mark.parametrize("language", ["en", "es", "pt"])
@pytest.mark.parametrize("was", [{}, OLD], ids=["first", "changed"])
@pytest.mark.parametrize("fields", [LONG, SHORT], ids=["long", "short"])
def test_an_unchanged_quotation_never_alarms(
    fields: Fields, was: Mapping[str, str], language: str
) -> None:
    text, rich, shown = review(fields, language, was)
    for name, shape in clients.SHAPES.items():
        told = found(shape(Real("CONFIRM", language, real=text)), shown)
        assert told.fields.given() == {}, name
    for name, frame in HTML.items():
        message = Message(html=frame.format(rich), in_reply_to=("<a@vendor.example>",))
        blocks = read_quotation(message)
        assert len(blocks) >= 6, name
        assert edits(blocks, shown, whole=True).fields.given() == {}, name


CHANGES = [
    ("customer_email", "rosa@moor.example", "ruth@moor.example"),
    ("customer_email", "rosa@moor.example", "rosa@moor.example.org"),
    ("account_name", "Moor", "Moor Group"),
    ("account_domain", "moor.example", "moor-group.example"),
]


@pytest.mark.parametrize(("name", "old", "new"), CHANGES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_changed_line_is_seen(name: str, old: str, new: str, language: str) -> None:
    text, rich, shown = review(SHORT, language)
    labels = {
        "customer_email": ("Customer email", "Correo del cliente"),
        "account_name": ("Account name", "Nombre de la cuenta"),
        "account_domain": ("Account domain", "Dominio de la cuenta"),
    }
    label = labels[name][language == "es"]
    assert f"{label}: {old}" in text
    edited = text.replace(f"{label}: {old}", f"{label}: {new}", 1)
    for shape in ("plain_top", "outlook_plain", "gmail", "thunderbird", "outlook_html", "apple"):
        told = found(clients.SHAPES[shape](Real("CONFIRM", language, real=edited)), shown)
        assert told.fields.given() == {name: new}, shape
    at = rich.index(f"{label}:")
    edited = rich[:at] + rich[at:].replace(html.escape(old), new, 1)
    for frame in HTML.values():
        blocks = read_quotation(Message(html=frame.format(edited), in_reply_to=("<a@b.example>",)))
        assert edits(blocks, shown, whole=True).fields.given() == {name: new}


@pytest.mark.parametrize("language", ["en", "es", "pt"])
@pytest.mark.parametrize("kind", [Kind.QUESTION, Kind.HELP])
def test_an_unchanged_form_or_question_never_alarms(kind: Kind, language: str) -> None:
    problem = Problem("missing:customer_email", "customer_email")
    guess = Problem("invalid:account_domain", "account_domain", "moor,example", "moor.example")
    fields = Fields("Moor", account_domain="moor,example")
    request = replace(PENDING, state=State.DRAFT, fields=fields, errors=(problem, guess))
    data = {"problems": request.errors, "understood": fields.given(), "why": "asked"}
    letter = Letter(
        kind, "tom@partner.example", language, Audience.PARTNER, request, data, answers=True
    )
    sender = "requests@vendor.example"
    envelope = Envelope("<a@vendor.example>", NOW, sender, NOW, f"requests+{TOKEN}@vendor.example")
    made = read(letters_of(config()).finish(letter, envelope).raw)
    assert isinstance(made, Message)
    assert made.plain
    assert made.html
    known = {"moor,example", "moor.example"}
    for name, shape in clients.SHAPES.items():
        message = read(shape(Real("ok", language, real=made.plain)))
        assert isinstance(message, Message)
        told = edits(read_quotation(message), fields, whole=False, known=known)
        assert told.fields.given() == {}, name
    for name, frame in HTML.items():
        message = Message(html=frame.format(made.html), in_reply_to=("<a@vendor.example>",))
        told = edits(read_quotation(message), fields, whole=False, known=known)
        assert told.fields.given() == {}, name


def test_users_and_dates_are_compared_as_what_they_are() -> None:
    text, _, shown = review(LONG, "en")
    shape = clients.SHAPES["plain_top"]
    more = text.replace("ben@talleres", "ben2@talleres")
    told = found(shape(Real("CONFIRM", real=more)), shown)
    assert told.fields.user_emails == ("ben2@talleres-alfa.example", LONG.user_emails[1])
    none, _, empty = review(SHORT, "en")
    told = found(
        shape(Real("CONFIRM", real=none.replace("Order number: none", "Order number: PO-7"))), empty
    )
    assert told.fields.given() == {"order_number": "PO-7"}


def test_what_is_quoted_twice_is_an_older_mail() -> None:
    text, _, shown = review(SHORT, "en")
    older = clients.quoted("Customer email: old@moor.example\nAccount name: Old")
    raw = clients.SHAPES["plain_top"](Real("CONFIRM", real=f"{text}\n\n{older}"))
    assert found(raw, shown).fields.given() == {}


def test_only_values_of_their_own_kind_count_in_a_form() -> None:
    form = "Account name:\nCustomer email:\nAccount domain:\nOrder date:\n\nOpen a mail with this form in it: x\n\n- Account name: as the customer's company writes it."
    quoted = read_quotation(Message(plain="ok\n\n" + clients.quoted(form)))
    assert edits(quoted, Fields(), whole=False).fields.given() == {}
    filled = form.replace("Account name:\n", "Account name: Moor\n").replace(
        "email:", "email: rosa@moor.example"
    )
    quoted = read_quotation(Message(plain="ok\n\n" + clients.quoted(filled)))
    assert edits(quoted, Fields(), whole=False).fields.given() == {
        "account_name": "Moor", "customer_email": "rosa@moor.example",
    }  # fmt: skip
