"""History: the figures of a day stay the same forever, whatever happens later."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from migrations.backfill_history import FIGURES as OLD_FIGURES
from migrations.backfill_history import retrace
from models import (
    OPEN,
    Activity,
    Chantier,
    DayCount,
    Deliverable,
    DeliverableState,
    Figures,
    Objective,
    Refused,
    Task,
    TaskStatus,
    Trace,
    User,
    changed_between,
    counts_from_traces,
    curve,
    db,
    figures_at,
    figures_by_objective,
    kept_counts,
    purge_bin,
    today,
)
from models.figures.history import STATES, STATUSES
from models.figures.trace import FIGURES
from tests.conftest import Clock
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_objective,
    make_structure,
    make_task,
)


def counted_plainly(chantiers: list[Chantier]) -> dict[int, Figures]:
    """Count the figures of chantiers that are not archived, on the rows as they stand."""
    found: dict[int, Figures] = {}
    for chantier in chantiers:
        if chantier.is_archived:
            continue
        counts: Counter[str] = Counter()
        for task in db.session.scalars(select(Task).where(Task.chantier_id == chantier.id, Task.live())):
            counts.update([task.status])
            counts.update(late=task.is_late, without_pilote=task.is_without_pilote)
        for one in db.session.scalars(
            select(Deliverable).where(Deliverable.chantier_id == chantier.id, Deliverable.live())
        ):
            counts.update([one.state])
            counts.update(overdue=one.is_late)
        found[chantier.id] = Figures(**counts)
    return found


class HistorySimulation:
    """Simulation of a démarche to which things happen."""

    def __init__(self) -> None:
        self.by = make_coordinator()
        self.chantiers = [make_chantier(), make_chantier()]
        self.objectives = [make_objective(chantier) for chantier in self.chantiers for _ in range(2)]
        self.structures = [make_structure(), make_structure()]
        self.tasks: list[Task] = []
        self.deliverables: list[Deliverable] = []

    def happen(self, verb: int, number: int) -> None:
        """Do some verb to some thing; what the domain refuses does not happen."""
        day = today() + timedelta(days=number % 17 - 5) if number % 4 else None
        objective = self.objectives[number % 4]
        verbs: list[Callable[[], Any]] = [
            lambda: self.tasks.append(make_task(objective, due_on=day, pilote=self.structures[0])),
            lambda: self.tasks.append(make_task(objective, due_on=day)),
            lambda: self.deliverables.append(make_deliverable(objective, expected_on=day)),
            *self._of_tasks(number, objective, day),
            *self._of_deliverables(number, objective, day),
            purge_bin,
            lambda: self._archive(self.chantiers[number % 2]),
        ]
        with suppress(Refused):
            verbs[verb % len(verbs)]()

    def _of_tasks(self, number: int, objective: Any, day: date | None) -> list[Callable[[], Any]]:
        if not self.tasks:
            return []
        task, by = self.tasks[number % len(self.tasks)], self.by
        first, second = self.structures
        if task.is_trashed:
            return [lambda: task.restore(by=by)] * 2
        return [
            lambda: task.start(by=by),
            lambda: self._change_their_mind(task),
            lambda: task.finish(by=by),
            lambda: task.block("Il manque un local.", by=by),
            lambda: task.unblock(by=by),
            lambda: task.abandon("Sans objet.", by=by),
            lambda: task.reopen(by=by),
            lambda: task.reschedule(day, by=by),
            lambda: task.entrust(second, [], [], by=by),
            lambda: task.entrust(None, [first, second], [], by=by),
            lambda: task.entrust(None, [], [], by=by),
            lambda: task.move_to(objective, by=by),
            lambda: task.trash(by=by),
            lambda: self._throw_and_bring_back(task),
        ]

    def _change_their_mind(self, task: Task) -> None:
        task.finish(by=self.by)
        task.reopen(by=self.by, to=TaskStatus.TODO)
        task.finish(by=self.by)

    def _throw_and_bring_back(self, task: Task) -> None:
        task.trash(by=self.by)
        task.restore(by=self.by)

    def _of_deliverables(self, number: int, objective: Any, day: date | None) -> list[Callable[[], Any]]:
        if not self.deliverables:
            return []
        one, by = self.deliverables[number % len(self.deliverables)], self.by
        if one.is_trashed:
            return [lambda: one.restore(by=by)]
        return [
            lambda: one.add_text("Un premier jet.", by=by),
            lambda: one.submit(by=by),
            lambda: one.send_back("Encore un effort.", by=by),
            lambda: one.approve(by=by),
            lambda: one.publish("CC BY-SA 4.0", by=by),
            lambda: one.unpublish("Erreur.", by=by),
            lambda: one.reschedule(day, by=by),
            lambda: one.move_to(objective, by=by),
            lambda: one.trash(by=by),
        ]

    def _archive(self, chantier: Chantier) -> None:
        if chantier.is_archived:
            chantier.reopen(by=self.by)
        else:
            chantier.archive(by=self.by)


DEEDS = st.tuples(st.integers(0, 200), st.integers(0, 200))
DAYS = st.lists(
    st.tuples(st.sampled_from([1, 2, 9, 31]), st.lists(DEEDS, max_size=12)), min_size=4, max_size=9
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=DAYS)
def test_each_day_is_told_as_it_was(session: Session, clock: Clock, days: list[Any]) -> None:
    life = HistorySimulation()
    session.commit()
    own = {chantier.id for chantier in life.chantiers}
    remembered = {today(): counted_plainly(life.chantiers)}
    for gap, deeds in days:
        clock.forward(days=gap)
        for verb, number in deeds:
            life.happen(verb, number)
        session.commit()
        remembered[today()] = counted_plainly(life.chantiers)

    def told() -> dict[date, dict[int, Figures]]:
        return {day: {k: v for k, v in figures_at(day).items() if k in own} for day in remembered}

    assert told() == remembered
    assert counts_from_traces() == kept_counts()
    first, last = min(remembered), max(remembered)
    for chantier in life.chantiers:
        points = {point.day: point for point in curve(first, last, chantier_id=chantier.id)}
        for day in points.keys() & remembered.keys():
            if chantier.id in remembered[day]:
                figures = remembered[day][chantier.id]
                point = points[day]
                assert (point.open, point.done, point.abandoned) == (
                    figures.open,
                    figures.done,
                    figures.abandoned,
                )
        by_objective = figures_by_objective(last, chantier.id)
        if not chantier.is_archived:
            assert sum(by_objective.values(), Figures()) == remembered[last][chantier.id]
    whole = curve(first, last)
    assert whole[0].day == first and whole[-1].day == last
    for point in whole:
        figures = sum(figures_at(point.day).values(), Figures())
        assert (point.open, point.done, point.abandoned) == (figures.open, figures.done, figures.abandoned)
    # What an upgrade makes of the journal says the same.
    session.execute(delete(Trace))
    session.execute(delete(DayCount))
    retrace(session.connection())
    session.commit()
    assert told() == remembered
    assert counts_from_traces() == kept_counts()


def test_the_figures_are_those_of_the_statuses_and_states() -> None:
    assert tuple(TaskStatus) == STATUSES and tuple(DeliverableState) == STATES
    assert FIGURES == OLD_FIGURES
    assert Figures(todo=1, blocked=2, done=4, abandoned=3).open == len(OPEN[:3])
    assert Figures(todo=1, blocked=2, done=4, abandoned=3).progress == 57
    assert Figures().progress is None


def publish_deliverables(objective: Objective, by: User) -> tuple[Deliverable, Deliverable]:
    """Publish three deliverables with two versions each; return the one that stays and the one that is withdrawn."""
    report, withdrawn, lost = (make_deliverable(objective, by=by) for _ in range(3))
    for deliverable in (report, withdrawn, lost):
        deliverable.add_text("Un jet.", by=by)
        deliverable.add_text("Un autre.", by=by)
        deliverable.submit(by=by)
        deliverable.approve(by=by)
        deliverable.publish("CC0", by=by)
    withdrawn.unpublish("Erreur.", by=by)
    lost.trash(by=by)
    return report, withdrawn


def test_what_changed_is_told_with_the_things_themselves(session: Session, clock: Clock) -> None:
    clock.travel_to("2024-03-12 10:00")
    by = make_coordinator()
    chantier = make_chantier()
    objective = make_objective(chantier)
    blocked, done, undone, binned = (make_task(objective) for _ in range(4))
    blocked.block("Il manque un local.", by=by)
    done.start(by=by)
    session.commit()
    clock.travel_to("2024-03-12 22:59")
    before = make_task(objective)
    before.finish(by=by)
    session.commit()
    # In the French night: this is the 13th there, and the 12th in UTC.
    clock.travel_to("2024-03-12 23:10")
    new = make_task(objective)
    blocked.unblock(by=by)
    done.finish(by=by)
    undone.finish(by=by)
    undone.reopen(by=by)
    new.block("Personne.", by=by)
    before.abandon("Doublon.", by=by)
    binned.finish(by=by)
    binned.trash(by=by)
    short = make_task(objective)
    short.trash(by=by)
    report, withdrawn = publish_deliverables(objective, by)
    session.commit()

    changes = changed_between(date(2024, 3, 12), date(2024, 3, 13))[chantier.id]
    assert changes.created == [new.id]
    assert changes.finished == [done.id]
    assert changes.blocked == [new.id]
    assert changes.unblocked == [blocked.id]
    assert changes.abandoned == [before.id]
    assert sorted(changes.versions_added) == [report.id, report.id, withdrawn.id, withdrawn.id]
    assert changes.submitted == changes.approved == [report.id, withdrawn.id]
    assert changes.published == [report.id]
    assert changed_between(today(), today()) == {}
    # What happens later alters nothing of it.
    clock.forward(days=40)
    new.trash(by=by)
    binned.restore(by=by)
    chantier.archive(by=by)
    session.commit()
    assert changed_between(date(2024, 3, 12), date(2024, 3, 13))[chantier.id] == changes
    assert chantier.id in figures_at(date(2024, 3, 13)) and chantier.id not in figures_at(today())
    assert figures_at(date(2024, 3, 11)) == {}


def test_the_future_is_not_told(session: Session) -> None:
    tomorrow = today() + timedelta(days=1)
    for asking in (
        lambda: figures_at(tomorrow),
        lambda: figures_by_objective(tomorrow, 1),
        lambda: curve(today(), tomorrow),
        lambda: changed_between(today(), tomorrow),
    ):
        with pytest.raises(Refused, match="day_to_come"):
            asking()


def test_an_old_journal_that_says_little_ends_where_things_stand(session: Session) -> None:
    """Some lines are missing from it: what a loader wrote, or a structure that has another name since."""
    chantier = make_chantier()
    objective, pilote = make_objective(chantier), make_structure()
    by = make_coordinator()
    led, freed = make_task(objective, pilote=pilote), make_task(objective, pilote=pilote)
    pilote.name = "Autre nom"
    freed.entrust(None, [], [], by=by)
    deliverable = make_deliverable(objective, expected_on=today() - timedelta(days=1))
    deliverable.add_text("Un jet.", by=by)
    session.commit()
    remembered = counted_plainly([chantier])[chantier.id]
    session.execute(delete(Activity).where(Activity.subject_id == led.id, Activity.subject_type == "task"))
    session.execute(delete(Activity).where(Activity.subject_type == "deliverable"))
    session.execute(delete(Trace))
    session.execute(delete(DayCount))
    retrace(session.connection())
    session.commit()
    assert figures_at(today())[chantier.id] == remembered
