"""Order of cards on the board: whoever moves what, each column stays the list that people made of it."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from models import Refused, Task, TaskStatus, db
from tests.support import factories as make


@pytest.fixture
def objective(session):
    """Make an operational objective, in a chantier."""
    return make.make_objective(make.make_chantier())


@pytest.fixture
def referent(objective):
    """Return the référent of its chantier."""
    return make.make_referent(objective.chantier)


def column(chantier_id: int, status: str = TaskStatus.TODO) -> list[int]:
    """List the ids of the cards of a column, from the top."""
    cards = select(Task.id).where(Task.chantier_id == chantier_id, Task.status == status, Task.live())
    return list(db.session.scalars(cards.order_by(Task.position, Task.id)))


def test_what_changes_column_arrives_on_top(objective, referent):
    tasks = [make.make_task(objective, by=referent) for _ in range(4)]
    for task in tasks:
        task.start(by=referent)
    assert column(objective.chantier_id, "in_progress") == [task.id for task in reversed(tasks)]


def test_making_room_writes_nobody_s_card(objective, referent, session):
    first, *others = (make.make_task(objective, by=referent) for _ in range(4))
    session.flush()
    versions = [task.version for task in (first, *others)]
    expected = [task.id for task in others]
    for turn in range(60):
        moving = others[turn % 3]
        moving.place_after(first, by=referent)
        expected.remove(moving.id)
        expected.insert(0, moving.id)
        session.flush()
        assert column(objective.chantier_id) == [first.id, *expected]
    gained = [task.version - seen for task, seen in zip((first, *others), versions, strict=True)]
    assert gained[0] == 0 and max(gained) <= 20


def test_cards_that_share_a_position_still_let_one_between(objective, referent, session):
    a, b, c = (make.make_task(objective, by=referent) for _ in range(3))
    a.position = b.position = 5
    session.flush()
    c.place_after(a, by=referent)
    assert column(objective.chantier_id) == [a.id, c.id, b.id]


def test_a_card_is_not_placed_behind_one_that_stands_elsewhere(objective, referent):
    task, started, gone = (make.make_task(objective, by=referent) for _ in range(3))
    started.start(by=referent)
    gone.trash(by=referent)
    foreign = make.make_task(make.make_objective(make.make_chantier()))
    for other in (started, gone, foreign):
        with pytest.raises(Refused, check=lambda refused: refused.code == "other_column"):
            task.place_after(other, by=referent)


class BoardsStayInOrder(RuleBasedStateMachine):
    """Boards beside plain lists that are moved the same way: both must always say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.chantier = make.make_chantier()
        self.referent = make.make_referent(self.chantier)
        self.objective = make.make_objective(self.chantier)
        self.tasks: list[Task] = []
        self.columns: dict[str, list[int]] = {str(status): [] for status in TaskStatus}

    @rule()
    def create(self) -> None:
        task = make.make_task(self.objective, by=self.referent)
        self.tasks.append(task)
        self.columns["todo"].append(task.id)

    @precondition(lambda self: self.tasks)
    @rule(which=st.integers(0), status=st.sampled_from(["todo", "in_progress", "done"]))
    def change_column(self, which: int, status: str) -> None:
        task = self.tasks[which % len(self.tasks)]
        if task.status != status:
            self.columns[task.status].remove(task.id)
            task.become(TaskStatus(status), by=self.referent)
            self.columns[status].insert(0, task.id)

    @precondition(lambda self: self.tasks)
    @rule(which=st.integers(0), after=st.integers(0))
    def place(self, which: int, after: int) -> None:
        task, above = self.tasks[which % len(self.tasks)], self.tasks[after % len(self.tasks)]
        other = above if above.status == task.status and above is not task else None
        task.place_after(other, by=self.referent)
        cards = self.columns[task.status]
        cards.remove(task.id)
        cards.insert(cards.index(other.id) + 1 if other else 0, task.id)

    @precondition(lambda self: self.tasks)
    @rule(which=st.integers(0), where=st.sampled_from(["first", "up", "down"]))
    def shift(self, which: int, where: str) -> None:
        task = self.tasks[which % len(self.tasks)]
        task.shift(where, by=self.referent)
        cards = self.columns[task.status]
        place = cards.index(task.id)
        cards.remove(task.id)
        cards.insert({"first": 0, "up": max(0, place - 1), "down": place + 1}[where], task.id)

    @precondition(lambda self: self.tasks)
    @rule(which=st.integers(0))
    def trash(self, which: int) -> None:
        task = self.tasks.pop(which % len(self.tasks))
        task.trash(by=self.referent)
        self.columns[task.status].remove(task.id)

    @invariant()
    def columns_are_what_people_made_of_them(self) -> None:
        db.session.flush()
        for status, cards in self.columns.items():
            assert column(self.chantier.id, status) == cards


def test_columns_keep_the_order_that_people_gave_them(session, monkeypatch):
    # So little room that a column fills up at every other move.
    monkeypatch.setattr("models.tasks.board_order.GAP", 2)
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(
        BoardsStayInOrder,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=checks
        ),
    )
