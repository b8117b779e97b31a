"""A PostgreSQL server for tests ends with the run that started it, however that run ends.

A run that is killed cannot stop its server. So a shell watches it from outside, by a pipe whose
other end only the run has open; at its end the shell stops the server and removes its folder. The
run also holds a lock in that folder, by which a later run tells what is left behind all the same
(the machine lost power, the shell was killed too) from what is in use.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Folders of servers begin so, in /tmp.
START = "mailflow-pg-"
_LOCK = "in-use"
#: So many seconds an unlocked folder is left alone, because it may just be made; and one without
#: any lock, because a version of before there were locks may use it.
_YOUNG_S, _UNKNOWN_S = 60, 6 * 3600
# Immediate shutdown is QUIT to the first process; it takes the others with it. The folder is
# removed again and again because they write there until they are gone.
_SHELL = """
read -r end_of_the_run
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
[ -z "$pid" ] || kill -QUIT "$pid" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$1" 2>/dev/null && [ ! -e "$1" ] && break
    sleep 0.2
done
"""


@contextlib.contextmanager
def guarded(folder: Path, **identity: Any) -> Iterator[None]:
    """Within the block, the server in `folder` ends with this process.

    `identity` says as whom the shell runs, as for `subprocess.Popen`.
    """
    # Both descriptors are closed in every program that this process starts.
    lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    watched, held = os.pipe()
    shell = subprocess.Popen(
        ["/bin/sh", "-c", _SHELL, "sh", str(folder)], stdin=watched, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd="/", env={"PATH": "/usr/bin:/bin"},
        start_new_session=True,  # what is meant for the run's group does not end it
        **identity,
    )  # fmt: skip
    os.close(watched)
    try:
        yield
    finally:
        os.close(held)
        shell.wait(30)
        os.close(lock)


def remove(parent: Path = Path("/tmp")) -> list[Path]:
    """Stop and remove servers whose runs have ended; returns their folders.

    Nothing is touched that somebody holds, that is too young to tell, or that is another user's.
    """
    gone = []
    for folder in sorted(parent.glob(f"{START}*")):
        with contextlib.suppress(OSError):
            if _is_left(folder):
                _end(folder)
                shutil.rmtree(folder)
                gone.append(folder)
    return gone


def _is_left(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return _age(folder) > _UNKNOWN_S and _server(folder) is None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return _age(folder / _LOCK) > _YOUNG_S


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _server(folder: Path) -> int | None:
    """The first process of the server that runs in a folder, and of no other."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return None
    return pid if os.fsencode(folder / "data") in command else None


def _end(folder: Path) -> None:
    pid = _server(folder)
    if pid is None:
        return
    os.kill(pid, signal.SIGQUIT)
    for _ in range(50):
        if _server(folder) is None:
            return
        time.sleep(0.1)
