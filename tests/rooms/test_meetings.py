"""Comités de pilotage: an agenda made of what waits, who came, decisions and the tasks that follow them."""

from datetime import timedelta

import pytest

from models import AgendaItem, Attendance, Decision, FollowUp, Meeting, Presence, Refused, Role, db, today
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_demarche,
    make_objective,
    make_referent,
    make_structure,
    make_task,
    make_user,
)


@pytest.fixture
def scene(session):
    """Make a coordinator, two chantiers with what waits for a decision, and a session planned today."""
    make_demarche()
    scene = type("Scene", (), {})()
    scene.by = make_coordinator("Camille Exemple")
    scene.chantier, scene.other = make_chantier("Mobilité", number=1), make_chantier("Habitat", number=2)
    scene.referent = make_referent(scene.chantier, "Ada Exemple")
    scene.structure = make_structure("Ecosolies")
    scene.chantier.enrol(scene.structure, by=scene.by)
    scene.chantier.enrol(make_structure("Le Relais"), by=scene.by)
    scene.objective = make_objective(scene.chantier, "Recenser les lieux")
    scene.task = make_task(scene.objective, "Trouver un lieu")
    scene.task.block("Personne ne répond.", "Un contact", by=scene.referent)
    theirs = make_task(make_objective(scene.other, "Habiter"), "Chez les autres")
    theirs.block("Pas de clé.", "Une clé", by=scene.by)
    scene.meeting = Meeting.plan(today(), by=scene.by)
    session.commit()
    return scene


def test_a_session_from_its_agenda_to_its_followed_decisions(scene, session, visitor):
    person = visitor(scene.by)
    address = f"/copil/{scene.meeting.id}"
    page = person.get(address).click("Ajouter à l’ordre du jour")
    assert page.has("Trouver un lieu") and page.has("Personne ne répond.")
    page = (
        page.form(action_contains="/a-arbitrer")
        .check("Tâches bloquées", "1 Trouver un lieu")
        .submit("Mettre à l’ordre du jour")
    )
    assert page.has("Un point de plus") and page.texts("h3", class_="agenda__title") == ["Trouver un lieu"]
    # What is there already is proposed no more.
    page = page.click("Ajouter à l’ordre du jour")
    assert not page.has("Trouver un lieu") and page.has("Chez les autres")
    page = page.form(action_contains="/ordre-du-jour").fill("Le point à traiter", "Le budget")
    page = page.choose("Chantier", "Toute la démarche").submit("Ajouter ce point")
    second = session.scalar(db.select(AgendaItem).where(AgendaItem.title == "Le budget"))
    person.post(f"/copil/points/{second.id}/monter")
    assert person.get(address).texts("h3", class_="agenda__title") == ["Le budget", "Trouver un lieu"]
    # Decisions, one after the other without leaving the form.
    page = person.get(f"{address}/decisions/nouvelle").fill(
        "Ce qui est décidé", "Chaque chantier **donne** trois noms."
    )
    page = page.submit("Noter, puis une autre")
    page = page.fill("Ce qui est décidé", "La coordination appelle la mairie.").choose(
        "Sur le point", "2. Trouver un lieu"
    )
    page = page.submit("Noter la décision")
    assert page.has("Chaque chantier donne trois noms.") and page.has("La coordination appelle la mairie.")
    called = session.scalar(db.select(Decision).where(Decision.item_id.is_not(None)))
    assert called.chantier_id == scene.chantier.id
    page = person.get(f"/copil/decisions/{called.id}/suivre")
    assert page.value_of("La tâche") == "La coordination appelle la mairie."
    page = (
        page.choose("Objectif", "Recenser les lieux")
        .choose("Structure pilote", "Ecosolies")
        .submit("Créer la tâche de suivi")
    )
    assert page.has("Suivie") and page.has("Ecosolies")
    person.get(f"/copil/decisions/{called.id}/suivre").choose("Objectif", "Recenser les lieux").submit(
        "Créer la tâche de suivi", status=409
    )
    session.expire_all()
    task = session.get(type(scene.task), called.task_id)
    task.finish(by=scene.by)
    session.commit()
    assert person.get("/copil/decisions?suite=done").texts("article", class_="decision")
    assert not person.get("/copil/decisions?suite=open").texts("article", class_="decision")
    assert person.get("/recherche?q=mairie").has("Décision")
    page = person.get(address).submit("Clore le compte rendu")
    assert page.has("Tenu") and "Noter une décision" not in page.buttons
    person.get(f"{address}/decisions/nouvelle").fill("Ce qui est décidé", "Trop tard").submit(
        "Noter la décision", status=409
    )
    assert "2 décisions, 1 suivie par une tâche, 1 faite" in person.get("/copil").text
    assert person.get(address).submit("Rouvrir").has("Noter une décision")


def test_two_people_note_who_came_and_lose_nothing(scene, visitor):
    address = f"/copil/{scene.meeting.id}/presences"
    one, two = visitor(scene.by).get(address), visitor(make_coordinator()).get(address)
    one.choose("Présence de Ecosolies", "Excusée").submit("Enregistrer les présences")
    page = two.fill("Qui représentait Le Relais", "Ada et Idriss").submit("Enregistrer les présences")
    assert page.has("Excusées : Ecosolies") and page.has("Ada et Idriss")
    late = two.choose("Présence de Ecosolies", "Présente").submit("Enregistrer les présences", status=409)
    assert late.has("Rien n’a été écrasé")


def test_a_referent_proposes_for_their_chantier_alone(scene, visitor, session):
    person, address = visitor(scene.referent), f"/copil/{scene.meeting.id}"
    page = person.get(f"{address}/ordre-du-jour")
    assert (
        page.has("Trouver un lieu") and not page.has("Chez les autres") and not page.has("Toute la démarche")
    )
    theirs = f"blocked:{scene.task.id + 1}"
    person.post(f"{address}/a-arbitrer", {"matter": theirs})
    assert session.scalar(db.select(db.func.count(AgendaItem.id))) == 0
    page.form(action_contains="/ordre-du-jour").fill("Le point à traiter", "Un lieu").submit(
        "Ajouter ce point"
    )
    for refused in ("/modifier", "/presences", "/decisions/nouvelle"):
        person.get(address + refused, status=403)
    observer = visitor(make_user(role=Role.OBSERVER))
    assert observer.get(address).has("Un lieu")
    observer.get(f"{address}/ordre-du-jour", status=403)


def test_words_of_a_session_are_merged_or_shown_side_by_side(scene, visitor):
    address = f"/copil/{scene.meeting.id}/modifier"
    one, two = visitor(scene.by).get(address), visitor(make_coordinator()).get(address)
    one.fill("Mot de la coordination", "Un premier mot.").submit("Enregistrer")
    late = two.fill("Mot de la coordination", "Un second mot.").submit("Enregistrer", status=409)
    assert late.has("Un premier mot.") and late.value_of("Mot de la coordination") == "Un second mot."
    other = visitor(scene.by).get("/copil/nouveau").fill("Date", today().isoformat())
    other.submit("Prévoir ce comité", status=422)


def test_verbs_refuse_what_makes_no_sense(scene, session):
    meeting, by = scene.meeting, scene.by
    later = Meeting.plan(today() + timedelta(days=30), by=by)
    assert Meeting.last_before(later.held_on) is meeting and Meeting.last_before(today()) is None
    for code, refused in (
        ("meeting_same_day", lambda: later.move(today(), by=by)),
        ("meeting_to_come", lambda: later.close(by=by)),
        ("meeting_open", lambda: later.reopen(by=by)),
    ):
        with pytest.raises(Refused, match=code):
            refused()
    decision = Decision.take(meeting, "On avance.", by=by)
    assert decision.follow_up == FollowUp.NONE
    decision.withdraw(by=by)
    with pytest.raises(Refused, match="decision_withdrawn"):
        decision.follow(scene.objective, "Suivre", by=by)
    decision.restore(by=by)
    task = decision.follow(scene.objective, "Suivre", by=by)
    assert decision.follow_up == FollowUp.OPEN
    task.trash(by=by)
    assert decision.follow_up == FollowUp.DROPPED
    item = meeting.put_on_agenda("Un point", by=by, about=("task", scene.task.id))
    assert meeting.put_on_agenda("Encore", by=by, about=("task", scene.task.id)) is item
    about_it = Decision.take(meeting, "Oui.", by=by, item=item)
    session.commit()
    item = session.scalar(db.select(AgendaItem).options(*AgendaItem.of_meeting()))
    item.withdraw(by=by)
    session.commit()
    session.expire_all()
    assert session.get(Decision, about_it.id).item_id is None
    meeting.note_attendance({scene.structure.id: Attendance(Presence.PRESENT, "Ada")}, by=by)
    meeting.close(by=by)
    with pytest.raises(Refused, match="meeting_not_planned"):
        meeting.put_on_agenda("Trop tard", by=by)
    later.cancel(by=by)
    with pytest.raises(Refused, match="meeting_cancelled"):
        later.note_attendance({}, by=by)


def test_a_session_costs_the_same_for_few_and_many(scene, visitor, session):
    person, counts = visitor(scene.by), []
    for _ in range(2):
        for number in range(5):
            item = scene.meeting.put_on_agenda(f"Point {number}", by=scene.by, chantier_id=scene.chantier.id)
            decision = Decision.take(scene.meeting, f"Décision {number}", by=scene.by, item=item)
            decision.follow(scene.objective, f"Suite {number}", by=scene.by, pilote=scene.structure)
            structure = make_structure()
            scene.chantier.enrol(structure, by=scene.by)
            scene.meeting.note_attendance({structure.id: Attendance(Presence.PRESENT)}, by=scene.by)
        session.commit()
        number = scene.meeting.id
        for address in ("/copil", f"/copil/{number}", f"/copil/{number}/presences", f"/copil/{number}/ordre-du-jour",
                        "/copil/decisions", f"/chantiers/{scene.chantier.slug}"):  # fmt: skip
            with person.count_statements() as statements:
                person.get(address)
            counts.append(len(statements))
            assert len(statements) <= 12, statements
    assert counts[:6] == counts[6:]
