"""What somebody tried who wanted to break a running service, each as it was tried.

The house is whole: mail goes in by the door's own function, letters come out of the outbox. Where
nothing else is said, a mail server of ours has checked the senders, and says so in its header.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest

from mailflow.authenticate import Authenticator
from mailflow.core import classify, message, reference
from mailflow.core.commands import Actor, Nominate, Release
from mailflow.core.request import Account, Person, State
from mailflow.core.verdict import Verdict
from mailflow.flow import Mail
from mailflow.flow.office import Office
from mailflow.rehearsal import Rehearsal, Written
from mailflow.store import directory, inbox
from mailflow.store.db import Database
from tests.edges.signed_mail import Zone, mail, rsa_key, signed
from tests.edges.test_who_may_answer import VERIFIER, proof
from tests.house import (
    ALBA,
    BRUNO,
    INTAKE,
    REQUEST,
    TOM,
    House,
    config,
    kinds,
    letters_of,
    one,
    page_token,
    text_of,
)

EVA = "eva@harbour.example"


def _house(db: Database, **tables: dict[str, object]) -> House:
    trust: dict[str, object] = {
        "mode": "trusted_verifier", "authserv_ids": [VERIFIER], "trusted_peers": ["127.0.0.1"],
    }  # fmt: skip
    return House(db, config(trust=trust, **tables))


@pytest.fixture
def house(sqlite_db: Database) -> House:
    return _house(sqlite_db)


def ask(house: House, sender: str, body: str) -> list[Written]:
    """A proven sender's first mail."""
    verdict = proof(sender, "yes").decode().partition(": ")[2].strip()
    return house.write(sender, body, headers={"Authentication-Results": verdict})


def say(
    house: House, letter: Written, words: str, *, sender: str = "", to: str = ""
) -> list[Written]:
    """A proven answer to a letter, by its addressee or somebody else, to its secret or elsewhere."""
    raw, address = house.reply(letter, words, sender)
    writer = sender or letter.recipient
    return house.deliver(proof(writer, "yes") + raw, mail_from=writer, to=to or address)


def pending(house: House) -> tuple[Written, Written]:
    """A confirmed request: completion notice and activation mail."""
    letters = say(house, one(ask(house, ALBA.email, REQUEST), "review"), "CONFIRM")
    return one(letters, "completion"), one(letters, "activation")


def return_path(db: Database, letter: Written) -> str:
    """The envelope sender of a letter: whoever gets it reads it in Return-Path."""
    with closing(sqlite3.connect(db.file)) as file:
        ((found,),) = file.execute("SELECT mail_from FROM outbox WHERE id = ?", (letter.id,))
    return str(found)


# -- old, withdrawn and other secrets ----------------------------------------------------------


def to_intake(_: House, _letter: Written) -> str:
    return INTAKE


def to_return_path(house: House, letter: Written) -> str:
    return return_path(house.db, letter).replace("bounce+", "requests+")


def to_page_token(_: House, letter: Written) -> str:
    return f"requests+{page_token(letter)}@vendor.example"


@pytest.mark.parametrize("way", [to_intake, to_return_path, to_page_token])
def test_who_was_replaced_accepts_by_no_other_way(
    house: House, way: Callable[[House, Written], str]
) -> None:
    """He still has the letter: its Message-ID, its return path, its link."""
    _, activation = pending(house)
    replaced = one(say(house, activation, f"NOMINATE {EVA}"), "approver_replaced")
    for letter in (activation, replaced):
        to = INTAKE if letter is replaced else way(house, letter)
        say(house, letter, "ACTIVATE", to=to)
        assert house.outcomes()[-1][2] == "unknown_token"
    assert house.request().state is State.PENDING


def test_nobody_accepts_what_he_was_not_shown(house: House) -> None:
    """Users were added after the activation mail; the answer to the old one has lost its tag."""
    completion, activation = pending(house)
    say(house, completion, "User emails: mallory@elsewhere.example")
    letters = say(house, activation, "ACTIVATE", to=INTAKE)
    assert kinds(letters) == [("activation", TOM)]
    assert house.request().state is State.PENDING


def test_nobody_accepts_what_changed_while_his_answer_was_read(house: House) -> None:
    """The partner's change is stored between the reading of the answer and its effect."""
    completion, activation = pending(house)
    raw, to = house.reply(activation, "ACTIVATE")
    inbox.put_many(house.db, [inbox.Incoming(raw, TOM, (to,), "127.0.0.1", "smtp")])
    (claimed,) = inbox.claim(house.db, 1, timedelta(minutes=5))
    flow, read = house.service.flow, message.read(claimed.raw)
    facts, verdict = flow.gather(read, claimed.recipients), Verdict("pass", "proven")
    reading = classify.read(read, TOM, facts, verdict, flow.policy)
    say(house, completion, "User emails: mallory@elsewhere.example")
    assert flow.mail(Mail(claimed, read, reading, facts, verdict)).outcome == "resent"
    assert house.request().state is State.PENDING


# -- forged reports ----------------------------------------------------------------------------


def report(about: str, subject: str, headers: str = "") -> bytes:
    """A delivery report as anybody can write one (RFC 3464)."""
    text = f"""From: {ALBA.email}
To: {INTAKE}
Subject: {subject}
Message-ID: <{abs(hash((about, subject, headers)))}@relay.example>
{headers}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Not delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; {about}
Action: failed
Status: 5.1.1

--b--
"""
    return text.replace("\n", "\r\n").encode()


AWAY = """\
From: {about}
To: requests@vendor.example
Subject: {subject}
Message-ID: <away-{number}@relay.example>
Auto-Submitted: auto-replied
{headers}Content-Type: text/plain

I am out of the office until 12 March 2027.
"""


@pytest.mark.parametrize("to", ["partner", "customer"])
@pytest.mark.parametrize("names", ["", "References", "In-Reply-To"])
@pytest.mark.parametrize("kind", ["failed", "away"])
def test_a_report_without_our_secret_is_no_news(
    house: House, to: str, names: str, kind: str
) -> None:
    """The reference is in every subject, and a Message-ID in every answer that somebody saw."""
    letters = dict(zip(("partner", "customer"), pending(house), strict=True))
    before, letter = house.request(), letters[to]
    headers = f"{names}: {letter.message_id}\n" if names else ""
    subject = f"[{before.reference}] {kind}"
    raw = report(letter.recipient, subject, headers)
    if kind == "away":
        text = AWAY.format(about=letter.recipient, subject=subject, number=1, headers=headers)
        raw = text.replace("\n", "\r\n").encode()
    assert house.deliver(raw, mail_from="", to=INTAKE, peer="203.0.113.9") == []
    assert house.request() == before


def test_reports_of_one_request_silence_no_other(house: House) -> None:
    """Twenty-five true reports about one letter, and then one that matters, about another."""
    completion, _ = pending(house)
    path = return_path(house.db, completion)
    for number in range(25):
        house.deliver(report(ALBA.email, f"failed {number}"), mail_from="", to=path)
    other = REQUEST.replace("harbour", "lisbon")
    letters = say(house, one(ask(house, ALBA.email, other), "review"), "CONFIRM")
    accepted = say(house, one(letters, "activation"), "ACTIVATE")
    access = one(accepted, "access")
    news = house.deliver(
        report(access.recipient, "failed"), mail_from="", to=return_path(house.db, access)
    )
    assert kinds(news) == [("address_failed", ALBA.email)]


# -- a partner approves his own request --------------------------------------------------------

IDA = Person("ida.cobalt@gmail.com", "Ida", "Cobalt Partners", language="en")
JON = Person("jon@cobalt-south.example", "Jon", "COBALT  Partners", language="en")


def register(house: House, *people: Person) -> None:
    with house.db.transaction() as session:
        directory.upsert_people(session, people, house.db.now(session))


def named(customer: str, domain: str = "harbour.example") -> str:
    return f"Account name: Harbour\nCustomer email: {customer}\nAccount domain: {domain}\n"


@pytest.mark.parametrize(
    ("partner", "customer"),
    [
        (ALBA.email, "ALBA@cobalt.example"),
        (ALBA.email, "alba+customer@cobalt.example"),
        (ALBA.email, "alba@Cobalt.EXAMPLE"),
        (ALBA.email, "x@mail.cobalt.example"),
        (ALBA.email, "x@a.b.cobalt.example"),
        (ALBA.email, "x@cobalt.example."),
        (ALBA.email, "x@\uff43obalt.example"),  # full width, which IDNA maps to the same name
        (ALBA.email, "x@cobalt\u3002example"),  # an ideographic full stop
        (ALBA.email, "Tom <x@cobalt.example>"),
        (ALBA.email, JON.email),  # the same company under another name
        (ALBA.email, "jon+1@cobalt-south.example"),
        (IDA.email, "ida.cobalt+2@gmail.com"),
        (IDA.email, "idacobalt@gmail.com"),
        (IDA.email, "i.d.a.cobalt@googlemail.com"),
    ],
)
def test_a_partner_names_nobody_of_his_own(house: House, partner: str, customer: str) -> None:
    register(house, IDA, JON)
    (letter,) = ask(house, partner, named(customer))
    assert letter.kind == "question"
    assert [
        problem.code for problem in house.request().errors if "domain" not in problem.field
    ] in (
        ["approver_is_requester"],
        ["invalid:customer_email"],
    )


OURS = [
    INTAKE, "requests+abc@vendor.example", "REQUESTS@Vendor.example", "bounce@vendor.example",
    "bounce+x@vendor.example", "ops@vendor.example", "ops+1@vendor.example",
]  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_nobody_decides_or_works_at_an_address_of_ours(house: House, address: str) -> None:
    """Not as the customer, nor as a user, nor where notices go; and the partner is told why."""
    (letter,) = ask(house, ALBA.email, named(address, "vendor.example"))
    assert letter.kind == "question"
    assert [p.code for p in house.request().errors] == ["ours:customer_email"]
    assert "is an address of this service" in " ".join(text_of(letter).split())
    for line, code in (("User emails", "user_emails"), ("Notice email", "notice_email")):
        mended = f"Customer email: {TOM}\nAccount domain: harbour.example\n{line}: {address}"
        (letter,) = say(house, letter, mended)
        assert [p.code for p in house.request().errors] == [f"ours:{code}"]
        (letter,) = say(house, letter, f"{line}: ann@harbour.example")
        assert letter.kind == "review"


@pytest.mark.parametrize("address", OURS)
def test_nor_does_his_customer_name_one(sqlite_db: Database, address: str) -> None:
    """By reply and by click. The account's domain is ours, so that it would lie inside of it."""
    house = _house(sqlite_db)
    review = one(ask(house, ALBA.email, named(TOM, "vendor.example")), "review")
    activation = one(say(house, review, "CONFIRM"), "activation")
    told = one(say(house, activation, f"NOMINATE {address}"), "unknown_reply")
    assert "an address of this service" in " ".join(text_of(told).split())
    clicked = house.service.flow.click(page_token(activation), Nominate(address.lower()))
    assert clicked.outcome == house.outcomes()[-1][2] == "nominee_ours"
    assert house.request().approver == TOM


def test_a_mail_from_an_address_of_ours_is_our_own_come_back(house: House) -> None:
    """Some servers on the way give it another Message-ID; nobody is answered at our own address."""
    for sender in (INTAKE, "requests+x@vendor.example", "bounce@vendor.example"):
        assert ask(house, sender, named(TOM)) == []
        assert house.outcomes()[-1] == ("ignored", "automatic", "ignore")


def test_the_partner_s_company_is_known_by_the_domains_of_all_its_people(
    sqlite_db: Database,
) -> None:
    """Nobody at cobalt-south is registered but Jon, whose company is Alba's."""
    house = _house(sqlite_db, policy={"domain_colleagues_may_accept": True})
    register(house, JON)
    mia = "mia@eu.cobalt-south.example"
    (letter,) = ask(house, ALBA.email, named(mia))
    assert [p.code for p in house.request().errors] == ["approver_is_requester"]
    review = one(
        say(house, letter, f"Customer email: {TOM}\nAccount domain: cobalt-south.example"), "review"
    )
    activation = one(say(house, review, "CONFIRM"), "activation")
    say(house, activation, f"NOMINATE {mia}")
    assert house.outcomes()[-1][2] == "nominee_outside"
    assert kinds(say(house, activation, "ACCEPT", sender="mia@cobalt-south.example")) == [
        ("wrong_sender", "mia@cobalt-south.example")
    ]
    # Bruno's company is another one: he may have them as his customers.
    assert kinds(ask(house, BRUNO.email, named(mia, "south.example"))) == [("review", BRUNO.email)]


def test_a_public_mail_provider_is_nobody_s_company(house: House) -> None:
    register(house, IDA)
    assert kinds(ask(house, ALBA.email, named("mia@gmail.com"))) == [("question", ALBA.email)]
    assert [p.code for p in house.request().errors] == ["freemail:customer_email"]


@pytest.mark.parametrize(
    "nominee",
    ["alba@cobalt.example", "alba+1@cobalt.example", "max@cobalt.example", "max@x.cobalt.example"],
)
def test_nor_does_his_customer_for_him(house: House, nominee: str) -> None:
    """The account's domain is the partner's own: the nominee would lie inside of it."""
    review = one(ask(house, ALBA.email, named(TOM, "cobalt.example")), "review")
    activation = one(say(house, review, "CONFIRM"), "activation")
    say(house, activation, f"NOMINATE {nominee}")
    assert house.outcomes()[-1][2] == "nominee_outside"
    assert house.request().approver == TOM


def test_a_partner_is_no_colleague_of_his_customer(sqlite_db: Database) -> None:
    """Colleagues in the account's domain may accept here, and the domain is the partner's."""
    house = _house(sqlite_db, policy={"domain_colleagues_may_accept": True})
    review = one(ask(house, ALBA.email, named(TOM, "cobalt.example")), "review")
    activation = one(say(house, review, "CONFIRM"), "activation")
    for sender in (ALBA.email, "max@cobalt.example"):
        assert kinds(say(house, activation, "ACTIVATE", sender=sender)) == [
            ("wrong_sender", sender)
        ]
    assert house.request().state is State.PENDING


@pytest.mark.parametrize(
    "sender", ["stranger@new.example", "gone@cobalt.example", "clerk@vendor.example"]
)
def test_a_refusal_tells_nothing_of_accounts(house: House, sender: str) -> None:
    """One domain waits for its customer, one has an account, one is free, one mail is half empty."""
    pending(house)
    with house.db.transaction() as session:
        ocean = Account("ocean.example", "Ocean", "active", administrators=("ada@ocean.example",))
        directory.import_accounts(session, [ocean], house.db.now(session))
    said = set()
    for body in (REQUEST, named("ada@ocean.example", "ocean.example"),
                 named("pat@free.example", "free.example"), "Account name: x"):  # fmt: skip
        (refusal,) = ask(house, sender, body)
        assert (refusal.kind, refusal.recipient) == ("refusal", sender)
        said.add((refusal.subject, text_of(refusal)))
        house.service.pass_time(timedelta(days=1, minutes=1))
        house.service.letters()
    assert len(said) == 1


# -- floods in the vendor's name ---------------------------------------------------------------


def bothered(letters: list[Written], address: str) -> int:
    return sum(letter.recipient == address for letter in letters)


def test_many_requests_do_not_flood_one_customer(house: House) -> None:
    """A partner opens forty requests, each for another domain, all with one customer."""
    got = 0
    for number in range(40):
        spelled = TOM.replace("@", f"+{number}@") if number % 2 else TOM
        review = one(ask(house, ALBA.email, named(spelled, f"d{number}.example")), "review")
        letters = say(house, review, "CONFIRM")
        got += sum(letter.audience == "approver" for letter in letters)
        if house.outcomes()[-1][2] == "too_often":
            assert kinds(letters) in ([("unknown_reply", ALBA.email)], [])
    assert got == house.service.policy.letters_to_outsider_per_day
    other = one(ask(house, BRUNO.email, REQUEST), "review")
    assert bothered(say(house, other, "CONFIRM"), TOM) == 1, "another partner has his own measure"


def test_nor_do_changes(house: House) -> None:
    """A note is changed again and again; then the customer, back and forth."""
    completion, _ = pending(house)
    got = 1
    for number in range(30):
        words = f"Note to customer: look {number}" if number < 8 else (
            f"Customer email: {EVA if number % 2 else TOM}"
        )  # fmt: skip
        got += bothered(say(house, completion, words), TOM)
    assert got <= house.service.policy.letters_to_outsider_per_day
    assert house.request().state is State.PENDING


def test_nor_do_acceptances_flood_one_user(sqlite_db: Database) -> None:
    """A customer of many domains accepts whatever is asked: all of it names one victim as user."""
    house = _house(sqlite_db, policy={"letters_to_outsider_per_day": 3})
    users = ("victim@elsewhere.example", "victim+2@elsewhere.example")
    told = []
    for number in range(4):
        body = named(f"tom@shop{number}.example", f"shop{number}.example")
        review = one(ask(house, ALBA.email, f"{body}\nUser emails: {users[number % 2]}"), "review")
        activation = one(say(house, review, "CONFIRM"), "activation")
        told += [k for k, _ in kinds(say(house, activation, "ACCEPT")) if k == "access"]
        assert house.request(reference.find(review.subject)).state is State.ACTIVE
    assert len(told) == 3
    # The partner sees it in his timeline, and another partner has a measure of his own.
    status = one(say(house, review, "STATUS"), "status")
    assert "We did not write to victim+2@elsewhere.example" in " ".join(text_of(status).split())
    body = named("tom@bruno.example", "bruno.example") + f"\nUser emails: {users[0]}"
    activation = one(
        say(house, one(ask(house, BRUNO.email, body), "review"), "CONFIRM"), "activation"
    )
    assert ("access", users[0]) in kinds(say(house, activation, "ACCEPT"))


def test_nor_do_withdrawals_and_renewals(house: House) -> None:
    """The notice goes to somebody who has nothing to do with it."""
    notice = "ned@elsewhere.example"
    review = one(ask(house, ALBA.email, f"{REQUEST}Notice email: {notice}\n"), "review")
    letters: list[Written] = []
    for _ in range(15):
        confirmed = say(house, review, "CONFIRM")
        letters += confirmed
        if house.outcomes()[-1][2] == "too_often":
            break
        completion = next(letter for letter in confirmed if letter.recipient == ALBA.email)
        letters += say(house, completion, "CANCEL")
        review = one(say(house, completion, "RENEW"), "review")
    most = house.service.policy.letters_to_outsider_per_day
    assert bothered(letters, notice) == most
    assert bothered(letters, TOM) == 2 * most, "each invitation may be taken back once"


def test_a_released_note_is_no_pass_for_the_next_one(house: House) -> None:
    """The operator lets a link pass; the partner then puts another one in its place."""
    note = "Note to customer: see https://harbour-news.example/today"
    review = one(ask(house, ALBA.email, REQUEST + note), "review")
    completion = one(say(house, review, "CONFIRM"), "completion")
    flow, number = house.service.flow, house.request().id
    flow.check(number)
    assert house.request().findings == ("note_to_customer:foreign_link",)
    flow.apply(Release("ana", "it is their own news"), number, Actor("operator", "ana"))
    flow.check(number)
    assert house.request().state is State.PENDING
    say(house, completion, "Note to customer: go to https://login.mallory.example/now")
    flow.check(number)
    assert house.request().state is State.HOLD


# -- domains that pass for others --------------------------------------------------------------


@pytest.mark.parametrize(
    "domain",
    [
        "h\u0430rbour.example",  # a Cyrillic a
        "harb\u03bfur.example",  # a Greek o
        "\u0440\u0430\u0443\u0440\u0430\u04cf.example",  # Cyrillic throughout
        "mail.h\u0430rbour.example",
    ],
)
def test_a_lookalike_domain_is_shown_as_such_and_held(house: House, domain: str) -> None:
    review = one(ask(house, ALBA.email, named(f"tom@{domain}", domain)), "review")
    assert [w.code for w in house.request().warnings] == ["lookalike_domain"]
    spelled = house.request().fields.account_domain
    assert f"({spelled})" in text_of(review)
    assert spelled.startswith(("xn--", "mail.xn--"))
    say(house, review, "CONFIRM")
    house.service.flow.check(house.request().id)
    assert house.request().state is State.HOLD


@pytest.mark.parametrize(
    "domain", ["m\u00fcnchen.example", "\u043c\u043e\u0441\u043a\u0432\u0430.example"]
)
def test_an_honest_domain_in_its_own_script_is_not(house: House, domain: str) -> None:
    ask(house, ALBA.email, named(f"tom@{domain}", domain))
    assert house.request().warnings == ()


# -- mail sent again ---------------------------------------------------------------------------


class Signing:
    """A house that checks senders itself, and partners whose server signs."""

    def __init__(self, db: Database, covered: tuple[bytes, ...]) -> None:
        settings = config(trust={"mode": "own_check", "trusted_peers": []})
        self.house = House(db, settings)
        zone = Zone().put("txt", "s1._domainkey.cobalt.example", rsa_key()[1])
        self.house.service = Rehearsal(
            settings, db, Authenticator(settings.trust, zone, zone.clock),
            letters=letters_of(settings),
        )  # fmt: skip
        self._covered = covered

    def sign(self, raw: bytes) -> bytes:
        return signed(raw, "cobalt.example", headers=self._covered)

    def send(self, raw: bytes, to: str = INTAKE) -> list[Written]:
        return self.house.deliver(raw, mail_from="relay@elsewhere.example", to=to, peer="192.0.2.7")


#: Well-known signers leave the Message-ID out; all sign these three.
FEW = (b"from", b"subject", b"date")


@pytest.mark.parametrize("covered", [FEW, (*FEW, b"message-id")], ids=["id_open", "id_signed"])
@pytest.mark.parametrize("change", [b"Message-ID: <2@partner.example>", b"X-Was: 1"])
def test_a_signed_mail_acts_once(
    sqlite_db: Database, covered: tuple[bytes, ...], change: bytes
) -> None:
    """A request in a list's archive comes in again and again, each time with other headers."""
    signing = Signing(sqlite_db, covered)
    raw = signing.sign(mail(f"Alba <{ALBA.email}>", body=REQUEST.replace("\n", "\r\n")))
    assert kinds(signing.send(raw)) == [("review", ALBA.email)]
    again = raw.replace(b"Message-ID: <1@partner.example>", change)
    for number in range(5):
        assert signing.send(b"Received: from %d\r\n" % number + again) == []
    outcomes = {outcome for _, _, outcome in signing.house.outcomes()[1:]}
    assert outcomes <= {"duplicate", "quarantine"}


def test_an_old_correction_does_not_come_back(sqlite_db: Database) -> None:
    """The customer's address was mistyped, then mended; somebody sends the first mail again."""
    signing = Signing(sqlite_db, FEW)
    house = signing.house

    def answer(letter: Written, words: str, day: int) -> tuple[bytes, str]:
        raw, to = house.reply(letter, words)
        date = b"Date: Mon, %02d Sep 2026 10:00:00 +0000" % day
        lines = [date if x.startswith(b"Date:") else x for x in raw.split(b"\r\n")]
        return signing.sign(b"\r\n".join(lines)), to

    raw = signing.sign(mail(f"Alba <{ALBA.email}>", body=REQUEST.replace("\n", "\r\n")))
    review = one(signing.send(raw), "review")
    wrong, to = answer(review, "Customer email: tim@harbour.example", 22)
    assert kinds(signing.send(wrong, to)) == [("review", ALBA.email)]
    right, _ = answer(review, f"Customer email: {TOM}", 23)
    assert kinds(signing.send(right, to)) == [("review", ALBA.email)]
    forged = b"\r\n".join(
        b"Message-ID: <new@cobalt.example>" if line.startswith(b"Message-ID:") else line
        for line in wrong.split(b"\r\n")
    )
    assert signing.send(forged, to) == []
    assert house.request().fields.customer_email == TOM


# -- the operator's desk -----------------------------------------------------------------------

NOBODY = {
    "two senders": f"From: {ALBA.email}\r\nFrom: eve@elsewhere.example\r\n",
    "no sender": "",
    "a group": f"From: Partners: {ALBA.email};\r\n",
    "two in one": f"From: {ALBA.email}, eve@elsewhere.example\r\n",
    "full width": "From: alba@\uff43obalt.example\r\n",
    "another full stop": "From: alba@cobalt\u3002example\r\n",
}


@pytest.mark.parametrize("name", NOBODY)
def test_nobody_can_vouch_for_a_mail_without_a_sender(house: House, name: str) -> None:
    """Released from quarantine it lies there again: there is nobody to be vouched for."""
    raw = f"{NOBODY[name]}Subject: x\r\nMessage-ID: <1@test.example>\r\n\r\n{REQUEST}".encode()
    stored = house.service.put(raw, mail_from=ALBA.email, recipients=(INTAKE,))
    assert Office(house.db).release([stored], Actor("operator", "ana")) == 1
    house.service.work()
    assert house.service.letters() == []
    assert house.outcomes() == [("quarantined", "request", "quarantine")]
