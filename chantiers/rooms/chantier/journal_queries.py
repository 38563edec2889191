"""Queries of a chantier's journal: its latest entries, narrowed by kind or by person."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from chantiers.language.journal import icon_of
from models import (
    HOME,
    Activity,
    Chantier,
    ChantierMembership,
    Deliverable,
    Task,
    User,
    db,
)

#: Lines on one page of the journal.
LINES = 50


@dataclass(frozen=True)
class JournalEntry:
    """A line of the journal; what is in the bin is named, without a link or what was said of it."""

    activity: Activity
    is_trashed: bool

    @property
    def icon(self) -> str:
        return icon_of(self.activity)


#: Kinds of thing that the journal can be narrowed to, as the address says them: the beginnings of their actions.
JOURNAL_KINDS = {
    "taches": ("task.",),
    "livrables": ("deliverable.",),
    "objectifs": ("objective.",),
    "membres": ("member.", "structure."),
}


def entries(
    of: Chantier,
    user: User,
    *,
    limit: int = LINES,
    before: int | None = None,
    kind: str = "",
    actor_id: int | None = None,
) -> list[JournalEntry]:
    """Return the latest lines of the chantier's journal, before one where given."""
    trashed = or_(
        and_(Activity.subject_type == "task", Task.trashed_at.is_not(None)),
        and_(Activity.subject_type == "deliverable", Deliverable.trashed_at.is_not(None)),
    )
    lines = (
        select(Activity, trashed)
        .outerjoin(Task, and_(Activity.subject_type == "task", Task.id == Activity.subject_id))
        .outerjoin(
            Deliverable, and_(Activity.subject_type == "deliverable", Deliverable.id == Activity.subject_id)
        )
        .options(joinedload(Activity.actor))
        .where(Activity.chantier_id == of.id, Activity.readable_by(user))
        .order_by(Activity.id.desc())
        .limit(limit)
    )
    if before:
        lines = lines.where(Activity.id < before)
    if kind in JOURNAL_KINDS:
        lines = lines.where(or_(*(Activity.action.startswith(start) for start in JOURNAL_KINDS[kind])))
    if actor_id:
        lines = lines.where(Activity.actor_id == actor_id)
    return [JournalEntry(activity, bool(in_bin)) for activity, in_bin in db.session.execute(lines)]


def by_day(lines: list[JournalEntry]) -> list[tuple[date, list[JournalEntry]]]:
    """Return the lines under the day, in France, on which they were written."""
    return [
        (day, list(group))
        for day, group in groupby(lines, lambda line: line.activity.at.astimezone(HOME).date())
    ]


def people_to_filter(of: Chantier) -> list[tuple[int, str]]:
    """Return the members whose doings the journal can show alone."""
    rows = (
        select(User.id, User.name)
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(ChantierMembership.chantier_id == of.id, User.closed_at.is_(None))
        .order_by(User.name_key, User.id)
        .limit(200)
    )
    return [(user_id, name) for user_id, name in db.session.execute(rows)]
