"""Search index: one entry for each thing that people may find, kept in the transaction that changes it.

SQLite keeps the words in an FTS5 table, PostgreSQL in a column more; both follow `search_entry` by triggers, and come
from the migration.

An entry's number is its kind's, then its subject's: of each kind, the latest created come last. Who may read what is a
matter of kinds alone: a deliverable has one entry for everybody and one, with its drafts, for those who read drafts.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    String,
    Text,
    delete,
    event,
    exists,
    inspect,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.deliverables.deliverable import Deliverable
from models.deliverables.version import DeliverableVersion
from models.demarche.chantier import Chantier
from models.demarche.objective import Objective
from models.demarche.structure import Structure, StructureAlias
from models.discussion.comment import Comment
from models.ground.base import Base, db
from models.search.sources import SOURCES, Source
from models.search.words import LONGEST_BODY, index_words
from models.steering.decision import Decision
from models.steering.progress_update import ProgressUpdate
from models.tasks.task import Task

#: The number of each kind: part of the numbers of entries, it never changes. "draft" is a deliverable for those who
#: read drafts.
KINDS = {
    "task": 1,
    "deliverable": 2,
    "draft": 3,
    "comment": 4,
    "structure": 5,
    "chantier": 6,
    "progress": 7,
    "decision": 8,
}
#: Where the number of the kind stands in that of an entry; subjects' own numbers stay below.
KIND_BIT = 40
#: How many things are read and written at once.
BATCH = 500


class SearchEntry(Base):
    """Entry of the index: a thing that can be found, with its title, its text, and their words."""

    __tablename__ = "search_entry"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(sqlite.INTEGER(), "sqlite"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    chantier_id: Mapped[int | None] = mapped_column(ForeignKey("chantier.id"))
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


# Keeping --------------------------------------------------------------------------------------------------------------


def entry_id(kind: str, subject_id: int) -> int:
    """Return the id of an entry: the number of its kind, then that of its subject."""
    return (KINDS[kind] << KIND_BIT) + subject_id


def _row(kind: str, source: Source) -> dict[str, Any]:
    body = source.body.strip()[:LONGEST_BODY].replace("\0", "")
    return {
        "id": entry_id(kind, source.subject_id),
        "kind": kind,
        "subject_id": source.subject_id,
        "chantier_id": source.chantier_id,
        "title": source.title,
        "body": body,
        "words": index_words(source.names or source.title, body, source.chantier_id),
        "at": source.at,
    }


def expected_rows(kind: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Compute the rows that these things should have now, by entry id; a thing that nobody finds has none."""
    return {row["id"]: row for row in (_row(kind, source) for source in SOURCES[kind][1](ids))}


def refresh(kind: str, ids: Iterable[int]) -> None:
    """Refresh the entries of these things, `BATCH` at a time."""
    every = sorted(ids)
    for start in range(0, len(every), BATCH):
        batch = every[start : start + BATCH]
        rows = expected_rows(kind, batch)
        gone = [number for each in batch if (number := entry_id(kind, each)) not in rows]
        if gone:
            _run(delete(SearchEntry).where(SearchEntry.id.in_(gone)))
        if rows:
            _run(_writing(), list(rows.values()))


def _writing() -> Any:
    """Build the upsert of entries: it writes over those that differ, and leaves alone what is right already."""
    insert = sqlite.insert if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    entries: Any = SearchEntry.__table__
    writing = insert(entries)
    new = writing.excluded
    values = {name: new[name] for name in ("chantier_id", "title", "body", "words", "at")}
    changed = or_(*(entries.c[name].is_distinct_from(value) for name, value in values.items()))
    return writing.on_conflict_do_update(index_elements=["id"], set_=values, where=changed)


def _run(statement: Any, rows: Any = None) -> None:
    db.session.execute(statement, rows, execution_options={"synchronize_session": False})


def reindex() -> Iterator[int]:
    """Rebuild the whole index, `BATCH` things at a time; the caller commits after each.

    Whoever changes one of them meanwhile either is read here, or corrects its entry with their own commit.
    """
    for kind in KINDS:
        for ids in _batches(kind):
            refresh(kind, ids)
            yield len(ids)
        refresh(kind, _strays(kind))
        yield 0


def _batches(kind: str) -> Iterator[list[int]]:
    """List the ids of everything of a kind, `BATCH` at a time."""
    numbered, last = SOURCES[kind][0], 0
    while True:
        query = select(numbered.id).where(numbered.id > last).order_by(numbered.id).limit(BATCH)
        ids = list(db.session.scalars(query))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _strays(kind: str) -> list[int]:
    """List the ids of subjects that have an entry and exist no more."""
    numbered = SOURCES[kind][0]
    query = select(SearchEntry.subject_id).where(
        SearchEntry.kind == kind, ~exists().where(numbered.id == SearchEntry.subject_id)
    )
    return list(db.session.scalars(query))


def index_disagreements() -> dict[str, int]:
    """Count the entries of each kind that are missing, too many, or say something else than their subject."""
    found = {kind: _disagreements(kind) for kind in KINDS}
    return {kind: number for kind, number in found.items() if number}


def _disagreements(kind: str) -> int:
    columns = [
        SearchEntry.__table__.c[name] for name in ("id", "chantier_id", "title", "body", "words", "at")
    ]
    wrong = len(_strays(kind))
    for ids in _batches(kind):
        wanted = {
            number: tuple(row[each.name] for each in columns)
            for number, row in expected_rows(kind, ids).items()
        }
        first, last = entry_id(kind, ids[0]), entry_id(kind, ids[-1])
        rows = db.session.execute(select(*columns).where(columns[0].between(first, last)))
        there = {row.id: tuple(row) for row in rows}
        wrong += sum(wanted.get(number) != there.get(number) for number in wanted.keys() | there.keys())
    return wrong


# Following what changes -----------------------------------------------------------------------------------------------

#: The key under which the session keeps what is to be indexed again when it commits.
STALE = "search_stale"

#: Watched models: the kinds of entries that follow each, the attribute that holds their subject's id, and the
#: attributes that are indexed.
WATCHED: dict[type, tuple[tuple[str, ...], str, frozenset[str]]] = {
    Task: (
        ("task",),
        "id",
        frozenset({"title", "description", "blocked_reason", "blocked_need", "chantier_id", "trashed_at"}),
    ),
    Deliverable: (
        ("deliverable", "draft"),
        "id",
        frozenset({"title", "description", "type_key", "state", "trashed_at"}),
    ),
    DeliverableVersion: (
        ("deliverable", "draft"),
        "deliverable_id",
        frozenset({"text", "note", "file_name", "url", "approved_at"}),
    ),
    Comment: (("comment",), "id", frozenset({"body", "deleted_at"})),
    Structure: (("structure",), "id", frozenset({"name", "territory", "site", "summary", "merged_into_id"})),
    StructureAlias: (("structure",), "structure_id", frozenset({"name", "structure_id"})),
    ProgressUpdate: (("progress",), "id", frozenset({"words", "needs"})),
    Decision: (("decision",), "id", frozenset({"text", "chantier_id", "withdrawn_at"})),
    Chantier: (("chantier",), "id", frozenset({"title", "summary"})),
    Objective: (("chantier",), "chantier_id", frozenset({"text", "trashed_at", "position"})),
}


@event.listens_for(Session, "after_flush")
def _mark_stale(session: Session, _context: Any) -> None:
    """Listen to flushes, and remember the subjects whose words the transaction changed."""
    for thing in {*session.new, *session.dirty, *session.deleted}:
        watch = WATCHED.get(type(thing))
        if watch is None:
            continue
        kinds, key, attributes = watch
        state = inspect(thing)
        changed = {name for name in attributes if state.attrs[name].history.has_changes()}
        if not changed and thing not in session.deleted:
            continue
        stale: set[tuple[str, int]] = session.info.setdefault(STALE, set())
        numbers = {getattr(thing, key), *state.attrs[key].history.deleted}
        stale |= {(kind, number) for kind in kinds for number in numbers if number}
        if "trashed_at" in changed and thing not in session.new:
            stale.add((f"said of {type(thing).__tablename__}", thing.id))


def index_changed(session: Any) -> None:
    """Refresh the entries of what the transaction changed (a step of `models.commit`)."""
    session.flush()
    stale: set[tuple[str, int]] = session.info.pop(STALE, set())
    by_kind: dict[str, set[int]] = {}
    for kind, number in stale:
        by_kind.setdefault(kind, set()).add(number)
    for subject in ("task", "deliverable", "objective"):
        if ids := by_kind.pop(f"said of {subject}", None):
            said = select(Comment.id).where(
                Comment.subject_type == subject, Comment.subject_id.in_(sorted(ids))
            )
            by_kind.setdefault("comment", set()).update(session.scalars(said))
    # In one order, so that two who change the same things never wait for each other.
    for kind in sorted(by_kind):
        refresh(kind, by_kind[kind])
