"""Comités de pilotage: who was present, what was on the agenda, what was decided.

Revision: 20261127_meetings
"""

revision = "20261127_meetings"
down_revision = "20261127_history"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
