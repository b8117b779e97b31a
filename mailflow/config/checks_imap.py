"""Settings of mailboxes that do not go together. Pure: no file, no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailflow.config.imap import ImapSettings
from mailflow.config.kinds import is_loopback

if TYPE_CHECKING:
    from mailflow.config.settings import Config


def contradictions(config: Config) -> Iterator[str]:
    """What contradicts itself in `[ingress.imap.…]`: where, what, how to mend."""
    places: dict[tuple[str, str, str], str] = {}
    for name, box in sorted(config.ingress.imap.items()):
        if not box.enabled:
            continue
        where = f"ingress.imap.{name}"
        yield from (f"{where}.{problem}" for problem in [*_login(box), *_folders(box)])
        place = (box.host.lower(), box.username.lower(), box.folder)
        if place in places:
            yield (
                f"{where}: reads the same folder as ingress.imap.{places[place]}; take one out,"
                " or give another folder"
            )
        places.setdefault(place, name)
    trust = config.trust
    mode = trust.mode if trust.imap_mode == "same" else trust.imap_mode
    if places and mode == "trusted_peers" and trust.imap_mode == "same":
        yield (
            "trust.imap_mode: no mail from a mailbox could ever be proven, because nobody hands it"
            ' in as a peer; write "trusted_verifier" or "own_check"'
        )


def _login(box: ImapSettings) -> Iterator[str]:
    if box.security == "none" and not is_loopback(f"{box.host}:{box.port}"):
        yield 'security: the login would go over the network in clear; write "tls" or "starttls"'
    if box.auth == "password":
        if not box.password:
            yield "password: is missing; write it into a file, and name that in password_file"
        return
    if box.password:
        yield f'password: is not used with auth = "{box.auth}"; take it out'
    if box.auth == "microsoft":
        for setting in ("tenant", "client_id"):
            if not getattr(box, setting):
                yield f"{setting}: is missing; you find it where you registered the application"
        if box.service_account_file:
            yield 'service_account_file: is for auth = "google"; take it out'
    elif bool(box.service_account_file) == bool(box.client_id):
        yield (
            "client_id: google needs either service_account_file, or client_id and client_secret;"
            " write one of the two"
        )
    elif box.client_id and not box.client_secret:
        yield "client_secret: is missing; you find it where you registered the application"


def _folders(box: ImapSettings) -> Iterator[str]:
    if box.after == "move":
        for setting in ("done_folder", "quarantine_folder"):
            if getattr(box, setting) == box.folder:
                yield f"{setting}: is the folder that is read; choose another"
