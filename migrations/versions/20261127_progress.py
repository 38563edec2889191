"""Points d'avancement: what référents say of their chantier, month after month.

Revision: 20261127_progress
"""

revision = "20261127_progress"
down_revision = "20261126_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
