"""The figures of any past day, kept as the changes that made them.

Revision: 20261127_history
"""

revision = "20261127_history"
down_revision = "20261127_progress"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
