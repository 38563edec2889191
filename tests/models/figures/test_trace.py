"""Traces and their counts: they add up after a savepoint, a bulk creation, concurrent writers or a recount."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import (
    DayCount,
    Figures,
    Task,
    TaskStatus,
    Trace,
    changed_between,
    counts_from_traces,
    db,
    figures_at,
    figures_by_objective,
    kept_counts,
    recount,
    stray_traces,
    today,
)
from models.imports.bulk_tasks import NewTask, create_tasks, trash_tasks
from tests.conftest import Clock
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_objective,
    make_structure,
    make_task,
)


def test_a_savepoint_taken_back_counts_nothing(session: Session) -> None:
    objective = make_objective(make_chantier())
    session.commit()
    make_task(objective)
    with pytest.raises(ZeroDivisionError), session.begin_nested():
        make_task(objective)
        raise ZeroDivisionError
    session.commit()
    assert figures_by_objective(today(), objective.chantier_id)[objective.id] == Figures(
        todo=1, without_pilote=1
    )
    make_task(objective)
    session.rollback()
    session.commit()
    assert counts_from_traces() == kept_counts()


def test_many_tasks_at_once_are_counted_too(session: Session, clock: Clock) -> None:
    """Tasks that a spreadsheet brings, maybe done already, and its undoing."""
    by = make_coordinator()
    objective, pilote = make_objective(make_chantier()), make_structure()
    session.commit()
    late = today() - timedelta(days=1)
    tasks = create_tasks(
        [
            NewTask(objective, "Semer", due_on=late, pilote=pilote),
            NewTask(objective, "Récolter", status=TaskStatus.DONE),
            NewTask(objective, "Vendre", due_on=late),
        ],
        by=by,
    )
    session.commit()
    first = today()
    clock.forward(days=1)
    trash_tasks([task.id for task in tasks[:2]], by=by)
    session.commit()
    assert figures_at(first)[objective.chantier_id] == Figures(todo=2, done=1, late=2, without_pilote=1)
    assert figures_at(today())[objective.chantier_id] == Figures(todo=1, late=1, without_pilote=1)
    changes = changed_between(first - timedelta(days=1), first)[objective.chantier_id]
    assert len(changes.created) == 3 and changes.finished == [tasks[1].id]
    assert list(stray_traces()) == [] and counts_from_traces() == kept_counts()


def test_those_who_write_at_once_are_all_counted(app: Flask, session: Session) -> None:
    """Ten people, one in two the other way round, in two objectives and on a day that nobody counted yet."""
    by = make_coordinator()
    chantier = make_chantier()
    objectives = [make_objective(chantier), make_objective(chantier)]
    pairs = [tuple(make_task(objective) for objective in objectives) for _ in range(10)]
    session.commit()
    session.execute(delete(DayCount))
    session.execute(delete(Trace).where(Trace.kind == "task"))
    session.commit()
    ids = [pair[::-1] if number % 2 else pair for number, pair in enumerate(pairs)]
    numbers = [[task.id for task in pair] for pair in ids]
    author, failed = by.id, []
    barrier = Barrier(len(numbers))

    def hurry_both(task_ids: list[int]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                person = db.session.get_one(type(by), author)
                for task_id in task_ids:
                    held = (
                        select(Task).where(Task.id == task_id).options(*Task.whole()).with_for_update(of=Task)
                    )
                    task = db.session.scalars(held).one()
                    task.reschedule(today() - timedelta(days=1), by=person)
                    db.session.flush()
                db.session.commit()
            except Exception as error:
                failed.append(error)

    threads = [Thread(target=hurry_both, args=(task_ids,)) for task_ids in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    figures = figures_by_objective(today(), chantier.id)
    assert {figures[objective.id].late for objective in objectives} == {10}


def test_what_was_written_past_the_verbs_is_found_and_mended(session: Session, clock: Clock) -> None:
    by = make_coordinator()
    objective = make_objective(make_chantier())
    task = make_task(objective)
    session.commit()
    yesterday = today()
    clock.forward(days=1)
    session.execute(update(Task).values(status="done"))
    session.execute(update(DayCount).values(todo=9))
    session.commit()
    recount()
    session.commit()
    assert figures_at(yesterday)[objective.chantier_id] == Figures(todo=1, without_pilote=1)
    assert figures_at(today())[objective.chantier_id] == Figures(done=1)
    assert counts_from_traces() == kept_counts()
    session.refresh(task)
    task.reopen(by=by)
    session.commit()
    assert figures_at(today())[objective.chantier_id] == Figures(in_progress=1, without_pilote=1)
