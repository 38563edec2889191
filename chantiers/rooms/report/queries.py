"""What the document of a comité de pilotage is made from: a fixed number of statements, whatever there is.

It names the first of each sort in each chantier and counts the others: its cost and its length grow with what is
shown, not with what is stored. The whole is in the workbook of the démarche.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, func, select

from chantiers.language.journal import name_of
from chantiers.language.labels import label, type_name
from chantiers.policy import can
from chantiers.rooms.report.contents import (
    AgendaLine,
    ChantierPart,
    DecisionLine,
    Line,
    Listed,
    ObjectiveLine,
    PresenceLine,
    Report,
    Told,
)
from chantiers.web.links import absolute
from models import (
    HOME,
    Activity,
    Chantier,
    ChantierMembership,
    ChantierRole,
    Decision,
    Deliverable,
    DeliverableType,
    Demarche,
    Figures,
    Meeting,
    Objective,
    ObjectiveKind,
    ProgressUpdate,
    StatusChange,
    Structure,
    Task,
    TaskStatus,
    User,
    changed_between,
    db,
    figures_at,
    figures_by_objective,
    is_overdue,
    now,
    today,
)

#: How many of a sort are named in a chantier, and how many of its open tasks its annex lists.
NAMED, ANNEXED = 10, 40
#: What a report without a session looks back on.
USUAL_PERIOD = timedelta(days=90)
#: What deliverables went through, as the journal names it, and as the document says it.
STEPS = {
    "deliverable.version_added": "new_version",
    "deliverable.submitted": "in_review",
    "deliverable.approved": "approved",
    "deliverable.published": "published",
}


def meeting(meeting_id: int) -> Meeting | None:
    """A session with its agenda and who came."""
    return db.session.scalar(select(Meeting).where(Meeting.id == meeting_id).options(*Meeting.whole()))


def beginning_of(day: date) -> datetime:
    """The instant at which a day begins, in France."""
    return datetime.combine(day, time(0), HOME)


def report_of(user: User, demarche: Demarche | None, session: Meeting) -> Report:
    """The document of a session: what moved since the one before it."""
    earlier = Meeting.last_before(session.held_on)
    since = earlier.held_on if earlier else session.held_on - USUAL_PERIOD
    decisions = _decisions([each.id for each in (session, earlier) if each])
    return _report(
        user,
        demarche,
        beginning_of(since),
        session=session,
        earlier=earlier,
        decisions=decisions,
    )


def report_since(user: User, demarche: Demarche | None, since: date) -> Report:
    """The same without a session: what moved since a day."""
    return _report(user, demarche, beginning_of(since), session=None, earlier=None, decisions={})


def _report(
    user: User,
    demarche: Demarche | None,
    since: datetime,
    *,
    session: Meeting | None,
    earlier: Meeting | None,
    decisions: dict[int, list[DecisionLine]],
) -> Report:
    # A session that was held keeps the figures of its day, whatever happened since.
    past = session.held_on if session and session.is_held and session.held_on < today() else None
    parts = _chantiers_then(user, since, past) if past else _chantiers(user, since)
    return Report(
        demarche=demarche.name if demarche else "Chantiers",
        bearer=demarche.bearer if demarche else "",
        held_on=session.held_on if session else None,
        place=session.place if session else "",
        opening=session.opening if session else "",
        made_at=now(),
        is_past=past is not None,
        since=since,
        is_since_committee=earlier is not None,
        figures=sum((part.figures for part in parts), Figures()),
        chantiers=parts,
        agenda=_agenda(session) if session else [],
        decisions=decisions.get(session.id, []) if session else [],
        earlier_decisions=decisions.get(earlier.id, []) if earlier else [],
        presences=_presences(session) if session else [],
    )


# The session ----------------------------------------------------------------------------------------------------------


def _agenda(session: Meeting) -> list[AgendaLine]:
    return [
        AgendaLine(item.title, item.note, _named(item.chantier) if item.chantier else "")
        for item in session.items
    ]


def _presences(session: Meeting) -> list[PresenceLine]:
    present_first = sorted(session.presences, key=lambda each: (not each.is_present, each.structure.name_key))
    return [
        PresenceLine(each.structure.name, label(each.presence, "presence"), each.people)
        for each in present_first
    ]


def _decisions(meeting_ids: list[int]) -> dict[int, list[DecisionLine]]:
    query = (
        select(Decision)
        .where(Decision.meeting_id.in_(meeting_ids), Decision.withdrawn_at.is_(None))
        .order_by(Decision.id)
        .options(*Decision.with_task())
    )
    found: dict[int, list[DecisionLine]] = defaultdict(list)
    for decision in db.session.scalars(query):
        followed = decision.task if decision.task and not decision.task.trashed_at else None
        found[decision.meeting_id].append(
            DecisionLine(
                decision.text,
                _named(decision.chantier) if decision.chantier else "",
                label(decision.follow_up, "follow_up"),
                followed.title if followed else "",
            )
        )
    return found


def _named(chantier: Chantier) -> str:
    return f"{chantier.number}. {chantier.title}"


# The chantiers --------------------------------------------------------------------------------------------------------


def _chantiers(user: User, since: datetime) -> list[ChantierPart]:
    open_ones = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    ids = [chantier.id for chantier in open_ones]
    referents = _referents(ids)
    told = ProgressUpdate.latest_by_chantier(ids) if can(user, "progress.read") else {}
    figures, objectives = figures_at(today()), _objectives(ids, today())
    moved = _tasks_moved(ids, since)
    blocked, to_do = _blocked(ids), _open_tasks(ids)
    steps, deliverables = _deliverables_moved(user, ids, since), _deliverables(user, ids)
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
            finished=moved.get((chantier.id, TaskStatus.DONE), Listed()),
            started=moved.get((chantier.id, TaskStatus.IN_PROGRESS), Listed()),
            blocked=blocked.get(chantier.id, Listed()),
            deliverables_moved=steps.get(chantier.id, Listed()),
            deliverables=deliverables.get(chantier.id, Listed()),
            open_tasks=to_do.get(chantier.id, Listed()),
        )
        for chantier in open_ones
    ]


def _chantiers_then(user: User, since: datetime, day: date) -> list[ChantierPart]:
    """The chantiers as they stood on the evening of a day: its figures, and what had moved by then.

    What is open and what is promised today says nothing of that day: it is left out.
    """
    figures, evening = figures_at(day), beginning_of(day + timedelta(days=1))
    shown = db.session.scalars(Chantier.visible_to(user).where(Chantier.id.in_(figures))).all()
    ids = [chantier.id for chantier in shown]
    referents = _referents(ids)
    told = ProgressUpdate.latest_by_chantier(ids, evening) if can(user, "progress.read") else {}
    objectives = _objectives(ids, day)
    changes = changed_between(_day(since), day)
    named = _named_tasks(
        [number for each in changes.values() for number in (*each.finished[:NAMED], *each.blocked[:NAMED])],
        evening,
    )
    steps = _deliverables_moved(user, ids, since, evening)

    def listed(numbers: list[int]) -> Listed:
        return Listed([named[number] for number in numbers[:NAMED] if number in named], len(numbers))

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
            started=Listed(),
            blocked=listed(changes[chantier.id].blocked if chantier.id in changes else []),
            deliverables_moved=steps.get(chantier.id, Listed()),
            deliverables=Listed(),
            open_tasks=Listed(),
        )
        for chantier in shown
    ]


def _named_tasks(ids: list[int], before: datetime) -> dict[int, Line]:
    """These tasks, with the last change of their status before an instant, and what was said of it."""
    rank = func.row_number().over(partition_by=StatusChange.task_id, order_by=StatusChange.id.desc())
    last = (
        select(
            StatusChange.task_id, StatusChange.at, StatusChange.reason, StatusChange.need, rank.label("rank")
        )
        .where(StatusChange.task_id.in_(ids), StatusChange.at < before)
        .subquery()
    )
    query = (
        select(Task.id, Task.title, Structure.name.label("pilote"), last.c.at, last.c.reason, last.c.need)
        .join(last, and_(last.c.task_id == Task.id, last.c.rank == 1))
        .outerjoin(Structure, Structure.id == Task.pilote_id)
        .where(Task.title != "")
    )
    return {
        row.id: Line(
            row.title,
            on=_day(row.at),
            who=row.pilote or "",
            words=row.reason,
            need=row.need,
            address=_task(row.id),
        )
        for row in db.session.execute(query)
    }


def _told(update: ProgressUpdate | None) -> Told | None:
    if update is None:
        return None
    weather = label(update.weather, "weather")
    return Told(weather, update.at, name_of(update.author), update.words, update.needs)


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


def _listed(
    query: Any, most: int, order: Sequence[Any], line: Callable[[Any], Line], *, each: Sequence[Any]
) -> dict[Any, Listed]:
    """The first rows of each chantier (or of what `each` tells apart besides) as lines, with how many there are."""
    ranked = query.add_columns(
        func.row_number().over(partition_by=each, order_by=order).label("rank"),
        func.count().over(partition_by=each).label("total"),
    ).subquery()
    shown = select(ranked).where(ranked.c.rank <= most).order_by(ranked.c.chantier_id, ranked.c.rank)
    found: dict[Any, Listed] = {}
    for row in db.session.execute(shown):
        key = row.chantier_id if len(each) == 1 else (row.chantier_id, row.status)
        found.setdefault(key, Listed([], row.total)).lines.append(line(row))
    return found


def _tasks(*columns: Any) -> Any:
    """Tasks with their chantier and whoever leads them."""
    named = (Task.chantier_id, Task.id, Task.title, Task.status, Structure.name.label("pilote"), *columns)
    return select(*named).outerjoin(Structure, Structure.id == Task.pilote_id)


def _tasks_moved(ids: list[int], since: datetime) -> dict[tuple[int, str], Listed]:
    """The tasks that were finished or begun since and still are, the latest first."""
    moved = Task.in_status(TaskStatus.DONE, TaskStatus.IN_PROGRESS), Task.status_since >= since
    query = _tasks(Task.status_since.label("at")).where(Task.chantier_id.in_(ids), Task.live(), *moved)
    return _listed(
        query,
        NAMED,
        (Task.status_since.desc(), Task.id.desc()),
        lambda row: Line(
            row.title, label(row.status, "status"), _day(row.at), row.pilote or "", address=_task(row.id)
        ),
        each=(Task.chantier_id, Task.status),
    )


def _blocked(ids: list[int]) -> dict[int, Listed]:
    """The blocked tasks, the longest blocked first, with their sentences."""
    query = _tasks(Task.status_since.label("at"), Task.blocked_reason, Task.blocked_need)
    return _listed(
        query.where(Task.chantier_id.in_(ids), Task.blocked_now()),
        NAMED,
        (Task.status_since, Task.id),
        lambda row: Line(
            row.title,
            on=_day(row.at),
            who=row.pilote or "",
            words=row.blocked_reason,
            need=row.blocked_need,
            address=_task(row.id),
        ),
        each=(Task.chantier_id,),
    )


def _open_tasks(ids: list[int]) -> dict[int, Listed]:
    """The open tasks of the annex: those that are due first."""
    return _listed(
        _tasks(Task.due_on).where(Task.chantier_id.in_(ids), Task.open_now()),
        ANNEXED,
        (Task.due_on.is_(None), Task.due_on, Task.id),
        lambda row: Line(
            row.title,
            label(row.status, "status"),
            row.due_on,
            row.pilote or "",
            is_late=row.due_on is not None and row.due_on < today(),
            address=_task(row.id),
        ),
        each=(Task.chantier_id,),
    )


def _deliverables(user: User, ids: list[int]) -> dict[int, Listed]:
    """What is still promised: those with a date first."""
    told = Deliverable.date_told_to(user)
    query = (
        select(
            Deliverable.chantier_id,
            Deliverable.id,
            Deliverable.title,
            Deliverable.state,
            told.label("expected_on"),
            DeliverableType.key,
            DeliverableType.name,
        )
        .join(DeliverableType, DeliverableType.key == Deliverable.type_key)
        .where(Deliverable.chantier_id.in_(ids), Deliverable.unfinished())
    )
    return _listed(
        query,
        NAMED,
        (told.is_(None), told, Deliverable.id),
        lambda row: Line(
            row.title,
            label(row.state, "state"),
            row.expected_on,
            type_name(row),
            is_late=is_overdue(row.state, row.expected_on),
            address=absolute("deliverables.show", deliverable_id=row.id),
        ),
        each=(Deliverable.chantier_id,),
    )


def _deliverables_moved(
    user: User, ids: list[int], since: datetime, until: datetime | None = None
) -> dict[int, Listed]:
    """What deliverables went through since; of drafts, mere observers are told nothing."""
    steps = (
        select(Activity.action, Activity.subject_id, func.max(Activity.at).label("at"))
        .where(
            Activity.chantier_id.in_(ids),
            Activity.at >= since,
            Activity.at < (until or now()),
            Activity.action.in_(STEPS),
            Activity.told_to(user),
        )
        .group_by(Activity.action, Activity.subject_id)
        .subquery()
    )
    query = (
        select(Deliverable.chantier_id, Deliverable.id, Deliverable.title, steps.c.action, steps.c.at)
        .join(steps, steps.c.subject_id == Deliverable.id)
        .where(Deliverable.live())
    )
    return _listed(
        query,
        NAMED,
        (steps.c.at.desc(), Deliverable.id),
        lambda row: Line(
            row.title,
            label(STEPS[row.action], "step"),
            _day(row.at),
            address=absolute("deliverables.show", deliverable_id=row.id),
        ),
        each=(Deliverable.chantier_id,),
    )


def _task(task_id: int) -> str:
    return absolute("tasks.show", task_id=task_id)


def _day(at: datetime) -> date:
    return at.astimezone(HOME).date()
