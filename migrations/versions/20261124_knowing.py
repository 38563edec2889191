"""Notifications, what people follow, the outbox, and when each wants mail.

Revision: 20261124_knowing
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_knowing"
down_revision = "20261123_first"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("user") as user:
        user.add_column(sa.Column("mail_at_once", sa.Boolean(), nullable=False, server_default=sa.true()))
        user.add_column(sa.Column("digest", sa.String(10), nullable=False, server_default="weekly"))
        user.add_column(sa.Column("digest_day", ID, nullable=False, server_default="0"))
        user.add_column(sa.Column("next_digest_at", INSTANT, nullable=True))
        user.add_column(sa.Column("seen_at", INSTANT, nullable=True))
        user.add_column(sa.Column("last_visit_at", INSTANT, nullable=True))
        user.create_index("ix_user_next_digest_at", ["next_digest_at"])
    op.create_table(
        "notification",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("subject_type", sa.String(20), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("chantier_id", ID, nullable=True),
        sa.Column("unread", ID, nullable=False),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("read_up_to", ID, nullable=False),
        sa.Column("mailed_up_to", ID, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_notification_user_id_user"),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name="fk_notification_chantier_id_chantier"
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name="fk_notification_activity_id_activity"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint(
            "user_id", "subject_type", "subject_id", name="uq_notification_user_id_subject_type_subject_id"
        ),
    )
    unread = sa.text("unread > 0")
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["user_id", "at"],
        sqlite_where=unread,
        postgresql_where=unread,
    )
    op.create_index("ix_notification_user_id_at", "notification", ["user_id", "at"])
    op.create_table(
        "following",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("subject_type", sa.String(20), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("chantier_id", ID, nullable=False),
        sa.Column("wish", sa.String(10), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_following_user_id_user"),
        sa.ForeignKeyConstraint(["chantier_id"], ["chantier.id"], name="fk_following_chantier_id_chantier"),
        sa.PrimaryKeyConstraint("id", name="pk_following"),
        sa.UniqueConstraint(
            "user_id", "subject_type", "subject_id", name="uq_following_user_id_subject_type_subject_id"
        ),
    )
    op.create_index("ix_following_subject", "following", ["subject_type", "subject_id"])
    op.create_table(
        "outgoing_mail",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("address", sa.String(254), nullable=True),
        sa.Column("key", sa.String(120), nullable=True),
        sa.Column("particulars", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("attempts", ID, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("message_id", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_outgoing_mail_user_id_user"),
        sa.PrimaryKeyConstraint("id", name="pk_outgoing_mail"),
        sa.UniqueConstraint("key", name="uq_outgoing_mail_key"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_outgoing_mail_waiting",
        "outgoing_mail",
        ["due_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_outgoing_mail_state_id", "outgoing_mail", ["state", "id"])
    op.create_index("ix_outgoing_mail_user_id", "outgoing_mail", ["user_id"])


def downgrade() -> None:
    op.drop_table("outgoing_mail")
    op.drop_table("following")
    op.drop_table("notification")
    with op.batch_alter_table("user") as user:
        user.drop_index("ix_user_next_digest_at")
        for column in ("last_visit_at", "seen_at", "next_digest_at", "digest_day", "digest", "mail_at_once"):
            user.drop_column(column)
