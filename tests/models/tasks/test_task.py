"""Verbs of a task: what each changes, records and refuses."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from models import (
    Activity,
    ChantierStructure,
    Objective,
    ObjectiveTally,
    Refused,
    StatusChange,
    Task,
    TaskStatus,
    db,
    today,
)
from models.tasks.board_order import GAP
from tests.support import factories as make


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
    """Return a participant of its chantier."""
    return make.make_member(objective.chantier)


def actions(task: Task) -> list[str]:
    """List the actions of a task in the journal, in order."""
    db.session.flush()
    mine = select(Activity.action).where(Activity.subject_type == "task", Activity.subject_id == task.id)
    return list(db.session.scalars(mine.order_by(Activity.id)))


def refuses(code: str):
    """Expect the domain to refuse for this reason, in a context."""
    return pytest.raises(Refused, check=lambda refused: refused.code == code)


def test_a_task_is_born_to_do_at_the_bottom_of_its_column(objective, referent):
    first, second = make.make_task(objective, by=referent), make.make_task(objective, by=referent)
    assert (first.status, second.status) == ("todo", "todo")
    assert first.position < second.position
    assert actions(first) == ["task.created"]
    birth = db.session.scalars(select(StatusChange).where(StatusChange.task_id == first.id)).one()
    assert (birth.from_status, birth.to_status, birth.by) == ("", "todo", referent)


def test_only_an_operational_objective_carries_tasks(objective, referent):
    political = make.make_objective(objective.chantier, kind="political")
    with refuses("objective_not_operational"):
        Task.create(political, "Rêver", by=referent)
    with refuses("objective_not_operational"):
        make.make_task(objective, by=referent).move_to(political, by=referent)
    with refuses("objective_not_operational"):
        make.make_task(objective, by=referent).move_to(make.make_objective(make.make_chantier()), by=referent)


def test_giving_a_task_enrols_the_structure_and_its_people(objective, referent, session):
    structure, contributor = make.make_structure(), make.make_structure()
    person, named = make.make_user(), make.make_user()
    structure.gather(person, by=None)
    task = make.make_task(
        objective, by=referent, pilote=structure, contributors=[structure, contributor], people=[named]
    )
    assert task.contributors == [contributor]
    session.flush()
    enrolled = set(session.scalars(select(ChantierStructure.structure_id)))
    assert enrolled == {structure.id, contributor.id}
    assert person.takes_part_in(objective.chantier_id) and named.takes_part_in(objective.chantier_id)
    assert task.carrier_ids == {structure.id, contributor.id} and task.person_ids == {named.id}


def test_what_is_done_waits_for_a_referent_unless_they_say_so_themselves(objective, referent, worker):
    theirs, ours = make.make_task(objective, by=worker), make.make_task(objective, by=referent)
    theirs.finish(by=worker)
    ours.finish(by=referent)
    assert (theirs.status, ours.status) == (TaskStatus.TO_VALIDATE, TaskStatus.DONE)
    with refuses("awaits_referent"):
        theirs.finish(by=worker)
    theirs.send_back("Il manque une page.", by=referent)
    assert theirs.status == TaskStatus.IN_PROGRESS
    with refuses("not_to_validate"):
        theirs.send_back("Encore.", by=referent)


def test_a_blocked_task_goes_back_to_where_it_stood(objective, referent):
    for begin, expected in ((None, "todo"), ("start", "in_progress"), ("submit", "to_validate")):
        task = make.make_task(objective, by=referent)
        if begin:
            getattr(task, begin)(by=referent)
        with refuses("reason_missing"):
            task.block("  ", by=referent)
        task.block("Le bail n’est pas signé.", "Un modèle.", by=referent)
        assert (task.blocked_reason, task.blocked_need) == ("Le bail n’est pas signé.", "Un modèle.")
        with refuses("status_already"):
            task.block("Encore.", by=referent)
        task.unblock(by=referent)
        assert (task.status, task.blocked_reason) == (expected, "")
    with refuses("not_blocked"):
        task.unblock(by=referent)


def test_abandoning_asks_why_and_can_be_undone(objective, referent):
    task = make.make_task(objective, by=referent)
    with refuses("reason_missing"):
        task.abandon("", by=referent)
    with refuses("not_closed"):
        task.reopen(by=referent)
    task.abandon("Plus utile.", by=referent)
    assert not task.is_open
    task.reopen(by=referent)
    assert actions(task) == ["task.created", "task.abandoned", "task.reopened"]


@pytest.mark.parametrize("start", list(TaskStatus))
@pytest.mark.parametrize("end", list(TaskStatus))
def test_every_column_can_be_reached_from_every_other(objective, referent, start, end):
    task = make.make_task(objective, by=referent)
    task.become(start, by=referent, reason="Parce que.")
    task.become(end, by=referent, reason="Parce que.")
    assert task.status == end
    counted = db.session.scalar(
        select(getattr(ObjectiveTally, end)).where(ObjectiveTally.objective_id == objective.id)
    )
    assert counted == 1


def test_late_silent_and_without_pilote_are_computed(objective, referent, session, clock):
    task = make.make_task(objective, by=referent, due_on=today() + timedelta(days=3))
    task.start(by=referent)
    session.flush()

    def found(condition) -> bool:
        return session.scalar(select(func.count()).select_from(Task).where(condition)) == 1

    assert (task.is_late, task.is_silent(45), task.is_without_pilote) == (False, False, True)
    assert not found(Task.late()) and not found(Task.silent(45)) and found(Task.without_pilote())
    clock.forward(days=46)
    assert task.is_late and task.is_silent(45)
    assert found(Task.late()) and found(Task.silent(45))
    task.finish(by=referent)
    session.flush()
    assert not task.is_late and not task.is_silent(45) and not task.is_without_pilote
    assert not found(Task.late()) and not found(Task.silent(45)) and not found(Task.without_pilote())


def test_a_date_is_set_moved_and_taken_away(objective, referent):
    task = make.make_task(objective, by=referent)
    task.reschedule(date(2030, 1, 1), by=referent)
    task.reschedule(date(2030, 1, 1), by=referent)
    task.reschedule(None, by=referent)
    assert actions(task) == ["task.created", "task.rescheduled", "task.rescheduled"]


def test_taking_a_task_needs_one_s_own_structure_and_a_free_task(objective, referent, worker):
    mine, other = make.make_structure(), make.make_structure()
    mine.gather(worker, by=None)
    task = make.make_task(objective, by=referent)
    with refuses("not_own_structure"):
        task.take(other, by=worker)
    task.take(mine, by=worker)
    assert task.pilote is mine
    with refuses("already_carried"):
        task.take(mine, by=worker)


def test_tasks_never_wait_in_a_circle(objective, referent):
    first, second, third = (make.make_task(objective, by=referent) for _ in range(3))
    first.depend_on(second, by=referent)
    second.depend_on(third, by=referent)
    db.session.flush()
    with refuses("dependency_on_itself"):
        first.depend_on(first, by=referent)
    with refuses("dependency_circle"):
        third.depend_on(first, by=referent)
    first.no_longer_depend_on(second, by=referent)
    db.session.flush()
    third.depend_on(first, by=referent)


def column(objective: Objective) -> list[str]:
    """List the titles of « À venir », in the order of the board."""
    order = select(Task.title).where(
        Task.chantier_id == objective.chantier_id, Task.status == TaskStatus.TODO
    )
    return list(db.session.scalars(order.order_by(Task.position, Task.id)))


def test_the_board_orders_by_who_stands_behind_whom(objective, referent):
    a, b, c = (make.make_task(objective, title, by=referent) for title in "ABC")
    c.place_after(a, by=referent)
    assert column(objective) == ["A", "C", "B"]
    a.place_after(b, by=referent)
    assert column(objective) == ["C", "B", "A"]
    a.place_after(None, by=referent)
    assert column(objective) == ["A", "C", "B"]
    b.shift("up", by=referent)
    assert column(objective) == ["A", "B", "C"]
    a.shift("down", by=referent)
    assert column(objective) == ["B", "A", "C"]
    c.shift("first", by=referent)
    c.shift("up", by=referent)
    b.shift("down", by=referent)
    assert column(objective) == ["C", "A", "B"]
    b.shift("down", by=referent)
    c.start(by=referent)
    with refuses("other_column"):
        a.place_after(c, by=referent)
    # Order is not news: nobody is told.
    assert actions(a) == ["task.created"]


def test_there_is_always_room_between_two_cards(objective, referent):
    first = make.make_task(objective, "premier", by=referent)
    make.make_task(objective, "dernier", by=referent)
    expected: list[str] = []
    for number in range(GAP.bit_length() + 3):
        task = make.make_task(objective, f"entre {number}", by=referent)
        task.place_after(first, by=referent)
        expected.insert(0, task.title)
    assert column(objective) == ["premier", *expected, "dernier"]


def test_a_purged_task_keeps_the_figures_of_the_past_and_no_word(objective, referent, session):
    task = make.make_task(objective, "Confidentiel", by=referent, description="Secret")
    task.add_item("Chut", by=referent)
    task.block("Rien à dire", "Rien", by=referent)
    task.trash(by=referent)
    task.purge()
    session.flush()
    session.expire_all()
    assert (task.title, task.title_key, task.description, task.blocked_reason) == ("", "", "", "")
    assert (
        session.scalar(select(func.count()).select_from(StatusChange).where(StatusChange.reason != "")) == 0
    )
    assert session.scalar(select(func.count()).select_from(StatusChange)) == 2


class TalliesStayTrue(RuleBasedStateMachine):
    """Tally of an objective: whatever people do, it says what a plain count says."""

    def __init__(self) -> None:
        super().__init__()
        chantier = make.make_chantier()
        self.referent, self.worker = make.make_referent(chantier), make.make_member(chantier)
        self.objectives = [make.make_objective(chantier), make.make_objective(chantier)]
        self.tasks: list[Task] = []

    @rule(which=st.integers(0, 1))
    def create(self, which: int) -> None:
        self.tasks.append(make.make_task(self.objectives[which], by=self.worker))

    @rule(which=st.integers(0), status=st.sampled_from(TaskStatus), decides=st.booleans())
    def change_status(self, which: int, status: TaskStatus, decides: bool) -> None:
        self.attempt(which, lambda task: task.become(status, by=self.person(decides), reason="Voilà."))

    @rule(which=st.integers(0), to=st.integers(0, 1))
    def move(self, which: int, to: int) -> None:
        self.attempt(which, lambda task: task.move_to(self.objectives[to], by=self.referent))

    @rule(which=st.integers(0))
    def trash(self, which: int) -> None:
        self.attempt(which, lambda task: task.trash(by=self.referent))

    @rule(which=st.integers(0))
    def restore(self, which: int) -> None:
        self.attempt(which, lambda task: task.restore(by=self.referent))

    def person(self, decides: bool):
        return self.referent if decides else self.worker

    def attempt(self, which: int, verb) -> None:
        if not self.tasks:
            return
        task = self.tasks[which % len(self.tasks)]
        if task.is_trashed and "restore" not in verb.__code__.co_names:
            return
        try:
            verb(task)
        except Refused:
            return

    @invariant()
    def tallies_are_true(self) -> None:
        db.session.flush()
        for objective in self.objectives:
            counting = select(Task.status, func.count()).where(Task.objective_id == objective.id, Task.live())
            counted = dict(db.session.execute(counting.group_by(Task.status)).all())
            columns = [getattr(ObjectiveTally, status) for status in TaskStatus]
            row = db.session.execute(
                select(*columns).where(ObjectiveTally.objective_id == objective.id)
            ).one()
            assert dict(zip(map(str, TaskStatus), row, strict=True)) == {
                str(s): counted.get(s, 0) for s in TaskStatus
            }


def test_tallies_stay_true_whatever_people_do(session):
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(
        TalliesStayTrue,
        settings=settings(
            max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=checks
        ),
    )
