"""Backfill of traces and day counts from the journal, for instances that are older than traces.

Written over the tables as they stood when traces came, and not over the models, so that the migration that needs it
goes on working whatever these become. Facts that the journal does not hold are taken as of today: a task that was moved
between objectives counts under its present one from its birth on.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    MetaData,
    String,
    Table,
    insert,
    select,
)
from sqlalchemy.engine import Connection, Row

HOME = ZoneInfo("Europe/Paris")
BATCH = 2000
STATUSES = ("todo", "in_progress", "to_validate", "done", "blocked", "abandoned")
STATES = ("expected", "drafting", "in_review", "to_rework", "approved", "published")
FIGURES = (*STATUSES, "late", "without_pilote", *STATES, "overdue")
OVER = frozenset({"done", "abandoned", "approved", "published"})

_tables = MetaData()


def _table(name: str, /, **columns: Any) -> Table:
    return Table(name, _tables, *(Column(column, kind) for column, kind in columns.items()))


_id, _instant, _word = BigInteger, DateTime(timezone=True), String
_bin = {"trashed_at": _instant, "chantier_id": _id, "objective_id": _id}
TASK = _table("task", id=_id, status=_word, due_on=Date, pilote_id=_id, created_at=_instant, **_bin)
DELIVERABLE = _table(
    "deliverable", id=_id, state=_word, state_since=_instant, expected_on=Date, created_at=_instant, **_bin
)
CHANTIER = _table("chantier", id=_id, created_at=_instant, archived_at=_instant)
STRUCTURE = _table("structure", id=_id, name=_word)
STATUS_CHANGE = _table("status_change", id=_id, task_id=_id, at=_instant, from_status=_word, to_status=_word)
ACTIVITY = _table(
    "activity", id=_id, at=_instant, action=_word, subject_type=_word, subject_id=_id, particulars=JSON
)
TRACE = _table(
    "trace",
    kind=_word,
    subject_id=_id,
    chantier_id=_id,
    objective_id=_id,
    day=Date,
    was=_word,
    status=_word,
    due_on=Date,
    has_pilote=Boolean,
)
DAY_COUNT = _table(
    "day_count", objective_id=_id, day=Date, chantier_id=_id, **dict.fromkeys(FIGURES, BigInteger)
)


@dataclass
class TraceReplay:
    """Replay of the past of one thing: its state at a day, and the traces found so far."""

    kind: str
    thing: Row[Any]
    status: str
    due_on: date | None
    has_pilote: bool
    day: date
    is_binned: bool = False
    pilote: str = ""
    traces: list[dict[str, Any]] = field(default_factory=list)

    def leave(self) -> None:
        """Add one more trace where it stands otherwise than the last one says."""
        status = "" if self.is_binned else self.status
        standing = {"status": status, "due_on": self.due_on, "has_pilote": self.has_pilote}
        last = self.traces[-1] if self.traces else None
        if last and (status == last["status"] == "" or standing.items() <= last.items()):
            return
        self.traces.append(
            {
                "kind": self.kind,
                "subject_id": self.thing.id,
                "chantier_id": self.thing.chantier_id,
                "objective_id": self.thing.objective_id,
                "day": self.day,
                "was": last["status"] if last else None,
                **standing,
            }
        )


def retrace(connection: Connection) -> None:
    """Fill the empty tables of traces and of day counts from the journal."""
    counts: dict[tuple[int, date, int], dict[str, int]] = {}
    for traces in (_chantiers(connection), _tasks(connection), _deliverables(connection)):
        waiting: list[dict[str, Any]] = []
        for past in traces:
            waiting += past
            _count(counts, past)
            if len(waiting) >= BATCH:
                connection.execute(insert(TRACE), waiting)
                waiting = []
        if waiting:
            connection.execute(insert(TRACE), waiting)
    rows = [
        {"objective_id": objective_id, "day": day, "chantier_id": chantier_id} | counted
        for (objective_id, day, chantier_id), counted in sorted(counts.items())
        if any(counted.values())
    ]
    for start in range(0, len(rows), BATCH):
        connection.execute(insert(DAY_COUNT), rows[start : start + BATCH])


# What happened to each --------------------------------------------------------------------------------------------


def _chantiers(connection: Connection) -> Iterator[list[dict[str, Any]]]:
    lines_of = _lines_by_subject(connection, "chantier", "archived", "reopened")
    for chantier in connection.execute(select(CHANTIER).order_by(CHANTIER.c.id)):
        steps = [(chantier.created_at, "open")]
        for line in lines_of[chantier.id]:
            steps.append((line.at, "archived" if line.action == "chantier.archived" else "open"))
        now_archived = chantier.archived_at is not None
        if now_archived != (steps[-1][1] == "archived"):
            steps.append((chantier.archived_at or steps[-1][0], "archived" if now_archived else "open"))
        was = None
        traces = []
        for at, status in steps:
            traces.append(
                {
                    "kind": "chantier",
                    "subject_id": chantier.id,
                    "chantier_id": chantier.id,
                    "objective_id": None,
                    "day": _day(at),
                    "was": was,
                    "status": status,
                    "due_on": None,
                    "has_pilote": False,
                }
            )
            was = status
        yield traces


def _tasks(connection: Connection) -> Iterator[list[dict[str, Any]]]:
    names = {row.id: row.name for row in connection.execute(select(STRUCTURE))}
    for tasks in _pieces(connection, TASK):
        ids = (tasks[0].id, tasks[-1].id)
        lines_of = _lines_by_subject(
            connection, "task", "rescheduled", "entrusted", "taken", "trashed", "restored", between=ids
        )
        changed = _changes(connection, ids)
        for task in tasks:
            lines = lines_of[task.id]
            changes = changed[task.id]
            entrusted = any(line.action in ("task.entrusted", "task.taken") for line in lines)
            past = TraceReplay(
                "task",
                task,
                changes[0].to_status if changes else task.status,
                _first_date(lines, task.due_on),
                has_pilote=task.pilote_id is not None and not entrusted,
                day=_day(changes[0].at if changes else task.created_at),
            )
            past.leave()
            for step in sorted([*changes[1:], *lines], key=attrgetter("at")):
                past.day = max(past.day, _day(step.at))
                if hasattr(step, "to_status"):
                    past.status = step.to_status
                else:
                    _apply_to_task(past, step)
                past.leave()
            past.status, past.due_on = task.status, task.due_on
            past.has_pilote, past.is_binned = task.pilote_id in names, task.trashed_at is not None
            past.leave()
            yield past.traces


def _apply_to_task(past: TraceReplay, line: Row[Any]) -> None:
    particulars = line.particulars
    if line.action == "task.taken":
        past.has_pilote, past.pilote = True, particulars.get("structure") or ""
    elif line.action == "task.entrusted":
        if particulars.get("pilote"):
            past.has_pilote, past.pilote = True, particulars["pilote"]
        elif past.pilote in (particulars.get("removed") or []) or past.pilote in (
            particulars.get("added") or []
        ):
            # It was let go of, or helps from now on where it led.
            past.has_pilote = False
    else:
        _apply(past, line)


def _deliverables(connection: Connection) -> Iterator[list[dict[str, Any]]]:
    for deliverables in _pieces(connection, DELIVERABLE):
        lines_of = _lines_by_subject(
            connection, "deliverable", between=(deliverables[0].id, deliverables[-1].id)
        )
        for deliverable in deliverables:
            lines = lines_of[deliverable.id]
            past = TraceReplay(
                "deliverable",
                deliverable,
                "expected",
                _first_date(lines, deliverable.expected_on),
                has_pilote=True,
                day=_day(deliverable.created_at),
            )
            past.leave()
            for line in lines:
                past.day = max(past.day, _day(line.at))
                past.status = _state_after(line.action.partition(".")[2], past.status)
                _apply(past, line)
                past.leave()
            if past.status != deliverable.state:
                past.day = max(past.day, _day(deliverable.state_since))
            past.status, past.due_on = deliverable.state, deliverable.expected_on
            past.is_binned = deliverable.trashed_at is not None
            past.leave()
            yield past.traces


def _state_after(action: str, state: str) -> str:
    if action == "published":
        return "published" if state == "approved" else state
    if action == "unpublished":
        return "approved" if state == "published" else state
    steps = {
        "version_added": "drafting",
        "submitted": "in_review",
        "withdrawn": "drafting",
        "approved": "approved",
        "sent_back": "to_rework",
    }
    return steps.get(action, state)


def _apply(past: TraceReplay, line: Row[Any]) -> None:
    if line.action.endswith(".rescheduled"):
        past.due_on = _date(line.particulars.get("to"))
    elif line.action.endswith(".trashed"):
        past.is_binned = True
    elif line.action.endswith(".restored"):
        past.is_binned = False


# Reading ----------------------------------------------------------------------------------------------------------


def _pieces(connection: Connection, table: Table) -> Iterator[list[Row[Any]]]:
    """Yield the rows of a table in batches, in the order of their ids."""
    last = 0
    while rows := list(
        connection.execute(select(table).where(table.c.id > last).order_by(table.c.id).limit(BATCH))
    ):
        yield rows
        last = rows[-1].id


def _lines_by_subject(
    connection: Connection, kind: str, *verbs: str, between: tuple[int, int] | None = None
) -> dict[int, list[Row[Any]]]:
    """Return the journal's lines about things of a kind, by id; of these verbs only, where any are given."""
    query = select(ACTIVITY).where(ACTIVITY.c.subject_type == kind)
    if verbs:
        query = query.where(ACTIVITY.c.action.in_([f"{kind}.{verb}" for verb in verbs]))
    if between:
        query = query.where(ACTIVITY.c.subject_id.between(*between))
    return _by(
        attrgetter("subject_id"), connection.execute(query.order_by(ACTIVITY.c.subject_id, ACTIVITY.c.id))
    )


def _changes(connection: Connection, between: tuple[int, int]) -> dict[int, list[Row[Any]]]:
    query = select(STATUS_CHANGE).where(STATUS_CHANGE.c.task_id.between(*between))
    rows = connection.execute(query.order_by(STATUS_CHANGE.c.task_id, STATUS_CHANGE.c.id))
    return _by(attrgetter("task_id"), rows)


def _by(key: Callable[[Any], int], rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    return defaultdict(list, {number: list(its_own) for number, its_own in groupby(rows, key)})


def _first_date(lines: list[Row[Any]], now: date | None) -> date | None:
    """Return the date that a thing was created with: the one from which it was first moved."""
    moved = next((line for line in lines if line.action.endswith(".rescheduled")), None)
    return _date(moved.particulars.get("from")) if moved else now


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _day(at: datetime) -> date:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(HOME).date()


# Counting ---------------------------------------------------------------------------------------------------------


def _count(counts: dict[tuple[int, date, int], dict[str, int]], traces: list[dict[str, Any]]) -> None:
    before = None
    for trace in traces:
        if trace["objective_id"] is None:
            return
        for standing, step in ((before, -1), (trace, +1)):
            if standing and standing["status"]:
                for day, figure in _figures(standing, trace["day"]):
                    key = (trace["objective_id"], day, trace["chantier_id"])
                    counts.setdefault(key, dict.fromkeys(FIGURES, 0))[figure] += step
        before = trace


def _figures(standing: dict[str, Any], day: date) -> Iterator[tuple[date, str]]:
    yield day, standing["status"]
    if standing["status"] in OVER:
        return
    is_task = standing["kind"] == "task"
    if standing["due_on"]:
        yield max(day, standing["due_on"] + timedelta(days=1)), "late" if is_task else "overdue"
    if is_task and not standing["has_pilote"]:
        yield day, "without_pilote"
