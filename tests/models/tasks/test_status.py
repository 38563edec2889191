"""Status of tasks: rights to finish, lines of history, badges, carriers, dependencies, and what verbs refuse."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models import (
    OPEN,
    STARTED,
    Activity,
    Objective,
    Refused,
    Role,
    StatusChange,
    Task,
    TaskStatus,
    User,
    merge_structures,
    today,
)
from tests.support import factories as make

TODO, IN_PROGRESS, TO_VALIDATE, DONE, BLOCKED, ABANDONED = (
    TaskStatus.TODO,
    TaskStatus.IN_PROGRESS,
    TaskStatus.TO_VALIDATE,
    TaskStatus.DONE,
    TaskStatus.BLOCKED,
    TaskStatus.ABANDONED,
)


@pytest.fixture
def objective(session):
    """Make an operational objective, in a chantier."""
    return make.make_objective(make.make_chantier())


@pytest.fixture
def referent(objective):
    """Return the référent of its chantier."""
    return make.make_referent(objective.chantier)


@pytest.fixture
def worker(objective):
    """Make somebody whose word does not finish a task."""
    return make.make_member(objective.chantier)


@pytest.fixture
def task(objective, referent):
    """Make a task of the référent."""
    return make.make_task(objective, by=referent)


def refuses(code: str):
    """Expect the domain to refuse for this reason, in a context."""
    return pytest.raises(Refused, check=lambda refused: refused.code == code)


def journal(session, task):
    """List the lines of the task's journal, in order."""
    lines = select(Activity).where(Activity.subject_type == "task", Activity.subject_id == task.id)
    return session.scalars(lines.order_by(Activity.id)).all()


def found(session, condition):
    """List the ids of the tasks that meet a condition."""
    return set(session.scalars(select(Task.id).where(condition)))


# Status ---------------------------------------------------------------------------------------------------------------

#: What somebody in charge asks for, and what comes of it; everything else happens as asked.
OTHERWISE = {
    (TODO, DONE): TO_VALIDATE,
    (IN_PROGRESS, DONE): TO_VALIDATE,
    (BLOCKED, DONE): TO_VALIDATE,
    (ABANDONED, DONE): TO_VALIDATE,
}


@pytest.mark.parametrize("start", TaskStatus)
def test_somebody_in_charge_reaches_every_column_but_the_finished_one(objective, referent, worker, start):
    for end in TaskStatus:
        task = make.make_task(objective, by=referent)
        task.become(start, by=referent, reason="Parce que.")
        if (start, end) == (TO_VALIDATE, DONE):
            with refuses("awaits_referent"):
                task.become(end, by=worker)
            continue
        task.become(end, by=worker, reason="Parce que.")
        assert task.status == OTHERWISE.get((start, end), end)
        assert bool(task.blocked_reason) == (task.status == BLOCKED)


def test_what_is_over_is_reopened_before_it_is_blocked(task, referent):
    for close in (lambda: task.finish(by=referent), lambda: task.abandon("Sans objet", by=referent)):
        close()
        with refuses("task_closed"):
            task.block("Trop tard", by=referent)
        task.reopen(by=referent)
        assert task.status == IN_PROGRESS


def test_what_is_done_is_not_done_again(task, referent, worker):
    task.finish(by=referent)
    for verb, person in ((task.finish, referent), (task.submit, referent), (task.finish, worker)):
        with refuses("status_already"):
            verb(by=person)


def test_a_blocked_task_goes_where_it_is_told(session, task, referent):
    task.block("Il pleut.", by=referent)
    task.unblock(by=referent, to=IN_PROGRESS)
    assert task.status == IN_PROGRESS
    assert journal(session, task)[-1].particulars == {"to": "in_progress"}


def test_every_change_keeps_who_when_from_what_and_why(session, task, referent, worker, clock):
    clock.forward(days=1)
    task.block("Le bail n’est pas signé.", "Un modèle", by=worker)
    clock.forward(days=1)
    task.finish(by=referent)
    changes = session.scalars(select(StatusChange).order_by(StatusChange.id)).all()
    told = [(change.by_id, change.from_status, change.to_status, change.reason) for change in changes[1:]]
    assert told == [
        (worker.id, TODO, BLOCKED, "Le bail n’est pas signé."),
        (referent.id, BLOCKED, DONE, ""),
    ]
    assert task.status_since == changes[2].at > changes[1].at > changes[0].at
    assert task.last_news_at >= task.status_since


# Badges ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", TaskStatus)
def test_badges_say_the_same_in_python_and_in_the_database(session, objective, referent, status, clock):
    dates = (None, today() - timedelta(days=1), today(), today() + timedelta(days=1))
    tasks = [make.make_task(objective, by=referent, due_on=due_on) for due_on in dates]
    tasks.append(make.make_task(objective, by=referent, pilote=make.make_structure()))
    for task in tasks:
        task.become(status, by=referent, reason="Parce que.")
    session.flush()
    assert found(session, Task.late()) == {task.id for task in tasks if task.is_late}
    assert found(session, Task.without_pilote()) == {task.id for task in tasks if task.is_without_pilote}
    assert found(session, Task.silent(45)) == set()
    clock.forward(days=46)
    assert found(session, Task.silent(45)) == {task.id for task in tasks if task.is_silent(45)}
    assert bool(found(session, Task.silent(45))) == (status in STARTED)
    assert bool(found(session, Task.late())) == (status in OPEN)


def test_the_bin_is_neither_late_nor_silent_nor_without_pilote(session, objective, referent, clock):
    task = make.make_task(objective, by=referent, due_on=today() - timedelta(days=1))
    task.start(by=referent)
    task.trash(by=referent)
    clock.forward(days=100)
    for badge in (Task.late(), Task.silent(45), Task.without_pilote()):
        assert found(session, badge) == set()


def test_carried_and_given_are_found(session, objective, referent):
    pilote, helper = make.make_structure(), make.make_structure()
    led = make.make_task(objective, by=referent, pilote=pilote)
    helped = make.make_task(objective, by=referent, contributors=[helper], people=[referent])
    make.make_task(objective, by=referent)
    session.flush()
    assert found(session, Task.carried_by([pilote.id, helper.id])) == {led.id, helped.id}
    assert found(session, Task.given_to(referent.id)) == {helped.id}


# Words and carriers ---------------------------------------------------------------------------------------------------


def test_saying_the_same_again_is_no_news(session, task, referent):
    task.reword(task.title, task.description, by=referent)
    task.reschedule(None, by=referent)
    task.entrust(None, [], [], by=referent)
    task.move_to(task.objective, by=referent)
    assert [line.action for line in journal(session, task)] == ["task.created"]


def test_rewording_names_the_fields_and_keeps_the_title_findable(session, task, referent):
    task.reword("Élargir", "Autrement", by=referent)
    assert journal(session, task)[-1].particulars == {"fields": ["title", "description"]}
    assert task.title_key == "elargir"


def test_the_journal_says_who_carries_it_and_who_no_longer_does(session, task, referent):
    first, second = make.make_structure("Ecosolies"), make.make_structure("Le Kiif")
    task.entrust(first, [], [], by=referent)
    task.entrust(second, [], [referent], by=referent)
    told = journal(session, task)[-1].particulars
    assert told == {"pilote": "Le Kiif", "added": [referent.name], "removed": ["Ecosolies"]}
    task.entrust(None, [second], [], by=referent)
    assert journal(session, task)[-1].particulars["removed"] == [referent.name]


def test_a_structure_that_another_took_over_carries_nothing(session, task, referent):
    kept, other = make.make_structure(), make.make_structure()
    merge_structures(other, into=kept, by=make.make_coordinator())
    task = session.scalar(select(Task).options(*Task.whole()))
    with refuses("structure_merged"):
        task.entrust(other, [], [], by=referent)


def test_an_objective_of_the_bin_takes_no_task_even_from_a_page_read_before(session, objective, referent):
    task = make.make_task(make.make_objective(objective.chantier), by=referent)
    session.flush()
    # As another process does: this session goes on seeing it as it was read.
    trashing = update(Objective).values(trashed_at=task.created_at).where(Objective.id == objective.id)
    session.execute(trashing.execution_options(synchronize_session=False))
    assert not objective.is_trashed
    with refuses("objective_not_operational"):
        make.make_task(objective, by=referent)
    with refuses("objective_not_operational"):
        task.move_to(objective, by=referent)


def test_what_is_over_is_not_taken(session, objective, task, referent):
    person, structure = make.make_member(objective.chantier), make.make_structure()
    structure.gather(person, by=None)
    task.finish(by=referent)
    with refuses("task_closed"):
        task.take(structure, by=person)


# What it waits for ----------------------------------------------------------------------------------------------------


def test_what_is_in_the_bin_is_waited_for_again_once_it_is_back(session, objective, task, referent):
    other = make.make_task(objective, by=referent)
    task.depend_on(other, by=referent)
    task.depend_on(other, by=referent)
    other.trash(by=referent)
    session.flush()

    def blockers():
        session.expire_all()
        return session.scalar(select(Task).where(Task.id == task.id).options(*Task.whole())).blockers

    assert blockers() == []
    other.restore(by=session.get(User, referent.id))
    assert blockers() == [other]
    actions = [line.action for line in journal(session, task)]
    assert actions.count("task.dependency_added") == 1


def test_a_checklist_keeps_who_ticked_first(session, task, referent, worker):
    item = task.add_item("Écrire aux élus", by=referent)
    item.check(by=worker)
    item.check(by=referent)
    assert item.is_done and item.done_by is worker
    item.uncheck(by=referent)
    item.uncheck(by=referent)
    assert item.done_at is None and item.done_by is None
    item.remove(by=referent)
    told = [line.action for line in journal(session, task)][1:]
    assert told == [f"task.item_{what}" for what in ("added", "checked", "unchecked", "removed")]


def test_an_observer_reads_tasks(session, task):
    assert session.scalars(Task.visible_to(make.make_user(role=Role.OBSERVER))).all() == [task]
