"""Mail that led to nothing is counted when its rows are gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forgotten",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fate", sa.String(16), nullable=False),
        sa.Column("mails", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.BigInteger(), nullable=False),
        sa.Column("letters", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "fate IN ('effects', 'duplicates', 'ignored', 'refused', 'quarantined')",
            name=op.f("ck_forgotten_fate"),
        ),
        sa.CheckConstraint(
            "mails > 0 AND copies >= mails AND letters >= 0", name=op.f("ck_forgotten_counts")
        ),
        sa.PrimaryKeyConstraint("day", "fate", name=op.f("pk_forgotten")),
    )
