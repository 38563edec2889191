"""Points d'étape: the dates before which people are asked where their tasks stand.

Revision: 20261125_checkpoint_dates
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_checkpoint_dates"
down_revision = "20261125_publication"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def upgrade() -> None:
    with op.batch_alter_table("user") as user:
        user.add_column(sa.Column("mail_checkpoints", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "checkpoint",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("leaves_at", INSTANT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _foreign_key("checkpoint", "created_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name="pk_checkpoint"),
    )
    op.create_index("ix_checkpoint_held_on", "checkpoint", ["held_on"])
    planned = sa.text("state = 'planned'")
    op.create_index(
        "ix_checkpoint_planned",
        "checkpoint",
        ["leaves_at"],
        sqlite_where=planned,
        postgresql_where=planned,
    )
    op.create_table(
        "checkpoint_line",
        sa.Column("checkpoint_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("said", sa.String(20), nullable=True),
        sa.Column("mark", sa.String(32), nullable=True),
        _foreign_key("checkpoint_line", "checkpoint_id", "checkpoint"),
        _foreign_key("checkpoint_line", "user_id", "user"),
        _foreign_key("checkpoint_line", "task_id", "task"),
        sa.PrimaryKeyConstraint("checkpoint_id", "user_id", "task_id", name="pk_checkpoint_line"),
    )
    op.create_index("ix_checkpoint_line_user_id", "checkpoint_line", ["user_id"])
    op.create_index("ix_checkpoint_line_task_id", "checkpoint_line", ["task_id"])
    op.create_index(
        "ix_checkpoint_line_checkpoint_id_task_id", "checkpoint_line", ["checkpoint_id", "task_id"]
    )


def downgrade() -> None:
    op.drop_table("checkpoint_line")
    op.drop_table("checkpoint")
    with op.batch_alter_table("user") as user:
        user.drop_column("mail_checkpoints")
