"""What people attach to a comment, and the mails that were answered.

Revision: 20261125_attachments
"""

revision = "20261125_attachments"
down_revision = "20261125_checkpoint_dates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
