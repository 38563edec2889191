"""The dashboard: every figure is a plain count, and opens the list behind it."""

from datetime import timedelta

import pytest

from models import Chantier, Role, db, today
from tests import factories as make


@pytest.fixture
def two_chantiers(session):
    """Two chantiers with tasks in every state; returns the first one's référent."""
    make.make_demarche(silent_after_days=45)
    referent = None
    for number in (1, 2):
        chantier = make.make_chantier(f"Chantier de test {number}", number=number)
        objective = make.make_objective(chantier)
        someone = make.make_referent(chantier, f"Référente {number}")
        referent = referent or someone
        structure = make.make_structure()
        for rank in range(4 * number):
            late = today() - timedelta(days=3) if rank % 2 else None
            make.make_task(objective, by=someone, pilote=structure if rank % 4 else None, due_on=late)
        done = make.make_task(objective, "Finie", by=someone, pilote=structure)
        done.finish(by=someone)
        stuck = make.make_task(objective, "Coincée", by=someone, pilote=structure)
        stuck.block(f"Raison numéro {number}", "", by=someone)
        given_up = make.make_task(objective, "Abandonnée", by=someone)
        given_up.abandon("Plus utile.", by=someone)
        make.make_deliverable(objective, "Cartographie", by=someone, expected_on=today() + timedelta(days=9))
        make.make_deliverable(objective, "Recensement", by=someone, expected_on=today() - timedelta(days=9))
    session.commit()
    return referent


def test_each_chantier_has_its_row_and_its_figures(two_chantiers, visitor):
    page = visitor(two_chantiers).get("/coordination")

    _header, first, second = page.rows("Avancement, statuts et alertes de chaque chantier")
    assert "Chantier de test 1" in first[0] and "Référente 1" in first[0]
    # Six tasks counted, one of them done; four to come, two late, one without pilote; abandoned ones left out.
    assert "1 tâche terminée sur 6" in first[1]
    assert first[2:8] == ["4", "0", "0", "1", "2", "1"]
    assert second[2:8] == ["8", "0", "0", "1", "4", "2"]
    assert page.has("Raison numéro 1") and page.has("Raison numéro 2")
    assert page.has("Cartographie") and page.has("Recensement")


def test_each_figure_opens_a_list_of_exactly_that_many_tasks(two_chantiers, visitor):
    guest = visitor(two_chantiers)
    page = guest.get("/coordination")
    figures = [(figure, href) for figure, href in page.links if "/taches?" in href]
    assert len(figures) >= 8
    for figure, href in figures:
        assert guest.get(href).has(f"{figure} tâche"), href


def test_who_is_silent_shows_to_referents_of_the_chantier_and_to_the_coordination_only(
    session, clock, visitor
):
    make.make_demarche(silent_after_days=45)
    chantier = make.make_chantier(number=1)
    referent, participant = make.make_referent(chantier), make.make_member(chantier)
    observer, coordinator = make.make_user(role=Role.OBSERVER), make.make_coordinator()
    task = make.make_task(make.make_objective(chantier), by=referent)
    task.start(by=referent)
    session.commit()
    clock.forward(days=46)

    for person, sees in ((referent, True), (coordinator, True), (participant, False), (observer, False)):
        page = visitor(person).get("/coordination")
        assert page.has("Sans nouvelles") is sees, person.name


def test_archived_chantiers_leave_the_dashboard(two_chantiers, session, visitor):
    coordinator = make.make_coordinator()
    db.session.scalar(db.select(Chantier).where(Chantier.number == 2)).archive(by=coordinator)
    session.commit()
    page = visitor(coordinator).get("/coordination")
    assert page.has("Chantier de test 1") and not page.has("Chantier de test 2")


def test_an_empty_demarche_says_what_to_do(session, visitor):
    make.make_demarche()
    session.commit()
    assert visitor(make.make_coordinator()).get("/coordination").has("Aucun chantier pour l’instant")


def test_the_dashboard_costs_the_same_for_two_chantiers_and_for_twelve(two_chantiers, session, visitor):
    guest = visitor(two_chantiers)
    with guest.count_statements() as few:
        guest.get("/coordination")
    for number in range(3, 13):
        chantier = make.make_chantier(number=number)
        objective = make.make_objective(chantier)
        someone = make.make_referent(chantier)
        for _ in range(6):
            make.make_task(objective, by=someone).block("Attente", by=someone)
        make.make_deliverable(objective, by=someone, expected_on=today())
    session.commit()
    with guest.count_statements() as many:
        guest.get("/coordination")
    assert len(few) == len(many) <= 12, many
