"""Bin: who finds what in it, and what comes back."""

import pytest
from sqlalchemy import select

from models import ChantierRole, Deliverable, Objective, Refused, Task
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_member,
    make_objective,
    make_referent,
    make_task,
    make_user,
)


@pytest.fixture
def chantier(session):
    return make_chantier()


@pytest.fixture
def objective(chantier):
    return make_objective(chantier)


def bin_of(session, user, kind=Task):
    return {thing.id for thing in session.scalars(select(kind).where(kind.in_bin_of(user)))}


def test_trash_and_restore(session, objective):
    by, task = make_coordinator(), make_task(objective)
    task.trash(by=by)
    assert task.is_trashed and task.trashed_by is by and task.purge_due_at
    with pytest.raises(Refused, match="already_trashed"):
        task.trash(by=by)
    task.restore(by=by)
    assert not task.is_trashed and task.purge_due_at is None
    with pytest.raises(Refused, match="not_trashed"):
        task.restore(by=by)


def test_each_finds_what_they_could_delete(session, chantier, objective):
    author, other, referent, stranger = (
        make_member(chantier),
        make_member(chantier),
        make_referent(chantier),
        make_user(),
    )
    coordinator, elsewhere = make_coordinator(), make_referent(make_chantier())
    mine, theirs = make_task(objective, by=author), make_task(objective, by=other)
    live = make_task(objective, by=author)
    for task in (mine, theirs):
        task.trash(by=referent)
    session.flush()
    assert live.id not in bin_of(session, coordinator)
    assert bin_of(session, author) == {mine.id}
    assert bin_of(session, other) == {theirs.id}
    assert bin_of(session, referent) == bin_of(session, coordinator) == {mine.id, theirs.id}
    assert bin_of(session, stranger) == bin_of(session, elsewhere) == set()


def test_who_left_the_chantier_no_longer_finds_what_they_made(session, chantier, objective):
    make_referent(chantier)
    author = make_member(chantier)
    task = make_task(objective, by=author)
    task.trash(by=author)
    chantier.dismiss(author, by=make_coordinator())
    session.flush()
    assert bin_of(session, author) == set()


def test_objectives_are_for_those_who_lead(session, chantier, objective):
    referent, member = make_referent(chantier), make_member(chantier)
    objective.trash(by=referent)
    session.flush()
    assert bin_of(session, referent, Objective) == {objective.id}
    assert bin_of(session, member, Objective) == set()


def test_nothing_of_an_archived_chantier(session, chantier, objective):
    by = make_coordinator()
    deliverable = make_deliverable(objective)
    deliverable.trash(by=by)
    chantier.archive(by=by)
    session.flush()
    assert bin_of(session, by, Deliverable) == set()


@pytest.mark.parametrize("make", [make_task, make_deliverable])
def test_nothing_comes_back_under_an_objective_that_is_in_the_bin(session, objective, make):
    by, thing = make_coordinator(), make(objective)
    thing.trash(by=by)
    objective.trash(by=by)
    session.flush()
    with pytest.raises(Refused) as refusal:
        thing.restore(by=by)
    assert (refusal.value.code, refusal.value.particulars) == (
        "objective_trashed",
        {"objective": objective.text},
    )
    objective.restore(by=by)
    session.flush()
    thing.restore(by=by)
    assert not thing.is_trashed


def test_a_restored_task_counts_again(session, objective):
    by, task = make_coordinator(), make_task(objective)
    session.refresh(objective, ["tally"])
    assert objective.tally.todo == 1
    for change, expected in ((task.trash, 0), (task.restore, 1)):
        change(by=by)
        session.flush()
        session.refresh(objective, ["tally"])
        session.refresh(objective.tally)
        assert objective.tally.todo == expected


def test_a_referent_of_two_chantiers_finds_both(session, chantier, objective):
    referent = make_referent(chantier)
    second = make_chantier()
    second.welcome(referent, ChantierRole.REFERENT, by=None)
    tasks = [make_task(objective), make_task(make_objective(second))]
    for task in tasks:
        task.trash(by=referent)
    session.flush()
    assert bin_of(session, referent) == {task.id for task in tasks}
