"""Killed while it reads a mailbox: at each named place, and at each command to the server.

Lost 0, doubled 0, and the mailbox ends up tidy (I2, I12).
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bench.faults.zygote import Zygote
from mailflow.failpoints import FAILPOINTS
from mailflow.store.db import Database
from tests.daemon.harness import Service
from tests.edges.imap_server import CAPABILITIES, Server, mails

MAILS = 6
PLACES = [*(place for place in FAILPOINTS if place.startswith("imap.")),
          "inbox.before_commit", "inbox.after_commit"]  # fmt: skip
#: A look at a folder with new mail takes a dozen commands, from CAPABILITY to the second SELECT.
COMMANDS = 14
PATIENCE_S = 20.0
#: Peers hand in no mail here; who wrote it does not matter in these tests.
TRUST = {
    "MAILFLOW_TRUST__IMAP_MODE": "trusted_verifier",
    "MAILFLOW_TRUST__AUTHSERV_IDS": "mx.vendor.example",
}


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.folders["Done"] = made.folders["Quarantine"] = type(made.inbox)()
    made.start()
    yield made
    made.stop()


class Reader:
    """A service that does nothing but read the mailbox of `server`."""

    def __init__(self, folder: Path, url: str, server: Server, zygote: Zygote) -> None:
        self.service = Service(
            folder, url, 1,
            f'[log]\nlevel = "warning"\n[ingress.imap.sales]\nhost = "127.0.0.1"\n'
            f'port = {server.port}\nsecurity = "none"\nusername = "requests"\n'
            'password = "secret"\npoll_s = 1\n',
        )  # fmt: skip
        self.service.log.touch()
        self.service.prepare()
        self.server = server
        self.zygote = zygote
        self.pid = 0
        self.sent: list[bytes] = []

    def start(self, failpoint: str = "") -> None:
        self.server.commands.clear()
        self.pid = self.zygote.start(
            self.service.config, self.service.log, failpoint, "imap", TRUST
        )

    def deliver(self) -> None:
        """Some more mail."""
        raws = mails(MAILS, f"round-{len(self.sent)}")
        self.sent += raws
        self.server.deliver(*raws)

    def ended(self) -> int | None:
        return self.zygote.wait(self.pid, PATIENCE_S)

    def is_done(self) -> bool:
        """Whether the folder becomes empty and the reader waits."""
        return self.server.wait_for(
            lambda: "IDLE" in self.server.commands and not self.server.inbox.mails, PATIENCE_S
        )

    def terminate(self) -> int | None:
        os.kill(self.pid, signal.SIGTERM)
        return self.ended()

    def kill_at(self, command: int) -> None:
        """SIGKILL it when it has given so many commands."""
        left = [command]

        def count(_line: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(self.pid, signal.SIGKILL)

        self.server.on_command = count

    def rows(self) -> Counter[bytes]:
        db = Database(self.service.url)
        with db.reading() as session:
            statement = text("SELECT raw FROM inbox JOIN inbox_raw ON inbox_id = id")
            found = Counter(bytes(row.raw) for row in session.connection().execute(statement))
        db.close()
        return found

    def said(self) -> str:
        return self.service.log.read_text()[-2000:]


@pytest.fixture
def reader(tmp_path: Path, db_url: str, server: Server, zygote: Zygote) -> Iterator[Reader]:
    made = Reader(tmp_path, db_url, server, zygote)
    yield made
    if made.pid and not zygote.has_ended(made.pid):
        os.kill(made.pid, signal.SIGKILL)
        made.ended()


def test_killed_at_each_place(reader: Reader, server: Server) -> None:
    for place in PLACES:
        # A flag by itself is only set where the server cannot move.
        can_move = place != "imap.after_flag"
        server.capabilities = CAPABILITIES if can_move else CAPABILITIES.replace(" MOVE", "")
        reader.deliver()
        reader.start(f"{place}:1")
        assert reader.ended() == -signal.SIGKILL, (place, reader.said())
        began = time.monotonic()
        reader.start()
        assert reader.is_done(), (place, reader.said())
        assert time.monotonic() - began < PATIENCE_S
        assert reader.terminate() == 0, reader.said()
    assert reader.rows() == Counter(reader.sent)
    assert set(server.raws("Done")) == set(reader.sent)


def test_killed_at_each_command(reader: Reader, server: Server) -> None:
    for command in range(1, COMMANDS + 1):
        reader.deliver()
        reader.kill_at(command)
        reader.start()
        assert reader.ended() == -signal.SIGKILL, (command, reader.said())
        server.on_command = lambda line: None
    reader.start()
    assert reader.is_done(), reader.said()
    assert reader.terminate() == 0, reader.said()
    assert reader.rows() == Counter(reader.sent)
    # Moved before it died, or after; never twice.
    assert Counter(server.raws("Done")) == Counter(reader.sent)


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", ["frozen in idle", "hang in fetch", "silent greeting", ""])
def test_it_stops_in_time_whatever_the_server_does(
    fault: str, reader: Reader, server: Server
) -> None:
    reader.deliver()
    if fault:
        server.arm(fault)
    reader.start()
    if fault:
        assert server.wait_for(lambda: server.happened[fault] > 0)
    else:
        assert server.wait_for(lambda: "IDLE" in server.commands)
    began = time.monotonic()
    assert reader.terminate() == 0, reader.said()
    assert time.monotonic() - began < 10
