"""Comités de pilotage: who was present, what was on the agenda, what was decided.

Revision: 20261127_meetings
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_meetings"
down_revision = "20261127_history"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def upgrade() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_by_id", NUMBER, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        reference("meeting", "created_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("held_on", name=op.f("uq_meeting_held_on")),
    )
    op.create_table(
        "meeting_presence",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("meeting_id", NUMBER, nullable=False),
        sa.Column("structure_id", NUMBER, nullable=False),
        sa.Column("presence", sa.String(length=10), nullable=False),
        sa.Column("people", sa.String(length=300), nullable=False),
        reference("meeting_presence", "meeting_id", "meeting"),
        reference("meeting_presence", "structure_id", "structure"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_presence")),
        sa.UniqueConstraint(
            "meeting_id", "structure_id", name=op.f("uq_meeting_presence_meeting_id_structure_id")
        ),
    )
    with op.batch_alter_table("meeting_presence") as table:
        table.create_index(op.f("ix_meeting_presence_structure_id"), ["structure_id"])
    op.create_table(
        "agenda_item",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("meeting_id", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("chantier_id", NUMBER, nullable=True),
        sa.Column("subject_type", sa.String(length=20), nullable=False),
        sa.Column("subject_id", NUMBER, nullable=True),
        sa.Column("created_by_id", NUMBER, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        reference("agenda_item", "meeting_id", "meeting"),
        reference("agenda_item", "chantier_id", "chantier"),
        reference("agenda_item", "created_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
    )
    with op.batch_alter_table("agenda_item") as table:
        table.create_index(op.f("ix_agenda_item_meeting_id"), ["meeting_id"])
        table.create_index(op.f("ix_agenda_item_chantier_id"), ["chantier_id"])
    op.create_table(
        "decision",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("meeting_id", NUMBER, nullable=False),
        sa.Column("item_id", NUMBER, nullable=True),
        sa.Column("chantier_id", NUMBER, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("task_id", NUMBER, nullable=True),
        sa.Column("created_by_id", NUMBER, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        reference("decision", "meeting_id", "meeting"),
        reference("decision", "item_id", "agenda_item"),
        reference("decision", "chantier_id", "chantier"),
        reference("decision", "task_id", "task"),
        reference("decision", "created_by_id", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision") as table:
        for column in ("meeting_id", "item_id", "chantier_id", "task_id"):
            table.create_index(op.f(f"ix_decision_{column}"), [column])


def downgrade() -> None:
    for table in ("decision", "agenda_item", "meeting_presence", "meeting"):
        op.drop_table(table)
