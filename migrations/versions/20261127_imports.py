"""Imports of spreadsheets, which can be undone.

Revision: 20261127_imports
"""

revision = "20261127_imports"
down_revision = "20261127_meetings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
