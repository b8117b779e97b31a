"""The tables, with the keys and checks that keep the promises (PROMISES.md I2, I9, I10, I23).

Rows are plain: no relationships, no cascades, no lazy loading. Times are aware UTC datetimes.
Enumerations are strings with a CHECK, so that a row reads the same in every tool.

The bytes of a mail lie in a table of their own, written once and never updated: SQLite rewrites a
whole row, bytes and all, each time one of its columns changes, and an inbound row changes twice
(claimed, finished). Two tables halve the processor time of a 20 kB mail.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from mailflow.core.request import OCCUPYING, Role, State

#: Named from day one, so that a migration can drop what it means to drop.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata

#: Inbound: waiting → claimed → one of the five ends. `claimed` with a lease in the past is waiting.
INBOX_STATES = ("waiting", "claimed", "done", "ignored", "refused", "quarantined", "failed")
INBOX_OPEN = ("waiting", "claimed")
#: What becomes of a mail that leads to nothing, as the account of all mail names it.
FATES = ("effects", "duplicates", "ignored", "refused", "quarantined")
#: Outbound: due → claimed → sent | captured | failed, or back to due; withdrawn before sending.
OUTBOX_STATES = ("due", "claimed", "sent", "captured", "failed", "withdrawn")
#: A mail of a mailbox: in the inbox, or left there because it cannot be taken.
MAILBOX_STATES = ("stored", "refused")
#: What the account of all mail does not know by the state alone: copies, second effects, and ends
#: without a reason, of which there must be none (I26). Literally so in every query that means it.
INBOX_APART = (
    "(copies > 1 OR outcome = 'duplicate' OR (state = 'done' AND outcome = '')"
    " OR (state = 'ignored' AND outcome = '' AND reason = '')"
    " OR (state IN ('failed', 'quarantined', 'refused') AND reason = ''))"
)
PURPOSES = ("partner_reply", "approver_reply", "page", "bounce")


def one_of(column: str, values: tuple[str, ...]) -> str:
    """A CHECK that `column` holds one of `values`."""
    return f"{column} IN ({', '.join(repr(str(v)) for v in values)})"


def _id() -> Column[Any]:
    """A number given by the database. SQLite: any INTEGER PRIMARY KEY has 64 bits."""
    return Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)


class Inbox(SQLModel, table=True):
    """One accepted message, whatever became of it. Committed before the 250 (I1)."""

    __tablename__ = "inbox"
    __table_args__ = (
        # The same bytes for the same recipients are one message (DESIGN.md §2.2).
        UniqueConstraint("content_hash", "recipients_hash"),
        CheckConstraint(one_of("state", INBOX_STATES), name="state"),
        CheckConstraint("state <> 'claimed' OR lease_until IS NOT NULL", name="lease"),
        CheckConstraint(
            f"({one_of('state', INBOX_OPEN)}) = (finished_at IS NULL)", name="finished"
        ),
        # What was not acted upon always says why (I26).
        CheckConstraint(
            "state NOT IN ('refused', 'quarantined', 'failed') OR reason <> ''", name="reason"
        ),
        Index(
            "ix_inbox_open",
            "next_attempt_at",
            "id",
            sqlite_where=text(one_of("state", INBOX_OPEN)),
            postgresql_where=text(one_of("state", INBOX_OPEN)),
        ),
        # One mail, however many copies and ways it comes by, has its effect once (I2).
        Index(
            "uq_inbox_effect_key",
            "effect_key",
            unique=True,
            sqlite_where=text("effect_key IS NOT NULL"),
            postgresql_where=text("effect_key IS NOT NULL"),
        ),
        Index("ix_inbox_request_id", "request_id"),
        Index("ix_inbox_message_id", "message_id"),
        Index("ix_inbox_state", "state", "id"),
        Index(
            "ix_inbox_apart",
            "state",
            "id",
            sqlite_where=text(INBOX_APART),
            postgresql_where=text(INBOX_APART),
        ),
    )
    id: int | None = Field(default=None, sa_column=_id())
    content_hash: str = Field(max_length=64)  # SHA-256 of the bytes as received
    recipients_hash: str = Field(max_length=64)  # SHA-256 of the sorted recipients
    size: int  # bytes as received; stays when the bytes are wiped
    mail_from: str | None  # envelope sender; "" = null return path, NULL = unknown (IMAP)
    recipients: list[str] = Field(sa_column=Column(JSON, nullable=False))
    peer: str = ""  # address of the SMTP client, or "imap:NAME"
    source: str = "smtp"  # which ingress: "smtp", "lmtp", "imap:NAME", "web"
    received_at: datetime  # database clock at insertion; IMAP: INTERNALDATE, never later
    copies: int = 1  # how often it came in all
    state: str = "waiting"
    attempts: int = 0
    next_attempt_at: datetime  # of a claimed row: the end of its lease, when it is due again
    lease_until: datetime | None = None
    fence: int = 0  # grows with each claim: a frozen worker's late write finds another number
    owner: int = 0  # the worker that claimed it last
    begun: bool = False  # whether work began under the last claim
    finished_at: datetime | None = None
    vouched_by: str = ""  # the operator who released it from quarantine and answers for its sender
    # What it turned out to be; filled in when it is worked on.
    kind: str = ""  # request, reply, automatic, bounce, stray
    outcome: str = ""  # what was done: "review", "confirm", "duplicate", …
    reason: str = ""  # the rule that decided, in words
    sender: str = ""  # proven or claimed address
    verdict: str = ""  # how it was authenticated
    message_id: str = ""  # hashed when longer than 255 characters (I3)
    effect_key: str | None = None  # SHA-256 of proven sender, Message-ID, decoded body, request
    request_id: int | None = Field(default=None, sa_column=Column(ForeignKey("request.id")))


class InboxRaw(SQLModel, table=True):
    """The bytes of an inbound mail, untouched. Deleted some time after the mail is finished."""

    __tablename__ = "inbox_raw"
    inbox_id: int = Field(sa_column=Column(ForeignKey("inbox.id"), primary_key=True))
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Forgotten(SQLModel, table=True):
    """Mails that led to nothing and whose rows are gone, counted by day and by what became of them.

    The account of every accepted mail adds them to the rows that are there (I26).
    """

    __tablename__ = "forgotten"
    __table_args__ = (
        CheckConstraint(one_of("fate", FATES), name="fate"),
        CheckConstraint("mails > 0 AND copies >= mails AND letters >= 0", name="counts"),
    )
    day: date = Field(primary_key=True)  # on which they came, UTC
    fate: str = Field(primary_key=True, max_length=16)
    mails: int = Field(sa_column=Column(BigInteger, nullable=False))
    copies: int = Field(sa_column=Column(BigInteger, nullable=False))  # how often they came in all
    letters: int = Field(sa_column=Column(BigInteger, nullable=False))  # that answered them


class RequestRow(SQLModel, table=True):
    """A request. `document` is the whole value; the columns are what the database must judge."""

    __tablename__ = "request"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint(one_of("state", tuple(State)), name="state"),
        CheckConstraint(
            f"state NOT IN ({', '.join(repr(str(s)) for s in sorted(OCCUPYING))})"
            " OR (created_at IS NOT NULL AND expires_at IS NOT NULL)",
            name="created",
        ),
        CheckConstraint("version >= 0 AND revision >= 1", name="counters"),
        Index(
            "ix_request_due",
            "next_due",
            "id",
            sqlite_where=text("next_due IS NOT NULL"),
            postgresql_where=text("next_due IS NOT NULL"),
        ),
        Index("ix_request_requester", "requester", "id"),
        Index("ix_request_domain", "domain", "id"),
        Index("ix_request_state", "state", "id"),
        Index("ix_request_approver", "approver", "id"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    reference: str = Field(max_length=16)
    version: int = 0
    revision: int = 1
    state: str
    requester: str
    approver: str = ""
    domain: str = ""
    opened_at: datetime
    changed_at: datetime
    created_at: datetime | None = None
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    next_due: datetime | None = None
    document: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class Account(SQLModel, table=True):
    """Who occupies a domain: at most one pending, held or active account (DOMAIN.md §6)."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(one_of("state", ("pending", "hold", "active", "ended")), name="state"),
        Index(
            "uq_account_domain_taken",
            "domain",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
        UniqueConstraint("request_id"),
        Index("ix_account_domain", "domain"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    domain: str = Field(max_length=253)
    name: str
    state: str
    request_id: int | None = Field(default=None, sa_column=Column(ForeignKey("request.id")))
    administrators: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime
    changed_at: datetime


class Event(SQLModel, table=True):
    """One line of a request's history, with its evidence."""

    __tablename__ = "event"
    __table_args__ = (
        # One decision per request (DOMAIN.md §6).
        Index(
            "uq_event_decision",
            "request_id",
            unique=True,
            sqlite_where=text("decides"),
            postgresql_where=text("decides"),
        ),
        Index("ix_event_inbox_id", "inbox_id"),
        Index("ix_event_request_id", "request_id", "id"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    request_id: int | None = Field(default=None, sa_column=Column(ForeignKey("request.id")))
    at: datetime
    name: str  # "confirmed", "accepted", "reminded", …
    from_state: str = ""
    to_state: str = ""
    revision: int = 0
    decides: bool = False  # the customer's one decision: accepted or declined
    part: str = ""  # partner, approver, operator, clock, system
    address: str = ""
    evidence: str = ""  # how we know who it was
    reason: str = ""  # the rule
    inbox_id: int | None = Field(default=None, sa_column=Column(ForeignKey("inbox.id")))
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class Outbox(SQLModel, table=True):
    """One mail to one recipient, finished to the last byte before it is committed (I4, I5)."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("message_id"),
        CheckConstraint(one_of("state", OUTBOX_STATES), name="state"),
        CheckConstraint("state <> 'claimed' OR lease_until IS NOT NULL", name="lease"),
        CheckConstraint("(state IN ('due', 'claimed')) = (finished_at IS NULL)", name="finished"),
        Index(
            "ix_outbox_open",
            "next_attempt_at",
            "id",
            sqlite_where=text("state IN ('due', 'claimed')"),
            postgresql_where=text("state IN ('due', 'claimed')"),
        ),
        # People who have just written are not to wait behind what the clock wrote (`by_clock`).
        Index(
            "ix_outbox_prompt",
            "next_attempt_at",
            "id",
            sqlite_where=text("state IN ('due', 'claimed') AND NOT by_clock"),
            postgresql_where=text("state IN ('due', 'claimed') AND NOT by_clock"),
        ),
        Index("ix_outbox_request_id", "request_id", "id"),
        Index("ix_outbox_inbox_id", "inbox_id"),
        Index("ix_outbox_recipient", "recipient", "id"),
        Index("ix_outbox_state", "state", "id"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    request_id: int | None = Field(default=None, sa_column=Column(ForeignKey("request.id")))
    inbox_id: int | None = Field(default=None, sa_column=Column(ForeignKey("inbox.id")))
    kind: str  # which letter
    audience: str
    language: str
    revision: int = 0
    recipient: str
    mail_from: str  # envelope sender, bounce+TOKEN@…
    message_id: str
    subject: str
    state: str = "due"
    attempts: int = 0
    next_attempt_at: datetime  # of a claimed row: the end of its lease, when it is due again
    lease_until: datetime | None = None
    fence: int = 0
    owner: int = 0
    answer: str = ""  # the relay's last words
    created_at: datetime
    finished_at: datetime | None = None
    bounced: str = ""  # "", or why it came back after it was sent
    recalled: bool = False  # withdrawn while a sender had it: it is not tried again
    # Nobody asked for it just now: what somebody did goes first.
    by_clock: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class OutboxRaw(SQLModel, table=True):
    """The bytes of an outgoing mail: every attempt sends the same (I4)."""

    __tablename__ = "outbox_raw"
    outbox_id: int = Field(sa_column=Column(ForeignKey("outbox.id"), primary_key=True))
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Token(SQLModel, table=True):
    """A secret that we gave to one person for one purpose; only its hash is kept (I23)."""

    __tablename__ = "token"
    __table_args__ = (
        CheckConstraint(one_of("purpose", PURPOSES), name="purpose"),
        Index("ix_token_request_id", "request_id"),
        Index("ix_token_outbox_id", "outbox_id"),
    )
    hash: str = Field(primary_key=True, max_length=64)  # SHA-256 of the lower-case token
    purpose: str
    person: str  # address it was given to
    request_id: int | None = Field(default=None, sa_column=Column(ForeignKey("request.id")))
    outbox_id: int | None = Field(default=None, sa_column=Column(ForeignKey("outbox.id")))
    revision: int = 0
    created_at: datetime
    withdrawn_at: datetime | None = None  # taken from its holder (nominated away, address changed)


class PersonRow(SQLModel, table=True):
    """One registered mailbox."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(one_of("role", tuple(Role)), name="role"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("ix_person_domain", "domain"),
    )
    email: str = Field(primary_key=True, max_length=254)
    domain: str = ""  # of his company: organisational; "" = of a public mail provider
    name: str = ""
    company: str = ""
    role: str = "partner"
    active: bool = True
    language: str = ""
    changed_at: datetime


class Quota(SQLModel, table=True):
    """How often something was done for somebody in a window of time, e.g. refusals a day (I16)."""

    __tablename__ = "quota"
    __table_args__ = (Index("ix_quota_window_start", "window_start"),)
    key: str = Field(primary_key=True, max_length=255)
    window_start: datetime
    count: int = 0


class Remark(SQLModel, table=True):
    """FEEDBACK, CASE and similar text that somebody sent, stored and never answered further."""

    __tablename__ = "remark"
    __table_args__ = (
        Index("ix_remark_request_id", "request_id"),
        Index("ix_remark_inbox_id", "inbox_id"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    kind: str
    address: str
    text: str
    at: datetime
    request_id: int | None = Field(default=None, sa_column=Column(ForeignKey("request.id")))
    inbox_id: int | None = Field(default=None, sa_column=Column(ForeignKey("inbox.id")))


class Check(SQLModel, table=True):
    """One run of the daily security checks over one request (S25)."""

    __tablename__ = "security_check"
    __table_args__ = (
        Index("ix_security_check_request_id", "request_id", "id"),
        Index(
            "ix_security_check_failed",
            "id",
            sqlite_where=text("NOT passed"),
            postgresql_where=text("NOT passed"),
        ),
    )
    id: int | None = Field(default=None, sa_column=_id())
    request_id: int = Field(sa_column=Column(ForeignKey("request.id"), nullable=False))
    at: datetime
    passed: bool
    findings: list[str] = Field(sa_column=Column(JSON, nullable=False))


class WorkerRow(SQLModel, table=True):
    """A process that claims mail, from its start until it signs off or is found dead."""

    __tablename__ = "worker"
    # Not numbered by the database: it is the number of a lock.
    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    host: str
    pid: int
    roles: str
    started_at: datetime


class MailboxRow(SQLModel, table=True):
    """A mailbox that is read by IMAP: how far, when, and with which renewed sign-in."""

    __tablename__ = "mailbox"
    name: str = Field(primary_key=True, max_length=32)  # as in [ingress.imap.NAME]
    place: str = ""  # server, login and folder: two folders may carry the same numbers
    uidvalidity: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    looked_at: datetime | None = None  # when it was last known that nothing was left to take
    trouble: str = ""  # why the last look failed; "" when it did not
    refresh_token: str = ""  # OAuth: the newest one, as the provider gives a new one each time
    refreshed_at: datetime | None = None
    owner: int = 0  # the worker that reads it, until
    lease_until: datetime | None = None


class MailboxMail(SQLModel, table=True):
    """What became of one mail of a mailbox, as long as it may still be found there (I12)."""

    __tablename__ = "mailbox_mail"
    __table_args__ = (
        CheckConstraint(one_of("state", MAILBOX_STATES), name="state"),
        CheckConstraint("(state = 'refused') = (reason <> '')", name="reason"),
    )
    mailbox: str = Field(primary_key=True, max_length=32)
    # Both 32 bits without a sign (RFC 3501 §2.3.1.1).
    uidvalidity: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    uid: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    state: str
    cleared: bool = False  # moved or flagged, as the server said
    reason: str = ""
    at: datetime
