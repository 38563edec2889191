"""Publication: a deliverable's licence and its permanent public address.

Revision: 20261125_publication
"""

revision = "20261125_publication"
down_revision = "20261124_checkpoints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
