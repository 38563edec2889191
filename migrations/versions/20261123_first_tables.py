"""First tables, and the démarche's types of deliverables.

Revision: 20261123_first
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_first"
down_revision = None
branch_labels = None
depends_on = None

TYPES = (
    ("referentiel_metier", "Référentiel métier"),
    ("parcours_formation", "Parcours de formation"),
    ("cartographie", "Cartographie"),
    ("recensement", "Recensement"),
    ("grille_analyse", "Grille d’analyse"),
    ("argumentaire", "Argumentaire"),
    ("note_plaidoyer", "Note de plaidoyer"),
    ("methode", "Méthode"),
    ("autre", "Autre"),
)


def upgrade() -> None:
    op.create_table(
        "chantier",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("hue", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=True),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chantier")),
        sa.UniqueConstraint("number", name=op.f("uq_chantier_number")),
        sa.UniqueConstraint("slug", name=op.f("uq_chantier_slug")),
        sa.UniqueConstraint("source_key", name=op.f("uq_chantier_source_key")),
    )
    op.create_table(
        "deliverable_type",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_deliverable_type")),
    )
    op.create_table(
        "demarche",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("presentation", sa.Text(), nullable=False),
        sa.Column("dated", sa.String(length=40), nullable=False),
        sa.Column("bearer", sa.String(length=300), nullable=False),
        sa.Column("initiative", sa.String(length=300), nullable=False),
        sa.Column("site", sa.String(length=500), nullable=False),
        sa.Column("contact_name", sa.String(length=300), nullable=False),
        sa.Column("contact_title", sa.String(length=300), nullable=False),
        sa.Column("contact_structure", sa.String(length=300), nullable=False),
        sa.Column("contact_email", sa.String(length=300), nullable=False),
        sa.Column("silent_after_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charter_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=True),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demarche")),
        sa.UniqueConstraint("source_key", name=op.f("uq_demarche_source_key")),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_failure_at"), ["at"], unique=False)
        batch_op.create_index("ix_sign_in_failure_key_at", ["key", "at"], unique=False)

    op.create_table(
        "structure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_key", sa.String(length=300), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("site", sa.String(length=500), nullable=False),
        sa.Column("territory", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_example", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=True),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["structure.id"], name=op.f("fk_structure_merged_into_id_structure")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure")),
        sa.UniqueConstraint("slug", name=op.f("uq_structure_slug")),
        sa.UniqueConstraint("source_key", name=op.f("uq_structure_source_key")),
    )
    with op.batch_alter_table("structure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_structure_name_key"), ["name_key"], unique=False)

    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_key", sa.String(length=300), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("charter_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_example", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=True),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("source_key", name=op.f("uq_user_source_key")),
    )
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_name_key"), ["name_key"], unique=False)

    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject_type", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chantier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("particulars", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_activity_actor_id_user")),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name=op.f("fk_activity_chantier_id_chantier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_actor_id_at", ["actor_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_at"), ["at"], unique=False)
        batch_op.create_index("ix_activity_chantier_id_id", ["chantier_id", "id"], unique=False)
        batch_op.create_index(
            "ix_activity_subject_type_subject_id_id", ["subject_type", "subject_id", "id"], unique=False
        )

    op.create_table(
        "chantier_membership",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chantier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["user.id"], name=op.f("fk_chantier_membership_added_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name=op.f("fk_chantier_membership_chantier_id_chantier")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_chantier_membership_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chantier_membership")),
        sa.UniqueConstraint(
            "chantier_id", "user_id", name=op.f("uq_chantier_membership_chantier_id_user_id")
        ),
    )
    with op.batch_alter_table("chantier_membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chantier_membership_user_id"), ["user_id"], unique=False)

    op.create_table(
        "chantier_structure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chantier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("structure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrolled_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name=op.f("fk_chantier_structure_chantier_id_chantier")
        ),
        sa.ForeignKeyConstraint(
            ["enrolled_by_id"], ["user.id"], name=op.f("fk_chantier_structure_enrolled_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structure.id"], name=op.f("fk_chantier_structure_structure_id_structure")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chantier_structure")),
    )
    with op.batch_alter_table("chantier_structure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chantier_structure_structure_id"), ["structure_id"], unique=False
        )
        batch_op.create_index(
            "uq_chantier_structure_present",
            ["chantier_id", "structure_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )

    op.create_table(
        "charter_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_charter_version_author_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charter_version")),
        sa.UniqueConstraint("number", name=op.f("uq_charter_version_number")),
    )
    op.create_table(
        "objective",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chantier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=True),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.Column("trashed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trashed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name=op.f("fk_objective_chantier_id_chantier")
        ),
        sa.ForeignKeyConstraint(["trashed_by_id"], ["user.id"], name=op.f("fk_objective_trashed_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objective")),
        sa.UniqueConstraint("source_key", name=op.f("uq_objective_source_key")),
    )
    with op.batch_alter_table("objective", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_objective_chantier_id"), ["chantier_id"], unique=False)
        batch_op.create_index(
            "ix_objective_trashed_at",
            ["trashed_at"],
            unique=False,
            sqlite_where=sa.text("trashed_at IS NOT NULL"),
            postgresql_where=sa.text("trashed_at IS NOT NULL"),
        )

    op.create_table(
        "password_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_password_link_created_by_id_user")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_password_link_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_link_token_hash")),
    )
    with op.batch_alter_table("password_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "structure_alias",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("structure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_key", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structure.id"], name=op.f("fk_structure_alias_structure_id_structure")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_alias")),
        sa.UniqueConstraint("name_key", name=op.f("uq_structure_alias_name_key")),
    )
    with op.batch_alter_table("structure_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_structure_alias_structure_id"), ["structure_id"], unique=False)

    op.create_table(
        "structure_member",
        sa.Column("structure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structure.id"], name=op.f("fk_structure_member_structure_id_structure")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_structure_member_user_id_user")),
        sa.PrimaryKeyConstraint("structure_id", "user_id", name=op.f("pk_structure_member")),
    )
    with op.batch_alter_table("structure_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_structure_member_user_id"), ["user_id"], unique=False)

    op.create_table(
        "submission",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("location", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_submission_user_id_user")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_submission")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_session_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "charter_acceptance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charter_id"],
            ["charter_version.id"],
            name=op.f("fk_charter_acceptance_charter_id_charter_version"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_charter_acceptance_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charter_acceptance")),
        sa.UniqueConstraint("user_id", "charter_id", name=op.f("uq_charter_acceptance_user_id_charter_id")),
    )
    with op.batch_alter_table("charter_acceptance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_charter_acceptance_charter_id"), ["charter_id"], unique=False)

    op.create_table(
        "deliverable",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chantier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("objective_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type_key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("licence", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_news_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=True),
        sa.Column("source", sa.JSON(), nullable=True),
        sa.Column("trashed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trashed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name=op.f("fk_deliverable_chantier_id_chantier")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_deliverable_created_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["objective_id"], ["objective.id"], name=op.f("fk_deliverable_objective_id_objective")
        ),
        sa.ForeignKeyConstraint(
            ["trashed_by_id"], ["user.id"], name=op.f("fk_deliverable_trashed_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["type_key"], ["deliverable_type.key"], name=op.f("fk_deliverable_type_key_deliverable_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliverable")),
        sa.UniqueConstraint("source_key", name=op.f("uq_deliverable_source_key")),
    )
    with op.batch_alter_table("deliverable", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliverable_chantier_id"), ["chantier_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliverable_objective_id"), ["objective_id"], unique=False)
        batch_op.create_index(
            "ix_deliverable_trashed_at",
            ["trashed_at"],
            unique=False,
            sqlite_where=sa.text("trashed_at IS NOT NULL"),
            postgresql_where=sa.text("trashed_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_deliverable_unfinished_expected_on",
            ["chantier_id", "expected_on"],
            unique=False,
            sqlite_where=sa.text("state <> 'approved' AND trashed_at IS NULL"),
            postgresql_where=sa.text("state <> 'approved' AND trashed_at IS NULL"),
        )

    op.create_table(
        "objective_tally",
        sa.Column("objective_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chantier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("todo", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("in_progress", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_validate", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blocked", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("abandoned", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name=op.f("fk_objective_tally_chantier_id_chantier")
        ),
        sa.ForeignKeyConstraint(
            ["objective_id"], ["objective.id"], name=op.f("fk_objective_tally_objective_id_objective")
        ),
        sa.PrimaryKeyConstraint("objective_id", name=op.f("pk_objective_tally")),
    )
    with op.batch_alter_table("objective_tally", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_objective_tally_chantier_id"), ["chantier_id"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chantier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("objective_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("title_key", sa.String(length=300), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_reason", sa.Text(), nullable=False),
        sa.Column("blocked_need", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("pilote_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_news_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("trashed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trashed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["chantier_id"], ["chantier.id"], name=op.f("fk_task_chantier_id_chantier")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_task_created_by_id_user")),
        sa.ForeignKeyConstraint(
            ["objective_id"], ["objective.id"], name=op.f("fk_task_objective_id_objective")
        ),
        sa.ForeignKeyConstraint(["pilote_id"], ["structure.id"], name=op.f("fk_task_pilote_id_structure")),
        sa.ForeignKeyConstraint(["trashed_by_id"], ["user.id"], name=op.f("fk_task_trashed_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            "ix_task_blocked_since",
            ["status_since"],
            unique=False,
            sqlite_where=sa.text("status = 'blocked' AND trashed_at IS NULL"),
            postgresql_where=sa.text("status = 'blocked' AND trashed_at IS NULL"),
        )
        batch_op.create_index("ix_task_board", ["chantier_id", "status", "position", "id"], unique=False)
        batch_op.create_index("ix_task_list", ["chantier_id", "objective_id", "position", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_objective_id"), ["objective_id"], unique=False)
        batch_op.create_index(
            "ix_task_open_due_on",
            ["chantier_id", "due_on"],
            unique=False,
            sqlite_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
            ),
        )
        batch_op.create_index(
            "ix_task_open_pilote",
            ["pilote_id", "due_on"],
            unique=False,
            sqlite_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL AND pilote_id IS NOT NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL AND pilote_id IS NOT NULL"
            ),
        )
        batch_op.create_index(
            "ix_task_open_without_pilote",
            ["chantier_id"],
            unique=False,
            sqlite_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL AND pilote_id IS NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL AND pilote_id IS NULL"
            ),
        )
        batch_op.create_index(
            "ix_task_pilote_id",
            ["pilote_id"],
            unique=False,
            sqlite_where=sa.text("pilote_id IS NOT NULL"),
            postgresql_where=sa.text("pilote_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_task_started_last_news",
            ["chantier_id", "last_news_at"],
            unique=False,
            sqlite_where=sa.text(
                "status IN ('in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
            ),
        )
        batch_op.create_index(
            "ix_task_trashed_at",
            ["trashed_at"],
            unique=False,
            sqlite_where=sa.text("trashed_at IS NOT NULL"),
            postgresql_where=sa.text("trashed_at IS NOT NULL"),
        )

    op.create_table(
        "checklist_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["done_by_id"], ["user.id"], name=op.f("fk_checklist_item_done_by_id_user")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_checklist_item_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_item")),
    )
    with op.batch_alter_table("checklist_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_checklist_item_task_id"), ["task_id"], unique=False)

    op.create_table(
        "deliverable_structure",
        sa.Column("deliverable_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("structure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
            name=op.f("fk_deliverable_structure_deliverable_id_deliverable"),
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structure.id"], name=op.f("fk_deliverable_structure_structure_id_structure")
        ),
        sa.PrimaryKeyConstraint("deliverable_id", "structure_id", name=op.f("pk_deliverable_structure")),
    )
    with op.batch_alter_table("deliverable_structure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deliverable_structure_structure_id"), ["structure_id"], unique=False
        )

    op.create_table(
        "deliverable_task",
        sa.Column("deliverable_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
            name=op.f("fk_deliverable_task_deliverable_id_deliverable"),
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_deliverable_task_task_id_task")),
        sa.PrimaryKeyConstraint("deliverable_id", "task_id", name=op.f("pk_deliverable_task")),
    )
    with op.batch_alter_table("deliverable_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliverable_task_task_id"), ["task_id"], unique=False)

    op.create_table(
        "deliverable_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deliverable_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=True),
        sa.Column("file_name", sa.String(length=300), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_deliverable_version_author_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["deliverable_id"],
            ["deliverable.id"],
            name=op.f("fk_deliverable_version_deliverable_id_deliverable"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliverable_version")),
        sa.UniqueConstraint(
            "deliverable_id", "number", name=op.f("uq_deliverable_version_deliverable_id_number")
        ),
        sa.UniqueConstraint("storage_key", name=op.f("uq_deliverable_version_storage_key")),
    )
    op.create_table(
        "status_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("from_status", sa.String(length=20), nullable=False),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_status_change_by_id_user")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_status_change_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_change")),
    )
    with op.batch_alter_table("status_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_change_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_status_change_task_id"), ["task_id"], unique=False)

    op.create_table(
        "task_dependency",
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blocker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["blocker_id"], ["task.id"], name=op.f("fk_task_dependency_blocker_id_task")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_dependency_task_id_task")),
        sa.PrimaryKeyConstraint("task_id", "blocker_id", name=op.f("pk_task_dependency")),
    )
    with op.batch_alter_table("task_dependency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_dependency_blocker_id"), ["blocker_id"], unique=False)

    op.create_table(
        "task_person",
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_person_task_id_task")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_task_person_user_id_user")),
        sa.PrimaryKeyConstraint("task_id", "user_id", name=op.f("pk_task_person")),
    )
    with op.batch_alter_table("task_person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_person_user_id"), ["user_id"], unique=False)

    op.create_table(
        "task_structure",
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("structure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structure.id"], name=op.f("fk_task_structure_structure_id_structure")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_structure_task_id_task")),
        sa.PrimaryKeyConstraint("task_id", "structure_id", name=op.f("pk_task_structure")),
    )
    with op.batch_alter_table("task_structure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_structure_structure_id"), ["structure_id"], unique=False)

    op.create_table(
        "verdict",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deliverable_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_verdict_by_id_user")),
        sa.ForeignKeyConstraint(
            ["deliverable_id"], ["deliverable.id"], name=op.f("fk_verdict_deliverable_id_deliverable")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["deliverable_version.id"], name=op.f("fk_verdict_version_id_deliverable_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
    )
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verdict_deliverable_id"), ["deliverable_id"], unique=False)

    deliverable_type = sa.table(
        "deliverable_type", sa.column("key"), sa.column("name"), sa.column("position")
    )
    rows = [
        {"key": key, "name": name, "position": position}
        for position, (key, name) in enumerate(TYPES, start=1)
    ]
    op.bulk_insert(deliverable_type, rows)


def downgrade() -> None:
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verdict_deliverable_id"))

    op.drop_table("verdict")
    with op.batch_alter_table("task_structure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_structure_structure_id"))

    op.drop_table("task_structure")
    with op.batch_alter_table("task_person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_person_user_id"))

    op.drop_table("task_person")
    with op.batch_alter_table("task_dependency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_dependency_blocker_id"))

    op.drop_table("task_dependency")
    with op.batch_alter_table("status_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_status_change_task_id"))
        batch_op.drop_index(batch_op.f("ix_status_change_at"))

    op.drop_table("status_change")
    op.drop_table("deliverable_version")
    with op.batch_alter_table("deliverable_task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliverable_task_task_id"))

    op.drop_table("deliverable_task")
    with op.batch_alter_table("deliverable_structure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliverable_structure_structure_id"))

    op.drop_table("deliverable_structure")
    with op.batch_alter_table("checklist_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_checklist_item_task_id"))

    op.drop_table("checklist_item")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_task_trashed_at",
            sqlite_where=sa.text("trashed_at IS NOT NULL"),
            postgresql_where=sa.text("trashed_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_task_started_last_news",
            sqlite_where=sa.text(
                "status IN ('in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
            ),
        )
        batch_op.drop_index(
            "ix_task_pilote_id",
            sqlite_where=sa.text("pilote_id IS NOT NULL"),
            postgresql_where=sa.text("pilote_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_task_open_without_pilote",
            sqlite_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL AND pilote_id IS NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL AND pilote_id IS NULL"
            ),
        )
        batch_op.drop_index(
            "ix_task_open_pilote",
            sqlite_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL AND pilote_id IS NOT NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL AND pilote_id IS NOT NULL"
            ),
        )
        batch_op.drop_index(
            "ix_task_open_due_on",
            sqlite_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
            ),
            postgresql_where=sa.text(
                "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_task_objective_id"))
        batch_op.drop_index("ix_task_list")
        batch_op.drop_index("ix_task_board")
        batch_op.drop_index(
            "ix_task_blocked_since",
            sqlite_where=sa.text("status = 'blocked' AND trashed_at IS NULL"),
            postgresql_where=sa.text("status = 'blocked' AND trashed_at IS NULL"),
        )

    op.drop_table("task")
    with op.batch_alter_table("objective_tally", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_objective_tally_chantier_id"))

    op.drop_table("objective_tally")
    with op.batch_alter_table("deliverable", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_deliverable_unfinished_expected_on",
            sqlite_where=sa.text("state <> 'approved' AND trashed_at IS NULL"),
            postgresql_where=sa.text("state <> 'approved' AND trashed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_deliverable_trashed_at",
            sqlite_where=sa.text("trashed_at IS NOT NULL"),
            postgresql_where=sa.text("trashed_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_deliverable_objective_id"))
        batch_op.drop_index(batch_op.f("ix_deliverable_chantier_id"))

    op.drop_table("deliverable")
    with op.batch_alter_table("charter_acceptance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_charter_acceptance_charter_id"))

    op.drop_table("charter_acceptance")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_user_id"))
        batch_op.drop_index(batch_op.f("ix_submission_at"))

    op.drop_table("submission")
    with op.batch_alter_table("structure_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_structure_member_user_id"))

    op.drop_table("structure_member")
    with op.batch_alter_table("structure_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_structure_alias_structure_id"))

    op.drop_table("structure_alias")
    with op.batch_alter_table("password_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_link_user_id"))

    op.drop_table("password_link")
    with op.batch_alter_table("objective", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_objective_trashed_at",
            sqlite_where=sa.text("trashed_at IS NOT NULL"),
            postgresql_where=sa.text("trashed_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_objective_chantier_id"))

    op.drop_table("objective")
    op.drop_table("charter_version")
    with op.batch_alter_table("chantier_structure", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_chantier_structure_present",
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_chantier_structure_structure_id"))

    op.drop_table("chantier_structure")
    with op.batch_alter_table("chantier_membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chantier_membership_user_id"))

    op.drop_table("chantier_membership")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index("ix_activity_subject_type_subject_id_id")
        batch_op.drop_index("ix_activity_chantier_id_id")
        batch_op.drop_index(batch_op.f("ix_activity_at"))
        batch_op.drop_index("ix_activity_actor_id_at")

    op.drop_table("activity")
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_name_key"))

    op.drop_table("user")
    with op.batch_alter_table("structure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_structure_name_key"))

    op.drop_table("structure")
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_failure_key_at")
        batch_op.drop_index(batch_op.f("ix_sign_in_failure_at"))

    op.drop_table("sign_in_failure")
    op.drop_table("demarche")
    op.drop_table("deliverable_type")
    op.drop_table("chantier")
