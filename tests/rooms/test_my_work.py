"""Page « Mon travail »: each person sees what is expected of them, and nothing of others'."""

from datetime import timedelta

from models import ChantierRole, Decision, Meeting, Role, today
from tests.support import factories as make


def test_a_participant_sees_the_tasks_of_their_structure_late_first(session, visitor):
    make.make_demarche()
    chantier = make.make_chantier()
    objective = make.make_objective(chantier)
    structure = make.make_structure("Écosolies")
    person = make.make_member(chantier)
    structure.gather(person, by=None)
    referent = make.make_referent(chantier)
    make.make_task(objective, "Plus tard", by=referent, pilote=structure, due_on=today() + timedelta(days=9))
    make.make_task(
        objective, "En retard déjà", by=referent, contributors=[structure], due_on=today() - timedelta(days=2)
    )
    make.make_task(objective, "À mon nom", by=referent, people=[person])
    make.make_task(objective, "D’une autre structure", by=referent, pilote=make.make_structure("Autre"))
    done = make.make_task(objective, "Déjà faite", by=referent, pilote=structure)
    done.finish(by=referent)
    session.commit()

    page = visitor(person).get("/mon-travail")

    titles = list(page.texts("a", class_="task-row__title"))
    assert titles == ["En retard déjà", "Plus tard", "À mon nom"]
    assert page.has("En retard")


def test_a_referent_sees_what_waits_for_their_word(session, visitor):
    make.make_demarche()
    chantier = make.make_chantier()
    objective = make.make_objective(chantier)
    referent = make.make_referent(chantier)
    participant = make.make_member(chantier)
    task = make.make_task(objective, "Faite par quelqu’un", by=participant, people=[participant])
    task.finish(by=participant)
    stuck = make.make_task(objective, "Qui attend la région", by=referent)
    stuck.block("La région n’a pas répondu.", "Un contact au conseil régional.", by=referent)
    deliverable = make.make_deliverable(objective, "Note", by=referent)
    deliverable.add_text("Bonjour", by=participant)
    deliverable.submit(by=referent)
    session.commit()

    page = visitor(referent).get("/mon-travail")

    assert page.has("Votre avis de référent·e")
    assert page.has("Faite par quelqu’un") and page.has("Note")
    assert page.has("La région n’a pas répondu.")


def test_help_is_asked_of_others_but_not_of_those_who_carry_it(session, visitor):
    make.make_demarche()
    chantier, elsewhere = make.make_chantier(), make.make_chantier()
    structure = make.make_structure()
    carrier = make.make_member(elsewhere)
    structure.gather(carrier, by=None)
    helper = make.make_member(chantier)
    referent = make.make_referent(elsewhere)
    task = make.make_task(make.make_objective(elsewhere), "Trouver une salle", by=referent, pilote=structure)
    task.block("Aucune salle libre.", "Une salle de trente places.", by=referent)
    unclaimed = make.make_task(make.make_objective(chantier), "Sans personne", by=None)
    session.commit()

    page = visitor(helper).get("/mon-travail")
    assert page.has("Il faudrait : Une salle de trente places.")
    assert page.has(unclaimed.title)
    assert not visitor(carrier).get("/mon-travail").has("Il faudrait")


def test_someone_without_a_chantier_is_told_what_to_do(session, visitor):
    make.make_demarche()
    session.commit()
    assert visitor(make.make_user()).get("/mon-travail").has("Vous n’êtes encore dans aucun chantier")


def test_the_screen_costs_the_same_whatever_there_is(session, visitor):
    make.make_demarche()
    chantier = make.make_chantier()
    objective = make.make_objective(chantier)
    structure = make.make_structure()
    person = make.make_member(chantier, ChantierRole.REFERENT)
    structure.gather(person, by=None)
    guest = visitor(person)

    def fill(number: int) -> None:
        for rank in range(number):
            task = make.make_task(objective, by=person, pilote=structure, due_on=today())
            if rank % 3 == 0:
                task.block("Rien n’avance.", "De l’aide.", by=person)
            if rank % 3 == 1:
                task.submit(by=person)
        session.commit()

    fill(3)
    with guest.count_statements() as few:
        guest.get("/mon-travail")
    fill(40)
    with guest.count_statements() as many:
        guest.get("/mon-travail")
    assert len(few) == len(many) <= 12, many


def test_a_funder_finds_what_moved_what_was_achieved_and_what_was_decided(session, visitor):
    make.make_demarche()
    chantier, by = make.make_chantier("Mobilité"), make.make_coordinator()
    objective = make.make_objective(chantier)
    make.make_task(objective, "Visiter trois lieux", by=by).finish(by=by)
    approved, draft = (
        make.make_deliverable(objective, title, by=by) for title in ("Le guide", "Le brouillon")
    )
    for deliverable in (approved, draft):
        deliverable.add_text("Texte", "", by=by)
    approved.approve(by=by)
    draft.reschedule(today() + timedelta(days=9), by=by)
    meeting = Meeting.plan(today(), by=by)
    Decision.take(meeting, "On se réunit à Rennes.", by=by, chantier_id=chantier.id)
    observer = make.make_user(role=Role.OBSERVER)
    session.commit()
    guest = visitor(observer)
    with guest.count_statements() as statements:
        page = guest.get("/mon-travail")
    assert len(statements) <= 12, statements
    assert page.has("Ce qui a abouti") and page.texts("a", class_="task-row__title") == ["Le guide"]
    for told in (
        "a terminé la tâche Visiter trois lieux",
        "On se réunit à Rennes.",
        "Mobilité",
        "Voir le tableau de bord",
    ):
        assert page.has(told), told
    for kept in (
        "déposé la version",
        "attend le livrable",
        "Mettre à jour les tâches",
        "Ce qu’on attend de vous",
    ):
        assert not page.has(kept), kept
