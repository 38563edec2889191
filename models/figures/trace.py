"""Traces that tasks and deliverables leave as they change, and their counts by day.

A trace says how one thing stood from a day on; rows are added, never changed. `DayCount` is their sum by objective and
day, kept so that the figures of a past day cost what is shown and not all that ever happened. It can be made again from
the traces at any time.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, String, delete, func, insert, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.ground.base import Base, IntId, db, table_above, today

#: The statuses in which a thing of each kind can be late, and the figure that then counts it.
AWAITED = {
    "task": frozenset({"todo", "in_progress", "to_validate", "blocked"}),
    "deliverable": frozenset({"expected", "drafting", "in_review", "to_rework"}),
}
LATE = {"task": "late", "deliverable": "overdue"}
#: The status of what is in the bin.
IN_BIN = ""
#: How a chantier stands.
OPEN_CHANTIER, ARCHIVED = "open", "archived"
#: How many rows are written at once when all are made again.
BATCH = 5000


class Shape(NamedTuple):
    """Shape: what the figures know of a task or a deliverable that is not in the bin."""

    chantier_id: int
    objective_id: int
    status: str
    due_on: date | None
    has_pilote: bool = True


class Trace(Base):
    """Trace of a task, a deliverable or a chantier: how it stood from a day on."""

    __tablename__ = "trace"
    __table_args__ = (
        Index("ix_trace_kind_day", "kind", "day"),
        Index("ix_trace_kind_subject_id", "kind", "subject_id"),
    )

    id: Mapped[IntId]
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"))
    objective_id: Mapped[int | None] = mapped_column(ForeignKey("objective.id"))
    day: Mapped[date]
    #: Its status before; None where it was not there yet.
    was: Mapped[str | None] = mapped_column(String(20))
    #: Its status from then on, IN_BIN for what was put there.
    status: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date | None]
    has_pilote: Mapped[bool]

    @property
    def shape(self) -> Shape | None:
        """Shape that it counts as; None in the bin."""
        if self.status == IN_BIN or self.objective_id is None:
            return None
        return Shape(self.chantier_id, self.objective_id, self.status, self.due_on, self.has_pilote)


class DayCount(Base):
    """Change of each figure of an objective on a day, up or down: the sum up to a day is the figure at its end.

    A day may be to come: a task becomes late on the day after its due date, whether somebody touches it or not.
    """

    __tablename__ = "day_count"

    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"), index=True)
    todo: Mapped[int] = mapped_column(default=0)
    in_progress: Mapped[int] = mapped_column(default=0)
    to_validate: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    blocked: Mapped[int] = mapped_column(default=0)
    abandoned: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    without_pilote: Mapped[int] = mapped_column(default=0)
    expected: Mapped[int] = mapped_column(default=0)
    drafting: Mapped[int] = mapped_column(default=0)
    in_review: Mapped[int] = mapped_column(default=0)
    to_rework: Mapped[int] = mapped_column(default=0)
    approved: Mapped[int] = mapped_column(default=0)
    published: Mapped[int] = mapped_column(default=0)
    overdue: Mapped[int] = mapped_column(default=0)


#: The figures of a day count, in the order of its columns.
FIGURES = tuple(
    column.name
    for column in DayCount.__table__.columns
    if column.name not in ("objective_id", "day", "chantier_id")
)

#: By how much each figure changes, under (objective, day, chantier).
Changes = dict[tuple[int, date, int], Counter[str]]


def figures_of(kind: str, shape: Shape, day: date) -> Iterator[tuple[date, str]]:
    """List the figures in which this shape counts from that day on, each with the day from which it does."""
    yield day, shape.status
    if shape.status not in AWAITED[kind]:
        return
    if shape.due_on is not None:
        yield max(day, shape.due_on + timedelta(days=1)), LATE[kind]
    if kind == "task" and not shape.has_pilote:
        yield day, "without_pilote"


def add_up(changes: Changes, kind: str, day: date, before: Shape | None, after: Shape | None) -> None:
    """Add to the changes a thing that stood so before a day and stands so from it on; None where it does not count.

    What would have become late later leaves at the same future day at which it was to come: nothing of it remains.
    """
    for shape, step in ((before, -1), (after, +1)):
        if shape is not None:
            for from_day, figure in figures_of(kind, shape, day):
                key = (shape.objective_id, from_day, shape.chantier_id)
                changes.setdefault(key, Counter())[figure] += step


# Keeping them -----------------------------------------------------------------------------------------------------

#: Where the session keeps the traces that are to be counted when it commits, each with what was before.
UNCOUNTED = "uncounted traces"


def leave_trace(
    kind: str, subject_id: int, before: Shape | None, after: Shape | None, *, is_born: bool = False
) -> None:
    """Add the trace of a change of today's; it is counted when the transaction commits."""
    known = after or before
    assert known is not None
    trace = Trace(
        kind=kind,
        subject_id=subject_id,
        chantier_id=known.chantier_id,
        objective_id=known.objective_id,
        day=today(),
        was=None if is_born else before.status if before else IN_BIN,
        status=after.status if after else IN_BIN,
        due_on=known.due_on,
        has_pilote=known.has_pilote,
    )
    db.session.add(trace)
    db.session.info.setdefault(UNCOUNTED, []).append((trace, before, after))


def leave_chantier_trace(chantier_id: int, was: str | None, status: str) -> None:
    """Add the trace of a chantier that opens or is archived: from then on its figures are shown, or are not."""
    db.session.add(
        Trace(
            kind="chantier",
            subject_id=chantier_id,
            chantier_id=chantier_id,
            day=today(),
            was=was,
            status=status,
            has_pilote=False,
        )
    )


def count_traces(session: Any) -> None:
    """Count what the transaction changed (the last step of `models.commit`).

    Only then, and objective after objective in the order of their numbers: whoever holds a day's counts waits for
    nothing but further ones, so that two who write in the same objectives never wait for each other.
    """
    if UNCOUNTED not in session.info:
        return
    session.flush()
    changes: Changes = {}
    for trace, before, after in session.info.pop(UNCOUNTED):
        # What a savepoint took back is in the session no more.
        if trace in session:
            add_up(changes, trace.kind, trace.day, before, after)
    rows = _rows(changes)
    if rows:
        session.execute(_adding(session), rows)


def _rows(changes: Changes) -> list[dict[str, Any]]:
    """Return the changes as rows, in one order, without those that come to nothing."""
    return [
        {"objective_id": objective_id, "day": day, "chantier_id": chantier_id}
        | {figure: counted[figure] for figure in FIGURES}
        for (objective_id, day, chantier_id), counted in sorted(changes.items(), key=lambda item: item[0])
        if any(counted.values())
    ]


def _adding(session: Session) -> Any:
    """Build the upsert that adds to the counts of a day, whoever else adds to them then."""
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    adding = dialect.insert(DayCount.__table__)
    kept = DayCount.__table__.c
    return adding.on_conflict_do_update(
        index_elements=["objective_id", "day"],
        set_={figure: kept[figure] + adding.excluded[figure] for figure in FIGURES},
    )


# Making them again ------------------------------------------------------------------------------------------------


def counts_from_traces() -> dict[tuple[int, date], dict[str, int]]:
    """Add up all traces, by objective and day."""
    changes: Changes = {}
    columns = (Trace.kind, Trace.subject_id, Trace.status, Trace.day, Trace.chantier_id, Trace.objective_id)
    query = (
        select(*columns, Trace.due_on, Trace.has_pilote)
        .where(Trace.objective_id.is_not(None))
        .order_by(Trace.kind, Trace.subject_id, Trace.id)
    )
    previous: tuple[str, int] | None = None
    before: Shape | None = None
    for line in db.session.execute(query.execution_options(yield_per=BATCH)):
        kind, subject_id, status, day, chantier_id, objective_id, due_on, has_pilote = line
        if (kind, subject_id) != previous:
            previous, before = (kind, subject_id), None
        after = None
        if status != IN_BIN and objective_id is not None:
            after = Shape(chantier_id, objective_id, status, due_on, has_pilote)
        add_up(changes, kind, day, before, after)
        before = after
    return {(row["objective_id"], row["day"]): row for row in _rows(changes)}


def stray_traces() -> Iterator[tuple[str, int, Shape | None, Shape | None]]:
    """List the things whose last trace differs from how they stand: kind, id, shape of the trace, present shape."""
    kinds = (
        ("task", table_above("task").c, "status", "due_on"),
        ("deliverable", table_above("deliverable").c, "state", "expected_on"),
    )
    for kind, thing, status, due_on in kinds:
        has_pilote = thing.pilote_id.is_not(None) if kind == "task" else literal(True)
        latest = (
            select(Trace.subject_id, func.max(Trace.id).label("id"))
            .where(Trace.kind == kind)
            .group_by(Trace.subject_id)
            .subquery()
        )
        query = (
            select(
                thing.id,
                thing.trashed_at,
                Trace,
                *(thing.chantier_id, thing.objective_id, thing[status], thing[due_on], has_pilote),
            )
            .outerjoin(latest, latest.c.subject_id == thing.id)
            .outerjoin(Trace, Trace.id == latest.c.id)
            .order_by(thing.id)
        )
        for number, trashed_at, trace, *now in db.session.execute(query.execution_options(yield_per=BATCH)):
            told = trace.shape if trace else None
            shape = Shape(*now) if trashed_at is None else None
            if told != shape:
                yield kind, number, told, shape


def kept_counts() -> dict[tuple[int, date], dict[str, int]]:
    """Return the counts as they are stored, without those that came to nothing."""
    table = DayCount.__table__
    rows = [dict(row) for row in db.session.execute(select(table)).mappings()]
    return {(row["objective_id"], row["day"]): row for row in rows if any(row[name] for name in FIGURES)}


def recount() -> None:
    """Leave a trace of today for what is astray, and recompute every day's counts. The caller commits."""
    if db.session.get_bind().dialect.name == "postgresql":
        # Those who write finish first, and others wait: none of theirs may come between the counting and the keeping.
        db.session.execute(text("LOCK TABLE trace, day_count IN SHARE ROW EXCLUSIVE MODE"))
    for kind, number, told, shape in list(stray_traces()):
        leave_trace(kind, number, told, shape)
    db.session.flush()
    # All are counted here: what waits for the commit would count twice.
    db.session.info.pop(UNCOUNTED, None)
    rows = list(counts_from_traces().values())
    db.session.execute(delete(DayCount))
    for start in range(0, len(rows), BATCH):
        db.session.execute(insert(DayCount), rows[start : start + BATCH])
