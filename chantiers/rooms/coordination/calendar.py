"""Thirteen weeks of all chantiers: how many tasks are due in each, which deliverables, which comités."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, literal, select, union_all

from chantiers.components.calendar import CalendarItem, CalendarLine, WeekCalendar, calendar_around, weekday
from chantiers.language.labels import excerpt
from chantiers.policy import can
from chantiers.rooms.coordination.filters import Scope, answered_for_by
from chantiers.web.addresses import page as page_of_thing
from models import (
    Chantier,
    Checkpoint,
    Deliverable,
    Meeting,
    Objective,
    ObjectiveKind,
    Task,
    User,
    db,
    is_overdue,
    today,
)

#: Rows of a page: chantiers, or objectives.
ROWS = 15
#: Deliverables told by their title in one week of one row; the others are told as a figure.
TITLES = 3


@dataclass
class Quarter:
    """A page of the thirteen weeks."""

    calendar: WeekCalendar
    offered: Sequence[tuple[str, str]]
    page: int
    pages: int


@dataclass
class QuarterRow:
    """A row of the calendar, and how the lists behind its figures are narrowed to it."""

    line: CalendarLine
    narrowing: dict[str, Any]


def quarter(user: User, scope: Scope, middle: date, by_objective: bool, page: int) -> Quarter:
    """The thirteen weeks around a Monday, with a row for each chantier or for each objective."""
    calendar = calendar_around(middle)
    open_ones = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    chantiers = [each for each in open_ones if scope.chantier in ("", each.slug)]
    places = _of_objectives(chantiers) if by_objective else _of_chantiers(chantiers)
    pages = max(1, -(-len(places) // ROWS))
    page = min(page, pages)
    shown = dict(list(places.items())[(page - 1) * ROWS : page * ROWS])
    _place_tasks(calendar, shown, Task.objective_id if by_objective else Task.chantier_id, scope)
    if user.reads_drafts:
        row_of = Deliverable.objective_id if by_objective else Deliverable.chantier_id
        _place_deliverables(calendar, shown, row_of, scope)
    calendar.rows = [_appointments(calendar, user), *(place.line for place in shown.values())]
    return Quarter(calendar, [(each.slug, f"{each.number}. {each.title}") for each in open_ones], page, pages)


def _of_chantiers(chantiers: Sequence[Chantier]) -> dict[int, QuarterRow]:
    return {
        each.id: QuarterRow(
            CalendarLine(f"{each.number}. {each.title}", url_for("chantier.calendar", slug=each.slug)),
            {"chantier": each.slug},
        )
        for each in chantiers
    }


def _of_objectives(chantiers: Sequence[Chantier]) -> dict[int, QuarterRow]:
    by_id = {each.id: each for each in chantiers}
    query = (
        select(Objective.id, Objective.chantier_id, func.substr(Objective.text, 1, 200))
        .join(Chantier, Chantier.id == Objective.chantier_id)
        .where(
            Objective.kind == ObjectiveKind.OPERATIONAL, Objective.live(), Objective.chantier_id.in_(by_id)
        )
        .order_by(Chantier.number, Objective.position, Objective.id)
    )
    return {
        number: QuarterRow(
            CalendarLine(
                f"{by_id[chantier_id].number}. {excerpt(text, 110)}",
                url_for("tasks.index", slug=by_id[chantier_id].slug, vue="liste", objectif=number),
            ),
            {"chantier": by_id[chantier_id].slug, "objectif": number},
        )
        for number, chantier_id, text in db.session.execute(query)
    }


def _place_tasks(calendar: WeekCalendar, places: dict[int, QuarterRow], row_of: Any, scope: Scope) -> None:
    """The open tasks that are due, as one figure for each row and week."""
    carried = [Task.carried_by([scope.structure])] if scope.structure else []
    query = (
        select(row_of, Task.due_on, func.count())
        .join(Chantier, Chantier.id == Task.chantier_id)
        .where(
            Task.open_now(),
            Task.due_on >= calendar.first,
            Task.due_on < calendar.end,
            row_of.in_(places),
            Chantier.archived_at.is_(None),
            *carried,
        )
        .group_by(row_of, Task.due_on)
    )
    due: Counter[tuple[int, int]] = Counter()
    late: Counter[tuple[int, int]] = Counter()
    for row, day, number in db.session.execute(query):
        cell = row, calendar.place_of(day)
        due[cell] += number
        late[cell] += number if day < today() else 0
    for (row, week), number in due.items():
        place = places[row]
        overdue = late[row, week]
        words = ngettext("dont %(num)d en retard", "dont %(num)d en retard", overdue) if overdue else ""
        href = scope.tasks(statut="ouvertes", **_days(calendar, week), **place.narrowing)
        count = ngettext("%(num)d tâche", "%(num)d tâches", number)
        place.line.cells[week].append(CalendarItem(href, words, count, "stack", False))


def _place_deliverables(
    calendar: WeekCalendar, places: dict[int, QuarterRow], row_of: Any, scope: Scope
) -> None:
    """The deliverables by their title; where there are many in one week, how many more there are."""
    answered = [answered_for_by(scope.structure)] if scope.structure else []
    query = (
        select(row_of, Deliverable.id, Deliverable.title, Deliverable.state, Deliverable.expected_on)
        .join(Chantier, Chantier.id == Deliverable.chantier_id)
        .where(
            Deliverable.live(),
            Deliverable.expected_on >= calendar.first,
            Deliverable.expected_on < calendar.end,
            row_of.in_(places),
            Chantier.archived_at.is_(None),
            *answered,
        )
        .order_by(Deliverable.expected_on, Deliverable.id)
    )
    told: Counter[tuple[int, int]] = Counter()
    for row, number, title, state, day in db.session.execute(query):
        cell = row, calendar.place_of(day)
        told[cell] += 1
        if told[cell] <= TITLES:
            item = CalendarItem(
                page_of_thing("deliverable", number),
                excerpt(title, 90),
                weekday(day),
                "flag",
                is_overdue(state, day),
            )
            places[row].line.cells[cell[1]].append(item)
    for (row, week), number in told.items():
        if number > TITLES:
            href = scope.deliverables(**_days(calendar, week), **places[row].narrowing)
            count = ngettext("%(num)d livrable", "%(num)d livrables", number)
            item = CalendarItem(href, _("en tout cette semaine"), count, "stack", False)
            places[row].line.cells[week].append(item)


def _days(calendar: WeekCalendar, week: int) -> dict[str, str]:
    monday = calendar.weeks[week].monday
    return {"du": str(monday), "au": str(monday + timedelta(days=6))}


def _appointments(calendar: WeekCalendar, user: User) -> CalendarLine:
    """The comités de pilotage as a row of their own, with the points d'étape for those who read them."""
    line = CalendarLine(_("Comités et points d’étape"), url_for("meetings.index"))
    kinds: list[tuple[Any, Any, str]] = [(Meeting, literal(""), "meetings.show")]
    if can(user, "checkpoint.read"):
        kinds.append((Checkpoint, Checkpoint.name, "checkpoints.show"))
    questions = [
        select(
            literal(view).label("view"),
            thing.id.label("number"),
            name.label("name"),
            thing.held_on.label("day"),
        ).where(thing.state != "cancelled", thing.held_on >= calendar.first, thing.held_on < calendar.end)
        for thing, name, view in kinds
    ]
    for view, number, name, day in db.session.execute(union_all(*questions).order_by("day", "number")):
        words = _("Point d’étape : %(name)s", name=name) if name else _("Comité de pilotage")
        values = {"meeting_id" if view == "meetings.show" else "checkpoint_id": number}
        item = CalendarItem(url_for(view, **values), words, weekday(day), "calendar", False)
        line.cells[calendar.place_of(day)].append(item)
    return line
