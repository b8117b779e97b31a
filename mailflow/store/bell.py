"""SQLite: the bell between the processes of one machine, a named pipe for each of them.

The pipes lie beside the files that are the workers' signs of life (`workers`). Ringing writes one
letter into every pipe but one's own; a pipe that nobody reads belongs to a dead worker, and one
that is full rings already.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_LETTERS = {"inbox": b"i", "outbox": b"o"}
_NAMES = {letter[0]: name for name, letter in _LETTERS.items()}
_SUFFIX = ".bell"


class Bell:
    """The pipe of one worker, whose sign of life lies at `path`. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self.path = pipe_of(path)
        os.mkfifo(self.path, 0o600)
        # Open for writing too, so that it does not end when a ringer closes it.
        self._fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        """For waiting on it."""
        return self._fd

    def heard(self) -> set[str]:
        """What has been rung for since: "inbox", "outbox". Does not wait."""
        try:
            letters = os.read(self._fd, 4096)
        except BlockingIOError:
            return set()
        return {_NAMES[letter] for letter in letters if letter in _NAMES}

    def ring(self, what: str) -> None:
        """Tell all others that there is something in the "inbox" or the "outbox"."""
        for path in self.path.parent.glob(f"*{_SUFFIX}"):
            if path == self.path:
                continue
            with contextlib.suppress(OSError):  # dead, full, gone, or another user's
                fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                try:
                    os.write(fd, _LETTERS[what])
                finally:
                    os.close(fd)

    def close(self) -> None:
        """Take it away."""
        self.path.unlink(missing_ok=True)
        os.close(self._fd)


def pipe_of(path: Path) -> Path:
    """Where the pipe of the worker lies whose sign of life is at `path`."""
    return path.with_name(path.name + _SUFFIX)
