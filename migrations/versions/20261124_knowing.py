"""Notifications, what people follow, the outbox, and when each wants mail.

Revision: 20261124_knowing
"""

revision = "20261124_knowing"
down_revision = "20261123_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
