"""Rounds of relecture, who is asked, what they answer; publication.

Revision: 20261124_relecture
"""

revision = "20261124_relecture"
down_revision = "20261124_comments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
