"""The account of all mail is told by states, and by the few mails that need a closer look.

Failed security checks are found among any number of passed ones.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apart = sa.text(
        "(copies > 1 OR outcome = 'duplicate' OR (state = 'done' AND outcome = '')"
        " OR (state = 'ignored' AND outcome = '' AND reason = '')"
        " OR (state IN ('failed', 'quarantined', 'refused') AND reason = ''))"
    )
    op.create_index(
        "ix_inbox_apart",
        "inbox",
        ["state", "id"],
        sqlite_where=apart,
        postgresql_where=apart,
    )
    failed = sa.text("NOT passed")
    op.create_index(
        "ix_security_check_failed",
        "security_check",
        ["id"],
        sqlite_where=failed,
        postgresql_where=failed,
    )
