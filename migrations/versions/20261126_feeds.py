"""Addresses of a person's calendars, which they may renew.

Revision: 20261126_feeds
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_feeds"
down_revision = "20261125_search"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("user") as table:
        table.add_column(sa.Column("feed_number", NUMBER, server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("user") as table:
        table.drop_column("feed_number")
