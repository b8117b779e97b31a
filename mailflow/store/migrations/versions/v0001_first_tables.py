"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: 64 bits; SQLite numbers rows by themselves only in a column that is called INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('partner', 'customer', 'support')", name=op.f("ck_person_role")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower")),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_person")),
    )
    op.create_index("ix_person_domain", "person", ["domain"])
    op.create_table(
        "quota",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_quota")),
    )
    op.create_index("ix_quota_window_start", "quota", ["window_start"])
    op.create_table(
        "worker",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
    )
    op.create_table(
        "mailbox",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("refresh_token", sa.String(), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailbox")),
    )
    op.create_table(
        "mailbox_mail",
        sa.Column("mailbox", sa.String(32), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cleared", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('stored', 'refused')", name=op.f("ck_mailbox_mail_state")),
        sa.CheckConstraint(
            "(state = 'refused') = (reason <> '')", name=op.f("ck_mailbox_mail_reason")
        ),
        sa.PrimaryKeyConstraint("mailbox", "uidvalidity", "uid", name=op.f("pk_mailbox_mail")),
    )
    op.create_table(
        "request",
        sa.Column("id", ID, nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("requester", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'review', 'pending', 'hold', 'active', 'declined', 'expired', 'cancelled', 'lapsed')",
            name=op.f("ck_request_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('active', 'hold', 'pending') OR (created_at IS NOT NULL AND expires_at IS NOT NULL)",
            name=op.f("ck_request_created"),
        ),
        sa.CheckConstraint("version >= 0 AND revision >= 1", name=op.f("ck_request_counters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("reference", name=op.f("uq_request_reference")),
    )
    op.create_index("ix_request_approver", "request", ["approver", "id"])
    op.create_index("ix_request_domain", "request", ["domain", "id"])
    op.create_index(
        "ix_request_due",
        "request",
        ["next_due", "id"],
        sqlite_where=sa.text("next_due IS NOT NULL"),
        postgresql_where=sa.text("next_due IS NOT NULL"),
    )
    op.create_index("ix_request_requester", "request", ["requester", "id"])
    op.create_index("ix_request_state", "request", ["state", "id"])
    op.create_table(
        "account",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("administrators", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'hold', 'active', 'ended')", name=op.f("ck_account_state")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_account_request_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("request_id", name=op.f("uq_account_request_id")),
    )
    op.create_index("ix_account_domain", "account", ["domain"])
    op.create_index(
        "uq_account_domain_taken",
        "account",
        ["domain"],
        unique=True,
        sqlite_where=sa.text("state <> 'ended'"),
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("recipients_hash", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mail_from", sa.String(), nullable=True),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Boolean(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vouched_by", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=True),
        sa.Column("request_id", ID, nullable=True),
        sa.CheckConstraint(
            "(state IN ('waiting', 'claimed')) = (finished_at IS NULL)",
            name=op.f("ck_inbox_finished"),
        ),
        sa.CheckConstraint(
            "state <> 'claimed' OR lease_until IS NOT NULL", name=op.f("ck_inbox_lease")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'claimed', 'done', 'ignored', 'refused', 'quarantined', 'failed')",
            name=op.f("ck_inbox_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('refused', 'quarantined', 'failed') OR reason <> ''",
            name=op.f("ck_inbox_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_inbox_request_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "content_hash", "recipients_hash", name=op.f("uq_inbox_content_hash_recipients_hash")
        ),
    )
    op.create_index("ix_inbox_message_id", "inbox", ["message_id"])
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["next_attempt_at", "id"],
        sqlite_where=sa.text("state IN ('waiting', 'claimed')"),
        postgresql_where=sa.text("state IN ('waiting', 'claimed')"),
    )
    op.create_index("ix_inbox_request_id", "inbox", ["request_id"])
    op.create_index("ix_inbox_state", "inbox", ["state", "id"])
    op.create_index(
        "uq_inbox_effect_key",
        "inbox",
        ["effect_key"],
        unique=True,
        sqlite_where=sa.text("effect_key IS NOT NULL"),
        postgresql_where=sa.text("effect_key IS NOT NULL"),
    )
    op.create_table(
        "security_check",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_security_check_request_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_check")),
    )
    op.create_index("ix_security_check_request_id", "security_check", ["request_id", "id"])
    op.create_table(
        "event",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=False),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("decides", sa.Boolean(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("inbox_id", ID, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_event_inbox_id_inbox")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_event_request_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_inbox_id", "event", ["inbox_id"])
    op.create_index("ix_event_request_id", "event", ["request_id", "id"])
    op.create_index(
        "uq_event_decision",
        "event",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("decides"),
        postgresql_where=sa.text("decides"),
    )
    op.create_table(
        "inbox_raw",
        sa.Column("inbox_id", ID, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inbox.id"], name=op.f("fk_inbox_raw_inbox_id_inbox")
        ),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_inbox_raw")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("inbox_id", ID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("mail_from", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced", sa.String(), nullable=False),
        sa.Column("recalled", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('due', 'claimed')) = (finished_at IS NULL)", name=op.f("ck_outbox_finished")
        ),
        sa.CheckConstraint(
            "state <> 'claimed' OR lease_until IS NOT NULL", name=op.f("ck_outbox_lease")
        ),
        sa.CheckConstraint(
            "state IN ('due', 'claimed', 'sent', 'captured', 'failed', 'withdrawn')",
            name=op.f("ck_outbox_state"),
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_outbox_inbox_id_inbox")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_outbox_request_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index("ix_outbox_inbox_id", "outbox", ["inbox_id"])
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["next_attempt_at", "id"],
        sqlite_where=sa.text("state IN ('due', 'claimed')"),
        postgresql_where=sa.text("state IN ('due', 'claimed')"),
    )
    op.create_index("ix_outbox_recipient", "outbox", ["recipient", "id"])
    op.create_index("ix_outbox_request_id", "outbox", ["request_id", "id"])
    op.create_index("ix_outbox_state", "outbox", ["state", "id"])
    op.create_table(
        "remark",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("inbox_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_remark_inbox_id_inbox")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_remark_request_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    op.create_index("ix_remark_inbox_id", "remark", ["inbox_id"])
    op.create_index("ix_remark_request_id", "remark", ["request_id"])
    op.create_table(
        "outbox_raw",
        sa.Column("outbox_id", ID, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_raw_outbox_id_outbox")
        ),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox_raw")),
    )
    op.create_table(
        "token",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("request_id", ID, nullable=True),
        sa.Column("outbox_id", ID, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('partner_reply', 'approver_reply', 'page', 'bounce')",
            name=op.f("ck_token_purpose"),
        ),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_token_outbox_id_outbox")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_token_request_id_request")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_token")),
    )
    op.create_index("ix_token_outbox_id", "token", ["outbox_id"])
    op.create_index("ix_token_request_id", "token", ["request_id"])
