"""Mailboxes that are read: whether one gets in, and can do there what has to be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailflow.cli.check.finding import Finding, fault, ok, warning
from mailflow.config import Config, ImapSettings

if TYPE_CHECKING:
    from mailflow.ingress.imap_box import Box

#: How long a server may take to answer, in seconds.
ANSWER_S = 15.0


def examine(config: Config) -> Iterator[Finding]:
    """Log in to every mailbox and look; no mail is fetched, and no folder is made."""
    for name, box in sorted(config.ingress.imap.items()):
        if box.enabled:
            yield from _mailbox(config, name, box)


def _mailbox(config: Config, name: str, settings: ImapSettings) -> Iterator[Finding]:
    import time

    from mailflow.ingress.imap_box import Box
    from mailflow.ingress.imap_errors import Broken, LoginRefused, Refused
    from mailflow.ingress.imap_login import login_for
    from mailflow.ingress.oauth import SignInFailed
    from mailflow.store.db import Database, Unavailable

    where = f"ingress.imap.{name}"
    quick = settings.model_copy(update={"timeout_s": min(settings.timeout_s, ANSWER_S)})
    db = Database(config.database.url)
    try:
        enter = login_for(name, quick, db)()
        box = Box(quick, time.monotonic)
        box.open(enter)
        try:
            yield from _inside(where, settings, box)
        finally:
            box.close()
    except SignInFailed as error:
        yield fault("imap-sign-in", f"{where}: {error}", f"mailflow oauth login {name}")
    except LoginRefused as error:
        yield fault("imap-login", f"{where}: the login is refused: {error}", _login_mend(settings))
    except Broken as error:
        yield fault("imap-away", f"{where}: {settings.host}:{settings.port}: {error}",
                    _way_mend(str(error)))  # fmt: skip
    except Refused as error:
        yield fault("imap-refuses", f"{where}: {error}", "look at folder and security")
    except Unavailable:
        yield fault("imap-database", f"{where}: the sign-in is kept in the database, which is not"
                    " there", "mailflow migrate")  # fmt: skip
    finally:
        db.close()


def _inside(where: str, settings: ImapSettings, box: Box) -> Iterator[Finding]:
    folder = box.select()
    yield ok("imap", f"{where}: {settings.folder} can be read, {folder.exists} mails in it")
    if folder.exists:
        yield warning(
            "imap-old-mail",
            f"{where}: the {folder.exists} mails in {settings.folder} will be taken, old ones too",
            "move away what is not meant for mailflow",
        )
    if not box.has_idle:
        yield warning(
            "imap-poll",
            f"{where}: the server does not tell of new mail (IDLE), so it is looked for every"
            f" {settings.poll_s:g} s",
            "lower poll_s if that is too long",
        )
    if settings.after == "flag" and not folder.keeps_flag:
        yield warning(
            "imap-flag",
            f"{where}: the server keeps no flag {settings.done_flag}; mailflow's own record counts",
            'after = "move", if others shall see what is done; or done_flag = "\\Seen"',
        )
    if settings.after == "move" and not {b"MOVE", b"UIDPLUS"} & box.capabilities:
        yield warning(
            "imap-move",
            f"{where}: the server can neither MOVE nor UIDPLUS, so mail is copied, and stays here"
            " marked as deleted",
            'after = "flag", or expunge the folder from time to time',
        )


def _login_mend(settings: ImapSettings) -> str:
    if settings.auth == "password":
        return "look at username and password; many providers want an app password or OAuth here"
    return "let the application read this mailbox; docs/how-to says how for each provider"


def _way_mend(trouble: str) -> str:
    low = trouble.lower()
    if "certificate" in low:
        return "use the name that is in its certificate, or name its authority in ca_file"
    if "version" in low or "ssl" in low or "tls" in low:
        return 'port 993 wants security = "tls", port 143 "starttls"'
    return "look at host and port, and at firewalls between"
