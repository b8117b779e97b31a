"""What is known of the mails in a mailbox, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from mailflow.store import mailboxes
from mailflow.store.db import Database
from mailflow.store.mailboxes import Known

STORED, CLEARED = Known(refused=False, cleared=False), Known(refused=False, cleared=True)
REFUSED = Known(refused=True, cleared=False)
HIGHEST = 2**32 - 1
HERE = "imap.vendor.example requests INBOX"


def one(db: Database) -> mailboxes.Mailbox:
    with db.reading() as session:
        [found] = mailboxes.mailboxes(session)
    return found


def test_a_mail_is_known_by_mailbox_numbering_and_number(db: Database) -> None:
    mailboxes.begin(db, "a", HERE, HIGHEST)
    mailboxes.note(db, "a", HIGHEST, [1, 7, HIGHEST], {8: "too large"})
    mailboxes.cleared(db, "a", HIGHEST, [7])
    assert mailboxes.known(db, "a", HIGHEST, 1, HIGHEST) == {
        1: STORED, 7: CLEARED, 8: REFUSED, HIGHEST: STORED
    }  # fmt: skip
    assert mailboxes.known(db, "a", HIGHEST, 2, 7) == {7: CLEARED}
    assert mailboxes.known(db, "b", HIGHEST, 1, HIGHEST) == {}
    assert mailboxes.known(db, "a", 1, 1, HIGHEST) == {}


def test_the_first_word_about_a_mail_stands(db: Database) -> None:
    mailboxes.note(db, "a", 1, [5])
    mailboxes.cleared(db, "a", 1, [5])
    mailboxes.note(db, "a", 1, [5], {5: "too large"})
    assert mailboxes.known(db, "a", 1, 1, 9) == {5: CLEARED}


def test_another_numbering_forgets_the_old_one(db: Database) -> None:
    assert mailboxes.begin(db, "a", HERE, 3)
    assert not mailboxes.begin(db, "a", HERE, 3)
    mailboxes.note(db, "a", 3, [1, 2], {4: "too large"})
    assert mailboxes.begin(db, "a", HERE, 9)
    assert mailboxes.known(db, "a", 3, 1, 9) == {4: REFUSED}
    assert one(db).refused == 1


def test_another_place_with_the_same_numbers_is_unknown(db: Database) -> None:
    """Two folders may both carry UIDVALIDITY 1; their mails are not the same."""
    mailboxes.begin(db, "a", HERE, 1)
    mailboxes.note(db, "a", 1, [1, 2], {3: "too large"})
    mailboxes.note(db, "b", 1, [1])
    assert mailboxes.begin(db, "a", HERE + "/Other", 1)
    assert mailboxes.known(db, "a", 1, 1, 9) == {}
    assert mailboxes.known(db, "b", 1, 1, 9) == {1: STORED}


def test_a_numbering_that_comes_back_is_unknown(db: Database) -> None:
    """It must not (RFC 3501 §2.3.1.1), but a backup that is restored may bring it about."""
    mailboxes.begin(db, "a", HERE, 1)
    mailboxes.note(db, "a", 1, [1], {2: "too large"})
    mailboxes.begin(db, "a", HERE, 9)
    mailboxes.begin(db, "a", HERE, 1)
    assert mailboxes.known(db, "a", 1, 1, 9) == {}


def test_what_is_gone_from_the_folder_is_forgotten(db: Database) -> None:
    mailboxes.begin(db, "a", HERE, 3)
    mailboxes.note(db, "a", 3, [1, 2, 3, 20], {4: "too large"})
    assert mailboxes.prune(db, "a", 3, 1, 10, {2}) == 2
    assert mailboxes.known(db, "a", 3, 1, 99) == {2: STORED, 4: REFUSED, 20: STORED}


def test_a_refused_mail_stays_on_record_for_a_while(db: Database) -> None:
    mailboxes.begin(db, "a", HERE, 3)
    mailboxes.note(db, "a", 3, [], {4: "too large", 5: "too large"})
    with db.transaction() as session:
        old = db.machine_now(session) - mailboxes.KEEP_REFUSED - timedelta(minutes=1)
        session.connection().execute(text("UPDATE mailbox_mail SET at = :old"), {"old": str(old)})
    assert mailboxes.prune(db, "a", 3, 1, 9, {5}) == 1
    assert mailboxes.known(db, "a", 3, 1, 99) == {5: REFUSED}


def test_how_a_mailbox_stands(db: Database) -> None:
    mailboxes.looked(db, "a", "login refused")
    assert (one(db).looked_at, one(db).trouble) == (None, "login refused")
    mailboxes.looked(db, "a")
    mailboxes.note(db, "a", 0, [1, 2, 3], {4: "too large", 5: "too large"})
    mailboxes.cleared(db, "a", 0, [1, 4])
    found = one(db)
    assert (found.trouble, found.uncleared, found.refused) == ("", 3, 2)
    before = found.looked_at
    assert before is not None
    mailboxes.looked(db, "a", "away")
    assert one(db).looked_at == before


def test_the_newest_refresh_token_is_kept(db: Database) -> None:
    assert mailboxes.refresh_token(db, "a") == ("", None)
    mailboxes.keep_refresh_token(db, "a", "first")
    mailboxes.keep_refresh_token(db, "a", "second")
    token, when = mailboxes.refresh_token(db, "a")
    assert token == "second"
    assert when is not None
    mailboxes.begin(db, "a", HERE, 5)  # a folder numbered anew has no part in it
    assert mailboxes.refresh_token(db, "a")[0] == "second"


@pytest.mark.parametrize("uids", [[], range(1, 3000)])
def test_any_number_at_once(db: Database, uids: list[int]) -> None:
    mailboxes.begin(db, "a", HERE, 1)
    mailboxes.note(db, "a", 1, uids)
    mailboxes.cleared(db, "a", 1, uids)
    assert set(mailboxes.known(db, "a", 1, 1, HIGHEST)) == set(uids)
    assert mailboxes.prune(db, "a", 1, 1, HIGHEST, []) == len(uids)
