"""Invitations, links by mail to sign in, and requests to join a chantier.

Revision: 20261124_coming_in
"""

revision = "20261124_coming_in"
down_revision = "20261124_knowing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
