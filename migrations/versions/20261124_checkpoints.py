"""Points d'étape: before which date people are asked where their tasks stand.

Revision: 20261124_checkpoints
"""

revision = "20261124_checkpoints"
down_revision = "20261124_relecture"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
