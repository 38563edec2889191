"""Asking to join a chantier, and handing over what one holds.

Revision: 20261125_joining
"""

revision = "20261125_joining"
down_revision = "20261125_attachments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
