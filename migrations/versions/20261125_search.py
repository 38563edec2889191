"""The index that people search.

Revision: 20261125_search
"""

revision = "20261125_search"
down_revision = "20261125_joining"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
