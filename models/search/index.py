"""Searching: one index over what people read, kept in the transaction that changes it, the same on both databases.

Words are normalised here, once, and not by the databases, whose dictionaries disagree: folded (no accent, no case), and
beside each its French stem, so that « tâche » finds « taches ». SQLite keeps the words in an FTS5 table, PostgreSQL in
a column more; both follow `search_entry` by triggers, and come from the migration.

An entry's number is its kind's, then its subject's: of each kind, the latest created come last. Who may read what is a
matter of kinds alone: a deliverable has one entry for everybody and one, with its drafts, for those who read drafts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import snowballstemmer  # type: ignore[import-untyped]
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Select,
    String,
    Text,
    and_,
    bindparam,
    cast,
    column,
    delete,
    event,
    exists,
    func,
    inspect,
    literal,
    literal_column,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.deliverables.deliverable import FINISHED, Deliverable, DeliverableType
from models.deliverables.version import DeliverableVersion
from models.demarche.chantier import Chantier
from models.demarche.objective import Objective
from models.demarche.structure import Structure, StructureAlias
from models.discussion.comment import MENTION, Comment
from models.ground.base import Base, db, fold
from models.steering.decision import Decision
from models.steering.progress_update import ProgressUpdate
from models.tasks.task import Task

if TYPE_CHECKING:
    from models.people.user import User

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
#: Beyond, results are not counted: nobody reads a thousand of them.
MOST_FOUND = 1000
#: What of a text is indexed: characters, then different words, of at most so many letters.
LONGEST_BODY, MOST_WORDS, LONGEST_WORD = 200_000, 8000, 40
#: What of a question is read.
LONGEST_QUESTION, MOST_TERMS = 200, 8
#: From how many letters on a word may be half-typed.
HALF_TYPED = 3
#: Words that say nothing of what is looked for, unless they are all there is.
EMPTY_WORDS = frozenset({
    "a", "au", "aux", "avec", "c", "ce", "ces", "d", "dans", "de", "des", "du", "elle", "en", "est", "et", "eux",
    "il", "ils", "j", "je", "l", "la", "le", "les", "leur", "leurs", "lui", "m", "ma", "mais", "me", "mes", "mon",
    "n", "ne", "nos", "notre", "nous", "on", "ont", "ou", "par", "pas", "pour", "qu", "que", "qui", "s", "sa", "se",
    "ses", "son", "sont", "sur", "t", "ta", "te", "tes", "ton", "tu", "un", "une", "vos", "votre", "vous", "y",
})  # fmt: skip
BATCH = 500

_stemmer = snowballstemmer.stemmer("french")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The French stem of a folded word.

    The stemmer leaves the plural of what ends in a vowel (« élus », « vélos », « lieux »): it goes first.
    """
    if len(word) > 3 and word.endswith(("s", "x")) and not word.endswith(("ss", "aux")):
        word = word[:-1]
    return str(_stemmer.stemWord(word))[:LONGEST_WORD]


def words_in(text: str) -> list[str]:
    """The folded words of a text, in their order."""
    return [word[:LONGEST_WORD] for word in fold(text).split()]


def index_words(title: str, body: str, chantier_id: int | None) -> str:
    """What the index holds of a thing: each word and its stem, those of the title also with "=", and its chantier."""
    found: dict[str, None] = {}
    if chantier_id is not None:
        found[f"@{chantier_id}"] = None
    for word in words_in(title):
        for each in (word, stem(word)):
            found[f"={each}"] = found[each] = None
    for word in words_in(body[:LONGEST_BODY]):
        if len(found) >= MOST_WORDS:
            break
        found[word] = found[stem(word)] = None
    return " ".join(each for each in found if each)


class SearchEntry(Base):
    """One thing that can be found, as it is read: its title, its text, and their words for the index."""

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


class Source(NamedTuple):
    """What there is to find of one thing."""

    subject_id: int
    chantier_id: int | None
    title: str
    body: str
    at: datetime
    #: What counts as its title, where it goes by other names too.
    names: str = ""


def entry_id(kind: str, subject_id: int) -> int:
    """The number of an entry."""
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


def _lines(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text)


def _tasks(ids: Sequence[int]) -> Iterator[Source]:
    rows = select(
        Task.id,
        Task.chantier_id,
        Task.title,
        Task.created_at,
        Task.description,
        Task.blocked_reason,
        Task.blocked_need,
    ).where(Task.id.in_(ids), Task.live())
    for number, chantier_id, title, at, *texts in db.session.execute(rows):
        yield Source(number, chantier_id, title, _lines(*texts), at)


def _deliverables(ids: Sequence[int]) -> Iterator[Source]:
    """What everybody reads of them: the reference version, and nothing of a draft but its title."""
    versions = _versions(ids, DeliverableVersion.is_reference())
    for row in _rows_of_deliverables(ids):
        description = row.description if row.state in FINISHED else ""
        body = _lines(row.name, description, versions.get(row.id))
        yield Source(row.id, row.chantier_id, row.title, body, row.created_at)


def _drafts(ids: Sequence[int]) -> Iterator[Source]:
    """What those who read drafts read of them: every version, the latest first."""
    versions = _versions(ids)
    for row in _rows_of_deliverables(ids):
        body = _lines(row.name, row.description, versions.get(row.id))
        yield Source(row.id, row.chantier_id, row.title, body, row.created_at)


def _rows_of_deliverables(ids: Sequence[int]) -> Any:
    return db.session.execute(
        select(
            Deliverable.id,
            Deliverable.chantier_id,
            Deliverable.title,
            Deliverable.description,
            Deliverable.state,
            Deliverable.created_at,
            DeliverableType.name,
        )
        .join(DeliverableType, DeliverableType.key == Deliverable.type_key)
        .where(Deliverable.id.in_(ids), Deliverable.live())
    )


def _versions(ids: Sequence[int], *which: Any) -> dict[int, str]:
    rows = (
        select(
            DeliverableVersion.deliverable_id,
            DeliverableVersion.note,
            DeliverableVersion.file_name,
            DeliverableVersion.url,
            func.substr(DeliverableVersion.text, 1, LONGEST_BODY),
        )
        .where(DeliverableVersion.deliverable_id.in_(ids), *which)
        .order_by(DeliverableVersion.deliverable_id, DeliverableVersion.number.desc())
    )
    found: dict[int, str] = {}
    for number, *texts in db.session.execute(rows):
        found[number] = _lines(found.get(number), *texts)[:LONGEST_BODY]
    return found


def _comments(ids: Sequence[int]) -> Iterator[Source]:
    rows = select(Comment.id, Comment.chantier_id, Comment.body, Comment.at).where(
        Comment.id.in_(ids), Comment.deleted_at.is_(None), _about_something_live()
    )
    for number, chantier_id, body, at in db.session.execute(rows):
        yield Source(number, chantier_id, "", MENTION.sub(r"\1", body), at)


def _about_something_live() -> Any:
    """The condition of a comment whose subject is not in the bin."""
    binned = [
        and_(
            Comment.subject_type == kind.__tablename__,
            exists().where(kind.id == Comment.subject_id, kind.trashed_at.is_not(None)),
        )
        for kind in (Task, Deliverable, Objective)
    ]
    return ~or_(*binned)


def _structures(ids: Sequence[int]) -> Iterator[Source]:
    aliases: dict[int, str] = {}
    names = select(StructureAlias.structure_id, StructureAlias.name).where(
        StructureAlias.structure_id.in_(ids)
    )
    for number, name in db.session.execute(names.order_by(StructureAlias.id)):
        aliases[number] = _lines(aliases.get(number), name)
    rows = select(
        Structure.id,
        Structure.name,
        Structure.created_at,
        Structure.territory,
        Structure.site,
        Structure.summary,
    ).where(Structure.id.in_(ids), Structure.merged_into_id.is_(None))
    for number, name, at, *texts in db.session.execute(rows):
        also = aliases.get(number)
        yield Source(number, None, name, _lines(also, *texts), at, names=_lines(name, also))


def _chantiers(ids: Sequence[int]) -> Iterator[Source]:
    objectives: dict[int, str] = {}
    texts = select(Objective.chantier_id, Objective.text).where(
        Objective.chantier_id.in_(ids), Objective.live()
    )
    for number, text in db.session.execute(texts.order_by(Objective.position, Objective.id)):
        objectives[number] = _lines(objectives.get(number), text)
    rows = select(Chantier.id, Chantier.title, Chantier.summary, Chantier.created_at).where(
        Chantier.id.in_(ids)
    )
    for number, title, summary, at in db.session.execute(rows):
        yield Source(number, number, title, _lines(summary, objectives.get(number)), at)


def _progress_updates(ids: Sequence[int]) -> Iterator[Source]:
    rows = select(
        ProgressUpdate.id,
        ProgressUpdate.chantier_id,
        ProgressUpdate.at,
        ProgressUpdate.words,
        ProgressUpdate.needs,
    ).where(ProgressUpdate.id.in_(ids))
    for number, chantier_id, at, *texts in db.session.execute(rows):
        yield Source(number, chantier_id, "", _lines(*texts), at)


def _decisions(ids: Sequence[int]) -> Iterator[Source]:
    rows = select(Decision.id, Decision.chantier_id, Decision.created_at, Decision.text).where(
        Decision.id.in_(ids), Decision.withdrawn_at.is_(None)
    )
    for number, chantier_id, at, text in db.session.execute(rows):
        yield Source(number, chantier_id, "", text, at)


#: Where each kind comes from: the model that numbers it, and what is read of it.
SOURCES: dict[str, tuple[Any, Any]] = {
    "task": (Task, _tasks),
    "deliverable": (Deliverable, _deliverables),
    "draft": (Deliverable, _drafts),
    "comment": (Comment, _comments),
    "structure": (Structure, _structures),
    "chantier": (Chantier, _chantiers),
    "progress": (ProgressUpdate, _progress_updates),
    "decision": (Decision, _decisions),
}


def expected_rows(kind: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The entries that these things should have now, by their number; a thing that nobody finds has none."""
    return {row["id"]: row for row in (_row(kind, source) for source in SOURCES[kind][1](ids))}


def refresh(kind: str, ids: Iterable[int]) -> None:
    """Make the index agree with these things."""
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
    """Write entries over those that say something else; what is right already is left alone."""
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
    """Make the whole index agree with everything, some things at a time; the caller commits after each.

    Whoever changes one of them meanwhile either is read here, or corrects its entry with their own commit.
    """
    for kind in KINDS:
        for ids in _batches(kind):
            refresh(kind, ids)
            yield len(ids)
        refresh(kind, _strays(kind))
        yield 0


def _batches(kind: str) -> Iterator[list[int]]:
    """The numbers of everything of a kind, some at a time."""
    numbered, last = SOURCES[kind][0], 0
    while True:
        query = select(numbered.id).where(numbered.id > last).order_by(numbered.id).limit(BATCH)
        ids = list(db.session.scalars(query))
        if not ids:
            return
        yield ids
        last = ids[-1]


def _strays(kind: str) -> list[int]:
    """The numbers of subjects that have an entry and are no more."""
    numbered = SOURCES[kind][0]
    query = select(SearchEntry.subject_id).where(
        SearchEntry.kind == kind, ~exists().where(numbered.id == SearchEntry.subject_id)
    )
    return list(db.session.scalars(query))


def index_disagreements() -> dict[str, int]:
    """How many entries of each kind are missing, too many, or say something else than their subject."""
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

STALE = "search_stale"

#: What is found changes with these models: the kinds of entries, the attribute that numbers them, and those that count.
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
    """Remember whose words the transaction changed."""
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
    """Make the index agree with what the transaction changed (a step of `models.commit`)."""
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


# Finding --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """A word of a question: as typed and folded, and its stem."""

    word: str
    stem: str

    @property
    def may_be_half_typed(self) -> bool:
        return len(self.word) >= HALF_TYPED

    def is_in(self, word: str) -> bool:
        """Whether a folded word of a text answers it."""
        if self.may_be_half_typed and word.startswith(self.word):
            return True
        return word == self.word or self.stem in (word, stem(word))


def terms_of(question: str) -> tuple[Term, ...]:
    """What is looked for: the words that say something, each once; nothing where there is none."""
    words = list(dict.fromkeys(words_in(question[:LONGEST_QUESTION])))
    telling = [word for word in words if word not in EMPTY_WORDS] or words
    return tuple(Term(word, stem(word)) for word in telling[:MOST_TERMS])


@dataclass(frozen=True)
class SearchPage:
    """A page of what answers, and how much there is of each kind: `MOST_FOUND` + 1 for more than is counted."""

    entries: Sequence[SearchEntry]
    counts: dict[str, int]


def kinds_of(user: "User") -> tuple[str, ...]:
    """The kinds that this person reads. A mere observer reads no draft, no comment, nor what référents feel."""
    if user.is_only_observer:
        return ("task", "deliverable", "decision", "structure", "chantier")
    return ("task", "draft", "comment", "progress", "decision", "structure", "chantier")


def find(
    user: "User",
    terms: Sequence[Term],
    *,
    kind: str | None = None,
    chantier_id: int | None = None,
    first: int = 0,
    limit: int = 20,
) -> SearchPage:
    """What this person may read and that has every one of these words: in its title first, whole words first, then
    the latest. Of what is very common only the latest thousand of each kind are looked at."""
    kinds = kinds_of(user)
    anywhere = _expression(terms, chantier_id)
    counting = union_all(
        *(
            select(literal(each, String).label("kind"), func.count().label("number")).select_from(
                _hits(each, anywhere).subquery()
            )
            for each in kinds
        )
    )
    counts = {row.kind: int(row.number) for row in db.session.execute(counting)}
    tiers = (
        _expression(terms, chantier_id, mark="=", whole=True),
        _expression(terms, chantier_id, mark="="),
        anywhere,
    )
    shown = [each for each in kinds if kind in (None, each) and counts[each]]
    if not shown:
        return SearchPage([], counts)
    hits = union_all(
        *(
            select(hit.c.id, literal_column(str(tier)).label("tier"))
            for each in shown
            for tier, expression in enumerate(tiers)
            for hit in (_hits(each, expression).subquery(),)
        )
    ).subquery()
    ranked = select(hits.c.id, func.min(hits.c.tier).label("tier")).group_by(hits.c.id).subquery()
    page = (
        select(SearchEntry)
        .join(ranked, ranked.c.id == SearchEntry.id)
        .order_by(ranked.c.tier, SearchEntry.at.desc(), SearchEntry.id.desc())
        .offset(first)
        .limit(limit)
    )
    return SearchPage(db.session.scalars(page).all(), counts)


def _expression(
    terms: Sequence[Term], chantier_id: int | None, *, mark: str = "", whole: bool = False
) -> str:
    """What the index is asked, in the words of the database; folded words hold letters and digits, and no quote."""
    on_sqlite = db.session.get_bind().dialect.name == "sqlite"
    quote, start, either, both = ('"', "*", " OR ", " AND ") if on_sqlite else ("'", ":*", " | ", " & ")
    asked = [f"{quote}@{chantier_id}{quote}"] if chantier_id is not None else []
    for term in terms:
        word = f"{quote}{mark}{term.word}{quote}"
        word += start if term.may_be_half_typed and not whole else ""
        stemmed = f"{quote}{mark}{term.stem}{quote}" if term.stem != term.word else ""
        asked.append(f"({word}{either}{stemmed})" if stemmed else word)
    return both.join(asked)


def _hits(kind: str, expression: str) -> Select[Any]:
    """The latest entries of a kind that answer, one more than are counted."""
    first, last = entry_id(kind, 0), entry_id(kind, (1 << KIND_BIT) - 1)
    if db.session.get_bind().dialect.name == "sqlite":
        index = table("search_index", column("rowid", BigInteger))
        number: Any = index.c.rowid
        answers = literal_column("search_index").op("MATCH")(literal(expression, Text))
    else:
        number = SearchEntry.__table__.c.id
        # Written out too: a plan that serves for any words is the wrong one for the common or for the rare.
        asked = bindparam(None, expression, Text, literal_execute=True)
        answers = literal_column("search_entry.vector").op("@@")(cast(asked, postgresql.TSQUERY))
    # The bounds are written out: the databases choose their way by them.
    within = and_(number >= literal_column(str(first)), number <= literal_column(str(last)))
    return select(number.label("id")).where(answers, within).order_by(number.desc()).limit(MOST_FOUND + 1)
