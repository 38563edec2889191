"""Figures of any past day, kept as the changes that made them.

Revision: 20261127_history
"""

import sqlalchemy as sa
from alembic import op

from migrations.backfill_history import FIGURES, retrace

revision = "20261127_history"
down_revision = "20261127_progress"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def upgrade() -> None:
    op.create_table(
        "trace",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", NUMBER, nullable=False),
        sa.Column("chantier_id", NUMBER, nullable=False),
        sa.Column("objective_id", NUMBER, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("was", sa.String(length=20), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("has_pilote", sa.Boolean(), nullable=False),
        _foreign_key("trace", "chantier_id", "chantier"),
        _foreign_key("trace", "objective_id", "objective"),
        sa.PrimaryKeyConstraint("id", name="pk_trace"),
    )
    op.create_table(
        "day_count",
        sa.Column("objective_id", NUMBER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("chantier_id", NUMBER, nullable=False),
        *(sa.Column(figure, NUMBER, nullable=False) for figure in FIGURES),
        _foreign_key("day_count", "chantier_id", "chantier"),
        _foreign_key("day_count", "objective_id", "objective"),
        sa.PrimaryKeyConstraint("objective_id", "day", name="pk_day_count"),
    )
    retrace(op.get_bind())
    op.create_index("ix_trace_kind_day", "trace", ["kind", "day"])
    op.create_index("ix_trace_kind_subject_id", "trace", ["kind", "subject_id"])
    op.create_index("ix_day_count_chantier_id", "day_count", ["chantier_id"])


def downgrade() -> None:
    op.drop_table("day_count")
    op.drop_table("trace")
