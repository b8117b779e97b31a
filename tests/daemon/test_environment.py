"""The surroundings fail under traffic: no mail is refused for good, none is lost, and ten seconds
after the fault's end all is done (I6)."""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from bench.faults.account import account
from bench.faults.fleet import Fleet, new_zygote
from bench.faults.traffic import Traffic
from bench.faults.zygote import Zygote
from tests import postgres
from tests.daemon.harness import Service

RECOVERY_S = 10.0
HURT_S = 2.0
MAILS = 90


def suffer(
    tmp_path: Path,
    zygote: Zygote,
    url: str,
    fault: Callable[[Fleet], contextlib.AbstractContextManager[object]],
    *,
    must_hurt: bool = False,
) -> None:
    """Traffic, the fault for some seconds in the midst of it, and the accounting."""
    traffic = Traffic([], MAILS, open_at_once=10)
    fleet = Fleet(tmp_path, url, traffic.smarthost.port, zygote=zygote)
    traffic.ports = fleet.ports
    try:
        fleet.start()
        traffic.start()
        assert _wait(lambda: traffic.progress > MAILS / 4), fleet.said()
        fleet.faults.append(time.monotonic())
        with fault(fleet):
            traffic.more(6)  # what is in work may be all taken in already
            time.sleep(HURT_S)
            if must_hurt:
                assert _wait(lambda: bool(traffic.refused)), fleet.said()
        fleet.faults.append(time.monotonic())
        began = time.monotonic()
        assert traffic.wait(60), fleet.said()
        assert fleet.drain(), fleet.said()
        took = time.monotonic() - began
        assert not fleet.has_ended(), fleet.said()
        assert fleet.terminate() == [0]
    finally:
        fleet.close()
        traffic.stop()
    assert [one for one in traffic.refused if one.lstrip("({'").startswith("5")] == []
    result = account(url, traffic, fleet.faults)
    assert result.clean, result
    # On a machine that is busy with other things, as much longer as they make it.
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert took < RECOVERY_S * busy


def _wait(what: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not what() and time.monotonic() < deadline:
        time.sleep(0.02)
    return what()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'mailflow.db'}"


def test_the_database_is_locked(tmp_path: Path, zygote: Zygote, sqlite_url: str) -> None:
    @contextlib.contextmanager
    def locked(_fleet: Fleet) -> Iterator[None]:
        other = sqlite3.connect(tmp_path / "mailflow.db", timeout=20, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    suffer(tmp_path, zygote, sqlite_url, locked)


@contextlib.contextmanager
def _limited(fleet: Fleet, what: int, most: int) -> Iterator[None]:
    """A limit of the running process, from outside."""
    pid = fleet.pids[0]
    before = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (most, before[1]))
    yield
    resource.prlimit(pid, what, before)


needs_prlimit = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="limits of another process can be set on Linux only"
)


@needs_prlimit
def test_the_disk_is_full(tmp_path: Path, zygote: Zygote, sqlite_url: str) -> None:
    """No file may grow: to the database that is a full disk."""
    suffer(
        tmp_path,
        zygote,
        sqlite_url,
        lambda fleet: _limited(fleet, resource.RLIMIT_FSIZE, 4096),
        must_hurt=True,
    )


@needs_prlimit
def test_no_file_descriptor_is_left(tmp_path: Path, zygote: Zygote, sqlite_url: str) -> None:
    suffer(tmp_path, zygote, sqlite_url, lambda fleet: _limited(fleet, resource.RLIMIT_NOFILE, 8))


FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


@pytest.mark.skipif(
    FAKETIME is None, reason="no clock to turn. Mend with: apt-get install faketime"
)
def test_the_clock_jumps(tmp_path: Path, sqlite_url: str) -> None:
    """A day back, right, a day on, and right again, as time and database of the service see it."""
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    folder = tmp_path / "zygote"
    folder.mkdir()
    turned = new_zygote(
        Service(folder, f"sqlite:///{folder}/none.db", 1).config,
        {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        },
    )

    @contextlib.contextmanager
    def jumping(_fleet: Fleet) -> Iterator[None]:
        clock.write_text("-1d\n")
        yield
        for jump in ("+0", "+1d", "+0"):
            clock.write_text(f"{jump}\n")
            time.sleep(0.5)

    try:
        suffer(tmp_path, turned, sqlite_url, jumping)
    finally:
        turned.close()


def test_the_server_cuts_every_connection(
    tmp_path: Path, zygote: Zygote, postgres_url: str
) -> None:
    @contextlib.contextmanager
    def cut(_fleet: Fleet) -> Iterator[None]:
        stop = threading.Event()

        def cutting() -> None:
            with psycopg.connect(postgres_url, autocommit=True) as line:
                while not stop.wait(0.3):
                    line.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )

        thread = threading.Thread(target=cutting)
        thread.start()
        yield
        stop.set()
        thread.join()

    suffer(tmp_path, zygote, postgres_url, cut)


def test_postgresql_is_restarted(tmp_path: Path, zygote: Zygote, postgres_url: str) -> None:
    programs = postgres._programs()
    folder = make_url(postgres_url).query.get("host", "")
    if programs is None or not Path(f"{folder}/data").exists():
        pytest.skip("the PostgreSQL server is not ours to restart")

    @contextlib.contextmanager
    def restarted(_fleet: Fleet) -> Iterator[None]:
        user = postgres._unprivileged()
        yield
        subprocess.run(
            [programs / "pg_ctl", "-D", f"{folder}/data", "-m", "fast", "-w", "-s",
             "-l", f"{folder}/log", "restart"],
            user=user.pw_uid if user else None, group=user.pw_gid if user else None,
            extra_groups=[] if user else None, cwd=folder, check=True, timeout=60,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    suffer(tmp_path, zygote, postgres_url, restarted)


def test_below_the_floor_of_the_disk_mail_is_put_off(tmp_path: Path, sqlite_url: str) -> None:
    """The floor is above what any disk has; a service of its own, for it is not forked."""
    service = Service(tmp_path, sqlite_url, 1)
    service.prepare()
    service.start(env={"MAILFLOW_DATABASE__MIN_FREE_BYTES": str(2**62)})
    try:
        with pytest.raises(Exception, match=r"452.*4\.3\.1"):
            service.send("alba@cobalt.example", "requests@vendor.example", b"Subject: x\r\n\r\n")
        page = f"http://127.0.0.1:{service.admin_port}/metrics"
        with urllib.request.urlopen(page, timeout=10) as shown:
            assert b"mailflow_conservation_difference 0.0" in shown.read()
    finally:
        service.stop()
