"""Pages of points d'étape, for the coordination and for those who are asked."""

from datetime import date

import pytest

from chantiers.mail import checkpoint_links
from models import (
    Checkpoint,
    db,
)
from tests.rooms.checkpoints.asking import ask, came, page_of, status, task
from tests.support import factories as make

LIST = "/coordination/points-d-etape"


# The pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.databases("sqlite")
def test_the_coordination_plans_reads_what_leaves_and_sends(scene, clock, visitor):
    ada = visitor(scene.coordinator)
    assert ada.get("/coordination").click("Points d’étape").has("COPIL du 20 mars")
    page = ada.get(LIST).click("Prévoir un point d’étape")
    page.fill("Ce qu’il prépare", "COPIL de mai").fill("Date", "2026-02-12")
    page = page.submit("Prévoir et voir ce qui partira", status=422)
    assert page.has("à partir d’aujourd’hui") and page.value_of("Ce qu’il prépare") == "COPIL de mai"
    page.fill("Date", "2026-05-12").fill("Jour d’envoi des mails", "2026-05-04")
    page = page.submit("Prévoir et voir ce qui partira")
    assert page.has("4 mai 2026") and page.has("2 personnes à interroger")
    assert page.rows("Qui est interrogé dans chaque chantier, et sur combien de tâches")
    page = page.click("Camille Là")
    assert page.has("Ce que recevra Camille Là") and page.has("Appeler la mairie")
    form = page.click("Modifier")
    page = form.fill("Ce qu’il prépare", "COPIL du 13 mai").fill("Date", "2026-05-13").submit("Enregistrer")
    assert page.has("COPIL du 13 mai") and page.has("13 mai 2026") and page.has("4 mai 2026")
    page = page.submit("Envoyer maintenant")
    assert page.has("personnes interrogées") and page.has("N’ont pas encore répondu")
    assert ada.get(LIST).has("2 personnes interrogées")
    ada.post(f"{LIST}/{scene.checkpoint.id}/annuler", status=303)
    ada.post(f"{LIST}/{scene.checkpoint.id}/envoyer", status=409)
    ada.get(f"{LIST}/{scene.checkpoint.id}/modifier", status=409)


def test_who_is_silent_is_for_referents_of_their_chantiers_and_for_the_coordination(scene, clock, visitor):
    elsewhere = make.make_chantier("Ailleurs", number=8)
    other = came(make.make_referent(elsewhere, "Nils Ailleurs"))
    nina = came(make.make_member(elsewhere, name="Nina Ailleurs"))
    make.make_task(make.make_objective(elsewhere), "Une tâche là-bas", people=[nina])
    page = f"{LIST}/{scene.checkpoint.id}"
    dry = visitor(scene.referent).get(page)
    assert dry.has("Camille Là") and not dry.has("Nina Ailleurs") and not dry.has("Envoyer maintenant")
    ask(scene, clock)
    visitor().post(
        page_of(scene, scene.idris, scene.led, "in_progress"),
        {"answer": "in_progress", "seen": "todo"},
        status=303,
    )
    ada, rosa = visitor(scene.coordinator).get(page), visitor(scene.referent).get(page)
    for words in ("3 personnes interrogées", "tâche mise à jour sur 5", "1 a répondu", "Nina Ailleurs"):
        assert ada.has(words), words
    assert rosa.has("Camille Là") and not rosa.has("Nina Ailleurs") and not rosa.has("Idris Ba")
    assert visitor(other).get(page).has("Nina Ailleurs")
    visitor(scene.camille).get(page, status=403)
    visitor(scene.camille).get(LIST, status=403)
    visitor(scene.referent).post(f"{page}/annuler", status=403)
    glance = f"/chantiers/{scene.chantier.slug}"
    assert visitor(scene.referent).get(glance).has("Point d’étape : COPIL du 20 mars")
    assert not visitor(scene.camille).get(glance).has("Point d’étape")


def test_one_click_in_ones_own_work_answers_too(scene, clock, visitor):
    assert not visitor(scene.camille).get("/mon-travail").has("Point d’étape")
    ask(scene, clock)
    camille = visitor(scene.camille)
    with camille.count_statements() as statements:
        page = camille.get("/mon-travail")
    assert len(statements) <= 12, statements
    assert page.has("3 tâches à mettre à jour avant le 20 mars 2026")
    first = checkpoint_links.token(scene.checkpoint.id, scene.camille, scene.late.id, "in_progress")
    page = page.form(action_contains=first).submit("En cours")
    assert page.heading == "Bonjour Camille Là" and page.has("2 tâches à mettre à jour")
    assert status(scene.late) == "in_progress"
    clock.travel_to("2026-03-21 10:00")
    assert not camille.get("/mon-travail").has("à mettre à jour avant")


@pytest.mark.databases("sqlite")
def test_pages_cost_the_same_with_few_and_with_many(scene, clock, visitor):
    ada, counts = visitor(scene.coordinator), []
    planned = Checkpoint.plan("COPIL d’été", date(2026, 6, 20), by=scene.coordinator)
    db.session.commit()
    ask(scene, clock)
    for number in (1, 30):
        for each in range(number):
            person = came(make.make_member(scene.chantier, name=f"P {number} {each}"))
            task(scene, "Une tâche de plus", people=[person])
        again = Checkpoint.plan(f"COPIL {number}", date(2026, 7, number), by=scene.coordinator)
        again.ask(by=None)
        db.session.commit()
        seen = []
        for page in (LIST, f"{LIST}/{planned.id}", f"{LIST}/{again.id}"):
            with ada.count_statements() as statements:
                ada.get(page)
            assert len(statements) <= 12, (page, statements)
            seen.append(len(statements))
        counts.append(seen)
    assert counts[0] == counts[1]
