"""Input that no page of tasks would send, and what people may do to the tasks that they created."""

import pytest

from models import ChecklistItem, Role, Task, TaskStatus, close_account, db, merge_structures, task_structure
from tests.support import factories as make

HUGE = [str(2**63), str(2**70), "0", "-1", "999999", "abc", "1e3", "٣"]
STRANGE = ["🌱 d’accord", "\u202eשלום", "<script>alert(1)</script>", "{{ 7*7 }} %s 100 %", "a\x00b"]


@pytest.fixture
def objective(session):
    """Make an operational objective, in a chantier of a démarche."""
    make.make_demarche()
    return make.make_objective(make.make_chantier("Habiter autrement"))


@pytest.fixture
def root(objective):
    """Return the address of the chantier's tasks."""
    return f"/chantiers/{objective.chantier.slug}/taches"


@pytest.fixture
def referent(objective):
    """Return the référent of its chantier."""
    return make.make_referent(objective.chantier)


@pytest.fixture
def member(objective):
    """Make a participant of its chantier."""
    return make.make_member(objective.chantier, name="Idris")


@pytest.fixture
def task(objective, referent, session):
    """Make a task of the référent."""
    task = make.make_task(objective, "Trouver un lieu", by=referent)
    session.commit()
    return task


def again(task):
    """Return the task as it is now."""
    db.session.expire_all()
    return db.session.scalar(db.select(Task).where(Task.id == task.id).options(*Task.whole()))


def count(model):
    """Count how many there are."""
    return db.session.scalar(db.select(db.func.count()).select_from(model))


# Ids ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("field", ["objective", "pilote", "contributors", "people"])
def test_a_new_task_takes_only_what_was_offered(root, objective, referent, session, visitor, field, number):
    session.commit()
    fields = {"title": "Ailleurs", "objective": str(objective.id), "pilote": "0", field: number}
    expected = 303 if (field, number) == ("pilote", "0") else 422
    visitor(referent).post(f"{root}/nouvelle", fields, status=expected)
    assert count(Task) == (expected == 303)


def test_people_of_elsewhere_and_merged_structures_are_not_offered(
    root, objective, referent, session, visitor
):
    stranger, gone, kept = make.make_user(), make.make_structure(), make.make_structure()
    merge_structures(gone, into=kept, by=make.make_coordinator())
    session.commit()
    address = f"{root}/nouvelle"
    for field, number in (("people", stranger.id), ("pilote", gone.id), ("contributors", gone.id)):
        fields = {"title": "Ailleurs", "objective": str(objective.id), "pilote": "0", field: str(number)}
        visitor(referent).post(address, fields, status=422)
    assert count(Task) == 0


@pytest.mark.parametrize("number", [*HUGE, "%00", "x/y"])
def test_addresses_of_nothing_are_not_found(task, referent, visitor, number):
    guest = visitor(referent)
    for address in (f"/taches/{number}", f"/taches/{number}/deplacer", f"/taches/{number}/modifier"):
        guest.get(address, status=404)
    guest.post(f"/taches/{task.id}/points/{number}", {"done": "1"}, status=404)
    guest.post(f"/taches/{task.id}/attend/{number}", {}, status=404)


def test_a_line_of_another_task_is_not_found(objective, task, referent, session, visitor):
    item = make.make_task(objective, by=referent).add_item("À elle", by=referent)
    session.commit()
    for rest in ("", "/retirer"):
        visitor(referent).post(f"/taches/{task.id}/points/{item.id}{rest}", {"done": "1"}, status=404)
    assert not db.session.get(ChecklistItem, item.id).is_done


# Texts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", STRANGE)
def test_strange_texts_go_through_every_field(root, objective, task, referent, visitor, text):
    guest = visitor(referent)
    guest.post(root, {"title": text, "objective": str(objective.id)})
    guest.post(f"/taches/{task.id}/points", {"text": text})
    guest.post(f"/taches/{task.id}/statut", {"move": "block", "reason": text, "need": text})
    shown = text.replace("\x00", "")
    for address in (root, f"{root}?vue=liste", f"/taches/{task.id}", f"/taches/{task.id}/deplacer"):
        page = guest.get(address)
        assert b"<script>alert" not in page.data
    assert guest.get(f"/taches/{task.id}").has(shown)
    assert again(task).blocked_need == shown


@pytest.mark.parametrize("words", [*STRANGE[:4], "x" * 5000, "%", "_", "'; DROP TABLE task; --", " "])
def test_strange_words_find_or_find_nothing(root, objective, task, referent, visitor, words):
    guest = visitor(referent)
    for address in (root, f"/taches/{task.id}/attend"):
        guest.get(address, query_string={"q": words, "vue": "liste"})


@pytest.mark.parametrize(
    ("text", "words"), [("", "Ce champ est nécessaire."), ("x" * 10_000, "300 caractères au plus.")]
)
def test_a_line_that_cannot_be_taken_says_why(task, referent, visitor, text, words):
    page = visitor(referent).post(f"/taches/{task.id}/points", {"text": text}, status=422)
    assert page.has(words) and page.value_of("Ajouter un point") == text
    assert count(ChecklistItem) == 0


def test_a_line_sent_twice_is_added_once(task, referent, visitor):
    page = visitor(referent).get(f"/taches/{task.id}").fill("Ajouter un point", "Écrire aux élus")
    page.submit("Ajouter le point")
    page.submit("Ajouter le point")
    assert count(ChecklistItem) == 1


def test_forms_without_a_token_change_nothing(objective, task, referent, visitor):
    guest = visitor(referent)
    for rest, fields in (
        ("statut", {"move": "finish"}),
        ("deplacer", {"status": "done"}),
        ("points", {"text": "x"}),
        ("modifier", {"title": "x"}),
        ("supprimer", {}),
    ):
        guest.post(f"/taches/{task.id}/{rest}", fields, status=400, csrf=False)
    assert again(task).version == task.version


def test_a_form_of_last_week_still_merges(task, referent, visitor, clock, session):
    mine = visitor(referent).get(f"/taches/{task.id}/modifier").fill("Description", "Écrit lundi dernier")
    clock.forward(days=6)
    again(task).reword("Trouver deux lieux", "", by=referent)
    session.commit()
    page = mine.submit("Enregistrer")
    assert page.heading == "Trouver deux lieux" and page.has("Écrit lundi dernier")


# Whose task -----------------------------------------------------------------------------------------------------------


def test_a_participant_does_everything_to_the_tasks_that_they_created(
    root, objective, member, session, visitor
):
    structure = make.make_structure("Ecosolies")
    session.commit()
    guest = visitor(member)
    page = guest.get(f"{root}/nouvelle").fill("Titre", "Visiter").fill("Échéance", "2027-03-12")
    page = page.choose("Structure pilote", "Ecosolies").submit("Créer la tâche")
    page = page.click("Modifier").fill("Échéance", "2027-04-12").submit("Enregistrer")
    assert page.has("12 avril 2027") and structure.name in page.text
    page = page.submit("Mettre à la corbeille")
    page = page.submit("Rétablir")
    assert page.heading == "Visiter"


def test_a_participant_only_takes_and_creates_beside(objective, task, member, session, visitor):
    structure = make.make_structure("Le Kiif")
    structure.gather(member, by=None)
    session.commit()
    page = visitor(member).get(f"/taches/{task.id}")
    assert not page.has("Commencer") and not page.has("Mettre à la corbeille") and page.has("La prendre pour")
    for rest in ("modifier", "statut", "deplacer"):
        visitor(member).get(f"/taches/{task.id}/{rest}", status=403)
    page = page.submit("La prendre pour Le Kiif")
    # Whoever carries it edits and moves it, but neither dates nor deletes it.
    assert page.has("Commencer") and not page.has("Mettre à la corbeille")
    visitor(member).post(f"/taches/{task.id}/supprimer", {}, status=403)
    assert again(task).status == TaskStatus.TODO


def test_observers_and_people_of_elsewhere_read(root, objective, task, session, visitor):
    elsewhere = make.make_referent(make.make_chantier())
    observer = make.make_user(role=Role.OBSERVER)
    session.commit()
    for person in (elsewhere, observer):
        for address in (root, f"{root}?vue=liste", f"/taches/{task.id}"):
            page = visitor(person).get(address)
            assert page.has("Trouver un lieu") and not page.has("Nouvelle tâche")
            assert not page.has("Changer le statut") and not page.has("Déplacer vers")
        visitor(person).get(f"{root}/nouvelle", status=403)
        visitor(person).post(root, {"title": "x", "objective": str(objective.id)}, status=403)
        visitor(person).post(f"/taches/{task.id}/prendre", {"structure": "1"}, status=403)
    visitor().get(f"/taches/{task.id}", status=401)


# Moves that somebody else made impossible, and pages without JavaScript ----------------------------------------------


def test_a_move_that_is_no_longer_offered_keeps_what_was_typed(task, referent, visitor):
    fields = {"move": "block", "reason": "Le devis tarde", "need": "Un avis", "seen_status": ""}
    page = visitor(referent).get(f"/taches/{task.id}/statut")
    again(task).abandon("Plus utile", by=referent)
    answer = page.visitor.post(f"/taches/{task.id}/statut", fields, status=409)
    assert answer.has("Le statut a changé entre-temps")
    assert answer.has("Le devis tarde") and answer.has("Un avis") and answer.has("Rouvrir")


def test_a_card_moved_to_blocked_without_a_drag_says_what_it_needs(task, referent, visitor):
    page = visitor(referent).get(f"/taches/{task.id}/deplacer").choose("Colonne", "Bloquée")
    page.fill("Qu’est-ce qui bloque, ou pourquoi l’abandonner ?", "Le devis tarde")
    page.fill("De quoi avez-vous besoin ?", "Un avis").submit("Déplacer la tâche")
    assert again(task).blocked_need == "Un avis"


def test_somebody_who_left_still_has_a_name_among_the_people_of_a_task(objective, referent, visitor, session):
    leaving = make.make_member(objective.chantier, name="Idris")
    task = make.make_task(objective, "Trouver un lieu", by=referent, people=[leaving])
    close_account(leaving, by=leaving)
    page = visitor(referent).get(f"/taches/{task.id}/modifier")
    assert page.has("Une personne qui a fermé son compte")


def test_going_back_to_write_something_else_creates_something_else(objective, root, referent, visitor):
    page = visitor(referent).get(f"{root}/nouvelle")
    page.fill("Titre", "La première").submit("Créer la tâche")
    page.fill("Titre", "La seconde").submit("Créer la tâche")
    page.fill("Titre", "La seconde").submit("Créer la tâche")
    titles = sorted(db.session.scalars(db.select(Task.title)))
    assert titles == ["La première", "La seconde"]


def test_the_same_structure_chosen_twice_is_chosen_once(objective, root, referent, visitor):
    structure = make.make_structure("Ecosolies")
    page = visitor(referent).get(f"{root}/nouvelle")
    fields = {
        "title": "Planter",
        "objective": objective.id,
        "pilote": 0,
        "contributors": [structure.id, structure.id],
        "key": "a key",
    }
    page.visitor.post(f"{root}/nouvelle", fields, status=303)
    assert db.session.scalar(db.select(db.func.count()).select_from(task_structure)) == 1
