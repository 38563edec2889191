"""Points d'étape: the dates before which people are asked where their tasks stand.

Revision: 20261125_checkpoint_dates
"""

revision = "20261125_checkpoint_dates"
down_revision = "20261125_publication"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
