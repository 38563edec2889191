"""Rounds of relecture, who is asked, what they answer.

Revision: 20261124_relecture
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_relecture"
down_revision = "20261124_comments"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def upgrade() -> None:
    op.create_table(
        "review_round",
        sa.Column("id", ID, nullable=False),
        sa.Column("deliverable_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("opened_by_id", ID, nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("reminded_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _foreign_key("review_round", "deliverable_id", "deliverable"),
        _foreign_key("review_round", "version_id", "deliverable_version"),
        _foreign_key("review_round", "opened_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name="pk_review_round"),
    )
    op.create_index("ix_review_round_deliverable_id", "review_round", ["deliverable_id"])
    op.create_table(
        "review_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("structure_id", ID, nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("reminded_at", INSTANT, nullable=True),
        _foreign_key("review_request", "round_id", "review_round"),
        _foreign_key("review_request", "person_id", "user"),
        _foreign_key("review_request", "structure_id", "structure"),
        sa.PrimaryKeyConstraint("id", name="pk_review_request"),
    )
    for column in ("round_id", "person_id", "structure_id"):
        op.create_index(f"ix_review_request_{column}", "review_request", [column])
    op.create_table(
        "review",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("opinion", sa.String(20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.Column("source", sa.String(10), nullable=False),
        _foreign_key("review", "request_id", "review_request"),
        _foreign_key("review", "by_id", "user"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        sa.UniqueConstraint("request_id", name="uq_review_request_id"),
    )


def downgrade() -> None:
    op.drop_table("review")
    op.drop_table("review_request")
    op.drop_table("review_round")
