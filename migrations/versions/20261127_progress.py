"""Points d'avancement: what référents say of their chantier, month after month.

Revision: 20261127_progress
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_progress"
down_revision = "20261126_feeds"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "progress_update",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("chantier_id", NUMBER, nullable=False),
        sa.Column("author_id", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("weather", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name=op.f("fk_progress_update_chantier_id_chantier")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_progress_update_author_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress_update")),
    )
    with op.batch_alter_table("progress_update") as table:
        table.create_index("ix_progress_update_chantier_id_at", ["chantier_id", "at"])
        table.create_index(op.f("ix_progress_update_author_id"), ["author_id"])


def downgrade() -> None:
    op.drop_table("progress_update")
