"""Queries of the chantiers of a report: as they stand now, or as they stood on the evening of a past session."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import select

from chantiers.language.journal import name_of
from chantiers.language.labels import label
from chantiers.policy import can
from chantiers.rooms.report.contents import (
    ChantierPart,
    ObjectiveLine,
    ReportedProgress,
    ReportList,
)
from chantiers.rooms.report.line_queries import (
    NAMED,
    beginning_of,
    blocked_tasks,
    day_of,
    deliverables_moved,
    named_tasks,
    open_tasks,
    promised_deliverables,
    tasks_moved,
)
from chantiers.web.links import absolute
from models import (
    Chantier,
    ChantierMembership,
    ChantierRole,
    Figures,
    Objective,
    ObjectiveKind,
    ProgressUpdate,
    TaskStatus,
    User,
    changed_between,
    db,
    figures_at,
    figures_by_objective,
    today,
)


def chantiers_now(user: User, since: datetime) -> list[ChantierPart]:
    open_ones = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    ids = [chantier.id for chantier in open_ones]
    referents = _referents(ids)
    told = ProgressUpdate.latest_by_chantier(ids) if can(user, "progress.read") else {}
    figures, objectives = figures_at(today()), _objectives(ids, today())
    moved = tasks_moved(ids, since)
    blocked, to_do = blocked_tasks(ids), open_tasks(ids)
    steps, deliverables = deliverables_moved(user, ids, since), promised_deliverables(user, ids)
    return [
        ChantierPart(
            number=chantier.number,
            title=chantier.title,
            hue=chantier.hue,
            address=absolute("chantier.show", slug=chantier.slug),
            referents=referents[chantier.id],
            figures=figures.get(chantier.id, Figures()),
            told=_told(told.get(chantier.id)),
            objectives=objectives[chantier.id],
            finished=moved.get((chantier.id, TaskStatus.DONE), ReportList()),
            started=moved.get((chantier.id, TaskStatus.IN_PROGRESS), ReportList()),
            blocked=blocked.get(chantier.id, ReportList()),
            deliverables_moved=steps.get(chantier.id, ReportList()),
            deliverables=deliverables.get(chantier.id, ReportList()),
            open_tasks=to_do.get(chantier.id, ReportList()),
        )
        for chantier in open_ones
    ]


def chantiers_then(user: User, since: datetime, day: date) -> list[ChantierPart]:
    """The chantiers as they stood on the evening of a day: its figures, and what had moved by then.

    What is open and what is promised today says nothing of that day: it is left out.
    """
    figures, evening = figures_at(day), beginning_of(day + timedelta(days=1))
    shown = db.session.scalars(Chantier.visible_to(user).where(Chantier.id.in_(figures))).all()
    ids = [chantier.id for chantier in shown]
    referents = _referents(ids)
    told = ProgressUpdate.latest_by_chantier(ids, evening) if can(user, "progress.read") else {}
    objectives = _objectives(ids, day)
    changes = changed_between(day_of(since), day)
    named = named_tasks(
        [number for each in changes.values() for number in (*each.finished[:NAMED], *each.blocked[:NAMED])],
        evening,
    )
    steps = deliverables_moved(user, ids, since, evening)

    def listed(numbers: list[int]) -> ReportList:
        return ReportList([named[number] for number in numbers[:NAMED] if number in named], len(numbers))

    return [
        ChantierPart(
            number=chantier.number,
            title=chantier.title,
            hue=chantier.hue,
            address=absolute("chantier.show", slug=chantier.slug),
            referents=referents[chantier.id],
            figures=figures[chantier.id],
            told=_told(told.get(chantier.id)),
            objectives=objectives[chantier.id],
            finished=listed(changes[chantier.id].finished if chantier.id in changes else []),
            started=ReportList(),
            blocked=listed(changes[chantier.id].blocked if chantier.id in changes else []),
            deliverables_moved=steps.get(chantier.id, ReportList()),
            deliverables=ReportList(),
            open_tasks=ReportList(),
        )
        for chantier in shown
    ]


def _told(update: ProgressUpdate | None) -> ReportedProgress | None:
    if update is None:
        return None
    weather = label(update.weather, "weather")
    return ReportedProgress(weather, update.at, name_of(update.author), update.words, update.needs)


def _referents(ids: list[int]) -> dict[int, list[str]]:
    query = (
        select(ChantierMembership.chantier_id, User.name)
        .join(User, User.id == ChantierMembership.user_id)
        .where(
            ChantierMembership.chantier_id.in_(ids),
            ChantierMembership.role == ChantierRole.REFERENT,
            User.closed_at.is_(None),
        )
        .order_by(User.name_key)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for chantier_id, name in db.session.execute(query):
        found[chantier_id].append(name)
    return found


def _objectives(ids: list[int], day: date) -> dict[int, list[ObjectiveLine]]:
    """The objectives of these chantiers with their figures of a day: those of today, or what hung on them by then."""
    then = figures_by_objective(day, *ids)
    there = Objective.live() if day == today() else Objective.id.in_(then)
    query = (
        select(Objective.id, Objective.chantier_id, Objective.text)
        .where(
            Objective.chantier_id.in_(ids),
            Objective.kind == ObjectiveKind.OPERATIONAL,
            Objective.text != "",
            there,
        )
        .order_by(Objective.chantier_id, Objective.position, Objective.id)
    )
    found: dict[int, list[ObjectiveLine]] = defaultdict(list)
    for number, chantier_id, text in db.session.execute(query):
        told = then.get(number, Figures())
        found[chantier_id].append(ObjectiveLine(text, told.done, told.counted, told.blocked))
    return found
