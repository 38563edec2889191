"""Requests to join a chantier, handovers of what one holds, and the other chantiers of an invitation.

Revision: 20261125_joining
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_joining"
down_revision = "20261125_attachments"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def _foreign_key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_join_request_{column}_{target}")


def upgrade() -> None:
    op.create_table(
        "join_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("chantier_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("structure_id", ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        _foreign_key("chantier_id", "chantier"),
        _foreign_key("person_id", "user"),
        _foreign_key("structure_id", "structure"),
        _foreign_key("answered_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name="pk_join_request"),
    )
    waiting = sa.text("state = 'asked'")
    op.create_index(
        "uq_join_request_waiting",
        "join_request",
        ["chantier_id", "person_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_join_request_person_id", "join_request", ["person_id", "chantier_id"])
    op.create_index("ix_join_request_structure_id", "join_request", ["structure_id"])
    op.create_table(
        "invitation_chantier",
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column("chantier_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name="fk_invitation_chantier_invitation_id_invitation",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name="fk_invitation_chantier_chantier_id_chantier"
        ),
        sa.PrimaryKeyConstraint("invitation_id", "chantier_id", name="pk_invitation_chantier"),
    )
    op.create_index("ix_invitation_chantier_chantier_id", "invitation_chantier", ["chantier_id"])


def downgrade() -> None:
    op.drop_table("invitation_chantier")
    op.drop_table("join_request")
