"""`mailflow oauth`: sign in once for a mailbox at Microsoft 365 or Google, and look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli.common import AsJson, ConfigFile, database, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.config import Config, ImapSettings

group = typer.Typer(help="Sign in for mailboxes at Microsoft 365 and Google.", no_args_is_help=True)


@group.command()
def login(
    mailbox: Annotated[str, typer.Argument(help="Its name in [ingress.imap.NAME].")],
    config: ConfigFile = None,
) -> None:
    """Sign in as the mailbox, in a browser on any machine. The sign-in then renews itself.

    Not needed where the application signs in itself (client_secret with Microsoft 365, or a
    service account with Google).

    Example: mailflow oauth login sales
    """
    from mailflow.cli.output import note
    from mailflow.ingress.oauth import SignInFailed
    from mailflow.ingress.oauth_login import google_login, microsoft_login
    from mailflow.store import mailboxes

    settings = read_config(config)
    box = _box(settings, mailbox)
    with database(settings) as db:
        try:
            if box.auth == "microsoft":
                token = microsoft_login(box, note)
            else:
                token = google_login(box, _ask)
        except SignInFailed as failed:
            mend = f"mailflow oauth login {mailbox}, once more"
            raise Failure(str(failed), mend, Exit.UNAVAILABLE) from None
        mailboxes.keep_refresh_token(db, mailbox, token)
    note(f"signed in for {mailbox}; mailflow renews it by itself")


@group.command()
def status(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show for each mailbox how it signs in, and whether somebody has."""
    from mailflow.cli.output import listing
    from mailflow.store import mailboxes

    settings = read_config(config)
    rows: list[dict[str, Any]] = []
    with database(settings) as db, db.reading() as session:
        states = {one.name: one for one in mailboxes.mailboxes(session)}
        for name, box in sorted(settings.ingress.imap.items()):
            token, since = mailboxes.refresh_token(db, name)
            by_itself = box.auth == "password" or not needs_person(box)
            state = states.get(name)
            rows.append(
                {
                    "mailbox": name,
                    "auth": box.auth,
                    "signed_in": "not needed" if by_itself else "yes" if token else "no",
                    "renewed": since,
                    "last_success": state.looked_at if state else None,
                    "trouble": state.trouble if state else "",
                }
            )
    columns = ["mailbox", "auth", "signed_in", "renewed", "last_success", "trouble"]
    listing(rows, columns, as_lines=as_json, empty="no mailboxes: [ingress.imap.NAME]")


def needs_person(box: ImapSettings) -> bool:
    """Whether a person has to sign in once."""
    if box.auth == "microsoft":
        return not box.client_secret
    return box.auth == "google" and not box.service_account_file


def _box(settings: Config, name: str) -> ImapSettings:
    box = settings.ingress.imap.get(name)
    if box is None:
        known = ", ".join(sorted(settings.ingress.imap)) or "none"
        raise Failure(f"there is no mailbox {name}", f"known: {known}", Exit.NOT_FOUND)
    if not needs_person(box):
        raise Failure(
            f"{name}: nobody has to sign in with auth = {box.auth!r} as it is configured",
            "mailflow check tries the login",
            Exit.USAGE,
        )
    return box


def _ask(url: str) -> str:
    """Show where to go, and take the address at which the browser ends."""
    from mailflow.cli.output import note

    note("Open this address in a browser, sign in as the mailbox, and agree:")
    note(url)
    note("The browser then shows an error at an address that begins with http://127.0.0.1")
    answer: str = typer.prompt("Paste that whole address", err=True)
    return answer
