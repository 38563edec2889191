"""Reminders (relancer): a mail that is ready and may be changed, to those whom the thing concerns, sent once."""

from datetime import timedelta

import pytest

from models import Activity, Notification, OutgoingMail, User, db, now, today
from tests.support import factories as make


def came(person: User) -> User:
    """Return the person with an account, as whoever was here once has one."""
    person.seen_at = now()
    return person


@pytest.fixture
def scene(session, clock):
    """Make a blocked task that a structure leads, in a chantier with its référent·es; somebody elsewhere."""
    clock.travel_to("2026-03-02 10:00")
    make.make_demarche(silent_after_days=45)
    scene = type("Scene", (), {})()
    scene.coordinator = came(make.make_coordinator("Coordination"))
    scene.chantier = make.make_chantier("Compétences", number=1)
    scene.referent = came(make.make_referent(scene.chantier, "Rosa"))
    scene.bearer = came(make.make_user("Camille"))
    scene.quiet = came(make.make_user("Noé", mail_at_once=False))
    scene.unknown = make.make_user("Sans compte", source_key="personnes/1")
    scene.elsewhere = came(make.make_referent(make.make_chantier(number=2), "Ailleurs"))
    structure = make.make_structure("Le Labo")
    for person in (scene.bearer, scene.quiet, scene.unknown):
        structure.gather(person, by=None)
    objective = make.make_objective(scene.chantier)
    scene.task = make.make_task(objective, "Trouver une salle", by=scene.referent, pilote=structure)
    scene.task.block("La mairie ne répond pas", "Un contact", by=scene.referent)
    make.make_objective(scene.chantier, "Rien encore")
    make.make_deliverable(
        objective,
        "Le guide",
        by=scene.referent,
        expected_on=today() - timedelta(days=2),
        structures=[structure],
    )
    session.commit()
    db.session.execute(db.delete(OutgoingMail))
    session.commit()
    scene.page = f"/coordination/relancer/taches/{scene.task.id}"
    return scene


def test_a_relance_is_ready_changed_sent_once_and_told(scene, clock, post_office, mailbox, visitor):
    coordinator = visitor(scene.coordinator)
    page = coordinator.get("/coordination").click("Relancer : Trouver une salle")
    assert "La mairie ne répond pas" in page.value_of("Votre message") and "Un contact" in page.value_of(
        "Votre message"
    )
    # By name only; those in charge are chosen, the référente may be added, whom only a file knows is not there.
    assert (
        page.has("Camille")
        and page.has("Rosa")
        and not page.has("Sans compte")
        and not page.has("@example.org")
    )
    form = page.fill("Objet", "Une salle pour mars").fill(
        "Votre message", "Bonjour **Camille**, où en est-on ?"
    )
    after = form.submit("Envoyer la relance")
    assert after.has("2 personnes sont relancées") and after.heading == "Où en sont les chantiers"
    assert after.has("relance envoyée à l’instant")
    form.submit("Envoyer la relance")

    post_office()
    mail = mailbox.only(scene.bearer.email)
    assert mail.subject == "Une salle pour mars" and "où en est-on" in mail.text
    assert "<strong>Camille</strong>" in mail.html and mail.link("/taches/")
    assert [each.to for each in mailbox.received] == [scene.bearer.email]
    told = db.session.scalars(
        db.select(Notification.user_id).where(Notification.subject_type == "task")
    ).all()
    assert {scene.bearer.id, scene.quiet.id} <= set(told)
    lines = db.session.scalars(db.select(Activity).where(Activity.action == "task.relaunched")).all()
    assert [line.particulars for line in lines] == [{"count": 2}]
    assert visitor(scene.bearer).get(f"/taches/{scene.task.id}").has("a relancé les personnes en charge")
    assert coordinator.get(scene.page).has("Coordination a relancé")


def test_a_relance_is_no_news_and_says_nothing_of_what_is_settled(
    scene, session, clock, post_office, mailbox, visitor
):
    heard = scene.task.last_news_at
    clock.forward(days=1)
    visitor(scene.referent).get(scene.page).submit("Envoyer la relance")
    session.refresh(scene.task)
    assert scene.task.last_news_at == heard
    scene.task.finish(by=scene.referent)
    session.commit()
    post_office()
    assert mailbox.received == []


def test_who_does_not_decide_there_relaunches_nobody(scene, visitor):
    for person in (scene.bearer, scene.elsewhere):
        visitor(person).get(scene.page, status=403)
        assert "Relancer" not in [text for text, _href in visitor(person).get("/coordination").links]
    # Nobody else than those whom it concerns, whatever the form says.
    sent = {"key": "une-clef", "title": "Objet", "words": "Bonjour", "people": str(scene.elsewhere.id)}
    visitor(scene.referent).post(scene.page, sent, status=422)
    visitor(scene.referent).post(scene.page, {**sent, "people": ""}, status=422)
    assert db.session.scalar(db.select(db.func.count(OutgoingMail.id))) == 0


def test_each_matter_has_its_next_step_on_the_spot(scene, visitor):
    page = visitor(scene.referent).get("/coordination/a-arbitrer")
    steps = {text.split(" : ")[0]: href for text, href in page.links if " : " in text}
    assert {"Relancer", "Changer la date", "Donner à une structure", "Créer une tâche"} <= steps.keys()
    for href in steps.values():
        visitor(scene.referent).get(href.partition("#")[0])
    only = visitor(scene.referent).get("/coordination/a-arbitrer?sujet=deliverable_late")
    assert only.has("1 point à arbitrer") and only.has("Le guide") and not only.has("Trouver une salle")
    for place in ("objectifs", "chantiers"):
        number = scene.chantier.id if place == "chantiers" else scene.task.objective_id
        prepared = visitor(scene.coordinator).get(f"/coordination/relancer/{place}/{number}")
        assert "Bonjour" in prepared.value_of("Votre message") and prepared.has("Rosa"), place
