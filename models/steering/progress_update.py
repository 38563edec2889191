"""Progress updates (points d'avancement): about once a month, the référents' words on a chantier beside its figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, Select, and_, exists, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.deliverables.deliverable import Deliverable
from models.demarche.chantier import Chantier
from models.demarche.objective import ObjectiveTally
from models.ground.base import Base, EnumText, IntId, LongText, Versioned, db, now
from models.journal import Activity, record
from models.people.user import User
from models.tasks.status import TaskStatus
from models.tasks.task import Task

#: The period that the first one of a chantier looks back on, and after which the next one is wanted.
A_MONTH = timedelta(days=30)
#: How many things of each sort are named; the others are counted.
NAMED = 6


class Weather(StrEnum):
    """Weather (météo): how the référents feel about their chantier."""

    BRIGHT = "bright"
    CLEARING = "clearing"
    RAIN = "rain"
    STORM = "storm"


@dataclass(frozen=True)
class ProgressMove:
    """Task or deliverable that moved: where it went, when, and what was said of it."""

    kind: str
    id: int
    title: str
    became: str
    at: datetime
    words: str = ""
    need: str = ""


@dataclass(frozen=True)
class ProgressFacts:
    """Facts of a chantier since an instant, and where it stands: read, never typed in."""

    since: datetime
    #: Figures by name; `frozen` keeps them with the point d'avancement.
    figures: Mapping[str, int]
    #: What moved, by where it went (a status, a state or "version"), the latest first, `NAMED` of each at most.
    moved: Mapping[str, list[ProgressMove]]

    def frozen(self) -> dict[str, Any]:
        """Return the figures as they are kept, with the instant that they look back to."""
        return {"since": self.since.isoformat(), **self.figures}


class ProgressUpdate(Versioned, Base):
    """Progress update of a chantier. It is reworded, never deleted: the series tells how the chantier went."""

    __tablename__ = "progress_update"
    __table_args__ = (Index("ix_progress_update_chantier_id_at", "chantier_id", "at"),)

    id: Mapped[IntId]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    weather: Mapped[Weather] = mapped_column(EnumText(Weather, 20))
    words: Mapped[LongText]
    #: What the chantier expects of the others, or of the comité de pilotage.
    needs: Mapped[LongText]
    #: What the figures said at that moment (`ProgressFacts.frozen`).
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    chantier: Mapped["Chantier"] = relationship(lazy="raise_on_sql")
    author: Mapped["User"] = relationship(lazy="raise_on_sql")

    @classmethod
    def write(
        cls, chantier: "Chantier", weather: Weather, words: str, needs: str = "", *, by: "User"
    ) -> "ProgressUpdate":
        """Write a progress update; the figures of this moment are kept with it."""
        update = cls(
            chantier_id=chantier.id,
            author=by,
            at=now(),
            weather=str(Weather(weather)),
            words=words,
            needs=needs,
            facts=facts_since_last(chantier.id).frozen(),
        )
        db.session.add(update)
        db.session.flush()
        record(chantier, "chantier.progress_told", by=by)
        return update

    def reword(self, weather: Weather, words: str, needs: str, *, by: "User") -> list[str]:
        """Correct its words; the figures of then stay. Returns the names of the fields that changed."""
        changed = [
            name
            for name, value in (("weather", Weather(weather)), ("words", words), ("needs", needs))
            if getattr(self, name) != value
        ]
        self.weather, self.words, self.needs = Weather(weather), words, needs
        if changed:
            self.edited_at = now()
            record(self.chantier, "chantier.progress_reworded", by=by)
        return changed

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    @property
    def looks_back_to(self) -> datetime:
        """The instant from which its facts were counted."""
        return datetime.fromisoformat(self.facts["since"])

    @classmethod
    def of(cls, chantier_id: int) -> "Select[ProgressUpdate]":
        """Select the series of a chantier, the latest first, with who wrote."""
        its_own = select(cls).where(cls.chantier_id == chantier_id)
        return its_own.order_by(cls.at.desc(), cls.id.desc()).options(joinedload(cls.author))

    @classmethod
    def latest_by_chantier(
        cls, chantier_ids: Iterable[int], before: datetime | None = None
    ) -> "dict[int, ProgressUpdate]":
        """Return the latest of each of these chantiers, before an instant where one is given, in one statement."""
        rank = func.row_number().over(partition_by=cls.chantier_id, order_by=(cls.at.desc(), cls.id.desc()))
        ranked = select(cls.id, rank.label("rank")).where(cls.chantier_id.in_(list(chantier_ids)))
        if before is not None:
            ranked = ranked.where(cls.at < before)
        chosen = ranked.subquery()
        latest = select(cls).join(chosen, chosen.c.id == cls.id).where(chosen.c.rank == 1)
        return {
            update.chantier_id: update
            for update in db.session.scalars(latest.options(joinedload(cls.author)))
        }

    @classmethod
    def is_waited_for(cls) -> ColumnElement[bool]:
        """Return the SQL condition of an open chantier that told nothing for a month, in a query over chantiers."""
        recent = exists().where(cls.chantier_id == Chantier.id, cls.at > now() - A_MONTH)
        return and_(Chantier.archived_at.is_(None), Chantier.created_at <= now() - A_MONTH, ~recent)


# What the figures say -------------------------------------------------------------------------------------------------

#: Steps of a deliverable: the journal's action, and the name of the step in the facts.
STEPS = {
    "deliverable.version_added": "version",
    "deliverable.submitted": "in_review",
    "deliverable.approved": "approved",
    "deliverable.published": "published",
}


def facts_since_last(chantier_id: int) -> ProgressFacts:
    """Read the facts since the chantier's last point d'avancement; over a month before its first."""
    last = select(func.max(ProgressUpdate.at)).where(ProgressUpdate.chantier_id == chantier_id)
    return facts_since(chantier_id, db.session.scalar(last) or now() - A_MONTH)


def facts_since(chantier_id: int, since: datetime) -> ProgressFacts:
    """Read the facts of a chantier since an instant, in four statements."""
    moved: dict[str, list[ProgressMove]] = {}
    counts: dict[str, int] = {}
    for row in db.session.execute(_tasks_moved(chantier_id, since)):
        counts[row.status] = row.number
        moved.setdefault(row.status, []).append(
            ProgressMove("task", row.id, row.title, row.status, row.at, row.blocked_reason, row.blocked_need)
        )
    for row in db.session.execute(_deliverables_moved(chantier_id, since)):
        step = STEPS[row.action]
        counts[step] = row.number
        moved.setdefault(step, []).append(ProgressMove("deliverable", row.id, row.title, step, row.at))
    figures = {
        "finished": counts.get(TaskStatus.DONE, 0),
        "started": counts.get(TaskStatus.IN_PROGRESS, 0),
        "newly_blocked": counts.get(TaskStatus.BLOCKED, 0),
        "versions": counts.get("version", 0),
        "approved": counts.get("approved", 0),
        "published": counts.get("published", 0),
        **_standing(chantier_id),
        "people": _contributors(chantier_id, since),
    }
    return ProgressFacts(since, figures, moved)


def _tasks_moved(chantier_id: int, since: datetime) -> Any:
    """Select the tasks whose status changed since, by present status: the first few of each, with how many."""
    latest_first = (Task.status_since.desc(), Task.id.desc())
    ranked = (
        select(
            Task.id,
            Task.title,
            Task.status,
            Task.status_since.label("at"),
            Task.blocked_reason,
            Task.blocked_need,
            func.count().over(partition_by=Task.status).label("number"),
            func.row_number().over(partition_by=Task.status, order_by=latest_first).label("rank"),
        )
        .where(
            Task.chantier_id == chantier_id,
            Task.live(),
            Task.status_since > since,
            Task.status.in_((TaskStatus.DONE, TaskStatus.IN_PROGRESS, TaskStatus.BLOCKED)),
        )
        .subquery()
    )
    return select(ranked).where(ranked.c.rank <= NAMED).order_by(ranked.c.status, ranked.c.rank)


def _deliverables_moved(chantier_id: int, since: datetime) -> Any:
    """Select the steps of deliverables since, each once: the first few of each step, with how many."""
    steps = (
        select(Activity.action, Activity.subject_id, func.max(Activity.at).label("at"))
        .where(Activity.chantier_id == chantier_id, Activity.at > since, Activity.action.in_(STEPS))
        .group_by(Activity.action, Activity.subject_id)
        .subquery()
    )
    latest_first = (steps.c.at.desc(), steps.c.subject_id)
    ranked = (
        select(
            Deliverable.id,
            Deliverable.title,
            steps.c.action,
            steps.c.at,
            func.count().over(partition_by=steps.c.action).label("number"),
            func.row_number().over(partition_by=steps.c.action, order_by=latest_first).label("rank"),
        )
        .join(steps, steps.c.subject_id == Deliverable.id)
        .where(Deliverable.live())
        .subquery()
    )
    return select(ranked).where(ranked.c.rank <= NAMED).order_by(ranked.c.action, ranked.c.rank)


def _standing(chantier_id: int) -> dict[str, int]:
    """Count where the chantier stands now, in one statement."""
    late = select(func.count()).where(Task.chantier_id == chantier_id, Task.late()).scalar_subquery()
    sums = [
        func.coalesce(func.sum(column), 0)
        for column in (ObjectiveTally.done, ObjectiveTally.counted, ObjectiveTally.blocked)
    ]
    row = db.session.execute(select(*sums, late).where(ObjectiveTally.chantier_id == chantier_id)).one()
    return dict(zip(("done", "counted", "blocked", "late"), (int(each) for each in row), strict=True))


def _contributors(chantier_id: int, since: datetime) -> int:
    """Count the people who did something in the chantier since."""
    people = select(func.count(Activity.actor_id.distinct()))
    return db.session.scalar(people.where(Activity.chantier_id == chantier_id, Activity.at > since)) or 0
