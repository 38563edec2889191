"""Imports of spreadsheets, which can be undone.

Revision: 20261127_imports
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_imports"
down_revision = "20261127_meetings"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "import_batch",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("file_name", sa.String(300), nullable=False),
        sa.Column("storage_key", sa.String(200), nullable=True),
        sa.Column("size", ID, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("imported_at", instant, nullable=True),
        sa.Column("undone_at", instant, nullable=True),
        sa.Column("undone_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name="fk_import_batch_created_by_id_user"),
        sa.ForeignKeyConstraint(["undone_by_id"], ["user.id"], name="fk_import_batch_undone_by_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_import_batch"),
        sa.UniqueConstraint("storage_key", name="uq_import_batch_storage_key"),
    )
    op.create_index("ix_import_batch_created_by_id", "import_batch", ["created_by_id"])
    op.create_index("ix_import_batch_created_at", "import_batch", ["created_at"])
    op.create_table(
        "imported_row",
        sa.Column("id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("line", ID, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("fate", sa.String(10), nullable=False),
        sa.Column("subject_type", sa.String(20), nullable=False),
        sa.Column("subject_id", ID, nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name="fk_imported_row_batch_id_import_batch"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_imported_row"),
    )
    op.create_index("ix_imported_row_outcome", "imported_row", ["batch_id", "outcome", "line"])
    op.create_index("ix_imported_row_fate", "imported_row", ["batch_id", "fate", "line"])


def downgrade() -> None:
    op.drop_table("imported_row")
    op.drop_table("import_batch")
