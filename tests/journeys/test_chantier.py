"""Chantier in a browser: a structure comes and goes, an objective is reworded."""

import pytest

from models import User, today
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_objective,
    make_referent,
    make_structure,
    make_user,
)

ROOT = "/chantiers/developper-les-ecosystemes"
LONG = "Déterminer la valeur ajoutée d’un écosystème coopératif territorial – rendre compte de sa mise en mouvement"


@pytest.fixture
def people(in_app):
    """Return the ids of a référent, in a chantier that expects a deliverable today."""
    with in_app() as session:
        make_demarche()
        chantier, by = make_chantier("Développer les écosystèmes", number=4), make_coordinator()
        referent, structure = make_referent(chantier, "Céline Coubard"), make_structure("Ellyx")
        structure.gather(referent, by=by)
        make_structure("France Active Franche-Comté - Générateur BFC").also_known_as(["FAFC"])
        objective = make_objective(chantier, LONG)
        make_deliverable(objective, "Grille d’analyse", expected_on=today(), structures=[structure])
        session.flush()
        return {"referent": referent.id}


def person(in_app, user_id):
    """Return the user, as the browser's sign-in wants it."""
    with in_app() as session:
        return session.get(User, user_id)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_structure_comes_and_goes(signed_in_page, in_app, people, scripts):
    page = signed_in_page(person(in_app, people["referent"]), scripts=scripts)
    page.goto("/chantiers")
    page.get_by_role("link", name="Développer les écosystèmes").click()
    page.get_by_role("link", name="Membres").first.click()
    page.get_by_role("link", name="Enrôler une structure").click()
    page.get_by_label("France Active").check()
    page.get_by_role("button", name="Enrôler", exact=True).click()
    page.get_by_text("participe maintenant au chantier").wait_for()
    page.get_by_role("link", name="Faire quitter France Active").click()
    page.get_by_text("ne porte rien d’inachevé").wait_for()
    page.get_by_role("button", name="Faire quitter le chantier").click()
    page.get_by_text("ne participe plus au chantier").wait_for()
    page.get_by_text("1 structure a quitté le chantier").wait_for()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_objective_is_reworded(signed_in_page, in_app, people, scripts):
    page = signed_in_page(person(in_app, people["referent"]), scripts=scripts)
    page.goto(ROOT)
    page.get_by_role("link", name="Modifier l’objectif").click()
    page.get_by_label("L’objectif, en une phrase").fill("Une phrase plus courte")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("heading", name="Une phrase plus courte").wait_for()


def test_the_calendar_reads_week_by_week_on_a_phone(signed_in_page, in_app, people):
    with in_app() as session:
        # Whoever takes part nowhere knows the dates of deliverables too; a mere observer does not.
        reader = make_user()
        session.flush()
    page = signed_in_page(reader, width="phone")
    page.goto(f"{ROOT}/calendrier")
    assert not page.get_by_role("table").is_visible()
    page.get_by_role("link", name="Grille d’analyse").wait_for()
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.get_by_role("table").is_visible()
    assert page.get_by_role("link", name="Grille d’analyse").count() == 1
