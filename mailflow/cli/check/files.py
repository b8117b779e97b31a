"""Files, rights and the process itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mailflow.cli.check.finding import Finding, fault, ok, warning
from mailflow.config import Config

#: Descriptors beside those of connections: database, log, relay, pages.
OTHER_DESCRIPTORS = 100


def examine(config: Config, path: Path | None) -> Iterator[Finding]:
    """The configuration file, secret files, the user, limits of the process."""
    yield ok("config-read", f"{path or 'the environment'}: read, and consistent")
    if path is not None:
        yield from _config_file(config, path)
    for name in (config.delivery.password_file, config.database.url_file):
        if name and _mode(Path(name)) & (stat.S_IRGRP | stat.S_IROTH):
            yield fault(
                "secret-readable",
                f"{name}: holds a secret, and others can read it",
                f"chmod 600 {name}",
            )
    if os.geteuid() == 0:
        yield warning(
            "root",
            "this user is root, which the service does not need",
            "run it as a user of its own; a low port is reached through a mail server in front",
        )
    yield from _descriptors(config)


def _config_file(config: Config, path: Path) -> Iterator[Finding]:
    mode = _mode(path)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield fault(
            "config-writable",
            f"{path}: others may change it, and so decide whom the service trusts",
            f"chmod go-w {path}",
        )
    password = config.delivery.password and not config.delivery.password_file
    login = "@" in config.database.url.partition("://")[2] and not config.database.url_file
    if (password or login) and mode & (stat.S_IRGRP | stat.S_IROTH):
        yield fault(
            "config-readable",
            f"{path}: others can read it, and it may hold a password",
            f"chmod 600 {path}, or move the secret into a file of its own (password_file)",
        )


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _descriptors(config: Config) -> Iterator[Finding]:
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = config.ingress.smtp.max_connections + OTHER_DESCRIPTORS
    if limit != resource.RLIM_INFINITY and limit < needed:
        yield fault(
            "descriptors",
            f"this user may open {limit} files; max_connections needs {needed}",
            f"LimitNOFILE={needed} in the systemd unit (or ulimit -n {needed}),"
            " or lower max_connections",
        )
