"""`mailflow explain`: the story of a request or a mail, with its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from mailflow.cli.exits import Exit
from mailflow.core import commands as c
from mailflow.store import inbox, outbox, queries
from mailflow.store.db import Database
from tests.daemon.shell import Shell
from tests.house import ALBA, DAY, REQUEST, House, one, page_token


@pytest.fixture
def house(shell: Shell) -> Iterator[House]:
    """A service whose database is the one of the shell's configuration."""
    shell("migrate", "-c", shell.file)
    db = Database(f"sqlite:///{shell.folder / 'mailflow.db'}")
    yield House(db)
    db.close()


def explain(shell: Shell, name: str) -> str:
    done = shell("explain", name, "-c", shell.file)
    assert done.code == Exit.OK, done.err
    return " ".join(done.out.split())


def test_the_story_of_a_request(shell: Shell, house: House) -> None:
    _, activation = house.pending()
    house.service.pass_time(7 * DAY)
    house.service.letters()
    house.service.flow.click(page_token(activation), c.Accept("click"))
    told = explain(shell, house.request().reference)
    assert told.startswith(house.request().reference)
    in_order = [
        "alba@cobalt.example asked for the account.",
        "why: every required field is there and valid",
        "proof: pass: trusted peer 127.0.0.1 vouches for the sender",
        "→ review to alba@cobalt.example (en): withdrawn before it was sent",
        "alba@cobalt.example confirmed; the provisional account was created.",
        "now: pending why: a clear CONFIRM for the newest revision, 1; understood as confirm:",
        "→ activation to tom@harbour.example (en)",
        "Day 7 of the schedule: reminded.",
        "tom@harbour.example accepted by click; the account became active.",
        "proof: page token",
        "→ access to ann@harbour.example (en)",
    ]
    places = [told.find(words) for words in in_order]
    assert -1 not in places, in_order[places.index(-1)]
    assert places == sorted(places)
    assert page_token(activation) not in told, "a secret is never shown whole"


def test_every_mail_event_and_letter_is_told_once(shell: Shell, house: House) -> None:
    _, activation = house.pending()
    house.answer(activation, "hm, let me see")
    house.answer(activation, "NOMINATE eva@harbour.example")
    reference = house.request().reference
    rows = shell("explain", reference, "--json", "-c", shell.file).rows
    with house.db.reading() as session:
        letters = queries.mails(session, request_id=house.request().id, limit=1000)
        mails = queries.inbox_rows(session)
    told = [letter["message_id"] for row in rows for letter in row["letters"]]
    assert sorted(told) == sorted(letter.message_id for letter in letters)
    assert [row["mail"] for row in rows] == sorted(mail.id for mail in mails)
    assert {row["request"] for row in rows} == {reference}
    assert [row["state"] for row in rows] == ["review", "pending", "", ""]


def test_the_story_of_one_mail(shell: Shell, house: House) -> None:
    house.write(ALBA.email, REQUEST, message_id="<first@cobalt.example>")
    told = explain(shell, "first@cobalt.example")
    assert "was read as a mail that starts something" in told
    assert house.request().reference in told
    with house.db.reading() as session:
        raw = queries.inbox_raw(session, 1)
    assert raw is not None
    assert f"SHA-256 {hashlib.sha256(raw).hexdigest()}" in told
    assert explain(shell, "<first@cobalt.example>") == told == explain(shell, "1")


def test_a_mail_that_was_set_aside_and_let_in_by_an_operator(shell: Shell, house: House) -> None:
    house.write(ALBA.email, REQUEST, message_id="<x@cobalt.example>", peer="203.0.113.9")
    told = explain(shell, "x@cobalt.example")
    assert "set aside in quarantine; nothing happened" in told
    assert "proof: none: 203.0.113.9 is not one of trust.trusted_peers" in told
    inbox.release(house.db, [1], by="eve")
    house.service.work()
    told = explain(shell, "x@cobalt.example")
    assert "asked for the account" in told
    assert "released from quarantine by eve" in told


def test_two_mails_under_one_name_are_both_told(shell: Shell, house: House) -> None:
    house.write("nobody@new.example", REQUEST, message_id="<m@cobalt.example>")
    house.write(ALBA.email, REQUEST, message_id="<m@cobalt.example>")
    told = explain(shell, "m@cobalt.example")
    assert "nobody@new.example may not ask for accounts" in told
    assert "alba@cobalt.example asked for the account" in told


def test_a_letter_of_ours_with_its_delivery(shell: Shell, house: House) -> None:
    review = house.review()
    (claimed,) = outbox.claim(house.db, 1, DAY)
    outbox.mark(house.db, claimed.id, claimed.fence, "sent", "250 2.0.0 queued\nas 77")
    told = explain(shell, review.message_id)
    assert "→ review to alba@cobalt.example (en): taken by the mail server at" in told
    assert "(250 2.0.0 queued as 77)" in told


@pytest.mark.parametrize("words", ["not.there@test.example", "R-AAAAAAA", "99"])
@pytest.mark.usefixtures("house")
def test_what_is_not_there(shell: Shell, words: str) -> None:
    done = shell("explain", words, "-c", shell.file)
    assert done.code == Exit.NOT_FOUND
    assert "mailflow inbox list" in done.err


def test_what_others_wrote_cannot_move_the_cursor(shell: Shell, house: House) -> None:
    _, activation = house.pending()
    house.service.flow.click(page_token(activation), c.Decline("no\x1b[2J thanks"))
    done = shell("explain", house.request().reference, "-c", shell.file)
    assert "\x1b" not in done.out
    assert "\\x1b[2J thanks" in done.out


def test_a_renewal_is_told_on_both_sides(shell: Shell, house: House) -> None:
    house.pending()
    old = house.request().reference
    house.service.pass_time(91 * DAY)
    notice = one(house.service.letters(), "expiry_notice")
    house.answer(notice, "RENEW")
    told = explain(shell, old)
    assert "when the term was over: it expired" in told
    new = told.partition("asked for again as ")[2].strip(".")
    assert "alba@cobalt.example asked for it again with the old values." in explain(shell, new)
