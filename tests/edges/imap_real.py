"""IMAP servers of other people for tests: pymap always, Dovecot where it is installed.

Dovecot runs as an unprivileged user, on a free port of this machine, with everything it needs in
a folder of its own. Without it the tests are skipped with the line that mends that, or fail if
`MAILFLOW_REQUIRE_DOVECOT` is set.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from tests.daemon.harness import free_port

MEND = "no Dovecot for tests. Mend with: apt-get install dovecot-imapd"
USER, PASSWORD = "requests", "secret"
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Real:
    """A running server."""

    name: str
    port: int
    maildir: Path = Path()  # where its mail is, if that is a folder
    owner: tuple[int, int] = (0, 0)  # user and group of that

    def client(self) -> IMAPClient:
        """Somebody else's mail program, logged in."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=PATIENCE_S)
        client.login(USER, PASSWORD)
        return client


@contextmanager
def pymap() -> Iterator[Real]:
    """pymap, with its mail in memory."""
    port = free_port()
    program = Path(sys.executable).with_name("pymap")
    with _process(
        [
            str(program), "--no-tls", "--no-service", "admin", "--no-service", "managesieve",
            "--host", "127.0.0.1", "--port", str(port),
            "dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD,
        ],
        port,
    ):  # fmt: skip
        _empty(Real("pymap", port))
        yield Real("pymap", port)


def _empty(server: Real) -> None:
    """Remove the mail that a server brings along."""
    with server.client() as client:
        client.select_folder("INBOX")
        if uids := client.search():
            client.delete_messages(uids)
            client.expunge()


@contextmanager
def dovecot() -> Iterator[Real]:
    """Dovecot 2.3 or 2.4."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        if os.environ.get("MAILFLOW_REQUIRE_DOVECOT"):
            pytest.fail(MEND)
        pytest.skip(MEND)
    version = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=True
    ).stdout
    port = free_port()
    # Not below pytest's folders: those may be closed to the user who runs it.
    with tempfile.TemporaryDirectory(prefix="mailflow-dovecot-") as name:
        folder = Path(name)
        user = _unprivileged()
        config = folder / "dovecot.conf"
        write = _config_2_4 if version.startswith("2.4") else _config_2_3
        config.write_text(write(folder, port, user))
        (folder / "users").write_text(
            f"{USER}:{{PLAIN}}{PASSWORD}:{user.pw_uid}:{user.pw_gid}::{folder}/home\n"
        )
        for one in (folder, *folder.iterdir()):
            if os.getuid() == 0:
                os.chown(one, user.pw_uid, user.pw_gid)
        with _process([program, "-F", "-c", str(config)], port, user):
            yield Real("dovecot", port, folder / "mail", (user.pw_uid, user.pw_gid))


def _unprivileged() -> pwd.struct_passwd:
    """Who runs it: root is not allowed to read mail."""
    return pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")


def _common(folder: Path, user: pwd.struct_passwd) -> str:
    import grp

    group = grp.getgrgid(user.pw_gid).gr_name
    services = "\n".join(
        f"service {name} {{\n  chroot =\n}}" for name in ("imap-login", "anvil", "stats")
    )
    return f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {user.pw_name}
default_internal_group = {group}
default_login_user = {user.pw_name}
first_valid_uid = {user.pw_uid}
first_valid_gid = {user.pw_gid}
ssl = no
auth_failure_delay = 0
protocols = imap
{services}
"""


def _listener(port: int) -> str:
    return f"""
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  unix_listener stats-reader {{
    user =
    group =
  }}
  unix_listener stats-writer {{
    user =
    group =
  }}
}}
"""


def _config_2_3(folder: Path, port: int, user: pwd.struct_passwd) -> str:
    return f"""
{_common(folder, user)}{_listener(port)}
listen = 127.0.0.1
mail_location = maildir:{folder}/mail
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


def _config_2_4(folder: Path, port: int, user: pwd.struct_passwd) -> str:
    return f"""
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
{_common(folder, user)}{_listener(port)}
listen = 127.0.0.1
mail_driver = maildir
mail_path = {folder}/mail
auth_allow_cleartext = yes
auth_mechanisms = plain login
passdb passwd-file {{
  passwd_file_path = {folder}/users
}}
userdb passwd-file {{
  passwd_file_path = {folder}/users
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


@contextmanager
def _process(
    command: list[str], port: int, user: pwd.struct_passwd | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that listens at `port`; gone with its children afterwards."""
    as_user: dict[str, Any] = {}
    if user is not None and os.getuid() == 0:
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            cwd="/", **as_user,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not _open(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise AssertionError(f"{command[0]} did not start\n{log.read().decode()}")
                time.sleep(0.05)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def _open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
