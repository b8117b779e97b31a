"""The whole conversation, with every mail to us through a mailbox and none by SMTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailflow.store import queries
from mailflow.store.db import Database
from tests.daemon.harness import Service, Smarthost
from tests.daemon.test_daemon import request
from tests.daemon.test_imap_kills import TRUST
from tests.edges import imap_real
from tests.house import ALBA, TOM


def delivered(raw: bytes, recipient: str, sender: str) -> bytes:
    """A mail as a provider puts it into the mailbox: its fields on top."""
    domain = sender.rpartition("@")[2]
    return (
        f"Delivered-To: {recipient}\r\nReturn-Path: <{sender}>\r\n"
        f"Authentication-Results: mx.vendor.example; dmarc=pass header.from={domain}\r\n"
    ).encode() + raw


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
def test_from_request_to_active_through_a_mailbox(tmp_path: Path, db_url: str) -> None:
    smarthost = Smarthost()
    smarthost.start()
    with imap_real.pymap() as server, server.client() as provider:
        service = Service(
            tmp_path, db_url, smarthost.port,
            f'[ingress.imap.sales]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
            f'username = "{imap_real.USER}"\npassword = "{imap_real.PASSWORD}"\npoll_s = 2\n',
        )  # fmt: skip
        service.prepare()
        try:
            service.start(env=TRUST)
            provider.append("INBOX", delivered(request(), "requests@vendor.example", ALBA.email))
            answer = smarthost.letter(ALBA.email, "confirm").answer("CONFIRM")
            provider.append("INBOX", delivered(answer.raw, answer.recipient, ALBA.email))
            answer = smarthost.letter(TOM, "decide").answer("ACTIVATE")
            # The same mail twice, as a provider that forwards and keeps would have it.
            for _ in range(2):
                provider.append("INBOX", delivered(answer.raw, answer.recipient, TOM))
            smarthost.letter(TOM, "Active")
            smarthost.letter(ALBA.email, "Active")
            db = Database(db_url)
            with db.reading() as session:
                account = queries.conservation(session)
                [line] = queries.requests(session)
            db.close()
            assert (line.state, account.difference) == ("active", 0)
            assert len([t for t in smarthost.taken if "Active" in t.subject]) <= 2
        finally:
            service.stop()
            smarthost.stop()
