"""Life of a deliverable, from expected to approved, by the forms of its pages."""

import pytest

from models import (
    Deliverable,
)
from tests.rooms.deliverables.pages import in_charge_of, page_of
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_objective,
    make_structure,
    make_task,
)


def again(session, deliverable):
    """Return the deliverable read anew, as a verb wants it after somebody's visit."""
    return session.get(Deliverable, deliverable.id, options=Deliverable.whole(), populate_existing=True)


# Promising one, and changing it
def test_a_referent_promises_a_deliverable(visitor, session, referent, objective):
    structure = make_structure("Ecosolies")
    page = (
        visitor(referent).get(f"/chantiers/{objective.chantier.slug}/livrables").click("Annoncer un livrable")
    )
    page.fill("Titre", "Parcours <b>vélo</b> 🚲").choose("Type", "Parcours de formation")
    page.fill("Date attendue", "2026-09-01").check("Structures responsables", "Ecosolies")
    page.fill("Description", "Pour les **formateur·rices**").choose("Licence", "CC BY 4.0")
    page = page.submit("Annoncer le livrable")
    assert page.heading == "Parcours <b>vélo</b> 🚲" and page.path.startswith("/livrables/")
    for words in (
        "Attendu",
        "1 septembre 2026",
        "Ecosolies",
        "CC BY 4.0",
        "formateur·rices",
        "Parcours de formation",
    ):
        assert page.has(words), words
    kept = session.query(Deliverable).one()
    assert (kept.created_by_id, kept.objective_id) == (referent.id, objective.id)
    assert [s.id for s in session.query(type(structure)).all()] == [structure.id]


def test_sent_twice_it_is_promised_once(visitor, session, referent, objective):
    somebody = visitor(referent)
    page = somebody.get(f"/chantiers/{objective.chantier.slug}/livrables/nouveau").fill("Titre", "Une note")
    first = page.submit("Annoncer le livrable")
    second = page.submit("Annoncer le livrable")
    assert first.path == second.path
    assert session.query(Deliverable).count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Titre", ""),
        ("Titre", "x" * 10_000),
        ("Date attendue", "0000-01-01"),
        ("Date attendue", "9999-12-31"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_kept(visitor, session, referent, objective, field, value):
    page = visitor(referent).get(f"/chantiers/{objective.chantier.slug}/livrables/nouveau")
    page.fill("Titre", "Une note").fill("Description", "Un long texte").fill(field, value)
    page = page.submit("Annoncer le livrable", status=422, validate=False)
    assert page.error_of(field) and page.value_of("Description") == "Un long texte"
    assert session.query(Deliverable).count() == 0


def test_no_objective_of_another_chantier(visitor, session, referent, objective):
    foreign = make_objective(make_chantier())
    somebody = visitor(referent)
    page = somebody.get(f"/chantiers/{objective.chantier.slug}/livrables/nouveau")
    for value in (foreign.id, "9" * 30, "abc", "-1", ""):
        data = {"title": "Une note", "type_key": "autre", "objective_id": value, "licence": "", "key": "k"}
        somebody.post(page.address, data, status=422)
    assert session.query(Deliverable).count() == 0


def test_fields_that_the_form_has_not_are_ignored(
    visitor, session, referent, participant, objective, deliverable
):
    person = in_charge_of(deliverable)
    elsewhere = make_objective(objective.chantier)
    somebody = visitor(person)
    page = somebody.get(f"{page_of(deliverable)}/modifier").fill("Titre", "Autre titre")
    data = dict(page.form(button="Enregistrer").fields())
    data |= {
        "objective_id": str(elsewhere.id),
        "expected_on": "2026-01-01",
        "structures": "1",
        "state": "approved",
    }
    somebody.post(f"{page_of(deliverable)}/modifier", data)
    session.refresh(deliverable)
    assert (deliverable.title, deliverable.objective_id) == ("Autre titre", objective.id)
    assert deliverable.expected_on is None and deliverable.state == "expected"


def test_a_referent_changes_everything(visitor, session, referent, objective, deliverable):
    near = make_objective(objective.chantier, "Un autre objectif")
    make_structure("Ecosolies")
    page = visitor(referent).get(page_of(deliverable)).click("Modifier le livrable")
    page.choose("Objectif", "Un autre objectif").fill("Date attendue", "2026-09-01")
    page.check("Structures responsables", "Ecosolies").choose("Licence", "CC0")
    page = page.submit("Enregistrer")
    for words in ("Le livrable est à jour", "Un autre objectif", "1 septembre 2026", "Ecosolies", "CC0"):
        assert page.has(words), words
    session.refresh(deliverable)
    assert deliverable.objective_id == near.id


def test_two_people_who_change_different_fields(visitor, session, referent, deliverable):
    first, second = visitor(referent), visitor(make_coordinator())
    one = first.get(f"{page_of(deliverable)}/modifier").fill("Titre", "Nouveau titre")
    other = second.get(f"{page_of(deliverable)}/modifier").fill("Description", "Nouveaux mots")
    one.submit("Enregistrer")
    page = other.submit("Enregistrer")
    assert page.heading == "Nouveau titre" and page.has("Nouveaux mots")
    assert page.has("D’autres avaient changé entre-temps, et c’est gardé : Titre")


def test_two_people_who_change_the_same_field(visitor, session, referent, deliverable):
    make_structure("Ecosolies")
    make_structure("Le Labo")
    first, second = visitor(referent), visitor(make_coordinator())
    one = first.get(f"{page_of(deliverable)}/modifier").fill("Description", "Les mots de l’une")
    one.check("Structures responsables", "Ecosolies")
    other = second.get(f"{page_of(deliverable)}/modifier").fill("Description", "Les mots de l’autre")
    other.check("Structures responsables", "Le Labo")
    one.submit("Enregistrer")
    page = other.submit("Enregistrer", status=409)
    assert page.has("Les mots de l’une") and page.value_of("Description") == "Les mots de l’autre"
    assert page.has("Ecosolies")
    page = page.submit("Enregistrer")
    assert page.has("Les mots de l’autre") and not page.has("Les mots de l’une")


def test_tasks_are_linked_and_taken_away(visitor, session, referent, objective, deliverable):
    task = make_task(objective, "Éplucher les enquêtes")
    make_task(objective, "Écrire la synthèse")
    make_task(make_objective(make_chantier()), "D’un autre chantier")
    somebody = visitor(referent)
    page = somebody.get(page_of(deliverable)).click("Relier des tâches")
    assert not page.has("D’un autre chantier")
    page = somebody.get(f"{page_of(deliverable)}/taches?q=eplucher")
    assert page.has("Éplucher les enquêtes") and not page.has("Écrire la synthèse")
    page = page.check("Autres tâches du chantier", "Éplucher les enquêtes").submit("Enregistrer")
    assert page.has("Éplucher les enquêtes")
    page = somebody.get(f"{page_of(deliverable)}/taches")
    page = page.uncheck("Déjà reliées", "Éplucher les enquêtes").submit("Enregistrer")
    assert page.has("Aucune tâche n’y est reliée")
    foreign = make_task(make_objective(make_chantier()))
    somebody.post(
        f"{page_of(deliverable)}/taches", {"tasks": [str(foreign.id), "abc", "9" * 40, str(task.id)]}
    )
    assert [
        title for title, _ in somebody.get(page_of(deliverable)).links if title == "Éplucher les enquêtes"
    ]


# Its life
def test_from_expected_to_approved(visitor, session, referent, participant, deliverable):
    author, judge = visitor(participant), visitor(referent)
    page = author.get(page_of(deliverable))
    assert page.has("personne n’en a encore déposé de version")
    page = page.click("Déposer la première version").choose("Cette version est", "un texte écrit ici")
    page.fill("Texte", "# Une *grille*").fill("Ce qui a changé", "Premier jet")
    page = page.submit("Ajouter la version")
    assert page.has("La version 1 est ajoutée") and page.has("Premier jet")
    assert "Mettre la version 1 en relecture" not in page.buttons

    page = judge.get(page_of(deliverable)).submit("Mettre la version 1 en relecture")
    assert page.has("En relecture") and "Ajouter une version" not in [text for text, _ in page.links]
    page = page.click("Demander des modifications").fill("Ce qui est à reprendre", "Il manque les sources.")
    page = page.submit("Demander ces modifications")
    assert page.has("À reprendre") and page.has("Il manque les sources.")

    page = author.get(page_of(deliverable)).click("Ajouter une version")
    assert page.value_of("Texte") == "# Une *grille*", "a new text starts from the latest"
    page = page.fill("Texte", "# Une grille\n\nAvec ses sources").submit("Ajouter la version")
    judge.get(page_of(deliverable)).submit("Mettre la version 2 en relecture")
    page = judge.get(page_of(deliverable)).submit("Valider la version 2")
    assert page.has("Version de référence") and page.has("c’est la référence")

    page = (
        author.get(page_of(deliverable)).click("Ajouter une version").choose("Cette version est", "un lien")
    )
    page = page.fill("Adresse du lien", "https://example.org/grille").submit("Ajouter la version")
    assert page.has("La version 2 reste la référence") and page.has("example.org/grille")


def test_withdrawn_it_goes_on(visitor, referent, participant, deliverable):
    deliverable.add_text("Un", by=participant)
    deliverable.submit(by=referent)
    page = visitor(participant).get(f"{page_of(deliverable)}/versions/nouvelle")
    assert page.has("Une version est en relecture") and "Ajouter la version" not in page.buttons
    page = visitor(referent).get(page_of(deliverable)).submit("Retirer de la relecture")
    assert page.has("En rédaction")


def test_nobody_approves_what_they_have_not_seen(visitor, session, referent, participant, deliverable):
    deliverable.add_text("Un", by=participant)
    session.commit()
    page = visitor(referent).get(page_of(deliverable))
    again(session, deliverable).add_text("Deux", by=participant)
    refused = page.submit("Valider la version 1", status=409)
    assert refused.has("La version 2 est arrivée entre-temps")
    session.refresh(deliverable)
    assert deliverable.state == "drafting"


def test_asking_for_changes_takes_words(visitor, session, referent, participant, deliverable):
    deliverable.add_text("Un", by=participant)
    deliverable.submit(by=referent)
    somebody = visitor(referent)
    page = somebody.get(f"{page_of(deliverable)}/reprendre")
    page = page.submit("Demander ces modifications", status=422, validate=False)
    assert page.error_of("Ce qui est à reprendre")
    page.fill("Ce qui est à reprendre", "Trop court")
    again(session, deliverable).withdraw(by=referent)
    page = page.submit("Demander ces modifications", status=409)
    assert (
        page.has("Aucune version n’est en relecture")
        and page.value_of("Ce qui est à reprendre") == "Trop court"
    )


def test_history_has_a_page_of_its_own(visitor, session, referent, participant, deliverable):
    for number in range(60):
        deliverable.edit(by=referent, title=f"Titre {number}")
    page = visitor(participant).get(page_of(deliverable)).click("Tout l’historique")
    assert len(page.texts("li", class_="timeline__entry")) == 50
    assert page.click("Suivante").has("a annoncé le livrable")


# Deleting
def test_deleted_then_brought_back_in_one_click(visitor, session, referent, deliverable):
    page = visitor(referent).get(page_of(deliverable)).click("Supprimer le livrable")
    assert page.has("trente jours")
    page = page.submit("Mettre à la corbeille")
    assert page.has("est dans la corbeille") and not page.texts("a", class_="task-row__title")
    assert visitor(referent).get(page_of(deliverable), status=404)
    page = page.submit("Rétablir")
    assert page.path == page_of(deliverable) and page.has("est de retour")
