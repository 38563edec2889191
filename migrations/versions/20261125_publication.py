"""Publication: since when a version is public and under which licence, and the permanent address of its deliverable.

Revision: 20261125_publication
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_publication"
down_revision = "20261124_checkpoints"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
AWAITED = "ix_deliverable_unfinished_expected_on"
UNFINISHED = "state NOT IN ('approved', 'published') AND trashed_at IS NULL"
UNFINISHED_BEFORE = "state <> 'approved' AND trashed_at IS NULL"


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, "deliverable", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    with op.batch_alter_table("deliverable") as table:
        table.add_column(sa.Column("public_slug", sa.String(120), nullable=True))
        table.add_column(sa.Column("published_at", INSTANT, nullable=True))
        table.create_unique_constraint("uq_deliverable_public_slug", ["public_slug"])
    with op.batch_alter_table("deliverable_version") as table:
        table.add_column(sa.Column("published_at", INSTANT, nullable=True))
        table.add_column(sa.Column("licence", sa.String(40), nullable=False, server_default=""))
    op.drop_index(AWAITED, "deliverable")
    _index(AWAITED, ["chantier_id", "expected_on"], UNFINISHED)
    _index("ix_deliverable_published_at", ["published_at"], "published_at IS NOT NULL")


def downgrade() -> None:
    op.execute("UPDATE deliverable SET state = 'approved' WHERE state = 'published'")
    op.drop_index("ix_deliverable_published_at", "deliverable")
    op.drop_index(AWAITED, "deliverable")
    with op.batch_alter_table("deliverable_version") as table:
        table.drop_column("licence")
        table.drop_column("published_at")
    with op.batch_alter_table("deliverable") as table:
        table.drop_constraint("uq_deliverable_public_slug", type_="unique")
        table.drop_column("published_at")
        table.drop_column("public_slug")
    _index(AWAITED, ["chantier_id", "expected_on"], UNFINISHED_BEFORE)
