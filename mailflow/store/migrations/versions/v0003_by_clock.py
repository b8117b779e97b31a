"""Letters that the clock brings about are told from those somebody waits for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outbox",
        sa.Column("by_clock", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    prompt = sa.text("state IN ('due', 'claimed') AND NOT by_clock")
    op.create_index(
        "ix_outbox_prompt",
        "outbox",
        ["next_attempt_at", "id"],
        sqlite_where=prompt,
        postgresql_where=prompt,
    )
