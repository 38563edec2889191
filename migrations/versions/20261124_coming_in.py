"""Invitations, and links by mail to sign in.

Revision: 20261124_coming_in
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_coming_in"
down_revision = "20261124_knowing"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", ID, nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("chantier_id", ID, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("structure_id", ID, nullable=True),
        sa.Column("created_by_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("accepted_by_id", ID, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["chantier_id"], ["chantier.id"], name="fk_invitation_chantier_id_chantier"),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structure.id"], name="fk_invitation_structure_id_structure"
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name="fk_invitation_created_by_id_user"),
        sa.ForeignKeyConstraint(["accepted_by_id"], ["user.id"], name="fk_invitation_accepted_by_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
    )
    op.create_index("ix_invitation_chantier_id", "invitation", ["chantier_id"])
    op.create_index("ix_invitation_email", "invitation", ["email"])
    op.create_index("ix_invitation_expires_at", "invitation", ["expires_at"])
    op.create_table(
        "sign_in_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_sign_in_link_user_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_link"),
    )
    op.create_index("ix_sign_in_link_user_id", "sign_in_link", ["user_id"])


def downgrade() -> None:
    op.drop_table("sign_in_link")
    op.drop_table("invitation")
