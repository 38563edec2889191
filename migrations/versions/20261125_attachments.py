"""Files of comments; answers that came by mail, and what became of each.

Revision: 20261125_attachments
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_attachments"
down_revision = "20261125_checkpoint_dates"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("comment") as table:
        table.add_column(sa.Column("attachments", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "comment_attachment",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("storage_key", sa.String(200), nullable=False),
        sa.Column("file_name", sa.String(300), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name="fk_comment_attachment_comment_id_comment"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_comment_attachment"),
        sa.UniqueConstraint("storage_key", name="uq_comment_attachment_storage_key"),
    )
    op.create_index("ix_comment_attachment_comment_id", "comment_attachment", ["comment_id"])
    op.create_table(
        "incoming_mail",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("size", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_incoming_mail_user_id_user"),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name="fk_incoming_mail_comment_id_comment"),
        sa.PrimaryKeyConstraint("id", name="pk_incoming_mail"),
        sa.UniqueConstraint("key", name="uq_incoming_mail_key"),
    )
    for column in ("received_at", "user_id", "comment_id"):
        op.create_index(f"ix_incoming_mail_{column}", "incoming_mail", [column])


def downgrade() -> None:
    op.drop_table("incoming_mail")
    op.drop_table("comment_attachment")
    with op.batch_alter_table("comment") as table:
        table.drop_column("attachments")
