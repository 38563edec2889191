"""Bin: what each finds in it, and bringing it back."""

import pytest

from models import Role, purge_bin
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_task,
    make_user,
)


@pytest.fixture(autouse=True)
def demarche(session):
    return make_demarche()


@pytest.fixture
def chantier(session):
    return make_chantier("Mobilité du quotidien")


@pytest.fixture
def objective(chantier):
    return make_objective(chantier, "Recenser les expérimentations")


@pytest.fixture
def referent(chantier):
    return make_referent(chantier, "Rachel Référente")


@pytest.fixture
def participant(chantier):
    return make_member(chantier, name="Paul Participant")


def in_bin(visitor, person):
    return visitor(person).get("/corbeille").texts("p", class_="bin__title")


def test_an_empty_bin_says_what_it_is_for(visitor, participant):
    assert visitor(participant).get("/corbeille").has("La corbeille est vide")


def test_each_finds_their_own(visitor, session, clock, participant, referent, objective):
    clock.travel_to("2024-03-15 10:00")
    mine, other = (
        make_task(objective, "Ma tâche", by=participant),
        make_deliverable(objective, "Une note", by=referent),
    )
    mine.trash(by=referent)
    other.trash(by=referent)
    page = visitor(participant).get("/corbeille")
    assert (
        page.has("Ma tâche")
        and page.has("Rachel Référente")
        and page.has("avant le 14 avril 2024")
        and page.has("depuis le 15 mars 2024")
    )
    assert not page.has("Une note")
    for person in (referent, make_coordinator()):
        assert len(in_bin(visitor, person)) == 2
    for person in (make_user(), make_user(role=Role.OBSERVER), make_referent(make_chantier())):
        assert in_bin(visitor, person) == []


@pytest.mark.parametrize(
    ("kind", "make", "place"),
    [("taches", make_task, "/taches/"), ("livrables", make_deliverable, "/livrables/")],
)
def test_brought_back_it_is_where_it_was(visitor, session, referent, objective, kind, make, place):
    thing = make(objective, "Une chose")
    thing.trash(by=referent)
    session.commit()
    somebody = visitor(referent)
    page = somebody.get("/corbeille").submit("Rétablir", status=303, follow=False)
    assert page.location == f"{place}{thing.id}"
    session.refresh(thing)
    assert thing.trashed_at is None
    somebody.get("/corbeille")
    somebody.post(f"/corbeille/{kind}/{thing.id}/retablir", status=404)


def test_an_objective_comes_first(visitor, session, chantier, referent, objective):
    task = make_task(objective, "Une tâche")
    task.trash(by=referent)
    objective.trash(by=referent)
    session.commit()
    somebody = visitor(referent)
    page = somebody.get("/corbeille")
    page = page.form(action_contains=f"taches/{task.id}").submit("Rétablir", status=409)
    assert page.has("il faut d’abord le rétablir") and page.has("Recenser les expérimentations")
    page = page.form(action_contains="objectifs").submit("Rétablir", status=303, follow=False)
    assert page.location == f"/chantiers/{chantier.slug}"
    somebody.get("/corbeille").submit("Rétablir", status=303, follow=False)
    session.refresh(task)
    assert task.trashed_at is None


def test_the_bin_of_others_does_not_exist(visitor, session, referent, participant, objective):
    task = make_task(objective, by=referent)
    task.trash(by=referent)
    session.commit()
    for person in (participant, make_user(), make_user(role=Role.OBSERVER), make_referent(make_chantier())):
        somebody = visitor(person)
        somebody.get("/corbeille")
        somebody.post(f"/corbeille/taches/{task.id}/retablir", status=404)
    visitor().get("/corbeille", status=401)
    session.refresh(task)
    assert task.trashed_at is not None


@pytest.mark.parametrize(
    "address", ["taches/999", "taches/0", f"taches/{'9' * 19}", "autres/1", "livrables/abc"]
)
def test_what_does_not_exist_is_not_found(visitor, referent, address):
    somebody = visitor(referent)
    somebody.get("/corbeille")
    somebody.post(f"/corbeille/{address}/retablir", status=404)


def test_after_thirty_days_it_is_gone(visitor, session, clock, referent, objective):
    task = make_task(objective, "Une tâche")
    task.trash(by=referent)
    session.commit()
    clock.forward(days=31)
    assert purge_bin().tasks == 1
    session.commit()
    person = make_coordinator()
    assert in_bin(visitor, person) == []
    somebody = visitor(person)
    somebody.get("/corbeille")
    somebody.post(f"/corbeille/taches/{task.id}/retablir", status=404)


def test_it_costs_the_same_with_few_or_many(visitor, session, referent, objective):
    somebody, counts = visitor(referent), []
    for size in (2, 60):
        for _ in range(size):
            make_task(objective).trash(by=make_coordinator())
            make_deliverable(objective).trash(by=referent)
        session.commit()
        with somebody.count_statements() as statements:
            page = somebody.get("/corbeille")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12
    assert len(page.texts("p", class_="bin__title")) == 40
    assert page.click("Suivante").has("Page 2 sur 4")
