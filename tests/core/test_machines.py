"""Machine mail and bounces; the corpus holds many more machine mails as files."""

from __future__ import annotations

import pytest

from mailflow.core.automatic import Automatic, automatic
from mailflow.core.bounce import Bounce, read_bounce
from mailflow.core.message import Message, read
from tests.corpus import ODD


def mail(
    body: str, subject: str = "Re: Review", sender: str = "ann@acme.example", **headers: str
) -> Message:
    fields = {
        "From": sender,
        "Subject": subject,
        "Date": "Mon, 02 Nov 2026 09:00:00 +0000",
    } | headers
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    found = read(f"{head}\n{body}".encode())
    assert isinstance(found, Message)
    return found


def machine(*args: str, envelope: str | None = None, **headers: str) -> Automatic | None:
    return automatic(mail(*args, **headers), envelope)


def odd(name: str) -> Message:
    found = read((ODD / f"{name}.eml").read_bytes())
    assert isinstance(found, Message)
    return found


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("I am out of the office until 17 November 2026.", "2026-11-17"),
        ("I am on vacation and back on November 17.", "2026-11-17"),
        ("Estoy de vacaciones hasta el 17 de noviembre.", "2026-11-17"),
        ("Estaré fuera de la oficina hasta el 17/11/2026.", "2026-11-17"),
        ("Estou de férias até 17 de novembro de 2026.", "2026-11-17"),
        ("Je suis absente du bureau jusqu'au 17 novembre 2026.", "2026-11-17"),
        ("Ich bin im Urlaub bis zum 17.11.2026.", "2026-11-17"),
        ("I am out of the office until 3/4/2026.", ""),
        ("I am out of the office.", ""),
    ],
)
def test_the_day_of_return(text: str, until: str) -> None:
    found = machine(text)
    assert found is not None
    assert (found.kind, found.absent_until) == ("out_of_office", until)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("m_dsn", "bounce"), ("m_qmail", "bounce"), ("m_dsn_plain", "bounce"), ("m_exchange_ndr", "bounce"), ("m_mdn", "receipt"), ("m_arf", "report"),
        ("m_calendar", "calendar"), ("m_calendar_subject", "calendar"), ("m_reaction", "reaction"), ("m_ticket", "ticket"), ("m_challenge", "challenge"),
        ("m_list", "list"), ("m_ooo_es", "out_of_office"), ("m_auto_replied", "auto_reply"),
    ],
)  # fmt: skip
def test_kinds(name: str, kind: str) -> None:
    found = automatic(odd(name), None)
    assert found is not None
    assert found.kind == kind
    assert found.why


def test_the_envelope_tells() -> None:
    assert machine("CONFIRM") is None
    assert machine("CONFIRM", envelope="ann@acme.example") is None
    assert machine("CONFIRM", envelope="") is not None


def test_a_standard_bounce() -> None:
    found = read_bounce(odd("m_dsn"))
    assert isinstance(found, Bounce)
    assert found.original_message_id == "<letter.1@mail.example>"
    (failure,) = found.failures
    assert (failure.address, failure.permanent, failure.status) == (
        "ann@acme.example",
        True,
        "5.1.1",
    )
    assert "no such user" in failure.diagnostic
    assert not failure.diagnostic.startswith("smtp;")


@pytest.mark.parametrize("name", ["m_qmail", "m_dsn_plain"])
def test_older_bounces(name: str) -> None:
    found = read_bounce(odd(name))
    assert found is not None
    assert [(f.address, f.permanent) for f in found.failures] == [("ann@acme.example", True)]


@pytest.mark.parametrize(
    ("action", "status", "permanent"),
    [
        ("failed", "5.1.1", True),
        ("delayed", "4.4.1", False),
        ("failed", "4.4.7", True),
        ("", "5.0.0", True),
        ("delivered", "2.0.0", None),
        ("relayed", "2.0.0", None),
    ],
)
def test_permanent_or_not(action: str, status: str, permanent: bool | None) -> None:
    body = (
        "--b\n\ntext\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        f"Final-Recipient: rfc822; ann@acme.example\n{f'Action: {action}' if action else 'X: y'}\nStatus: {status}\nDiagnostic-Code: smtp; words\n\n--b--\n"
    )
    found = read_bounce(
        mail(body, Content_Type="multipart/report; report-type=delivery-status; boundary=b")
    )
    if permanent is None:
        assert found is None
    else:
        assert found is not None
        assert found.failures[0].permanent is permanent


def test_a_letter_of_a_person_is_no_bounce() -> None:
    assert read_bounce(mail("Hello, ann@acme.example is the right address")) is None


SUPPLIES = "[R-ACDEFGH] Please accept: Out of Office Supplies (supplies.example)"
ROBOTS = "[R-ACDEFGH] Please check: Automatic Reply Systems (robots.example)"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        (f"Re: {SUPPLIES}", "ACTIVATE"),
        (f"RE: {SUPPLIES.upper()}", "Hello,\nACTIVATE\n-- \nAnn\nOut of Office Supplies Ltd"),
        (f"Re: {ROBOTS}", "CONFIRM\n\nTom, Automatic Reply Systems"),
        (f"Re: {ROBOTS}", "Account name: Automatic Reply Systems Inc\nUser emails: -"),
    ],
)
def test_an_account_that_is_called_like_a_machine(subject: str, body: str) -> None:
    ours = (SUPPLIES, "Out of Office Supplies", ROBOTS, "Automatic Reply Systems")
    assert automatic(mail(body, subject), "ann@acme.example", ours) is None


@pytest.mark.parametrize(
    ("subject", "body", "kind"),
    [
        (f"Automatic reply: {SUPPLIES}", "ACTIVATE", "auto_reply"),
        (f"Out of office: {SUPPLIES}", "ACTIVATE", "out_of_office"),
        (f"Re: {SUPPLIES}", "I am out of the office until 17 November 2026.", "out_of_office"),
        (f"Re: {SUPPLIES}", "Out of Office Supplies: I am on vacation.", "out_of_office"),
        (f"Respuesta automática: {ROBOTS}", "CONFIRM", "auto_reply"),
        (f"Undeliverable: {ROBOTS}", "", "bounce"),
    ],
)
def test_and_its_machines(subject: str, body: str, kind: str) -> None:
    ours = (SUPPLIES, "Out of Office Supplies", ROBOTS, "Automatic Reply Systems")
    found = automatic(mail(body, subject), None, ours)
    assert found is not None
    assert found.kind == kind


def test_a_first_mail_names_such_an_account_itself() -> None:
    body = "Account name: Out of Office Supplies\nCustomer email: ann@supplies.example\n"
    assert automatic(mail(body, "Account for Out of Office Supplies"), None) is None
    assert automatic(mail("ACTIVATE", "Account for Out of Office Supplies"), None) is not None


def test_a_name_that_says_only_this_hides_no_machine() -> None:
    found = automatic(mail("ACTIVATE", "Automatic reply"), None, ("Automatic reply",))
    assert found is not None
