"""Objectives: their order, their figures, their way to the bin."""

import pytest
from sqlalchemy import select

from models import Activity, Objective, ObjectiveKind, Refused
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_objective,
    make_task,
)

POLITICAL = ObjectiveKind.POLITICAL


def order(session, chantier, kind=ObjectiveKind.OPERATIONAL):
    mine = select(Objective.text).where(Objective.chantier_id == chantier.id, Objective.kind == kind)
    return list(session.scalars(mine.where(Objective.live()).order_by(Objective.position, Objective.id)))


def test_each_kind_has_its_own_order(session):
    chantier = make_chantier()
    first, _politics, second = (
        make_objective(chantier, "Un"),
        make_objective(chantier, "Pourquoi", POLITICAL),
        make_objective(chantier, "Deux"),
    )
    assert (first.position, second.position) == (1, 2)
    assert order(session, chantier, POLITICAL) == ["Pourquoi"]


@pytest.mark.parametrize(("places", "expected"), [(-1, "bac"), (1, "acb"), (-9, "bac"), (9, "acb")])
def test_moving_stays_within_the_list(session, places, expected):
    chantier, by = make_chantier(), make_coordinator()
    _a, b, _c = (make_objective(chantier, letter) for letter in "abc")
    b.move(places, by=by)
    session.flush()
    assert "".join(order(session, chantier)) == expected


def test_moving_past_the_end_is_no_news(session):
    chantier, by = make_chantier(), make_coordinator()
    only = make_objective(chantier)
    only.move(-1, by=by)
    assert session.scalar(select(Activity).where(Activity.action == "objective.moved")) is None


def test_editing_says_what_changed(session):
    by, objective = make_coordinator(), make_objective(make_chantier(), "Avant")
    assert objective.edit(by=by, text="Avant") == []
    assert objective.edit(by=by, text="Après") == ["text"]


def test_progress_leaves_the_abandoned_out(session):
    by, objective = make_coordinator(), make_objective(make_chantier())
    tasks = [make_task(objective) for _ in range(4)]
    tasks[0].finish(by=by)
    tasks[1].abandon("Plus utile", by=by)
    session.commit()
    session.refresh(objective, ["tally"])
    assert (objective.tally.done, objective.tally.counted, objective.tally.total) == (1, 3, 4)
    assert objective.tally.progress == 33


def test_nothing_to_count_is_no_progress(session):
    objective = make_objective(make_chantier())
    session.commit()
    session.refresh(objective, ["tally"])
    assert objective.tally.progress is None


@pytest.mark.parametrize("make", [make_task, make_deliverable])
def test_what_hangs_on_it_keeps_it_out_of_the_bin(session, make):
    by, objective = make_coordinator(), make_objective(make_chantier())
    thing = make(objective)
    session.flush()
    with pytest.raises(Refused, match="objective_in_use"):
        objective.trash(by=by)
    thing.trash(by=by)
    objective.trash(by=by)
    assert objective.is_trashed


def test_in_the_bin_it_neither_moves_nor_takes_tasks(session):
    by, objective = make_coordinator(), make_objective(make_chantier())
    objective.trash(by=by)
    with pytest.raises(Refused, match="already_trashed"):
        objective.move(1, by=by)
    with pytest.raises(Refused, match="objective_not_operational"):
        make_task(objective)
    objective.restore(by=by)
    make_task(objective)


def test_a_purge_blanks_the_words(session):
    by, objective = make_coordinator(), make_objective(make_chantier(), "Secret")
    objective.trash(by=by)
    objective.purge()
    assert objective.text == ""
    with pytest.raises(Refused, match="purged"):
        objective.restore(by=by)


def test_a_political_objective_carries_nothing(session):
    objective = make_objective(make_chantier(), kind=POLITICAL)
    for make in (make_task, make_deliverable):
        with pytest.raises(Refused, match="objective_not_operational"):
            make(objective)
