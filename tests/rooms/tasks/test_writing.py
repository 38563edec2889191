"""Edits of a task: creation, status, words, dates, carriers, checklist and dependencies."""

import pytest

from models import ChecklistItem, StatusChange, Task, TaskStatus, db
from tests.rooms.tasks.places import only_task, place
from tests.support import factories as make

# Creating -------------------------------------------------------------------------------------------------------------


def test_a_title_is_enough(chantier, objective, referent, visitor):
    page = visitor(referent).get(place(chantier, "?vue=liste"))
    page = page.fill("Nouvelle tâche", "Appeler la mairie").submit("Ajouter")
    assert page.has("La tâche « Appeler la mairie » est créée.") and page.has("1 tâche")
    assert only_task().created_by_id == referent.id


def test_a_task_is_created_with_its_date_and_two_structures(chantier, objective, referent, session, visitor):
    make.make_structure("Ecosolies")
    make.make_structure("Le Kiif")
    session.commit()
    page = (
        visitor(referent)
        .get(place(chantier))
        .click("Créer une tâche avec sa date, ses structures, ses personnes")
    )
    page.fill("Titre", "Visiter trois lieux").fill("Échéance", "2027-03-12")
    page.choose("Structure pilote", "Ecosolies").check("Structures contributrices", "Le Kiif").check(
        "Personnes", "Maud"
    )
    page = page.submit("Créer la tâche")
    assert page.heading == "Visiter trois lieux"
    assert page.has("12 mars 2027") and page.has("Ecosolies") and page.has("Le Kiif")
    task = only_task()
    assert task.pilote.name == "Ecosolies" and [s.name for s in task.contributors] == ["Le Kiif"]
    # Giving a task to a structure enrols it.
    assert visitor(referent).get(f"/chantiers/{chantier.slug}/membres").has("Le Kiif")


def test_sending_the_form_twice_creates_one_task(chantier, objective, referent, visitor):
    page = visitor(referent).get(place(chantier, "/nouvelle")).fill("Titre", "Une fois")
    first, second = page.submit("Créer la tâche"), page.submit("Créer la tâche")
    assert first.heading == second.heading == "Une fois"
    only_task()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("Titre", "", "Ce champ est nécessaire."),
        ("Titre", "x" * 10_000, "300 caractères au plus."),
        ("Échéance", "12 mars", "Cette date n’est pas comprise."),
        ("Échéance", "0000-01-01", "Cette date n’est pas comprise."),
        ("Échéance", "9999-01-01", "L’année doit être comprise entre 2000 et 2100."),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_rest_is_kept(
    chantier, objective, referent, visitor, field, value, words
):
    page = visitor(referent).get(place(chantier, "/nouvelle"))
    page.fill("Titre", "Gardé").fill("Description", "Un texte qui reste").fill(field, value)
    page = page.submit("Créer la tâche", status=422, validate=False)
    assert page.has(words) and page.value_of("Description") == "Un texte qui reste"
    assert db.session.scalar(db.select(db.func.count()).select_from(Task)) == 0


def test_strange_texts_are_texts(chantier, objective, referent, visitor):
    title = "<script>alert(1)</script> 🌱 \u202eשלום %s {{ 7*7 }}"
    page = visitor(referent).get(place(chantier, "/nouvelle")).fill("Titre", title + "\x00")
    page = page.submit("Créer la tâche")
    assert b"<script>alert" not in page.data
    assert only_task().title == title
    visitor(referent).get(place(chantier))
    visitor(referent).get(place(chantier, "?vue=liste"))


def test_an_objective_of_another_chantier_is_not_offered(chantier, objective, referent, session, visitor):
    foreign = make.make_objective(make.make_chantier())
    session.commit()
    guest = visitor(referent)
    for number in (str(foreign.id), "999999", str(2**63), "-1", "abc"):
        guest.post(place(chantier), {"title": "Ailleurs", "objective": number}, status=422)
    assert db.session.scalar(db.select(db.func.count()).select_from(Task)) == 0


# Status ---------------------------------------------------------------------------------------------------------------


def test_the_referent_blocks_unblocks_and_finishes(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, "Trouver un lieu", by=referent)
    session.commit()
    page = visitor(referent).get(f"/taches/{task.id}").submit("Commencer")
    page = page.form(button="Signaler un blocage").fill("Qu’est-ce qui bloque ?", "Le bail n’est pas signé.")
    page = page.fill("De quoi avez-vous besoin ?", "Un modèle de bail.").submit("Signaler un blocage")
    assert page.has("Le bail n’est pas signé.") and page.has("Un modèle de bail.")
    page = page.submit("Débloquer")
    assert page.has("En cours")
    page = page.submit("C’est fait")
    assert only_task().status == TaskStatus.DONE
    changes = db.session.scalars(db.select(StatusChange.to_status).order_by(StatusChange.id)).all()
    assert changes == ["todo", "in_progress", "blocked", "in_progress", "done"]


def test_blocking_asks_what_blocks(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, by=referent)
    session.commit()
    guest = visitor(referent)
    fields = {"move": "block", "seen_status": "todo", "reason": "  ", "need": "Des bras"}
    page = guest.post(f"/taches/{task.id}/statut", fields, status=422)
    assert page.has("Dites en une phrase pourquoi") and page.has("Des bras")


def test_somebody_in_charge_proposes_and_the_referent_validates(
    chantier, objective, referent, session, visitor
):
    structure = make.make_structure()
    worker = make.make_member(chantier)
    structure.gather(worker, by=None)
    task = make.make_task(objective, by=referent, pilote=structure)
    session.commit()
    visitor(worker).get(f"/taches/{task.id}").submit("C’est fait")
    assert only_task().status == TaskStatus.TO_VALIDATE
    page = visitor(referent).get(f"/taches/{task.id}").form(button="Renvoyer en cours")
    page.fill("Que manque-t-il encore ?", "La liste des contacts.").submit("Renvoyer en cours")
    assert only_task().status == TaskStatus.IN_PROGRESS
    visitor(worker).get(f"/taches/{task.id}").submit("C’est fait")
    visitor(referent).get(f"/taches/{task.id}").submit("Valider")
    assert only_task().status == TaskStatus.DONE


def test_a_move_from_a_page_that_is_out_of_date_is_told(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, by=referent)
    session.commit()
    late = visitor(referent).get(f"/taches/{task.id}")
    visitor(referent).get(f"/taches/{task.id}").submit("C’est fait")
    page = late.form(button="Signaler un blocage").fill("Qu’est-ce qui bloque ?", "Personne ne répond.")
    page = page.submit("Signaler un blocage", status=409)
    assert page.has("Le statut a changé entre-temps") and page.has("Personne ne répond.")
    assert only_task().status == TaskStatus.DONE


def test_the_status_changes_from_the_list_and_comes_back_to_it(
    chantier, objective, referent, session, visitor
):
    make.make_task(objective, "Depuis la liste", by=referent)
    session.commit()
    page = visitor(referent).get(place(chantier, "?vue=liste&statut=todo"))
    page = page.click("Changer le statut : À venir").submit("Commencer")
    assert page.has("Aucune tâche ne correspond") and page.has("« Depuis la liste » : En cours.")
    task = only_task()
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
        fields = {"move": "finish", "seen_status": task.status, "next": evil}
        answer = visitor(referent).post(f"/taches/{task.id}/statut", fields, status=303)
        assert answer.location == f"/taches/{task.id}"
        task.reopen(by=referent)
        session.commit()


# Words, dates and carriers --------------------------------------------------------------------------------------------


def test_two_people_changing_different_fields_lose_nothing(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, "Titre d’origine", by=referent)
    session.commit()
    mine, theirs = (visitor(referent).get(f"/taches/{task.id}/modifier") for _ in range(2))
    theirs.fill("Titre", "Titre des autres").submit("Enregistrer")
    page = mine.fill("Description", "Mon ajout").submit("Enregistrer")
    assert page.heading == "Titre des autres" and page.has("Mon ajout")
    assert page.has("Quelqu’un d’autre avait modifié entre-temps : Titre.")


def test_two_people_changing_the_same_field_are_shown_both_texts(
    chantier, objective, referent, session, visitor
):
    task = make.make_task(objective, "Titre d’origine", by=referent, description="Avant")
    session.commit()
    mine, theirs = (visitor(referent).get(f"/taches/{task.id}/modifier") for _ in range(2))
    theirs.fill("Description", "Le texte des autres").submit("Enregistrer")
    page = mine.fill("Description", "Mon texte à moi").submit("Enregistrer", status=409)
    assert page.has("Le texte des autres") and page.value_of("Description") == "Mon texte à moi"
    assert only_task().description == "Le texte des autres"
    page = page.submit("Enregistrer")
    assert only_task().description == "Mon texte à moi"


def test_both_carriers_and_both_dates_are_shown_in_words(chantier, objective, referent, session, visitor):
    for name in ("Ecosolies", "Le Kiif", "La Boussole"):
        make.make_structure(name)
    task = make.make_task(objective, by=referent)
    session.commit()
    mine, theirs = (visitor(referent).get(f"/taches/{task.id}/modifier") for _ in range(2))
    theirs.choose("Structure pilote", "Ecosolies").check("Structures contributrices", "Le Kiif")
    theirs.fill("Échéance", "2027-03-12").submit("Enregistrer")
    mine.choose("Structure pilote", "La Boussole").check("Structures contributrices", "Ecosolies")
    page = mine.fill("Échéance", "2027-04-01").submit("Enregistrer", status=409)
    shown = [" ".join(text.split()) for text in page.texts("div", class_="comparison__text")]
    assert shown == ["12 mars 2027", "1 avril 2027", "Ecosolies", "La Boussole", "Le Kiif", "Ecosolies"]
    assert page.value_of("Échéance") == "2027-04-01"


def test_who_may_only_reword_sets_neither_date_nor_carriers(chantier, objective, referent, session, visitor):
    structure, other = make.make_structure(), make.make_structure()
    worker = make.make_member(chantier)
    structure.gather(worker, by=None)
    task = make.make_task(objective, "À reformuler", by=referent, pilote=structure)
    session.commit()
    page = visitor(worker).get(f"/taches/{task.id}/modifier")
    assert page.has("La date et les structures sont fixées par les référent·es")
    page.fill("Titre", "Reformulée").submit("Enregistrer")
    forged = {
        "title": "Encore",
        "objective": str(objective.id),
        "due_on": "2030-01-01",
        "pilote": str(other.id),
    }
    forged |= {"created_by_id": str(worker.id), "status": "done", "chantier_id": "9", "seen": "{}"}
    visitor(worker).post(f"/taches/{task.id}/modifier", forged, status=409)
    task = only_task()
    assert (task.title, task.due_on, task.pilote_id) == ("Reformulée", None, structure.id)
    assert (task.status, task.created_by_id, task.chantier_id) == ("todo", referent.id, chantier.id)


def test_a_member_takes_a_task_that_nobody_carries(chantier, objective, referent, session, visitor):
    structure, other = make.make_structure("Le Kiif"), make.make_structure()
    worker = make.make_member(chantier)
    structure.gather(worker, by=None)
    task = make.make_task(objective, by=referent)
    session.commit()
    visitor(worker).post(f"/taches/{task.id}/prendre", {"structure": str(other.id)}, status=409)
    page = visitor(worker).get(f"/taches/{task.id}").submit("La prendre pour Le Kiif")
    assert page.has("Le Kiif pilote maintenant cette tâche.")
    visitor(worker).post(f"/taches/{task.id}/prendre", {"structure": str(structure.id)}, status=409)


# Checklist and dependencies -------------------------------------------------------------------------------------------


def test_a_checklist_is_written_ticked_and_cut(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, by=referent)
    foreign = make.make_task(objective, by=referent)
    session.commit()
    page = (
        visitor(referent)
        .get(f"/taches/{task.id}")
        .fill("Ajouter un point", "Écrire aux élus")
        .submit("Ajouter le point")
    )
    page = page.submit("Écrire aux élus")
    assert page.has("1/1")
    line = db.session.scalars(db.select(ChecklistItem)).one()
    assert line.is_done and line.done_by_id == referent.id
    visitor(referent).post(f"/taches/{foreign.id}/points/{line.id}", {"done": "0"}, status=404)
    visitor(referent).post(f"/taches/{foreign.id}/points/{line.id}/retirer", {}, status=404)
    page = page.submit("Écrire aux élus").submit("Retirer « Écrire aux élus »")
    assert not page.has("Points à faire 1")
    assert db.session.scalar(db.select(db.func.count()).select_from(ChecklistItem)) == 0


def test_a_task_waits_for_another_but_never_in_a_circle(chantier, objective, referent, session, visitor):
    elsewhere = make.make_objective(make.make_chantier())
    first, second = (
        make.make_task(objective, "Première", by=referent),
        make.make_task(elsewhere, "Élue d’ailleurs"),
    )
    session.commit()
    page = visitor(referent).get(f"/taches/{first.id}").click("Attendre une autre tâche")
    page = page.fill("Mots du titre", "elue").submit("Filtrer").submit(f"Attendre cette tâche {second.title}")
    assert page.has("Élue d’ailleurs")
    coordinator = make.make_coordinator()
    session.commit()
    page = visitor(coordinator).post(f"/taches/{second.id}/attend/{first.id}", {}, status=409)
    assert page.has("elles s’attendraient l’une l’autre sans fin")
    visitor(referent).get(f"/taches/{first.id}").submit(f"Ne plus l’attendre {second.title}")
