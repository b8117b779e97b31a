"""The settings of a mailbox that is read by IMAP."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mailflow.config import kinds
from mailflow.config.base import PATH, SECRET, Settings


class ImapSettings(Settings):
    """A mailbox from which mail is fetched. NAME is yours: small letters, digits, - and _; one
    table for each mailbox."""

    enabled: bool = True
    """Whether it is read."""
    host: kinds.Host
    """Its IMAP server."""
    port: int = Field(default=993, ge=1, le=65_535)
    """Its port: 993 with tls, 143 with starttls."""
    security: Literal["tls", "starttls", "none"] = "tls"
    """none only on the same machine."""
    ca_file: str = Field(default="", json_schema_extra=PATH)
    """Authorities (PEM) that vouch for its certificate, and for that of the sign-in; empty = those
    of the system."""
    username: kinds.Line
    """Login; with Microsoft 365 and Gmail the address of the mailbox."""
    auth: Literal["password", "microsoft", "google"] = "password"
    """How to log in. microsoft and google use OAuth and need the extra `oauth`
    (docs/how-to/install.md)."""
    password: str = Field(default="", repr=False, json_schema_extra=SECRET)
    """Password of the login; better in a file, below."""
    password_file: str = Field(default="", json_schema_extra=PATH)
    """File that holds the password."""
    tenant: kinds.OptionalLine = ""
    """microsoft: your directory (tenant) id or domain."""
    client_id: kinds.OptionalLine = ""
    """OAuth: the id of the application that you registered."""
    client_secret: str = Field(default="", repr=False, json_schema_extra=SECRET)
    """OAuth: its secret. microsoft without one: a person signs in once, `mailflow oauth login`."""
    client_secret_file: str = Field(default="", json_schema_extra=PATH)
    """File that holds the secret."""
    service_account_file: str = Field(default="", json_schema_extra=PATH)
    """google: key (JSON) of a service account that may act for the mailbox; instead of client_id
    and client_secret."""
    authority: kinds.OptionalLink = ""
    """OAuth: where to sign in, in a national cloud; empty = the provider's own address."""
    folder: kinds.Line = "INBOX"
    """Folder to read. All mail in it is taken, also what is old or was read already."""
    after: Literal["move", "flag"] = "move"
    """What becomes of a mail that is safely stored: moved to done_folder, or flagged with done_flag
    and left."""
    done_folder: kinds.Line = "Done"
    """Where stored mail goes; made if it is not there."""
    quarantine_folder: kinds.Line = "Quarantine"
    """Where mail goes that cannot be taken: too large, or the server cannot hand it out."""
    done_flag: kinds.Flag = "$MailflowDone"
    """Flag for stored mail. Mail that cannot be taken gets \\Flagged, which mail programs show."""
    recipient_headers: tuple[kinds.HeaderName, ...] = Field(
        default=("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"), min_length=1
    )
    """Header fields in which our own addresses are looked for. Where there is none, the mail counts
    as sent to the address for requests."""
    max_message_bytes: int = Field(default=10_485_760, ge=65_536, le=104_857_600)
    """Largest message taken; larger ones are put aside."""
    poll_s: float = Field(default=60, ge=1, le=1680)
    """Look at least so often, in seconds. New mail is noticed at once where the server has IDLE;
    RFC 2177 wants that renewed within 29 minutes."""
    timeout_s: float = Field(default=60, ge=1, le=600)
    """Wait for the server's answer, in seconds."""
    alarm_minutes: float = Field(default=15, gt=0, le=10_080)
    """After so many minutes without success an alarm is logged, and health says so."""
