"""Comments, whom they mention and what is attached to them.

Revision: 20261124_comments
"""

revision = "20261124_comments"
down_revision = "20261124_coming_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
