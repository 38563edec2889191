"""Arbitration: matters of each kind, in their order, as each person may know of them."""

from datetime import timedelta

import pytest

from models import Matter, MatterFilter, Role, to_arbitrate, today
from tests.support import factories as make


@pytest.fixture
def waiting(session, clock):
    """Make a chantier with one matter of each kind but silence, and another one silent for long."""
    clock.travel_to("2026-03-02 10:00")
    make.make_demarche(silent_after_days=45)
    quiet = make.make_chantier("Muet", number=2)
    forgotten = make.make_referent(quiet)
    clock.forward(days=50)
    chantier = make.make_chantier("Actif", number=1)
    referent = make.make_referent(chantier)
    objective = make.make_objective(chantier)
    empty = make.make_objective(chantier, "Sans personne")
    structure = make.make_structure()
    stuck = make.make_task(objective, "Coincée", by=referent, pilote=structure)
    stuck.block("Pas de salle", "Une salle", by=referent)
    clock.forward(days=2)
    make.make_task(objective, "Coincée depuis peu", by=referent).block("Autre chose", by=referent)
    reviewed = make.make_deliverable(objective, "En relecture", by=referent)
    reviewed.add_text("Un texte", by=referent)
    reviewed.submit(by=referent, reviewers=([referent], ()), closes_on=today() + timedelta(days=3))
    make.make_deliverable(objective, "En retard", by=referent, expected_on=today() + timedelta(days=4))
    clock.forward(days=5)
    session.commit()
    return {
        "chantier": chantier,
        "quiet": quiet,
        "referent": referent,
        "forgotten": forgotten,
        "empty": empty,
        "structure": structure,
        "stuck": stuck,
    }


def test_every_kind_of_matter_is_told_in_the_order_in_which_one_decides(waiting):
    found = to_arbitrate(make.make_coordinator(), 45, 10)

    assert [(each.kind, each.title) for each in found] == [
        (Matter.BLOCKED, "Coincée"),
        (Matter.BLOCKED, "Coincée depuis peu"),
        (Matter.REVIEW_PAST, "En relecture"),
        (Matter.DELIVERABLE_LATE, "En retard"),
        (Matter.WITHOUT_TASK, "Sans personne"),
        (Matter.CHANTIER_SILENT, "Muet"),
    ]
    stuck, recent, review, late, empty, silent = found
    assert (stuck.words, stuck.need, stuck.subject_type) == ("Pas de salle", "Une salle", "task")
    assert stuck.pilote_id == waiting["structure"].id and recent.pilote_id is None
    assert stuck.days == 7 and stuck.total == 2
    assert review.version == 1 and review.days == 2
    assert late.days == 1 and late.chantier.slug == waiting["chantier"].slug
    assert empty.since is None and empty.subject_id == waiting["empty"].id
    assert silent.days == 57


def test_a_limit_keeps_the_longest_waiting_of_each_kind_and_says_how_many_there_are(waiting):
    blocked, *_others = to_arbitrate(make.make_coordinator(), 45, 1)
    assert (blocked.title, blocked.total) == ("Coincée", 2)
    (second,) = to_arbitrate(
        make.make_coordinator(), 45, 1, within=MatterFilter(kind=Matter.BLOCKED), offset=1
    )
    assert second.title == "Coincée depuis peu"


def test_each_person_is_told_what_they_may_know(waiting):
    def kinds(person):
        return {each.kind for each in to_arbitrate(person, 45, 10)}

    # Nobody but its référents and the coordination hears that a chantier is silent.
    assert Matter.CHANTIER_SILENT in kinds(waiting["forgotten"])
    assert Matter.CHANTIER_SILENT not in kinds(waiting["referent"])
    assert kinds(make.make_user()) == {
        Matter.BLOCKED,
        Matter.REVIEW_PAST,
        Matter.DELIVERABLE_LATE,
        Matter.WITHOUT_TASK,
    }
    # A mere observer hears nothing of drafts, nor of their dates.
    assert kinds(make.make_user(role=Role.OBSERVER)) == {Matter.BLOCKED, Matter.WITHOUT_TASK}


def test_matters_are_narrowed_to_a_chantier_and_to_what_a_structure_carries(waiting, session):
    coordinator = make.make_coordinator()
    quiet = to_arbitrate(coordinator, 45, 10, within=MatterFilter(chantier_id=waiting["quiet"].id))
    assert [each.kind for each in quiet] == [Matter.CHANTIER_SILENT]
    (carried,) = to_arbitrate(coordinator, 45, 10, within=MatterFilter(structure_id=waiting["structure"].id))
    assert (carried.title, carried.total) == ("Coincée", 1)


def test_what_is_settled_binned_or_archived_waits_no_more(waiting, session):
    coordinator = make.make_coordinator()
    waiting["stuck"].trash(by=coordinator)
    make.make_task(waiting["empty"], by=coordinator)
    waiting["quiet"].archive(by=coordinator)
    session.flush()
    found = to_arbitrate(coordinator, 45, 10)
    assert [(each.title, each.total) for each in found if each.kind == Matter.BLOCKED] == [
        ("Coincée depuis peu", 1)
    ]
    assert not {Matter.WITHOUT_TASK, Matter.CHANTIER_SILENT} & {each.kind for each in found}
