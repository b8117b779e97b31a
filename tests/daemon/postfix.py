"""Postfix of the system's packages, as an instance of its own: own folders, high loopback ports.

What stands in docs/how-to/behind-postfix.md is what it runs with: `block` reads the page, and
only names and ports are put in place. Nothing of the system's own Postfix is read or touched.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.daemon.harness import ROOT, free_port

PAGE = ROOT / "docs/how-to/behind-postfix.md"
#: For each step, on a machine that may be busy with other tests.
PATIENCE_S = 60.0
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
MEND = "no Postfix and swaks for tests. Mend with: apt-get install postfix swaks, and run as root"
#: The smallest set of services that takes mail in, queues it and hands it on.
_SERVICES = """
cleanup   unix  n  -  n  -  0  cleanup
qmgr      unix  n  -  n  1  1  qmgr
rewrite   unix  -  -  n  -  -  trivial-rewrite
bounce    unix  -  -  n  -  0  bounce
defer     unix  -  -  n  -  0  bounce
trace     unix  -  -  n  -  0  bounce
smtp      unix  -  -  n  -  -  smtp
relay     unix  -  -  n  -  -  smtp
lmtp      unix  -  -  n  -  -  lmtp
virtual   unix  -  n  n  -  -  virtual
proxymap  unix  -  -  n  -  -  proxymap
error     unix  -  -  n  -  -  error
retry     unix  -  -  n  -  -  error
anvil     unix  -  -  n  -  1  anvil
postlog   unix-dgram n - n  -  1  postlogd
"""


def block(words: str) -> str:
    """The block of the page that stands next behind these words."""
    _, found, rest = PAGE.read_text().partition(words)
    assert found, words
    return rest.partition("```")[2].partition("\n")[2].partition("```")[0]


@dataclass(frozen=True)
class Postfix:
    """A running instance; `port` is what 25 would be."""

    port: int
    folder: Path

    def swaks(self, sender: str, recipient: str, raw: bytes) -> str:
        """Hand in a mail as somebody's mail program; what was said."""
        done = subprocess.run(
            ["swaks", "--server", f"127.0.0.1:{self.port}", "--helo", "mx.partner.example",
             "--from", sender, "--to", recipient, "--data", "-", "--suppress-data"],
            input=raw, capture_output=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        said = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
        assert done.returncode == 0, said
        return said

    def log(self) -> str:
        """What Postfix has said."""
        return (self.folder / "maillog").read_text(errors="replace")

    def emptied(self) -> bool:
        """Whether it gets rid of every mail it has."""
        pause = threading.Event()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if not self._queued():
                return True
            pause.wait(0.05)
        return False

    def _queued(self) -> bool:
        folders = ("maildrop", "incoming", "active", "deferred")
        return any(
            file.is_file() for name in folders for file in (self.folder / "queue" / name).rglob("*")
        )


@contextmanager
def postfix(
    relayhost: int, replaced: Mapping[str, str], without: Collection[str] = (), more: str = ""
) -> Iterator[Postfix]:
    """An instance that sends what is not ours to the port `relayhost`.

    `replaced` are words of the page and what stands in their place here; the settings `without`
    are left out of its main.cf, `more` is added to it. Skips without Postfix and swaks, and where we may not start it; fails instead if
    MAILFLOW_REQUIRE_POSTFIX is set.
    """
    found = [shutil.which(program, path=PATH) for program in ("postconf", "swaks")]
    if not all(found) or os.geteuid() != 0:
        if os.environ.get("MAILFLOW_REQUIRE_POSTFIX"):
            pytest.fail(MEND)
        pytest.skip(MEND)
    port = free_port()
    # Not below pytest's folders: those are closed to the user who runs it, and the paths of
    # sockets have at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="mailflow-postfix-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        etc = folder / "etc"
        etc.mkdir()
        _make_folders(folder)
        (etc / "main.cf").write_text(
            f"""
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = mx.vendor.example
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
relayhost = [127.0.0.1]:{relayhost}
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
{_with(_left(block("`main.cf`:"), without), replaced)}
{more}
"""
        )
        (etc / "master.cf").write_text(
            f"127.0.0.1:{port} inet n - n - - smtpd\n{_SERVICES}"
            f"{_with(block('master.cf'), replaced)}"
        )
        daemons = _setting(etc, "daemon_directory")
        master = subprocess.Popen(
            [f"{daemons}/master", "-c", str(etc)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        made = Postfix(port, folder)
        try:
            _until_up(master, made)
            yield made
        finally:
            master.send_signal(signal.SIGTERM)  # it ends its own
            try:
                master.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(master.pid, signal.SIGKILL)
                master.wait(10)


def _with(text: str, words: Mapping[str, str]) -> str:
    for word, here in words.items():
        assert word in PAGE.read_text(), word
        text = text.replace(word, here)
    return text


def _left(settings: str, without: Collection[str]) -> str:
    """The settings of a main.cf but some; lines that begin with a blank go on with the last."""
    kept = re.split(r"\n(?=\S)", settings)
    return "\n".join(one for one in kept if one.partition(" ")[0] not in without)


def _make_folders(folder: Path) -> None:
    """What `postfix start` would make, in seconds (postfix-files, from the package)."""
    queue = folder / "queue"
    (queue / "pid").mkdir(parents=True)
    for one in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
                "private", "saved", "trace", "../data"):  # fmt: skip
        (queue / one).mkdir(0o700)
        shutil.chown(queue / one, "postfix")
    for one, mode in (("public", 0o710), ("maildrop", 0o730)):
        (queue / one).mkdir()
        shutil.chown(queue / one, "postfix", "postdrop")
        (queue / one).chmod(mode)


def _setting(etc: Path, name: str) -> str:
    """A setting as Postfix reads it; what it warns of fails the test."""
    done = subprocess.run(
        ["postconf", "-c", str(etc), "-h", name],
        capture_output=True, text=True, timeout=60, check=True, env={"PATH": PATH},
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.stdout.strip()


def _until_up(master: subprocess.Popen[bytes], made: Postfix) -> None:
    """Until it says that it has started: its sockets are bound before that."""
    deadline = time.monotonic() + PATIENCE_S
    while not (made.folder / "maillog").exists() or "daemon started" not in made.log():
        assert master.poll() is None, made.log() if (made.folder / "maillog").exists() else ""
        assert time.monotonic() < deadline, "Postfix did not start"
        time.sleep(0.05)
