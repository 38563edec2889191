"""Index that people search.

The table is the same on both databases; what looks words up in it is each database's own, outside our models, and follows
the table by triggers: an FTS5 table on SQLite, a column on PostgreSQL. Words come normalised.

Whoever rebuilds `search_entry` on SQLite (a batch migration) makes its triggers again: they go with the old table.

Revision: 20261125_search
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_search"
down_revision = "20261125_joining"
branch_labels = None
depends_on = None

# Bytes beyond ASCII are letters to the "ascii" tokenizer: it cuts where we put spaces, and nowhere else.
SQLITE = (
    """CREATE VIRTUAL TABLE search_index USING fts5(
        words, content='search_entry', content_rowid='id', detail=none, columnsize=0, prefix='3 4 5 6 7 8',
        tokenize="ascii tokenchars '=@'"
    )""",
    """CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_index(rowid, words) VALUES (new.id, new.words);
    END""",
    """CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', old.id, old.words);
    END""",
    """CREATE TRIGGER search_entry_changed AFTER UPDATE OF id, words ON search_entry BEGIN
        INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO search_index(rowid, words) VALUES (new.id, new.words);
    END""",
)
# A column that a trigger fills, and not a generated one: rows are copied whole, from one table to another like it.
POSTGRESQL = (
    "ALTER TABLE search_entry ADD COLUMN vector tsvector",
    """CREATE FUNCTION search_entry_vector() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        new.vector := array_to_tsvector(string_to_array(new.words, ' '));
        RETURN new;
    END $$""",
    """CREATE TRIGGER search_entry_vector BEFORE INSERT OR UPDATE OF words ON search_entry
        FOR EACH ROW EXECUTE FUNCTION search_entry_vector()""",
    # Without a list of what is still to be sorted in, which every search would read through; and with enough of the
    # words counted to know the common from the rare.
    "CREATE INDEX ix_search_entry_vector ON search_entry USING gin (vector) WITH (fastupdate = off)",
    "ALTER TABLE search_entry ALTER COLUMN vector SET STATISTICS 1000",
)


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sa.Column("chantier_id", sa.BigInteger().with_variant(sa.INTEGER(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chantier_id"], ["chantier.id"], name=op.f("fk_search_entry_chantier_id_chantier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("search_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION search_entry_vector()")
